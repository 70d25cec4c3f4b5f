"""Bursts of busy series: what is rare is learnt of each series by itself."""

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import bursts
from benchmarks.nab import fired
from detectors import budget
from detectors.alarm import Alarms, Hysteresis
from detectors.burst import (
    KEEPS,
    LOWEST,
    LOWEST_THRESHOLD,
    PLACES,
    POWER,
    QUIET,
    THRESHOLD,
    WINDOWS,
    Burst,
    BurstState,
    Verdict,
    affordable,
    places,
    threshold,
)
from detectors.calendar import Known
from detectors.columns import Array, Bools, Floats, Ints

DAY = 288
DAYS = 8


def judged(burst: Burst, counts: Array, masked: Bools | None = None) -> Iterator[Verdict]:
    state = BurstState.empty(counts.shape[1])
    for bucket, row in enumerate(counts):
        blind = None if masked is None else masked[bucket]
        state, verdict = burst.step(state, burst.expect(state, bucket=bucket), row, blind)
        yield verdict


def above(verdicts: Iterable[Verdict], *, series: int = 0) -> list[int]:
    return [bucket for bucket, v in enumerate(verdicts) if v.above[series]]


def busy(*rates: float, seed: int = 1, days: int = DAYS) -> Ints:
    return np.random.default_rng(seed).poisson(rates, size=(days * DAY, len(rates)))


def spiky(*, seed: int = 2) -> Ints:
    """Every now and then a single bucket of 60 more."""
    rng = np.random.default_rng(seed)
    return busy(10, seed=seed) + 60 * (rng.random((DAYS * DAY, 1)) < 0.01)


def test_a_burst_is_called_in_its_first_buckets() -> None:
    counts = busy(1, 10, 100)
    begin = 6 * DAY
    counts[begin : begin + 12] += np.array([30, 100, 500])
    verdicts = list(judged(Burst(), counts))
    for series in range(3):
        assert begin <= above(verdicts, series=series)[0] < begin + 3


def test_a_steady_series_is_not_called() -> None:
    assert not above(judged(Burst(), busy(0.3, 3, 30, 300, seed=4)))


def test_what_a_series_does_all_the_time_is_usual() -> None:
    counts, quiet = spiky(), busy(10, seed=2)
    spikes = np.flatnonzero(counts[:, 0] - quiet[:, 0])
    quiet[spikes[-1]] = counts[spikes[-1]]
    usual = [v.parts[0, 0] for v in judged(Burst(), counts)]
    unheard_of = [v.parts[0, 0] for v in judged(Burst(), quiet)]
    assert unheard_of[spikes[-1]] > 3.5
    assert all(usual[spike] < unheard_of[spikes[-1]] - 0.5 for spike in spikes[spikes > 4 * DAY])


def test_beyond_what_was_seen_the_tail_goes_on() -> None:
    counts = spiky()
    counts[7 * DAY] = 2000
    verdicts = list(judged(Burst(), counts))
    assert verdicts[7 * DAY].above[0]
    assert verdicts[7 * DAY].observed[0] >= 2000


def test_the_score_is_the_mean_of_its_parts() -> None:
    for verdict in judged(Burst(shortest_learning=10), busy(0.5, 5, 50, days=2)):
        np.testing.assert_allclose(verdict.score, verdict.parts.sum(axis=0) / len(WINDOWS))
        assert (verdict.parts >= 0).all()


def test_the_parts_are_the_chance_by_hand() -> None:
    """Ten buckets of 4, then 20: a z of 16/2 after ten of 0."""
    burst = Burst(level=1e9, tail=1e9, shortest_learning=1, prior=100)
    verdict = list(judged(burst, np.array([[4]] * 10 + [[20]])))[-1]
    assert verdict.deviations[0, 0] == pytest.approx(8.0)
    expected = -np.log10(100 * (8.0 / LOWEST) ** -2 / (10 + 100))
    assert verdict.parts[0, 0] == pytest.approx(expected, rel=1e-6)
    assert verdict.window[0] == WINDOWS[int(verdict.parts[:, 0].argmax())]


def test_a_series_learns_for_a_day_from_its_fifth_bucket_that_is_not_empty() -> None:
    counts = np.zeros((3 * DAY, 1), np.int64)
    counts[DAY:] = busy(5, days=2)
    verdicts = list(judged(Burst(), counts))
    learning = [bool(v.learning[0]) for v in verdicts]
    fifth = int(np.flatnonzero(counts[:, 0])[4])
    assert learning.index(False) == fifth + DAY
    assert all(v.score[0] == 0 for v, still in zip(verdicts, learning, strict=True) if still)


def test_a_collection_that_begins_late_is_no_burst() -> None:
    counts = np.zeros((3 * DAY, 1), np.int64)
    counts[DAY:] = busy(50, days=2)
    assert not above(judged(Burst(), counts))


def test_a_new_level_is_soon_the_usual_one() -> None:
    counts = busy(10, days=16)
    counts[6 * DAY :] *= 2
    called = above(judged(Burst(), counts))
    assert called
    assert called[-1] < 7 * DAY


def test_the_account_begins_with_the_excursion() -> None:
    counts = busy(10)
    begin = 6 * DAY
    counts[begin : begin + 24] += 40
    verdict = list(judged(Burst(), counts))[begin + 12]
    assert begin - 12 <= verdict.onset[0] <= begin
    times, more = verdict.size
    assert times[0] > 2
    assert more[0] == pytest.approx(13 * 40, rel=0.2)


def test_a_masked_bucket_is_as_if_it_had_not_been() -> None:
    counts = busy(10, days=2)
    masked = np.zeros(counts.shape, np.bool_)
    masked[DAY + 50] = True
    gap = counts.copy()
    gap[DAY + 50] = 0
    with_gap = list(judged(Burst(), gap, masked))
    without = list(judged(Burst(), np.delete(counts, DAY + 50, axis=0)))
    assert with_gap[DAY + 50].score[0] == 0
    # A day of learning is a day by the clock.
    np.testing.assert_array_equal(with_gap[-1].deviations, without[-1].deviations)


def in_event(counts: Ints, *, known: float) -> tuple[Floats, float]:
    """Scores, the last day of an event of so much, and the mean after it."""
    burst, state, scores = Burst(), BurstState.empty(1), []
    for bucket, row in enumerate(counts):
        event = Known(np.array([known if bucket >= len(counts) - DAY else 1.0]))
        state, verdict = burst.step(state, burst.expect(state, bucket=bucket, known=event), row)
        scores.append(float(verdict.score[0]))
    return np.array(scores), float(burst.expect(state, bucket=len(counts)).mean[0])


def test_a_day_of_a_known_event_that_is_as_much_larger_scores_and_teaches_as_any_other() -> None:
    usual = spiky()
    larger = usual.copy()
    larger[-DAY:] *= 3
    ordinary, mean = in_event(usual, known=1.0)
    scores, after = in_event(larger, known=3.0)
    unknown, risen = in_event(larger, known=1.0)
    assert scores == pytest.approx(ordinary, abs=0.3)
    assert after == pytest.approx(mean, rel=0.02)
    assert unknown.max() > ordinary.max() + 1.0
    assert risen > 1.3 * mean


def test_measurements_go_wrong_either_way() -> None:
    values = np.random.default_rng(5).normal(-3.0, 0.1, size=(6 * DAY, 2))
    values[5 * DAY :] += np.array([2.0, -2.0])
    verdicts = list(judged(Burst(measured=True), values))
    for series in range(2):
        assert 5 * DAY <= above(verdicts, series=series)[0] < 5 * DAY + 3


def test_a_constant_measurement_is_never_called() -> None:
    assert not above(judged(Burst(measured=True), np.full((3 * DAY, 1), 45.0)))


@given(st.floats(0.1, 1000), st.floats(-1000, 1000))
@settings(max_examples=5, deadline=None)
def test_measurements_in_another_unit_score_the_same(scale: float, zero: float) -> None:
    values = np.random.default_rng(6).normal(0.0, 1.0, size=(150, 1))
    burst = Burst(measured=True, shortest_learning=50)
    one = [v.score[0] for v in judged(burst, values)]
    other = [v.score[0] for v in judged(burst, scale * values + zero)]
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def scored(scores: Floats, threshold: float) -> Iterator[Verdict]:
    nothing = np.zeros(1)
    for bucket, score in enumerate(scores):
        yield Verdict(
            score=np.array([score]),
            above=np.array([score >= threshold]),
            window=np.ones(1, np.int64),
            observed=nothing,
            expected=nothing,
            onset=np.array([bucket]),
            learning=np.zeros(1, np.bool_),
            masked=np.zeros(1, np.bool_),
            parts=np.zeros((len(WINDOWS), 1)),
            deviations=np.zeros((len(WINDOWS), 1)),
        )


@given(st.lists(st.integers(0, 600), max_size=12))
@settings(max_examples=30, deadline=None)
def test_the_benchmark_fires_when_the_product_does(high: list[int]) -> None:
    scores = np.zeros(601)
    scores[high] = 3.0
    alarms, product = Alarms.empty(1), []
    for bucket, verdict in enumerate(scored(scores, 2.0)):
        alarms, changes = Hysteresis(quiet=QUIET).step(alarms, verdict, bucket=bucket)
        product += [bucket] * changes.fired.size
    assert fired(scores, 2.0).tolist() == product


@pytest.mark.parametrize(
    "wrong", [{"threshold": 0.0}, {"level": 0.5}, {"tail": 0.0}, {"prior": 0.0}]
)
def test_settings_outside_their_range_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Burst(**wrong)  # type: ignore[arg-type]


def test_a_stricter_budget_asks_for_more_zeros_and_a_looser_one_for_no_fewer() -> None:
    default = budget.threshold()
    assert threshold(default) == THRESHOLD
    assert threshold(100 * default) == pytest.approx(THRESHOLD + 2 / POWER)
    assert threshold(default / 100) == THRESHOLD


def test_what_keeps_the_budget_follows_it_down_to_what_was_chosen_for_what_it_finds() -> None:
    asked = [threshold(budget.HOURS / a_week, times=KEEPS) for a_week in (1.0, 0.71, 0.071)]
    assert asked == pytest.approx([THRESHOLD, THRESHOLD, THRESHOLD + 1 / POWER], abs=0.01)


@given(st.floats(1e2, 1e8), st.floats(0.01, 1e6))
def test_a_threshold_is_one_and_takes_as_many_places_as_it_alarms_for(
    allowed: float, times: float
) -> None:
    limit = threshold(allowed, times=times)
    assert limit >= LOWEST_THRESHOLD
    a_week = 0.71 * 10.0 ** (POWER * (THRESHOLD - limit))
    assert places(limit, allowed) == pytest.approx(a_week * allowed / budget.HOURS, rel=0.02, abs=1)


def test_of_the_default_budget_a_busy_series_takes_its_places() -> None:
    assert places(affordable(budget.threshold()), budget.threshold()) == PLACES
    assert places(threshold(budget.threshold(), times=KEEPS), budget.threshold()) == 1


def test_busy_series_in_which_nothing_is_planted_are_called_as_often_as_asked() -> None:
    """The seed is neither of those that the threshold was chosen on."""
    told = bursts.figures(*bursts.judged(bursts.simulated(5, series=60, weeks=4)), times=KEEPS)
    assert told["weeks"] > 30
    assert 2 / 3 < told["asked"]["0.3"]["ratio"] < 3 / 2
    assert told["called"]["alarms"] >= told["asked"]["0.3"]["alarms"] > 0
    assert 0 < told["called"]["orange"] < told["called"]["alarms"]
