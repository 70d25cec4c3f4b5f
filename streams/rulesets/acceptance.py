"""Whether a change of rules may be made: none may lose what is marked as a real crisis."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from streams.hindsight.called import Called
from streams.hindsight.marks import Case, Ruling, ruled
from streams.rulesets.comparison import Comparison, Pair

Rulings = Mapping[str, Ruling]
"""What somebody said of incidents, by their ids."""


class Loss(StrEnum):
    """Why an incident is lost."""

    UNCALLED = "uncalled"
    TAKEN_BACK = "taken-back"


class Doubt(StrEnum):
    """What somebody should know of a change that may be made."""

    LATER = "later"
    LOWER = "lower"


class Lost(NamedTuple):
    """An incident marked as real that the new set does not call, or calls and takes back."""

    called: Called
    why: Loss


class Weakened(NamedTuple):
    """One that both call, the new set later than wanted or in a lower colour."""

    pair: Pair
    why: Doubt


@dataclass(frozen=True)
class Verdict:
    """On a change of rules.

    Attributes:
        lost: forbid it, unless somebody answers for them.
        weakened: do not.
    """

    lost: Sequence[Lost]
    weakened: Sequence[Weakened]

    @property
    def allowed(self) -> bool:
        return not self.lost


def meant(case: Case, called: Iterable[Called]) -> Called | None:
    """The incident that a mark is about: the one of its id, else the nearest to its time."""
    about = case.calls(called)
    named = [one for one in about if one.line.id == case.mark.incident]
    return min(
        named or about,
        key=lambda one: (case.apart(one), one.line.opened, one.line.id),
        default=None,
    )


def rulings(cases: Iterable[Case], comparison: Comparison) -> Rulings:
    """Of what the old set calls, else of what the new one does."""
    about: dict[str, tuple[Called, list[Case]]] = {}
    for case in cases:
        one = meant(case, comparison.old) or meant(case, comparison.new)
        if one is not None:
            about.setdefault(one.line.id, (one, []))[1].append(case)
    return {name: said for name, (one, its) in about.items() if (said := ruled(its, one))}


def marked(pair: Pair, said: Rulings) -> Ruling | None:
    """What was said of either of a pair."""
    found = {said[side.line.id] for side in pair if side and side.line.id in said}
    return next((ruling for ruling in Ruling if ruling in found), None)


def judge(comparison: Comparison, real: Iterable[Called], *, latest: timedelta) -> Verdict:
    """The verdict on the change from the old set to the new one.

    Args:
        comparison: of the two.
        real: those of the old set that are marked so.
        latest: how much later than by the old set one may be called without a word.
    """
    lost, weakened = list[Lost](), list[Weakened]()
    for called in real:
        partners = comparison.partners(called)
        if (why := _loss(called, partners)) is not None:
            lost.append(Lost(called, why))
        else:
            weakened += _weakened(called, partners, latest)
    return Verdict(lost, weakened)


def _loss(called: Called, partners: Sequence[Called]) -> Loss | None:
    if not partners:
        return Loss.UNCALLED
    taken_back = all(partner.withdrawn for partner in partners) and not called.withdrawn
    return Loss.TAKEN_BACK if taken_back else None


def _weakened(called: Called, partners: Sequence[Called], latest: timedelta) -> Iterator[Weakened]:
    """By the first call, and by the highest colour, of all that the new set has of it."""
    kept = [partner for partner in partners if not partner.withdrawn] or partners
    first = Pair(called, min(kept, key=lambda partner: partner.line.opened))
    highest = Pair(called, max(kept, key=lambda partner: partner.peak.rank))
    if first.later is not None and first.later > latest:
        yield Weakened(first, Doubt.LATER)
    if highest.lower:
        yield Weakened(highest, Doubt.LOWER)
