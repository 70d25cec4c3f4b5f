"""How far event time has come in a stream, from what its source partitions say in the counts log.

A chunk's counts come again and again while it fills; the newest wins, and a closed chunk names
where the next one must start, so that a hole in the log is an error with a name.
"""

from enum import Enum
from typing import Protocol

import msgspec

from streams.counts.cells import Counts


class CountsGapError(Exception):
    """A chunk is missing from the counts of a source partition."""


class CountsOverlapError(Exception):
    """Records were lost inside a chunk that was counted, and what is left of it has grown since."""


class Spoken(Protocol):
    """What a partition says of itself, as records of the counts log do."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def partitions(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def closed(self) -> bool: ...
    @property
    def watermark(self) -> int | None: ...
    @property
    def idle(self) -> int: ...


class Admission(Enum):
    """What a counts record means to the reader that holds the partition's last one."""

    STALE = "stale"
    REPLACES = "replaces"
    FOLLOWS = "follows"
    IDLE = "idle"
    CLOSES = "closes"  # the chunk held, of whose beginning the source has lost records


class Held(msgspec.Struct, array_like=True):
    """The newest word of a source partition: its chunk, its watermark, and ms of idleness.

    `vouched` is how far the foremost partition had come when this one last said it was idle.
    """

    start: int
    end: int
    closed: bool
    watermark: int | None
    idle: int | None
    vouched: int | None = None


def admit(held: Held | None, counts: Counts) -> Admission:
    """Judge a record against the newest one held; raises CountsGapError, CountsOverlapError."""
    if held is None:
        return _opening(counts)
    if counts.idle:
        return Admission.IDLE if _rests(held, counts) else Admission.STALE
    if counts.start == held.start:
        newer = (counts.end, counts.closed) > (held.end, held.closed)
        return Admission.REPLACES if newer else Admission.STALE
    if counts.start < held.start:
        return Admission.STALE
    if counts.first and counts.start < held.end:
        return _rest(held, counts)
    if counts.first or (held.closed and counts.start == held.end):
        return Admission.FOLLOWS
    raise CountsGapError(
        f"{counts.topic}[{counts.partition}]: counts must go on at offset {held.end}"
        f"{'' if held.closed else ' once its chunk is closed'}, got a chunk from {counts.start}"
    )


def _rests(held: Held, counts: Counts) -> bool:
    """Whether an idle partition has said all the counts that it is said to have.

    One that is `first` has had no record, where its log begins only there or all below was counted:
    what is held may end before. A mark of a former owner ends below what its heir has counted.
    """
    return counts.end == held.end or (counts.first and counts.end > held.end)


def _rest(held: Held, counts: Counts) -> Admission:
    """What the source has left of the chunk held is counted, unless there is more of it now."""
    if counts.end > held.end:
        raise CountsOverlapError(
            f"{counts.topic}[{counts.partition}]: the source lost records of a chunk that was "
            f"counted from {held.start} to {held.end}, and the rest of it goes on to {counts.end}: "
            "these cannot be told apart; tocsin rebuild counts them from the archive"
        )
    closes = counts.closed and counts.end == held.end and not held.closed
    return Admission.CLOSES if closes else Admission.STALE


def _opening(counts: Counts) -> Admission:
    """A partition is met for the first time only where its counts begin."""
    if not counts.first:
        raise CountsGapError(
            f"{counts.topic}[{counts.partition}]: counts must begin with a first chunk, "
            f"got one from {counts.start} that follows another"
        )
    return Admission.IDLE if counts.idle else Admission.FOLLOWS


class Watermarks(msgspec.Struct, array_like=True):
    """The source partitions of one stream.

    Attributes:
        topics: the stream's sources, each with its number of partitions, 0 until it has spoken.
        held: by topic and partition.
        time: milliseconds of event time that every source has passed; never goes back.
    """

    topics: dict[str, int]
    held: dict[str, dict[int, Held]]
    time: int | None = None

    @classmethod
    def of(cls, topics: list[str]) -> "Watermarks":
        return cls(dict.fromkeys(topics, 0), {topic: {} for topic in topics})

    def last(self, counts: Spoken) -> Held | None:
        return self.held.setdefault(counts.topic, {}).get(counts.partition)

    def note(self, counts: Spoken) -> None:
        """Take an admitted record's word for its partition, and move time."""
        self.topics[counts.topic] = counts.partitions
        held = self.last(counts)
        if counts.idle and held is not None:
            held.idle = (held.idle or 0) + counts.idle
            held.watermark = _later(held.watermark, counts.watermark)
        elif held is not None and held.start < counts.start and counts.end == held.end:
            held.closed = True
        else:
            held = self.held[counts.topic][counts.partition] = Held(
                counts.start, counts.end, counts.closed, counts.watermark, counts.idle or None
            )
        if counts.idle:
            held.vouched = self._front
        self.time = _later(self.time, self._now())

    def _now(self) -> int | None:
        """The least of what each partition allows; all idle: time goes on by itself.

        An idle partition allows the others to go on as far as they were when it last said that it
        has nothing: what came to all of them at once must not be overtaken by the first.
        """
        if any(len(self.held[topic]) < (n or 1) for topic, n in self.topics.items()):
            return None
        least: int | None = None
        for held in self._everyone:
            mark = held.watermark if held.idle is None else held.vouched
            if mark is None:
                return None
            least = mark if least is None else min(least, mark)
        if least is None or least != self._front:
            return least
        return least + min(held.idle or 0 for held in self._everyone)

    @property
    def _everyone(self) -> list[Held]:
        return [held for partitions in self.held.values() for held in partitions.values()]

    @property
    def _front(self) -> int | None:
        """How far the foremost partition has come."""
        marks = [held.watermark for held in self._everyone if held.watermark is not None]
        return max(marks, default=None)


def _later(a: int | None, b: int | None) -> int | None:
    return max((mark for mark in (a, b) if mark is not None), default=None)
