"""Events on their way to an installation, whatever happens to it meanwhile.

A producer tries again partition by partition, and may hold those of one back for long while others
go on. At the speed of a replay that is hours, in which the one held back counts as idle. So what
was sent is waited for before more is.
"""

import threading
import time
from collections.abc import Callable, Sequence
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Self

from kafka import KafkaProducer

from streams.events.columns import Columns
from streams.files import inputs
from streams.files.course import Entry
from streams.files.history import History
from streams.sources.decoding import END
from streams.sources.keys import partitions_of
from tests.kafka.installation import Installation

PAUSE = 0.08  # seconds between two batches
TRICKLE = 10  # events of a batch of the reserve


class Flow:
    """Sends a history at a bounded rate, and keeps some of it back until it is told to end.

    Args:
        installation: from whose sources it comes.
        history: of those streams.
        rate: events a second.
        reserve: so many of the last events only trickle, so that something always flows.
        by: the topic of the source that an event comes from.

    Attributes:
        last: epoch ms, at which the last events so far were sent.
    """

    def __init__(
        self, installation: Installation, history: History, *, rate: float, reserve: int,
        by: Callable[[Entry], str] = attrgetter("stream"),
    ) -> None:  # fmt: skip
        self._sources = [
            source for source in installation.settings.sources if source.stream in history.ends
        ]
        self._topic, self._by = installation.topics.source, by
        self._bootstrap = installation.bootstrap
        self._history, self._batch, self._reserve = history, int(rate * PAUSE) + 1, reserve
        self._refused: list[Exception] = []
        self._ending = threading.Event()
        self.last = 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def flows(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        """Send the rest at once; returns when the broker has all of it."""
        self._ending.set()
        self._thread.join()
        assert not self._refused, f"{len(self._refused)} events not sent: {self._refused[0]}"

    def _run(self) -> None:
        producer: Any = KafkaProducer(
            bootstrap_servers=self._bootstrap, linger_ms=5, acks="all", enable_idempotence=True,
            compression_type="lz4",
        )  # fmt: skip
        entries = chain.from_iterable(self._history.batches())
        left = len(self._history)
        due = time.monotonic()
        while left:
            self._ending.wait(max(due - time.monotonic(), 0.0))
            due += PAUSE
            trickles = left <= self._reserve and not self._ending.is_set()
            following = list(islice(entries, TRICKLE if trickles else self._batch))
            self._send(producer, following)
            self.last = time.time_ns() // 1_000_000
            left -= len(following)
        for source in self._sources:
            end = [(END, str(self._history.ends[source.stream]).encode())]
            for partition in range(source.partitions):
                producer.send(self._topic(source), value=b"", partition=partition, headers=end)
        producer.close()

    def _send(self, producer: Any, entries: Sequence[Entry]) -> None:
        """Returns when the broker has them, or has refused them."""
        for source in self._sources:
            events = [entry.event for entry in entries if self._by(entry) == source.topic]
            owners = partitions_of(source, Columns.of(events), source.partitions)
            for event, partition in zip(events, owners.tolist(), strict=True):
                value = inputs.wire(event)
                sent = producer.send(self._topic(source), value=value, partition=partition)
                sent.add_errback(self._refused.append)
        producer.flush()
