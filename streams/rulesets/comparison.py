"""What two sets of rules call over the same history, side by side.

Two incidents are one where both were about the same matter at the same time: they speak of a
silence both or neither; the spans from their onsets to their last signals overlap, and neither
was called later than `AFTERWARDS` after the other was over; and a signal of the one meets one of
the other by the rule that groups signals (`alerts.grouping.meet`). A stream's total, which is
about no matter, meets a total of the same stream alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import product
from typing import NamedTuple

import msgspec
from msgspec import structs

from alerts.grouping import meet
from alerts.signal import Signal
from streams.files.regions import Regions
from streams.hindsight.called import Called
from streams.hindsight.scorecard import AFTERWARDS

Beside = tuple[Called, Called | None]


class Pair(NamedTuple):
    """What one set called beside what the other called of the same matter; None: nothing."""

    old: Called | None
    new: Called | None

    @property
    def opened(self) -> datetime:
        """When the first of the two was called."""
        return min(side.line.opened for side in self if side is not None)

    @property
    def later(self) -> timedelta | None:
        """By how much the new set calls it later; below zero it calls it earlier."""
        if self.old is None or self.new is None:
            return None
        return self.new.line.opened - self.old.line.opened

    @property
    def lower(self) -> bool:
        """Whether the new set gives it a lower colour at its height."""
        return bool(self.old and self.new and self.old.peak.above(self.new.peak))


class Week(msgspec.Struct, frozen=True):
    """How many incidents were first called in a week, which has its name by ISO 8601."""

    name: str
    old: int
    new: int


@dataclass(frozen=True)
class Comparison:
    """Two sets of rules over one history.

    Attributes:
        old, new: what each would have called.
        pairs: every incident of either at least once, beside the one of the other set that is most
            like it; one that the other set calls as two stands beside both.
    """

    old: Sequence[Called]
    new: Sequence[Called]
    pairs: Sequence[Pair]

    @property
    def gone(self) -> list[Called]:
        """What only the old set calls."""
        return [pair.old for pair in self.pairs if pair.old is not None and pair.new is None]

    @property
    def added(self) -> list[Called]:
        """What only the new set calls."""
        return [pair.new for pair in self.pairs if pair.new is not None and pair.old is None]

    def partners(self, old: Called) -> list[Called]:
        """All that the new set calls of the same matter."""
        return partners(old, self.new)

    def weeks(self, zone: tzinfo) -> list[Week]:
        """Weeks in which anything was called, by the calendar of a zone."""
        old, new = (
            Counter(_week(called, zone) for called in side) for side in (self.old, self.new)
        )
        return [Week(name, old[name], new[name]) for name in sorted(old.keys() | new.keys())]


def partners(old: Called, new: Iterable[Called]) -> list[Called]:
    """All that these are of the same matter."""
    return [other for other in new if same(old, other)]


def compare(old: Sequence[Called], new: Sequence[Called]) -> Comparison:
    """Deterministic, and the same from the other side."""
    pairs = [
        *(Pair(called, other) for called, other in _beside(old, new)),
        *(Pair(other, called) for called, other in _beside(new, old)),
    ]
    each = {_order(pair): pair for pair in pairs}
    return Comparison(old, new, [each[place] for place in sorted(each)])


def named(called: Called, regions: Regions) -> Called:
    """With regions by the names of this table, as sets may count them under different ones."""
    line = structs.replace(
        called.line, scope=regions.scope(called.line.scope), about=regions.scope(called.line.about)
    )
    signals = [_named(signal, regions) for signal in called.signals]
    return called._replace(line=line, signal=_named(called.signal, regions), signals=signals)


def _named(signal: Signal, regions: Regions) -> Signal:
    together = tuple(map(regions.named, signal.regions))
    return structs.replace(signal, scope=regions.scope(signal.scope), regions=together)


def same(one: Called, other: Called) -> bool:
    """Whether two sets of rules mean the same by these."""
    alike = one.signal.absence is other.signal.absence
    return alike and _together(one, other) and _meet(one, other)


def _beside(some: Iterable[Called], others: Sequence[Called]) -> Iterator[Beside]:
    for one in some:
        alike = (other for other in others if same(one, other))
        yield one, min(alike, key=partial(_unlikeness, one), default=None)


def _unlikeness(one: Called, other: Called) -> tuple[bool, bool, bool, timedelta, str]:
    """What was not taken back comes first, then the same incident, subject and time."""
    apart = abs(one.line.opened - other.line.opened)
    renamed, moved = one.line.id != other.line.id, one.line.about != other.line.about
    return other.withdrawn, renamed, moved, apart, other.line.id


def _together(one: Called, other: Called) -> bool:
    (began, ended), (start, stop) = span(one), span(other)
    overlap = began <= stop and start <= ended
    late = one.line.opened > stop + AFTERWARDS or other.line.opened > ended + AFTERWARDS
    return overlap and not late


def span(called: Called) -> tuple[datetime, datetime]:
    """From its first sign, which may lie before the call, to its last."""
    return min(called.signal.onset, called.line.opened), max(called.line.at, called.line.opened)


def _meet(one: Called, other: Called) -> bool:
    return any(_about_one(a, b) for a, b in product(_voices(one), _voices(other)))


def _voices(called: Called) -> Iterable[Signal]:
    """A signal for each scope; those that stand, if any does."""
    signals = called.standing or called.signals
    return {(tuple(sorted(s.scope.items())), s.event): s for s in signals}.values()


def _about_one(one: Signal, other: Signal) -> bool:
    if one.scope == other.scope:
        return True
    named = bool(one.matter and other.matter)
    together = frozenset(one.regions) | frozenset(other.regions)
    event = one.event or other.event
    return named and meet(one.matter, other.matter, event=event, together=together)


def _week(called: Called, zone: tzinfo) -> str:
    year, week, _ = called.line.opened.astimezone(zone).isocalendar()
    return f"{year}-W{week:02d}"


def _order(pair: Pair) -> tuple[datetime, str, str]:
    old, new = (side.line.id if side else "" for side in pair)
    return pair.opened, old, new
