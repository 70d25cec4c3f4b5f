"""The four colours of a crisis, by one rule.

Safety overrides volume: one trigger that tells of injury, death, fire or poisoning, or that its
source calls a matter of safety, is red at once; one that tells of a leak or a regulator is orange
at least. Otherwise points are counted over the signals that stand and are past learning, one for
each limit of `LIMITS` that is reached:

- speed: the greatest multiple of a surge;
- people: the greatest excess of a surge, observed less expected (for mentions, posts:
  there it stands for reach);
- spread: how many scopes signal;
- harm: whether any signal carries a harm word at all.

`LEVELS` turns the sum into a colour. Surges that are still learning bring no points, so a
learning incident is never above blue.

A rule that somebody set brings neither speed nor people, for its limit says nothing of what is
usual; whoever set it wants to be told, so it is yellow at least.

A silence is yellow: nobody is known to be hurt, but somebody must look, for we are blind there. It
brings no points and shares no incident with what does.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from alerts.signal import Signal


class Colour(StrEnum):
    """From least to most urgent."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        return ORDER[self]

    def above(self, other: "Colour") -> bool:
        return self.rank > other.rank


ORDER = {colour: rank for rank, colour in enumerate(Colour)}

RED_AT_ONCE = frozenset({"safety", "injury", "death", "fire", "poisoning"})
ORANGE_AT_LEAST = frozenset({"leak", "regulator"})

LIMITS: dict[str, tuple[float, ...]] = {
    "speed": (3.0, 10.0),  # times the expected
    "people": (30.0, 200.0),  # above the expected
    "spread": (3.0, 8.0),  # scopes
    "harm": (1.0,),  # kinds of harm named
}
LEVELS = ((5, Colour.RED), (3, Colour.ORANGE), (1, Colour.YELLOW), (0, Colour.BLUE))


FIGURES: dict[str, Callable[[Signal], float]] = {
    "speed": lambda signal: signal.multiple,
    "people": lambda signal: signal.observed - signal.expected,
}
"""What is measured of each surge; the greatest counts."""


class ColourReason(StrEnum):
    SAFETY = "safety"
    SENSITIVE = "sensitive"
    LEARNING = "learning"
    SILENT = "silent"
    ASKED = "asked"
    POINTS = "points"


class Assessment(NamedTuple):
    """`factors` holds what was measured of each aspect that brought points."""

    colour: Colour
    reason: ColourReason
    points: dict[str, int]
    factors: dict[str, float]


def higher(one: Colour, other: Colour) -> Colour:
    return one if one.rank >= other.rank else other


def assess(signals: Iterable[Signal]) -> Assessment:
    """The colour of an incident that has these signals; withdrawn ones count for nothing."""
    standing = [signal for signal in signals if signal.standing]
    triggered = {harm for signal in standing if signal.event for harm in signal.harm}
    judged = [s for s in standing if s.event or not s.learning]
    measured = _measured(judged)
    points = {
        aspect: sum(measured[aspect] >= limit for limit in limits)
        for aspect, limits in LIMITS.items()
    }
    factors = {aspect: measured[aspect] for aspect, scored in points.items() if scored}
    if triggered & RED_AT_ONCE:
        return Assessment(Colour.RED, ColourReason.SAFETY, points, factors)
    if standing and all(signal.absence for signal in standing):
        return Assessment(Colour.YELLOW, ColourReason.SILENT, dict.fromkeys(LIMITS, 0), {})
    level = next(colour for least, colour in LEVELS if sum(points.values()) >= least)
    if triggered & ORANGE_AT_LEAST and not level.above(Colour.ORANGE):
        return Assessment(Colour.ORANGE, ColourReason.SENSITIVE, points, factors)
    if standing and not judged:
        return Assessment(Colour.BLUE, ColourReason.LEARNING, points, factors)
    if any(s.limited for s in standing) and not level.above(Colour.YELLOW):
        return Assessment(Colour.YELLOW, ColourReason.ASKED, points, factors)
    return Assessment(level, ColourReason.POINTS, points, factors)


def _measured(signals: list[Signal]) -> dict[str, float]:
    surges = [signal for signal in signals if signal.exceeds]
    return {
        **{aspect: max(map(figure, surges), default=0.0) for aspect, figure in FIGURES.items()},
        "spread": len({tuple(sorted(signal.scope.items())) for signal in signals}),
        "harm": len({harm for signal in signals for harm in signal.harm}),
    }
