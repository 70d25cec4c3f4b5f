"""The thresholds with which a history keeps to the budget, found by playing it under others.

First it is played under the present thresholds, then under those that the budget asks for and
multiples of them, until for each method the one sought lies between two that were tried; then
under what was found, which corrects it. What counts is what channels are told, of which bursts are
called sooner. What is marked as real must stay called: a method that would lose it is held back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from detectors.calibration import Evidence, Interval, rate
from streams.calibration.attendance import Attendance, Share
from streams.calibration.trial import DEFAULT, Clean, Play, Times, Trial, told, under, voices
from streams.configuration.sections import BUDGETED
from streams.detection.signals import moment
from streams.hindsight.called import Called
from streams.hindsight.marks import Case, Ruling
from streams.rulesets import acceptance
from streams.rulesets.acceptance import Verdict, loss, meant, rulings
from streams.rulesets.comparison import Comparison, compare, partners
from streams.settings import Settings

CORRECTIONS: Final = 2


class Note(StrEnum):
    """Why a method's threshold is what it is."""

    FOUND = "found"
    SHORT = "short"
    LIMITED = "limited"
    LEARNING = "learning"


class Finding(NamedTuple):
    """What was found of one method; alarms are false ones, a week.

    Attributes:
        share: what it had of the history and of the budget.
        seen: its false alarms that the present thresholds tell.
        now: as a rate.
        before: the multiple that is set now.
        times: that which is proposed.
        expected: with it.
    """

    method: str
    share: Share
    seen: int
    now: Interval
    before: float
    times: float
    expected: Interval
    note: Note


class Real(NamedTuple):
    """An incident of the present thresholds, and a mark of which it counts as real."""

    case: Case
    called: Called


class Held(NamedTuple):
    """A method that is held back, lest what is marked as real be lost."""

    case: Case
    method: str


@dataclass(frozen=True)
class Calibration:
    """What a history says of the thresholds.

    Attributes:
        before, after: what is called under the present and under the proposed thresholds.
        held: for whose sake methods are less strict than they would be.
    """

    findings: Sequence[Finding]
    cases: Sequence[Case]
    before: Sequence[Called]
    after: Sequence[Called]
    held: Sequence[Held]

    @property
    def times(self) -> dict[str, float]:
        """The thresholds to be set, in multiples of what the budget asks for."""
        found = {one.method: one.times for one in self.findings}
        return {method: k for method, k in found.items() if k != DEFAULT.get(method, 1.0)}

    @property
    def changes(self) -> bool:
        return any(one.times != one.before for one in self.findings)

    @property
    def uncalled(self) -> list[Case]:
        """What is marked as real and not called even now."""
        return [case for case in self.cases if case.real and meant(case, self.before) is None]

    def still(self, case: Case) -> bool:
        """Whether what it is about would be called."""
        return bool(case.calls(_stood(self.after)))

    @property
    def verdict(self) -> Verdict:
        """Whether it loses what is real; by the rule of a change by hand."""
        marked = real_of(self.cases, self.before)
        real = {one.called.line.id: one.called for one in marked}.values()
        return acceptance.judge(compare(self.before, self.after), real, latest=acceptance.LATEST)

    @property
    def gone(self) -> list[Called]:
        """What would no longer be called."""
        return self._comparison.gone

    @property
    def new(self) -> list[Called]:
        """What would be called beside it."""
        return self._comparison.added

    @cached_property
    def _comparison(self) -> Comparison:
        return compare(_stood(self.before), _stood(self.after))


class Search:
    """Plays a history as often as it takes.

    Args:
        settings: as they are.
        play: the history.
        place: where the marks lie among what is called now.
    """

    def __init__(
        self, settings: Settings, play: Play, place: Callable[[Sequence[Called]], list[Case]]
    ) -> None:
        self._settings, self._play = settings, play
        set_now = settings.detection.thresholds
        self._present = {
            kind.value: set_now.get(kind, DEFAULT.get(kind.value, 1.0)) for kind in BUDGETED
        }
        attendance = Attendance()
        self._before = play(settings, attendance)
        self._cases = place(self._before)
        self._real = real_of(self._cases, self._before)
        self._clean = Clean(self._cases)
        self._shares = attendance.shares(
            settings.detection.false_alarms_per_week,
            clean=lambda hour: self._clean.moment(moment(hour)),
        )
        self._all_told = not any(voices(one) & DEFAULT.keys() for one in self._before)
        self._trials: list[Trial] = []

    def found(self) -> Calibration:
        self._try(self._present)
        self._try({method: DEFAULT.get(method, 1.0) for method in self._present})
        while (wanted := next(self._wanted(), None)) is not None:
            self._try(dict.fromkeys(self._present, wanted))
        for _ in range(CORRECTIONS):
            self._try(self._told(lambda evidence: evidence.sought))
        times, held = self._holding(self._told(lambda evidence: evidence.times))
        after = self._called(times)
        if lost := [one for one in self._real if loss(one.called, after)]:
            times, held = self._kept(times, lost)
            after = self._called(times)
        findings = [self._finding(method, times, held) for method in self._present]
        return Calibration(findings, self._cases, self._before, after, held)

    def _try(self, times: Times) -> Trial:
        for trial in self._trials:
            if trial.times == times:
                return trial
        as_set = self._all_told and times == self._present
        called = self._before if as_set else self._play(told(self._settings, times), None)
        self._trials.append(Trial(times, called))
        return self._trials[-1]

    def _called(self, times: Times) -> Sequence[Called]:
        """What would be called, of which channels may be told less."""
        if self._all_told or all(times[method] != k for method, k in DEFAULT.items()):
            return self._try(times).called
        if times == self._present:
            return self._before
        return self._play(under(self._settings, times), None)

    def _evidence(self, method: str) -> Evidence:
        counts = {
            trial.times[method]: self._clean.counts(trial.called, method) for trial in self._trials
        }
        return Evidence(self._shares[method].allowed, counts, DEFAULT.get(method, 1.0))

    def _wanted(self) -> Iterator[float]:
        for method in self._present:
            evidence = self._evidence(method)
            if evidence.tells and (further := evidence.wanted) is not None:
                yield further

    def _told(self, by: Callable[[Evidence], float]) -> dict[str, float]:
        """Two digits of what the history says; where it says nothing, what is set."""
        evidence = {method: self._evidence(method) for method in self._present}
        return {
            method: _rounded(by(one), method) if one.tells else self._present[method]
            for method, one in evidence.items()
        }

    def _holding(self, times: Mapping[str, float]) -> tuple[dict[str, float], list[Held]]:
        """So strict that each real incident keeps a method that calls it."""
        kept, held = dict(times), []
        for case, called in self._real:
            limits = self._limits(called)
            if limits and all(kept[method] > limit for method, limit in limits.items()):
                method = max(limits, key=lambda name: limits[name] / kept[name])
                kept[method] = limits[method]
                held.append(Held(case, method))
        return kept, held

    def _limits(self, called: Called) -> dict[str, float]:
        """By method the strictest threshold, of now and of those tried, at which it calls it.

        Empty where something calls it that has no threshold.
        """
        by = _methods(called, self._before)
        if by - self._present.keys():
            return {}
        return {method: self._strictest(called, method) for method in sorted(by)}

    def _strictest(self, called: Called, method: str) -> float:
        calls = (t.times[method] for t in self._trials if method in _methods(called, t.called))
        return max([self._present[method], *calls])

    def _kept(
        self, times: Mapping[str, float], lost: Sequence[Real]
    ) -> tuple[dict[str, float], list[Held]]:
        """No stricter than now whatever calls what is real, where holding one back failed."""
        kept = dict(times)
        held = [
            Held(case, method)
            for case, called in lost
            for method in sorted(_methods(called, self._before))
            if method in kept
        ]
        for one in held:
            now = self._present[one.method]
            as_shipped = now == DEFAULT.get(one.method)  # calls more than any that is set
            kept[one.method] = now if as_shipped else min(kept[one.method], now)
        return kept, held

    def _finding(self, method: str, times: Times, held: Sequence[Held]) -> Finding:
        evidence, share = self._evidence(method), self._shares[method]
        seen = self._clean.counts(self._try(self._present).called, method)
        weeks = share.weeks or 1.0
        return Finding(
            method, share, seen, rate(seen, weeks), self._present[method], times[method],
            evidence.expected(times[method]).scaled(share.a_week),
            _note(evidence, limited=any(one.method == method for one in held)),
        )  # fmt: skip


def _rounded(times: float, method: str) -> float:
    """To two digits; what is as shipped to these is as shipped, for a set one calls less."""
    shipped, found = DEFAULT.get(method, 1.0), f"{times:.2g}"
    return shipped if found == f"{shipped:.2g}" else float(found)


def _note(evidence: Evidence, *, limited: bool) -> Note:
    if not evidence.allowed:
        return Note.LEARNING
    if not evidence.tells:
        return Note.SHORT
    return Note.LIMITED if limited else Note.FOUND


def real_of(cases: Sequence[Case], called: Sequence[Called]) -> list[Real]:
    """What counts as real of what is called, by each mark that says so."""
    said = rulings(cases, called)
    marked = [Real(case, one) for case in cases if case.real and (one := meant(case, called))]
    return [real for real in marked if said[real.called.line.id] is Ruling.REAL]


def _methods(called: Called, others: Sequence[Called]) -> frozenset[str]:
    """Those that speak in what is the same among others, as far as it was not taken back."""
    among = others if called.withdrawn else _stood(others)
    return frozenset().union(*map(voices, partners(called, among)))


def _stood(called: Sequence[Called]) -> list[Called]:
    return [one for one in called if not one.withdrawn]
