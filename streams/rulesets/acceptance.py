"""Whether a change of rules may be made: none may lose what is marked as a real crisis."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from streams.hindsight.called import Called
from streams.hindsight.marks import Case, Ruling, ruled
from streams.rulesets.comparison import Comparison, Pair, partners

Rulings = Mapping[str, Ruling]
"""What somebody said of incidents, by their ids."""


LATEST: Final = timedelta(hours=1)
"""How much later what is real may be called without a word."""


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


def rulings(cases: Iterable[Case], old: Sequence[Called], new: Sequence[Called] = ()) -> Rulings:
    """Of what the old set calls, else of what the new one does."""
    about: dict[str, tuple[Called, list[Case]]] = {}
    for case in cases:
        one = meant(case, old) or meant(case, new)
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
        if (why := loss(called, comparison.new)) is not None:
            lost.append(Lost(called, why))
        else:
            weakened += _weakened(called, comparison.partners(called), latest)
    return Verdict(lost, weakened)


def loss(called: Called, new: Iterable[Called]) -> Loss | None:
    """Why what the new set calls does not hold an incident of the old one; None: it does."""
    held = partners(called, new)
    if not held:
        return Loss.UNCALLED
    taken_back = all(one.withdrawn for one in held) and not called.withdrawn
    return Loss.TAKEN_BACK if taken_back else None


def _weakened(called: Called, held: Sequence[Called], latest: timedelta) -> Iterator[Weakened]:
    """By the first call, and by the highest colour, of all that the new set has of it."""
    kept = [one for one in held if not one.withdrawn] or held
    first = Pair(called, min(kept, key=lambda one: one.line.opened))
    highest = Pair(called, max(kept, key=lambda one: one.peak.rank))
    if first.later is not None and first.later > latest:
        yield Weakened(first, Doubt.LATER)
    if highest.lower:
        yield Weakened(highest, Doubt.LOWER)
