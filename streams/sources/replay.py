"""Events into Kafka, in the order in which they are to be met."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.broker import admission, security
from streams.broker.local import BrokerError
from streams.broker.topics import Topics
from streams.configuration.sections import Stream
from streams.events.event import Event
from streams.files import inputs
from streams.files.history import History, source_of
from streams.settings import Settings
from streams.sources.decoding import END
from streams.sources.keys import key, key_of, partition_of

LONGEST_SLEEP = 1.0  # seconds; progress shows meanwhile


class Feed:
    """Records into the sources' topics; each stream's go to its first source."""

    def __init__(self, settings: Settings, producer: Any) -> None:
        self._settings, self._producer = settings, producer
        self._topics = Topics.of(settings)
        self.sent = 0
        self.failures: list[Exception] = []

    def event(self, stream: Stream, event: Event) -> None:
        """Send an event under the key of its source, to the partition Kafka's default chooses."""
        source = source_of(self._settings.sources, stream)
        if source is not None:
            self._produce(
                self._topics.source(source),
                value=inputs.wire(event),
                key=key(event, stream, key_of(source)),
                partition=partition_of(source, event, source.partitions),
            )

    def raw(self, stream: Stream, raw: bytes) -> None:
        """Send what need not be an event."""
        source = source_of(self._settings.sources, stream)
        if source is not None:
            self._produce(self._topics.source(source), value=raw)

    def end(self, streams: Iterable[Stream], at: int) -> None:
        """Say on every partition of the streams that the input ends, at this time (ms)."""
        for source in self._settings.sources:
            for partition in range(source.partitions if source.stream in streams else 0):
                self._producer.send(
                    self._topics.source(source), value=b"", partition=partition,
                    headers=[(END, str(at).encode())],
                ).add_errback(self.failures.append)  # fmt: skip

    def _produce(self, topic: str, **record: Any) -> None:
        self._producer.send(topic, **record).add_errback(self.failures.append)
        self.sent += 1


class Pace:
    """Waits until an event is due.

    Args:
        speed: seconds of event time in a second; None never waits.
    """

    def __init__(self, speed: float | None) -> None:
        if speed is not None and not speed > 0:
            raise ValueError(f"speed must be above 0 seconds of event time a second, got {speed}")
        self._speed = speed
        self._start: tuple[float, int] | None = None

    def wait(self, met: int) -> None:
        """Return when an event that is met at `met` (ms) is due."""
        if self._speed is None:
            return
        if self._start is None:
            self._start = (time.monotonic(), met)
        began, first = self._start
        due = began + (met - first) / 1000 / self._speed
        while (left := due - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_SLEEP))


def replay(
    settings: Settings, bootstrap: str, history: History, *, speed: float | None = None,
    on_events: Callable[[int], None] = lambda _: None,
) -> int:  # fmt: skip
    """Play a history; returns how many events the broker has taken."""
    pace = Pace(speed)
    with feeding(settings, bootstrap) as feed:
        for batch in history.batches():
            for entry in batch:
                pace.wait(entry.met)
                feed.event(entry.stream, entry.event)
            on_events(len(batch))
        for stream, end in history.ends.items():
            feed.end([stream], end)
    return feed.sent


@contextmanager
def feeding(settings: Settings, bootstrap: str) -> Iterator[Feed]:
    """A feed whose every record the broker has taken when the block ends; else BrokerError."""
    admission.check(settings.kafka, bootstrap)
    try:
        # kafka-python keeps what is raised in its loop, an interruption of this thread too.
        with ThreadPoolExecutor(1) as aside:
            producer = aside.submit(
                KafkaProducer,
                bootstrap_servers=bootstrap.split(","),
                acks="all",
                enable_idempotence=True,
                linger_ms=5,
                batch_size=256 * 1024,
                max_request_size=4 << 20,
                **security.client(settings.kafka),
            ).result()
        feed = Feed(settings, producer)
        try:
            yield feed
            producer.flush()
        finally:
            producer.close()
    except KafkaError as error:
        raise BrokerError(f"the broker at {bootstrap} did not take the events: {error}") from None
    if feed.failures:
        raise BrokerError(f"{len(feed.failures)} records were refused: {feed.failures[0]}")
