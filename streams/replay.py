"""Files of events into Kafka, in the order in which they are to be met."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams import files, security
from streams.broker import BrokerError, refusal
from streams.history import Entry, History, partition_of, source_of
from streams.intake import END
from streams.sections import Source
from streams.settings import Settings
from streams.topics import Topics

LONGEST_SLEEP = 1.0  # seconds; progress shows meanwhile


class Replay:
    """Plays a history into the sources' topics.

    Args:
        settings: of the installation; each stream's files go to its first source.
        bootstrap: of the broker.
        speed: seconds of event time in a second; None as fast as the broker takes it.
    """

    def __init__(self, settings: Settings, bootstrap: str, *, speed: float | None = None) -> None:
        if speed is not None and not speed > 0:
            raise ValueError(f"speed must be above 0 seconds of event time a second, got {speed}")
        self._settings, self._bootstrap, self._speed = settings, bootstrap, speed
        self._topics = Topics.of(settings)
        self._failures: list[Exception] = []

    def play(self, history: History, *, on_events: Callable[[int], None] = lambda _: None) -> int:
        """Send all events and the marks of the end; returns how many events the broker has."""
        sent, pace = 0, _Pace(self._speed)
        with _producer(self._settings, self._bootstrap) as producer:
            for batch in history.batches():
                for entry in batch:
                    pace.wait(entry.met)
                    sent += self._send(producer, entry)
                on_events(len(batch))
            self._end(producer, history)
        if self._failures:
            raise BrokerError(f"{len(self._failures)} events were refused: {self._failures[0]}")
        return sent

    def _send(self, producer: Any, entry: Entry) -> int:
        source = source_of(self._settings.sources, entry.stream)
        if source is None:
            return 0
        self._produce(
            producer, source,
            value=files.wire(entry.event),
            key=files.key(entry.event, "id" if source.key == "none" else source.key),
            partition=partition_of(source, entry.event, source.partitions),
        )  # fmt: skip
        return 1

    def _produce(self, producer: Any, source: Source, **record: Any) -> None:
        producer.send(self._topics.source(source), **record).add_errback(self._failures.append)

    def _end(self, producer: Any, history: History) -> None:
        """Say on every partition of the streams played that the input ends here."""
        headers = [(END, str(history.end).encode())]
        for source in self._played(history):
            for partition in range(source.partitions):
                self._produce(producer, source, value=b"", partition=partition, headers=headers)

    def _played(self, history: History) -> Iterator[Source]:
        return (source for source in self._settings.sources if source.stream in history.streams)


class _Pace:
    """Waits until an event is due, `speed` times as fast as it happened."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._start: tuple[float, int] | None = None

    def wait(self, met: int) -> None:
        if self._speed is None:
            return
        if self._start is None:
            self._start = (time.monotonic(), met)
        began, first = self._start
        due = began + (met - first) / 1000 / self._speed
        while (left := due - time.monotonic()) > 0:
            time.sleep(min(left, LONGEST_SLEEP))


@contextmanager
def _producer(settings: Settings, bootstrap: str) -> Iterator[Any]:
    """A producer whose every record has arrived when the block ends."""
    if why := refusal(bootstrap):
        raise BrokerError(why)
    try:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap.split(","),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            batch_size=256 * 1024,
            max_request_size=4 << 20,
            **security.client(settings.kafka),
        )
        try:
            yield producer
            producer.flush()
        finally:
            producer.close()
    except KafkaError as error:
        raise BrokerError(f"the broker at {bootstrap} did not take the events: {error}") from None
