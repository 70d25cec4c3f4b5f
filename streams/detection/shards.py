"""A shard: counts in, signals out; a pure function of its counts log up to an offset."""

from collections.abc import Iterator

from alerts.signal import Signal
from streams.counts.cells import Counts
from streams.detection.packing import packed, thaw
from streams.detection.snapshots import Frozen
from streams.detection.stream import STREAMS, Stream, Watch
from streams.settings import Settings


class Shard:
    """All streams of one shard.

    Args:
        settings: of the installation; a snapshot is restored under the cuts it was made with.
        shard: its number, below `detection.shards`.
        watch: is shown each hour that has been judged.
    """

    def __init__(self, settings: Settings, shard: int, *, watch: Watch | None = None) -> None:
        self._streams = {name: Stream(name, settings, shard, watch=watch) for name in STREAMS}

    def apply(self, counts: Counts) -> list[Signal]:
        """The signals that one record of the counts log leads to, in a fixed order."""
        stream = self._streams.get(counts.stream)
        return list(stream.apply(counts)) if stream else []

    @property
    def late_at_detection(self) -> int:
        """People counted after their bucket had closed; 0 as long as no idle mark overtook data."""
        return sum(stream.late_at_detection for stream in self._streams.values())

    @property
    def refused(self) -> dict[tuple[str, str], int]:
        """By stream and cut, people of series past a bound, who are not counted in it."""
        return {
            (name, cut): people
            for name, stream in self._streams.items()
            for cut, people in stream.refused.items()
        }

    @property
    def retired(self) -> int:
        """Series that were told of here, and had nobody for so long that they are known no more."""
        return sum(stream.retired for stream in self._streams.values())

    def series(self) -> int:
        """How many series are told of here; one that goes to all shards, by one of them."""
        return self.learnt()[1]

    def learnt(self) -> tuple[int, int]:
        """How many series have learnt what is usual, of how many that are told of here."""
        learnt, own = zip(*(stream.learnt() for stream in self._streams.values()), strict=True)
        return sum(learnt), sum(own)

    def places(self) -> int:
        """How many places share the budget, of those that are told of here (`detectors.budget`)."""
        return sum(stream.judges.places(stream.series) for stream in self._streams.values())

    @property
    def fullness(self) -> float:
        """Share that the fullest stream has taken of a bound: of series, or of feeds."""
        return max(stream.fullness for stream in self._streams.values())

    def silent(self) -> dict[str, int]:
        """By stream, how many sources and channels in them are silent."""
        return {name: stream.judges.silent for name, stream in self._streams.items()}

    def passed(self) -> dict[str, float]:
        """By stream, epoch seconds of event time that every source has passed."""
        marks = {name: stream.watermark for name, stream in self._streams.items()}
        return {name: mark / 1000 for name, mark in marks.items() if mark is not None}

    def judged(self) -> dict[str, int]:
        """By stream, the bucket judged last."""
        closed = {name: stream.closed for name, stream in self._streams.items()}
        return {name: bucket for name, bucket in closed.items() if bucket is not None}

    def packed(self) -> Iterator[bytes]:
        """The slices of a snapshot; nothing may be applied before the last."""
        return packed({name: stream.snapshot() for name, stream in self._streams.items()})

    def snapshot(self) -> Frozen:
        return list(self.packed())

    def restore(self, frozen: Frozen) -> None:
        """Go on where `snapshot` was taken; raises SnapshotError under other cuts."""
        for name, held in thaw(frozen).items():
            self._streams[name].restore(held)
