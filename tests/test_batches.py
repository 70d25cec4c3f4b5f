"""Batches by units in the field: what is called, what is not, and how often falsely."""

from typing import Any

import numpy as np
import pytest

from benchmarks import batches as benchmark
from detectors.batches import Batches, BatchState, Verdict
from detectors.columns import Bools, Floats, Ints
from detectors.mixture import DEFAULT, Prior

PRIOR = Prior(0.95, (8.0, 2.0), (8.0, 2.0))
DAILY = Batches(threshold=10_000.0, day=1, block=1, windows=(3, 14))
HOURLY = Batches(threshold=240_000.0)


def judged(
    method: Batches, counts: Ints, exposure: Floats | float, prior: Prior = PRIOR
) -> list[Verdict]:
    """The verdict on each bucket (row)."""
    state, verdicts = BatchState.empty(counts.shape[1]), []
    due = np.broadcast_to(np.asarray(exposure, np.float64), counts.shape)
    for bucket, row in enumerate(counts):
        state, verdict = method.step(state, prior, row, due[bucket], bucket=bucket)
        verdicts.append(verdict)
    return verdicts


def above(verdicts: list[Verdict]) -> Bools:
    return np.array([verdict.above for verdict in verdicts])


def one(*counts: int) -> Ints:
    return np.array(counts)[:, None]


def test_the_same_complaints_are_a_defect_of_few_units_and_none_of_many() -> None:
    few, many = above(judged(DAILY, np.array([[8, 8]]), np.array([0.05, 8.0])))[-1]
    assert few
    assert not many


def test_a_batch_of_which_nothing_is_known_is_unknown_and_not_at_zero() -> None:
    (verdict,) = judged(DAILY, np.array([[50, 50, 50]]), np.array([np.nan, 0.0, 0.05]))
    assert verdict.unknown.tolist() == verdict.masked.tolist() == [True, True, False]
    assert verdict.above.tolist() == [False, False, True]


def test_what_came_before_its_units_were_known_is_not_held_against_a_batch() -> None:
    verdicts = judged(DAILY, one(50, 0), np.array([[np.nan], [0.1]]))
    assert verdicts[-1].observed.tolist() == [0]


def test_fewer_people_than_are_asked_for_are_never_an_alarm() -> None:
    counts = np.array([[4, 5]])
    assert above(judged(DAILY, counts, 1e-6)).tolist() == [[False, True]]


def test_a_batch_that_was_always_bad_is_measured_by_itself() -> None:
    """Three times the rate of its neighbours is known of it after half a year."""
    steady = one(*[1] * 180, 3, 3, 2)
    always = above(judged(DAILY, steady, 1 / 3))
    never = above(judged(DAILY, one(*[0] * 180, 3, 3, 2), 1 / 3))
    assert not always.any()
    assert never[-1]


def test_a_batch_bad_from_its_birth_is_found_over_its_life() -> None:
    """Twenty times its neighbours, and never many in two weeks."""
    verdicts = judged(DAILY, one(*[1, *[0] * 9] * 12), 0.005)
    first = int(above(verdicts).argmax())
    assert 30 < first < 60
    assert verdicts[first].span[0] == 0
    assert verdicts[first].onset[0] == 0


def test_what_an_alarm_shows_is_what_came_since_its_onset() -> None:
    counts = one(*[0] * 20, 2, 3, 4)
    verdict = judged(DAILY, counts, 0.1)[-1]
    onset = int(verdict.onset[0])
    assert onset == 20
    assert verdict.observed[0] == counts[onset:].sum()
    multiple, excess = verdict.size
    assert multiple[0] == pytest.approx(9 / verdict.expected[0])
    assert excess[0] == pytest.approx(9 - verdict.expected[0])


def test_an_incident_is_not_what_the_next_is_measured_by() -> None:
    counts = one(*[0, 0, 0, 0, 1] * 12, 5, 5, 5, *[0, 0, 0, 0, 1] * 12, 5, 5, 5)
    scores = np.array([verdict.score[0] for verdict in judged(DAILY, counts, 0.2)])
    assert scores[62] >= DAILY.threshold
    assert scores[-1] >= 0.5 * scores[62]


def test_what_has_stood_for_two_weeks_is_the_new_normal() -> None:
    verdicts = judged(DAILY, one(*[0] * 30, *[3] * 60), 0.1)
    over = above(verdicts)[:, 0]
    assert over[32:44].all()
    assert not over[50:].any()
    assert verdicts[-1].expected[0] == pytest.approx(9, rel=0.3)


def test_looking_each_hour_calls_no_more_often_than_is_allowed() -> None:
    """Batches as they are supposed to be, of all sizes, over 25 days."""
    n, hours, allowed = 1500, 600, 300
    rng = np.random.default_rng(20)
    rates = np.where(rng.random(n) < 0.95, rng.gamma(8, 1 / 8, n), rng.gamma(2, 1 / 2, n))
    due = np.exp(rng.normal(np.log(0.3), 0.8, n)) / 72
    method = Batches(threshold=n * hours / allowed, fewest=1)
    over = above(judged(method, rng.poisson(due * rates, (hours, n)), due))
    alarms = int((over[1:] & ~over[:-1]).sum())
    assert 0.1 * allowed < alarms < allowed


def test_hours_and_days_find_the_same_batch() -> None:
    hours = np.zeros((24 * 20, 1), np.int64)
    hours[-60::8] = 1
    days = hours.reshape(20, 24, 1).sum(axis=1)
    by_hour = judged(HOURLY, hours, 0.05 / 24)[-1]
    by_day = judged(Batches(threshold=10_000.0, day=1, block=1, windows=(3, 14)), days, 0.05)[-1]
    assert by_hour.above.all()
    assert by_day.above.all()
    assert by_hour.observed.tolist() == by_day.observed.tolist() == [8]


def test_the_prior_is_learnt_from_the_batches_themselves() -> None:
    rng, n = np.random.default_rng(21), 2000
    rates = np.where(rng.random(n) < 0.95, rng.gamma(8, 1 / 8, n), rng.gamma(2, 1 / 2, n))
    state, due = BatchState.empty(n), np.full(n, 0.3)
    for day, row in enumerate(rng.poisson(due * rates, (28, n))):
        state, _ = DAILY.step(state, DEFAULT, row, due, bucket=day)
    prior, none = DAILY.refitted(state, DEFAULT, bucket=27), np.zeros(1)
    found = prior.posterior(none, none).below(np.array([0.5, 1.0, 1.5]))
    true = PRIOR.posterior(none, none).below(np.array([0.5, 1.0, 1.5]))
    assert np.abs(found - true).max() < 0.05


def test_the_prior_is_fitted_daily_at_first_and_weekly_later() -> None:
    state, fitted = BatchState.empty(3), []
    for day in range(30):
        state, _ = DAILY.step(state, DEFAULT, np.array([0, 1, 2]), np.ones(3), bucket=day)
        if DAILY.refitted(state, DEFAULT, bucket=day) is not DEFAULT:
            fitted.append(day + 1)
    assert fitted == [1, 2, 3, 4, 5, 6, 7, 14, 21, 28]


def test_a_rate_over_the_whole_life_counts_what_was_called_too() -> None:
    state = BatchState.empty(1)
    for day in range(60):
        counts = np.array([4 if 20 <= day < 45 else 0])
        state, _ = DAILY.step(state, PRIOR, counts, np.array([0.5]), bucket=day)
    assert state.whole.events.tolist() == [100]
    assert state.whole.exposure.tolist() == [30]
    low, high = (state.relative_rates(PRIOR).quantile(p)[0] for p in (0.025, 0.975))
    assert low < 100 / 30 < high


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"threshold": 0.0}, "threshold must be above 0 buckets, got 0.0"),
        ({"fewest": 0}, "must be at least 1, got 0, 24 and 12"),
        ({"windows": (29,)}, r"windows must be 1 to 28 blocks, got \(29,\)"),
        ({"shares": (1.0,)}, "one for each of 2 windows and one for the life"),
        ({"shares": (0.9, 0.2, 0.2)}, "shares must add up to 1 at most, got 1.3"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Batches(**({"threshold": 1.0} | settings))


def test_the_tail_of_the_benchmark_knows_how_many_alarms_are_allowed() -> None:
    scores = np.array([[1.0, 9.0], [2.0, 8.0], [3.0, 1.0]])
    assert benchmark.alarms(scores > 2.5) == 2
    assert benchmark.alarms(scores > 1.5) == 2
    assert benchmark.lowest_threshold(np.vstack([np.zeros((50_000, 2)), scores])) == 3.0


def test_the_ceiling_of_the_benchmark_keeps_its_false_alarms() -> None:
    """Of batches with one expected rate there is one limit, and it can be reckoned by hand."""
    held = benchmark.made(4)
    alike = benchmark.Realisation(
        np.full(4, 0.3), np.ones(4), held.ordinary, held.extra, held.defective, held.sizes,
        held.starts,
    )  # fmt: skip
    assert benchmark.ceiling(alike) == pytest.approx(
        {"5": 1 - np.exp(-0.3), "8": 1.0, "10": 1.0, "15": 1.0}, abs=1e-4
    )
