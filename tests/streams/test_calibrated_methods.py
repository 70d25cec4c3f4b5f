"""Calibration of burst and weekly: on histories in which they are active it finds their budget."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from alerts.signal import Kind
from benchmarks import bursts, drift
from detectors import budget, burst
from detectors.columns import Bools, Floats
from detectors.weekly import QUIET, Weekly, WeeklyState
from streams.calibration.attendance import Attendance
from streams.calibration.search import Finding, Note, Search
from streams.configuration.sections import Detection
from streams.detection.signals import moment
from streams.detection.stream import Watch
from streams.hindsight.called import Called, called
from streams.settings import Settings
from tests.alerts.samples import run, scoped, surge

FIRST = 480_000  # an hour since the epoch


@dataclass(frozen=True)
class Scored:
    """What a method scored in a history, by bucket and series, and which it was given.

    `limit` is the threshold that its judge goes by, of the budget and what calibration has set.
    """

    kind: Kind
    a_week: int
    quiet: int
    scores: Floats
    given: Bools
    limit: Callable[[float, float], float]

    @property
    def weeks(self) -> float:
        return len(self.scores) / self.a_week

    def play(self, under: Settings, watch: Watch | None) -> Sequence[Called]:
        if isinstance(watch, Attendance):
            for hour, places in enumerate(self._places()):
                watch.note(self.kind.value, FIRST + hour, places)
        return [self._incident(*one) for one in self.alarms(under)]

    def alarms(self, under: Settings) -> Iterator[tuple[int, int]]:
        """Series and bucket in which one fires."""
        detection = under.detection
        allowed = budget.threshold(
            false_alarms_per_week=detection.false_alarms_per_week, series=detection.series
        )
        limit = self.limit(allowed, detection.thresholds.get(self.kind, 1.0))
        heights = np.where(self.given, self.scores, -np.inf)
        for series, column in enumerate(heights.T):
            above = np.flatnonzero(column >= limit)
            first = np.diff(above, prepend=-self.quiet - 1) > self.quiet
            yield from ((series, int(bucket)) for bucket in above[first])

    def _places(self) -> list[int]:
        hours = np.arange(int(self.weeks * 168)) * self.a_week // 168
        return [int(n) for n in self.given.sum(axis=1)[hours]]

    def _incident(self, series: int, bucket: int) -> Called:
        at = moment(FIRST + bucket * 168 // self.a_week)
        signal = surge(
            f"{series} {bucket}", kind=self.kind, scope=scoped(product=f"{series} {bucket}"),
            at=at, onset=at, bucket=at, score=2.0, threshold=1.0,
        )  # fmt: skip
        _, decisions = run([signal])
        return called([line for one in decisions for line in one.incidents], [signal])[0]


@cache
def bursting(seed: int) -> Scored:
    """Busy series, without their first week."""
    scores, given, _ = bursts.judged(bursts.simulated(seed, series=200, weeks=2))
    week = bursts.WEEK
    return Scored(
        Kind.BURST, week, burst.QUIET, scores[week:], given[week:],
        lambda allowed, times: burst.threshold(allowed, times=times),
    )  # fmt: skip


@cache
def weekly(seed: int) -> Scored:
    """Series with a season, a trend and a level that walks, of three years and a half."""
    counts = drift.simulated(seed, series=20, history=104).clean
    method, state = Weekly(threshold=1e9), WeeklyState.empty(counts.shape[1])
    scores, given = np.zeros(counts.shape), np.zeros(counts.shape, np.bool_)
    for week, row in enumerate(counts):
        state, verdict = method.step(state, method.expect(state, bucket=week), row)
        scores[week], given[week] = verdict.score, ~verdict.learning
    return Scored(
        Kind.WEEKLY, 1, QUIET, scores, given,
        lambda allowed, times: allowed * times / budget.HOURS,
    )  # fmt: skip


def plan(a_week: float, **thresholds: float) -> Settings:
    held = {Kind(name): times for name, times in thresholds.items()}
    return Settings(detection=Detection(false_alarms_per_week=a_week, thresholds=held))


def found(past: Scored, a_week: float) -> Finding:
    calibration = Search(plan(a_week), past.play, lambda _: []).found()
    return next(one for one in calibration.findings if one.method == past.kind.value)


CASES = [pytest.param(bursting, 12.0, id="burst"), pytest.param(weekly, 0.2, id="weekly")]


@pytest.mark.parametrize(("made", "a_week"), CASES)
def test_a_history_in_which_it_is_active_sets_its_threshold_and_keeps_what_is_expected(
    made: Callable[[int], Scored], a_week: float
) -> None:
    past = made(6)
    one = found(past, a_week)
    assert one.note is Note.FOUND
    assert one.share.places > 0
    before = len(list(past.alarms(plan(a_week))))
    assert (one.times > 1) is (before > one.share.allowed)
    assert not 2 / 3 < before / one.share.allowed < 3 / 2
    again = list(past.alarms(plan(a_week, **{past.kind.value: one.times})))
    assert 2 / 3 < len(again) / one.share.allowed < 3 / 2
    assert one.expected.low < one.share.a_week < one.expected.high
