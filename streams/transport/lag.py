"""How far a worker is behind in the topics it reads."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from faust.types import TP


class Unread(NamedTuple):
    """What a partition still holds.

    Attributes:
        tp: the partition.
        next: the offset from which on nothing is dealt with.
        end: the log's end.
    """

    tp: TP
    next: int
    end: int


class Lag(NamedTuple):
    """Of one topic: records in all partitions, and seconds in the one furthest behind."""

    records: int
    seconds: float


class Progress:
    """What a worker has dealt with in each partition; times are seconds since the epoch."""

    def __init__(self) -> None:
        self._next: dict[TP, int] = {}
        self._stamp: dict[TP, float] = {}

    def took(self, tp: TP, *, following: int, stamp: float) -> None:
        """All below the offset `following` is dealt with; the last was written at `stamp`."""
        self._next[tp], self._stamp[tp] = following, stamp

    def next(self, tp: TP) -> int | None:
        return self._next.get(tp)

    def keep(self, mine: Collection[TP], *, now: float) -> None:
        """Forget partitions that others have; waiting for the first record begins now."""
        self._next = {tp: offset for tp, offset in self._next.items() if tp in mine}
        self._stamp = {tp: self._stamp.get(tp, now) for tp in mine}

    def lag(self, unread: Iterable[Unread], *, now: float) -> dict[str, Lag]:
        """By topic; a partition with nothing unread is not behind, however old its last record."""
        found: dict[str, Lag] = {}
        for tp, following, end in unread:
            records = max(end - following, 0)
            seconds = max(now - self._stamp.get(tp, now), 0.0) if records else 0.0
            before = found.get(tp.topic, Lag(0, 0.0))
            found[tp.topic] = Lag(before.records + records, max(before.seconds, seconds))
        return found
