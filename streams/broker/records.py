"""Records of a topic, to look at: all, or of each partition some of the newest or oldest."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from streams.broker import clients
from streams.broker.local import BrokerError
from streams.broker.topics import TopicError
from streams.events.mapping import nearest
from streams.settings import Kafka

PATIENCE: Final = 30.0  # seconds without a record, before the broker is given up
POLL_MS: Final = 500


class Record(NamedTuple):
    """A record as it lies in its topic; `stamp` in milliseconds."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes
    stamp: int = 0
    headers: Sequence[tuple[str, bytes | None]] = ()


class Part(NamedTuple):
    """What was read of a topic; `partitions` counts those that it has."""

    partitions: int
    records: Sequence[Record]


class Log:
    """A topic that is looked at; nobody's place in it changes."""

    def __init__(self, consumer: Any, name: str) -> None:
        self.name = name
        self._consumer = consumer
        self._places = [TopicPartition(name, p) for p in consumer.partitions_for_topic(name) or ()]

    @property
    def partitions(self) -> int:
        return len(self._places)

    def whole(self) -> Iterator[Record]:
        """The records before the present end, each as it comes; no other log is read meanwhile."""
        return self._read(*self._bounds())

    def latest(self) -> "Latest":
        """What a compaction would leave of the records before the present end; reads them all."""
        bounds = self._bounds()
        return Latest(partial(self._all, *bounds))

    def newest(self, most: int) -> Part:
        """The records before the present end; at most about `most` of them."""
        begins, ends = self._bounds()
        each = self._each(most)
        return self._part({p: max(begins[p], ends[p] - each) for p in self._places}, ends)

    def oldest(self, most: int) -> Part:
        begins, ends = self._bounds()
        each = self._each(most)
        return self._part(begins, {p: min(ends[p], begins[p] + each) for p in self._places})

    def ends(self) -> Mapping[TopicPartition, int]:
        return self._bounds()[1]

    def unread(
        self, reached: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> dict[int, int]:
        """By partition how many offsets lie between, where a record is among them.

        Behind the last record may lie the marker of a transaction, which nobody gets to read.
        """
        begins, _ = self._bounds()
        starts = {place: max(begins[place], reached.get(place, 0)) for place in self._places}
        return {
            place.partition: ends[place] - start
            for place, start in starts.items()
            if start < ends[place] and any(self._all({place: start}, {place: ends[place]}))
        }

    def _each(self, most: int) -> int:
        return -(-most // max(1, self.partitions))

    def _bounds(self) -> tuple[Mapping[Any, int], Mapping[Any, int]]:
        ends = self._consumer.end_offsets(self._places)
        return self._consumer.beginning_offsets(self._places), ends

    def _part(self, begins: Mapping[Any, int], ends: Mapping[Any, int]) -> Part:
        return Part(self.partitions, list(self._read(begins, ends)))

    def _read(self, begins: Mapping[Any, int], ends: Mapping[Any, int]) -> Iterator[Record]:
        return filter(None, map(_record, self._all(begins, ends)))

    def _all(self, begins: Mapping[Any, int], ends: Mapping[Any, int]) -> Iterator[Any]:
        """Up to the ends, which markers of transactions may lie before."""
        due = {place: end for place, end in ends.items() if begins[place] < end}
        self._consumer.assign(list(due))
        for place in due:
            self._consumer.seek(place, begins[place])
        heard = time.monotonic()
        while any(self._consumer.position(place) < end for place, end in due.items()):
            polled = self._consumer.poll(timeout_ms=POLL_MS)
            for place, records in polled.items():
                yield from (record for record in records if record.offset < due[place])
            heard = time.monotonic() if polled else heard
            if time.monotonic() - heard > PATIENCE:
                raise BrokerError(f"the broker sent no record within {PATIENCE:.0f} s")


class Latest:
    """Of each key its last record, unless that removes it; its size is one entry a key.

    Args:
        read: all records, from the first, as often as it is asked.
    """

    def __init__(self, read: Callable[[], Iterator[Any]]) -> None:
        self._read = read
        self._last = {(one.partition, one.key): one.offset for one in read()}

    def __iter__(self) -> Iterator[Record]:
        """Reads them once more, each as it comes; no other log is read meanwhile."""
        for one in self._read():
            last = self._last.get((one.partition, one.key)) == one.offset
            if last and (record := _record(one)) is not None:
                yield record


def _record(one: Any) -> Record | None:
    """None of what only removes another."""
    if one.value is None:
        return None
    return Record(one.partition, one.offset, one.key, one.value, one.timestamp, one.headers)


@contextmanager
def connected(kafka: Kafka, bootstrap: str) -> Iterator["Cluster"]:
    """The topics of a broker; raises BrokerError where it does not let us in."""
    with clients.opened(
        KafkaConsumer, kafka, bootstrap, enable_auto_commit=False, bootstrap_timeout_ms=10_000,
        allow_auto_create_topics=False, isolation_level="read_committed",
    ) as consumer:  # fmt: skip
        yield Cluster(consumer, bootstrap)


class Cluster:
    """The topics that there are."""

    def __init__(self, consumer: Any, bootstrap: str) -> None:
        self._consumer, self._bootstrap = consumer, bootstrap
        self.names: frozenset[str] = frozenset(consumer.topics())

    def log(self, name: str) -> Log:
        """Raises TopicError for a topic that does not exist."""
        if name not in self.names:
            near = self._near(name)
            raise TopicError(f"topic {name}: does not exist at {self._bootstrap}; {near}")
        return Log(self._consumer, name)

    def _near(self, name: str) -> str:
        near = nearest(name, (known for known in self.names if not known.startswith("__")))
        return f"nearest: {', '.join(near[:5])}" if near else "it has no topics"
