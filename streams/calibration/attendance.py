"""Which methods judged how much of a history, and so what part of the budget each had.

The budget of an hour is shared equally by the places that judge in it, a place being a series that
one method has learnt; a busy one that burst has, `detectors.burst.PLACES`, but all of these
together no more than the others. So what methods may alarm falsely adds up to the budget, however
many there are, and a method that is still learning takes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from alerts.signal import Kind
from detectors import budget, burst
from streams.configuration.sections import BUDGETED, MINUTES
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed

Hours = Mapping[int, int]  # places by hour since the epoch


class Share(NamedTuple):
    """What a method had of a history.

    Attributes:
        places: series that it judged at most at one time.
        weeks: in which it judged any.
        allowed: false alarms of its part of the budget over them.
    """

    places: int = 0
    weeks: float = 0.0
    allowed: float = 0.0

    @property
    def a_week(self) -> float:
        """Its part of the weekly budget."""
        return self.allowed / self.weeks if self.weeks else 0.0


class Attendance:
    """Takes the place of a back-test's `watch`, and counts the places of each method."""

    def __init__(self) -> None:
        self._places: dict[str, dict[int, int]] = {method: {} for method in BUDGETED}

    def __call__(self, stream: str, closed: Closed, bench: Bench) -> None:
        if closed.masked or closed.minutes != MINUTES:
            return
        judged = bench.judged(closed.series)
        for method in self._places.keys() & judged.keys():
            self.note(method, closed.bucket, judged[method])

    def note(self, method: str, hour: int, places: int) -> None:
        if places:
            hours = self._places[method]
            hours[hour] = hours.get(hour, 0) + places

    def shares(
        self, allowed: float, *, clean: Callable[[int], bool] = lambda _: True
    ) -> dict[str, Share]:
        """By method, where so many false alarms a week are allowed; over clean hours alone."""
        kept = {
            method: {hour: n for hour, n in hours.items() if clean(hour)}
            for method, hours in self._places.items()
        }
        weighed = _weighed(kept)
        together = _together(weighed.values())
        return {
            method: _share(hours, weighed[method], together, allowed / budget.HOURS)
            for method, hours in kept.items()
        }  # fmt: skip


def _weighed(kept: Mapping[str, Hours]) -> dict[str, Hours]:
    """Places of the budget: bursts take many, and no more than all others of their hour."""
    weighed, bursts = dict(kept), kept[Kind.BURST]
    others = _together(hours for method, hours in kept.items() if method != Kind.BURST)
    weighed[Kind.BURST] = {
        hour: min(burst.PLACES * n, others.get(hour, burst.PLACES * n))
        for hour, n in bursts.items()
    }
    return weighed


def _together(methods: Iterable[Hours]) -> Hours:
    found: dict[int, int] = {}
    for hours in methods:
        for hour, n in hours.items():
            found[hour] = found.get(hour, 0) + n
    return found


def _share(hours: Hours, weighed: Hours, together: Hours, an_hour: float) -> Share:
    parts = sum(n / together[hour] for hour, n in sorted(weighed.items()))
    return Share(max(hours.values(), default=0), len(hours) / budget.HOURS, parts * an_hour)
