"""Slow drift: what rises by a few percent a week, and what only looks like it."""

import numpy as np
import pytest

from detectors import weekly
from detectors.alarm import Alarms, Hysteresis
from detectors.calendar import Known
from detectors.columns import Bools, Floats, Ints
from detectors.drift import HELD, QUIET, Drift, DriftState
from detectors.weekly import WEEKS, Verdict, Weekly, WeeklyState

METHOD = Drift(threshold=1000.0)
PAST = 104


def play(
    counts: Ints, *, state: DriftState | None = None, start: int = 0, masked: Bools | None = None
) -> tuple[DriftState, list[Verdict]]:
    """Weeks (rows) of series."""
    state, verdicts = state or DriftState.empty(counts.shape[1]), []
    for week, row in enumerate(counts, start):
        blind = np.full(row.shape, bool(masked is not None and masked[week - start]))
        state, verdict = METHOD.step(state, METHOD.expect(state, bucket=week), row, blind)
        verdicts.append(verdict)
    return state, verdicts


def weeks(means: Floats, *, series: int = 20, seed: int = 1) -> Ints:
    return np.random.default_rng(seed).poisson(np.repeat(means[:, None], series, axis=1))


def growing(rate: float, *, level: float = 20.0, of: int = 30) -> Floats:
    return np.append(np.full(PAST, level), level * (1.0 + rate) ** np.arange(1, of + 1))


def first(verdicts: list[Verdict]) -> Floats:
    """Weeks after the past until a series is called."""
    above = np.array([verdict.above for verdict in verdicts[PAST:]])
    assert not np.array([verdict.above for verdict in verdicts[:PAST]]).any()
    called: Floats = np.where(above.any(axis=0), above.argmax(axis=0) + 1, np.inf)
    return called


def test_three_percent_a_week_are_called_sooner_than_by_the_weekly_detector() -> None:
    counts = weeks(growing(0.03))
    _, verdicts = play(counts)
    drift = first(verdicts)
    method, state, above = Weekly(threshold=1000.0), WeeklyState.empty(20), []
    for week, row in enumerate(counts):
        state, verdict = method.step(state, method.expect(state, bucket=week), row)
        above.append(verdict.above)
    beside = np.array(above)[PAST:].argmax(axis=0) + 1
    assert np.median(drift) < np.median(beside) - 2
    assert np.isfinite(drift).all()


def fires(verdicts: list[Verdict], *, quiet: int) -> Ints:
    """How often an alarm of each series fires."""
    alarms, fired = Alarms.empty(20), np.zeros(20, np.int64)
    for week, verdict in enumerate(verdicts):
        alarms, changes = Hysteresis(quiet=quiet).step(alarms, verdict, bucket=week)
        fired[changes.fired] += 1
    return fired


def test_a_rise_that_goes_on_is_one_alarm_with_few_exceptions() -> None:
    _, verdicts = play(weeks(growing(0.03, of=40)))
    assert (fires(verdicts, quiet=QUIET) == 1).sum() >= 18
    assert (fires(verdicts, quiet=weekly.QUIET) > 1).sum() >= 10


def test_it_is_held_against_what_was_before_the_rise() -> None:
    _, verdicts = play(weeks(growing(0.05, level=100.0, of=8)))
    last = verdicts[-1]
    assert 95 < np.median(last.expected / (PAST + 8 - last.onset)) < 105
    assert (last.observed > last.expected).all()


def test_years_of_the_same_or_of_a_season_are_called_no_more_often_than_the_budget_allows() -> None:
    week = np.arange(6 * 52)
    season = 20.0 * np.exp(0.4 * np.cos(2 * np.pi * week / WEEKS))
    for means in (np.full(week.size, 20.0), season):
        _, verdicts = play(weeks(means, series=40, seed=2))
        called = sum(int(verdict.above.sum()) for verdict in verdicts)
        assert called <= 40 * week.size / METHOD.threshold


def test_a_fall_is_not_called() -> None:
    _, verdicts = play(weeks(growing(-0.03)))
    assert not any(verdict.above.any() for verdict in verdicts)


def test_a_week_is_learnt_only_when_it_is_so_old() -> None:
    state, _ = play(weeks(np.full(PAST, 20.0)))
    loud = np.full((HELD, 20), 60)
    later, verdicts = play(loud, state=state, start=PAST)
    assert (later.past.seen == PAST).all()
    assert METHOD.expect(later, bucket=PAST + HELD).mean.max() < 30
    assert np.array([verdict.above for verdict in verdicts]).any(axis=0).all()
    later, _ = play(loud, state=later, start=PAST + HELD)
    assert METHOD.expect(later, bucket=PAST + 2 * HELD).mean.min() > 30


def test_a_masked_week_is_never_learnt() -> None:
    counts = weeks(np.full(PAST, 20.0))
    masked = np.arange(PAST) == 50
    state, _ = play(counts, masked=masked)
    assert (state.past.seen == PAST - HELD - 1).all()
    other = counts.copy()
    other[50] = 10_000
    same, _ = play(other, masked=masked)
    for name, column in state.columns().items():
        np.testing.assert_array_equal(column, same.columns()[name], name)


def test_nothing_is_said_before_it_has_learnt_half_a_year() -> None:
    _, verdicts = play(weeks(np.array([20.0 * 1.1**week for week in range(26 + HELD)])))
    assert not any(verdict.above.any() for verdict in verdicts[: 26 + HELD])
    assert all(verdict.learning.all() for verdict in verdicts)


def test_multiples_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError, match=r"multiples must be 4 or none, got \(2.0,\)"):
        Weekly(threshold=1.0, multiples=(2.0,))


def test_weeks_of_a_known_event_are_learnt_as_what_would_have_come_without() -> None:
    """Eight weeks late, by the factor that was known then."""
    means = np.full(PAST + 3 + HELD, 50.0)
    means[PAST : PAST + 3] *= 3.0
    expected = []
    for factor in (3.0, 1.0):
        state, counts = DriftState.empty(20), weeks(means)
        for week, row in enumerate(counts):
            event = Known(np.full(20, factor if PAST <= week < PAST + 3 else 1.0))
            state, _ = METHOD.step(state, METHOD.expect(state, bucket=week, known=event), row)
        expected.append(METHOD.expect(state, bucket=len(means)).mean.mean())
    assert expected[0] == pytest.approx(50.0, rel=0.03)
    assert expected[1] > 1.05 * expected[0]
