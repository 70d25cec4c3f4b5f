"""Events on their way to an installation, whatever happens to it meanwhile."""

import threading
import time
from collections.abc import Sequence
from itertools import chain, islice
from typing import Any, Self

from kafka import KafkaProducer

from streams.events.columns import Columns
from streams.files import inputs
from streams.files.course import Entry
from streams.files.history import History, source_of
from streams.sources.decoding import END
from streams.sources.keys import partitions_of
from tests.kafka.installation import Installation

PAUSE = 0.08  # seconds between two batches
TRICKLE = 10  # events of a batch of the reserve


class Flow:
    """Sends a history at a bounded rate, and keeps some of it back until it is told to end.

    Args:
        installation: from whose sources it comes, each stream's from the first one.
        history: of those streams.
        rate: events a second.
        reserve: so many of the last events only trickle, so that something always flows.

    Attributes:
        last: epoch ms, at which the last events so far were sent.
    """

    def __init__(
        self, installation: Installation, history: History, *, rate: float, reserve: int
    ) -> None:
        sources = installation.settings.sources
        self._sources = {
            stream: source for stream in history.ends if (source := source_of(sources, stream))
        }
        self._topics = {
            stream: installation.topics.source(source) for stream, source in self._sources.items()
        }
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
        while left:
            self._ending.wait(PAUSE)
            trickles = left <= self._reserve and not self._ending.is_set()
            following = list(islice(entries, TRICKLE if trickles else self._batch))
            self._send(producer, following)
            self.last = time.time_ns() // 1_000_000
            left -= len(following)
        for stream, at in self._history.ends.items():
            end = [(END, str(at).encode())]
            for partition in range(self._sources[stream].partitions):
                producer.send(self._topics[stream], value=b"", partition=partition, headers=end)
        producer.close()

    def _send(self, producer: Any, entries: Sequence[Entry]) -> None:
        for stream, source in self._sources.items():
            events = [entry.event for entry in entries if entry.stream == stream]
            owners = partitions_of(source, Columns.of(events), source.partitions)
            for event, partition in zip(events, owners.tolist(), strict=True):
                topic = self._topics[stream]
                sent = producer.send(topic, value=inputs.wire(event), partition=partition)
                sent.add_errback(self._refused.append)
