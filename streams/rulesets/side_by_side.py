"""A comparison of two sets of rules as programs read it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from alerts.colour import Colour
from alerts.incident import IncidentState
from alerts.signal import Instant, Scope
from streams.hindsight.called import Called, Hindsight
from streams.hindsight.marks import Ruling
from streams.rulesets.acceptance import Rulings, marked
from streams.rulesets.comparison import Comparison, Pair, Week
from streams.settings import Settings


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One as a set called it: `called` first, `at` heard of last."""

    id: str
    scope: Scope
    state: IncidentState
    called: Instant
    at: Instant
    first: Colour
    peak: Colour


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """One matter; null: not called. `later` is by how many seconds the second set calls it."""

    old: Incident | None
    new: Incident | None
    later: float | None
    marked: Ruling | None


class Set(msgspec.Struct, frozen=True, kw_only=True):
    """A set of rules, and how many incidents it calls, and calls alone."""

    file: str
    version: str
    called: int
    alone: int


class SideBySide(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; weeks are named by ISO 8601, in the zone of the first set."""

    old: Set
    new: Set
    events: int
    first: Instant
    last: Instant
    incidents: list[Beside]
    weeks: list[Week]


def told(
    files: Sequence[str], settings: Sequence[Settings], seen: Hindsight, comparison: Comparison,
    rulings: Rulings,
) -> SideBySide:  # fmt: skip
    """Args: of both sets their files and settings, and what was played for the first."""
    counts = (comparison.old, comparison.gone), (comparison.new, comparison.added)
    old, new = (
        Set(file=file, version=one.version, called=len(called), alone=len(alone))
        for file, one, (called, alone) in zip(files, settings, counts, strict=True)
    )
    return SideBySide(
        old=old, new=new, events=seen.events, first=seen.first, last=seen.last,
        incidents=[_beside(pair, rulings) for pair in comparison.pairs],
        weeks=comparison.weeks(ZoneInfo(settings[0].detection.zone)),
    )  # fmt: skip


def _beside(pair: Pair, rulings: Rulings) -> Beside:
    old, new = (side and _incident(side) for side in pair)
    later = None if pair.later is None else pair.later.total_seconds()
    return Beside(old=old, new=new, later=later, marked=marked(pair, rulings))


def _incident(called: Called) -> Incident:
    line = called.line
    return Incident(
        id=line.id, scope=line.about, state=line.state, called=line.opened, at=line.at,
        first=called.first, peak=called.peak,
    )  # fmt: skip
