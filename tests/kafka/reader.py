"""Topics as an ordinary consumer reads them, and events as an ordinary producer writes them."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

PATIENCE = 60.0  # seconds without a record


class Reader:
    """Remembers what it has read, so that asking again reads only what is new."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer: Any = KafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed"
        )
        self._held: dict[str, list[Any]] = defaultdict(list)
        self._read_as: dict[str, list[Any]] = defaultdict(list)
        self._positions: dict[TopicPartition, int] = {}

    def close(self) -> None:
        self._consumer.close()

    def topic(self, name: str) -> list[Any]:
        """All records up to the topic's present end; those of a partition in its order."""
        ends = {TopicPartition(name, p): end for p, end in self.ends(name).items()}
        due = {tp: end for tp, end in ends.items() if self._positions.get(tp, 0) < end}
        if due:
            self._read(due)
        return self._held[name]

    def values(self, name: str, decode: Callable[[bytes], Any]) -> list[Any]:
        """The values of all records; each is decoded once, so a topic is always read alike."""
        records, decoded = self.topic(name), self._read_as[name]
        decoded += [decode(record.value) for record in records[len(decoded) :]]
        return decoded

    def ends(self, name: str) -> dict[int, int]:
        """The offset after the last record of each partition."""
        places = [TopicPartition(name, p) for p in self._consumer.partitions_for_topic(name) or ()]
        return {tp.partition: end for tp, end in self._consumer.end_offsets(places).items()}

    def starts(self, name: str) -> dict[int, int]:
        """The offset of the first record that each partition still holds."""
        places = [TopicPartition(name, p) for p in self._consumer.partitions_for_topic(name) or ()]
        return {tp.partition: at for tp, at in self._consumer.beginning_offsets(places).items()}

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """What a group has committed of each partition."""
        member: Any = KafkaConsumer(
            bootstrap_servers=self._bootstrap, group_id=group, enable_auto_commit=False
        )
        try:
            offsets = {p: member.committed(TopicPartition(topic, p)) for p in self.ends(topic)}
        finally:
            member.close()
        return {partition: offset for partition, offset in offsets.items() if offset is not None}

    def send(
        self, topic: str, values: Sequence[bytes], partition: int, *, key: bytes | None = None,
        stamp: int | None = None, **producer: Any,
    ) -> list[int]:  # fmt: skip
        """Returns their offsets when the broker has them; without a `stamp` (ms) it is now."""
        producing: Any = KafkaProducer(
            bootstrap_servers=self._bootstrap, max_request_size=8 << 20, **producer
        )
        try:
            sent = [producing.send(topic, value, key, partition=partition, timestamp_ms=stamp)
                    for value in values]  # fmt: skip
            return [one.get(timeout=60).offset for one in sent]
        finally:
            producing.close()

    def _read(self, due: Mapping[TopicPartition, int]) -> None:
        self._consumer.assign(list(due))
        for tp in due:
            self._consumer.seek(tp, self._positions.get(tp, 0))
        deadline = time.monotonic() + PATIENCE
        while any(self._consumer.position(tp) < end for tp, end in due.items()):
            assert time.monotonic() < deadline, f"not read to its end: {due}"
            for tp, records in self._consumer.poll(timeout_ms=500).items():
                self._held[tp.topic] += records
                deadline = time.monotonic() + PATIENCE
        self._positions.update({tp: self._consumer.position(tp) for tp in due})
