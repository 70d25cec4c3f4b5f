"""Events on their way to an installation, whatever happens to it meanwhile."""

import threading
from collections.abc import Sequence
from itertools import chain, islice
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
        installation: whose first source it comes from.
        history: of that source.
        rate: events a second.
        reserve: so many of the last events only trickle, so that something always flows.
    """

    def __init__(
        self, installation: Installation, history: History, *, rate: float, reserve: int
    ) -> None:
        (self._source,) = installation.settings.sources
        self._topic = installation.topics.source(self._source)
        self._bootstrap = installation.bootstrap
        self._history, self._batch, self._reserve = history, int(rate * PAUSE) + 1, reserve
        self._refused: list[Exception] = []
        self._ending = threading.Event()
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
            left -= len(following)
        end = [(END, str(self._history.ends["complaints"]).encode())]
        for partition in range(self._source.partitions):
            producer.send(self._topic, value=b"", partition=partition, headers=end)
        producer.close()

    def _send(self, producer: Any, entries: Sequence[Entry]) -> None:
        events = [entry.event for entry in entries]
        owners = partitions_of(self._source, Columns.of(events), self._source.partitions)
        for event, partition in zip(events, owners.tolist(), strict=True):
            sent = producer.send(self._topic, value=inputs.wire(event), partition=partition)
            sent.add_errback(self._refused.append)
