"""How fast intake was, read off what it leaves in the log of counts."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from benchmarks.testbed import DEADLINE, Process, Testbed
from streams.broker.topics import Topics
from streams.counts.cells import Cells, decode
from streams.settings import Settings

LOOK = 0.2  # seconds
QUIET = 10.0  # seconds without a new record, on a busy machine too: everything was read

Ends = dict[TopicPartition, int]


class Spent(NamedTuple):
    """What a measure showed before the first record and when the last was seen."""

    before: float
    after: float


class CountsLog:
    """The log of an installation, as a reader of its own sees it."""

    def __init__(self, bed: Testbed, settings: Settings) -> None:
        counts = Topics.of(settings).counts
        self._shards = [TopicPartition(counts, n) for n in range(settings.detection.shards)]
        self._consumer: Any = KafkaConsumer(bootstrap_servers=bed.bootstrap)

    def ends(self) -> Ends:
        ends: Ends = self._consumer.end_offsets(self._shards)
        return ends

    def rest(
        self, before: Ends, processes: list[Process], log: Path, spent: Callable[[], float]
    ) -> tuple[Ends, Spent]:
        """Wait until the shards have grown and grow no more."""
        deadline, ends, moved = time.monotonic() + DEADLINE, before, time.monotonic()
        begun = at_end = spent()
        while ends == before or time.monotonic() - moved < QUIET:
            if any(p.poll() is not None for p in processes) or time.monotonic() > deadline:
                raise SystemExit(f"intake does not get to its end: {log.read_text()[-2000:]}")
            time.sleep(LOOK)
            if (now := self.ends()) != ends:
                ends, moved, at_end = now, time.monotonic(), spent()
            elif ends == before:
                begun = spent()
        return ends, Spent(begun, at_end)

    def rate(self, before: Ends, after: Ends, *, events: int) -> float:
        """Events a second on the slowest shard, which each must hold the total of all events."""
        return min(self._rate(shard, before[shard], after[shard], events) for shard in self._shards)

    def begun(self, before: Ends) -> int:
        """When the first record after these ends was written, ms."""
        self._consumer.assign(self._shards)
        for shard in self._shards:
            self._consumer.seek(shard, before[shard])
        stamps: dict[TopicPartition, int] = {}
        while len(stamps) < len(self._shards):
            for shard, records in self._consumer.poll(timeout_ms=1000).items():
                stamps.setdefault(shard, records[0].timestamp)
        return min(stamps.values())

    def close(self) -> None:
        self._consumer.close()

    def _rate(self, shard: TopicPartition, start: int, end: int, events: int) -> float:
        """From the shard's first record to the one that completes the counts."""
        self._consumer.assign([shard])
        self._consumer.seek(shard, start)
        chunks: dict[tuple[str, int, int], int] = {}
        total, first, started = 0, 0, 0
        while self._consumer.position(shard) < end:
            for record in self._consumer.poll(timeout_ms=1000).get(shard, ()):
                place, held = _held(record.value)
                total += held - chunks.get(place, 0)
                chunks[place] = held
                if not started:
                    first, started = total, record.timestamp
                if total == events:
                    return (total - first) * 1000 / int(record.timestamp - started)
        raise SystemExit(f"shard {shard.partition} must hold {events} events, has {total}")


def _held(raw: bytes) -> tuple[tuple[str, int, int], int]:
    """A chunk's place in its source, and its events so far."""
    counts = decode(raw)
    cells = counts.cells[-1] if counts.cells else None
    held = int(cells.numbers().events.sum()) if isinstance(cells, Cells) else 0
    return (counts.topic, counts.partition, counts.start), held
