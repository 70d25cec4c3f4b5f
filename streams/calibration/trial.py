"""One run of a history with thresholds multiplied, and the false alarms in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from alerts.signal import Kind
from detectors import burst
from streams.detection.stream import Watch
from streams.hindsight.called import Called
from streams.hindsight.marks import AROUND, Case, Ruling, ruled
from streams.settings import Settings

Times = Mapping[str, float]  # thresholds by method, in multiples of what the budget asks for
DEFAULT: Mapping[str, float] = {Kind.BURST.value: burst.AFFORDABLE}
"""By method, the multiple by which channels are told where none is set, if that is not 1."""
Play = Callable[[Settings, Watch | None], Sequence[Called]]
"""Plays the history under settings; returns what was called."""


class Trial(NamedTuple):
    times: Times
    called: Sequence[Called]


@dataclass(frozen=True)
class Clean:
    """What of a history is clean: all but the time around what is marked as real.

    What is marked as no crisis is a false alarm even there (`marks.ruled`).
    """

    cases: Sequence[Case]

    def moment(self, at: datetime) -> bool:
        return not any(c.since - AROUND <= at <= c.until + AROUND for c in self.cases if c.real)

    def false(self, called: Called) -> bool:
        """Whether an incident is a false alarm."""
        ruling = ruled((case for case in self.cases if case.met(called)), called)
        if ruling is None:
            return self.moment(called.line.opened)
        return ruling is Ruling.NOT_A_CRISIS

    def counts(self, called: Sequence[Called], method: str) -> int:
        """False alarms of a method: incidents in which it speaks."""
        return sum(method in voices(one) and self.false(one) for one in called)


def voices(called: Called) -> frozenset[str]:
    """The methods that speak in it."""
    return frozenset(signal.kind.value for signal in called.standing)


def under(settings: Settings, times: Times) -> Settings:
    """The same settings with these thresholds."""
    return _with(settings, {m: k for m, k in times.items() if k != DEFAULT.get(m, 1.0)})


def told(settings: Settings, times: Times) -> Settings:
    """The same, calling no more than they tell."""
    return _with(settings, {m: k for m, k in times.items() if k != 1.0 or m in DEFAULT})


def _with(settings: Settings, times: Times) -> Settings:
    thresholds = {Kind(method): factor for method, factor in times.items()}
    detection = settings.detection.model_copy(update={"thresholds": thresholds})
    return settings.model_copy(update={"detection": detection})
