"""Weekly and monthly counts: what is called, what is not, and what a season has to do with it."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calendar import Known
from detectors.columns import Array, Floats, Ints
from detectors.dynamic import Dynamic, Terms
from detectors.weekly import MONTHS, WEEKS, Verdict, Weekly, WeeklyState

YEAR = 52
ALLOWED = 1000.0
"""Threshold: at most one false alarm of a series in so many weeks."""


@dataclass
class Watch:
    """Some series, fed bucket by bucket."""

    weekly: Weekly = field(default_factory=lambda: Weekly(threshold=ALLOWED))
    state: WeeklyState = field(default_factory=lambda: WeeklyState.empty(1))
    bucket: int = 0

    def feed(self, counts: Array, *, masked: bool = False) -> list[Verdict]:
        """`counts` by bucket, or by bucket and series."""
        return [self.close(np.atleast_1d(row), masked=masked) for row in counts]

    def close(self, counts: Ints, *, masked: bool = False) -> Verdict:
        expectation = self.weekly.expect(self.state, bucket=self.bucket)
        blind = np.full(counts.shape, masked)
        self.state, verdict = self.weekly.step(self.state, expectation, counts, blind)
        self.bucket += 1
        return verdict

    def mean(self) -> float:
        return float(self.weekly.expect(self.state, bucket=self.bucket).mean[0])


def called(verdicts: list[Verdict]) -> list[int]:
    """The buckets above the threshold, from 1."""
    return [bucket for bucket, verdict in enumerate(verdicts, 1) if verdict.above[0]]


def season(weeks: int, *, rate: float = 10.0, height: float = 0.8) -> Floats:
    """Means with a yearly wave whose peak is `exp(height)` times the mean."""
    means: Floats = rate * np.exp(height * np.cos(2 * np.pi * np.arange(weeks) / WEEKS))
    return means


def poisson(means: Array, *, seed: int = 7) -> Ints:
    return np.random.default_rng(seed).poisson(means)


def settled(means: Array, *, seed: int = 7) -> Watch:
    watch = Watch()
    watch.feed(poisson(means, seed=seed))
    return watch


def test_a_week_of_three_times_the_usual_is_called_at_once_and_named_with_its_size() -> None:
    watch = settled(np.full(3 * YEAR, 20.0))
    verdict = watch.close(np.array([60]))
    assert verdict.above[0]
    assert verdict.observed[0] >= 60
    assert 2.0 < verdict.size[0][0] < 3.5


def test_a_moderate_rise_is_called_by_its_second_or_third_week_together() -> None:
    watch = settled(np.full(3 * YEAR, 20.0))
    verdicts = watch.feed(np.array([34, 34, 34, 34]))
    assert called(verdicts)[0] in (2, 3)
    first = verdicts[called(verdicts)[0] - 1]
    assert first.observed[0] >= 34 * called(verdicts)[0]


def test_steady_series_of_any_rate_keep_to_their_budget_for_twelve_years() -> None:
    rates = np.geomspace(0.05, 300, 100)
    verdicts = Watch(state=WeeklyState.empty(100)).feed(poisson(np.tile(rates, (12 * YEAR, 1))))
    alarms = sum(int(verdict.above.sum()) for verdict in verdicts)
    assert alarms <= len(verdicts) * 100 / ALLOWED


def test_seasonal_series_with_scatter_keep_to_their_budget_once_their_season_is_known() -> None:
    rng = np.random.default_rng(5)
    means = season(8 * YEAR)[:, None] * np.geomspace(0.1, 10, 100)
    counts = rng.poisson(rng.gamma(means / 2.0) * 2.0)
    verdicts = Watch(state=WeeklyState.empty(100)).feed(counts)[2 * YEAR :]
    assert sum(int(verdict.above.sum()) for verdict in verdicts) <= len(verdicts) * 100 / ALLOWED


def test_the_yearly_peak_is_expected_after_two_years_and_half_of_it_in_its_trough_is_called() -> (
    None
):
    peak = season(2 * YEAR + 1)[-1]
    watch = settled(season(2 * YEAR))
    assert watch.mean() == pytest.approx(peak, rel=0.25)
    trough = settled(season(2 * YEAR + YEAR // 2))
    assert not called(watch.feed(np.array([round(peak)])))
    assert called(trough.feed(np.array([round(0.9 * peak)]))) == [1]


def test_steady_growth_is_not_called() -> None:
    growing = 5.0 * np.exp(0.5 * np.arange(6 * YEAR) / YEAR)
    assert not called(Watch().feed(poisson(growing)))


def test_counts_by_the_thousand_that_are_off_by_a_third_are_not_called() -> None:
    rng = np.random.default_rng(3)
    scattered = 10_000 * np.exp(0.3 * rng.standard_normal((4 * YEAR, 50)))
    verdicts = Watch(state=WeeklyState.empty(50)).feed(scattered.astype(np.int64))
    assert sum(int(verdict.above.sum()) for verdict in verdicts) <= 4 * YEAR * 50 / ALLOWED


def test_nothing_is_said_in_the_first_half_year() -> None:
    watch = Watch()
    watch.feed(poisson(np.full(20, 10.0)))
    assert called(watch.feed(np.array([80, 80, 80, 80]))) == []


def test_less_than_two_years_are_marked_as_learning_yet_called() -> None:
    watch = settled(np.full(YEAR, 10.0))
    verdict = watch.close(np.array([60]))
    assert verdict.learning[0]
    assert verdict.above[0]


def test_learning_ends_after_two_years() -> None:
    verdicts = Watch().feed(poisson(np.full(2 * YEAR + 2, 10.0)))
    known = [bool(verdict.learning[0]) for verdict in verdicts].index(False)
    assert known == int(np.ceil(2 * WEEKS))


def test_a_shorter_history_asks_for_a_larger_excess() -> None:
    scores = [
        settled(season(weeks)).close(np.array([50])).score[0]
        for weeks in (YEAR, 2 * YEAR, 6 * YEAR)
    ]
    assert scores == sorted(scores)


def test_after_an_alarm_an_ordinary_week_is_ordinary() -> None:
    watch = settled(np.full(3 * YEAR, 20.0))
    assert called(watch.feed(np.array([90, 20, 20, 20]))) == [1]


def test_an_incident_that_goes_on_is_called_again_with_its_whole_account() -> None:
    watch = settled(np.full(3 * YEAR, 20.0))
    verdicts = watch.feed(np.array([60, 60, 60]))
    assert called(verdicts) == [1, 2, 3]
    assert verdicts[2].observed[0] >= 180
    assert verdicts[2].onset[0] == verdicts[0].onset[0]


def test_four_quiet_weeks_close_the_account_of_what_was_called() -> None:
    watch = settled(np.full(3 * YEAR, 20.0))
    watch.feed(np.array([90, 20, 20, 20, 20]))
    assert watch.close(np.array([20])).observed[0] == 20


def test_last_years_outbreak_is_not_expected_again() -> None:
    means = np.full(4 * YEAR, 20.0)
    counts = poisson(means)
    broken = counts.copy()
    broken[2 * YEAR + 20 : 2 * YEAR + 24] += 60
    watch, undisturbed = Watch(), Watch()
    watch.feed(broken[: 3 * YEAR + 21])
    undisturbed.feed(counts[: 3 * YEAR + 21])
    assert watch.mean() == pytest.approx(undisturbed.mean(), rel=0.12)


@pytest.mark.parametrize("level", [60.0, 4.0])
def test_a_level_that_has_moved_for_good_is_learnt_within_a_year(level: float) -> None:
    watch = settled(np.full(4 * YEAR, 20.0))
    watch.feed(poisson(np.full(YEAR, level)))
    assert watch.mean() == pytest.approx(level, rel=0.35)
    assert not called(watch.feed(poisson(np.full(YEAR, level), seed=8)))


def test_a_series_that_had_died_is_called_when_it_comes_back() -> None:
    watch = settled(np.full(3 * YEAR, 20.0))
    watch.feed(np.zeros(2 * YEAR, np.int64))
    assert watch.mean() < 1
    assert called(watch.feed(np.array([15, 20])))[0] == 1


def test_masked_weeks_say_nothing_and_are_not_learnt() -> None:
    watch, other = (settled(np.full(3 * YEAR, 20.0)) for _ in range(2))
    seen = watch.state.seen.copy()
    verdicts = watch.feed(np.full(10, 500), masked=True)
    other.feed(np.zeros(10, np.int64), masked=True)
    assert called(verdicts) == []
    assert watch.mean() == other.mean()
    np.testing.assert_array_equal(watch.state.seen, seen)
    assert watch.close(np.array([20])).observed[0] <= other.close(np.array([20])).observed[0]


def test_months_are_judged_like_weeks_with_a_season_of_twelve() -> None:
    wave = 10.0 * np.exp(0.8 * np.cos(2 * np.pi * np.arange(6 * 12 + 1) / MONTHS))
    watch = Watch(weekly=Weekly(threshold=ALLOWED, season=MONTHS, shortest_learning=12))
    assert not called(watch.feed(poisson(wave[:-1])))
    assert watch.mean() == pytest.approx(wave[-1], rel=0.25)
    assert called(watch.feed(np.array([70]))) == [1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threshold": 0.0}, "threshold must be above 0, got 0"),
        ({"threshold": 9.0, "season": 2.0}, "season must be above 4 buckets"),
        ({"threshold": 9.0, "memory": 0.0}, "memory above 0"),
        ({"threshold": 9.0, "shortest_learning": 3}, "at least 8 buckets, got 3"),
    ],
)
def test_settings_without_sense_are_refused_by_name(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Weekly(**wrong)  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60), st.floats(1.001, 50.0))
def test_what_is_learnt_never_makes_a_model_less_certain(counts: list[int], phi: float) -> None:
    model, one = Dynamic.empty(1), np.ones(1, np.bool_)
    for bucket, count in enumerate(counts):
        terms = Terms.of(bucket=bucket, season=WEEKS)
        forecast = model.forecast(terms)
        model.evolve(forecast, step=terms.step)
        before = model.variance.copy()
        model.learn(forecast, np.array([float(count)]), phi=np.array([phi]), known=one)
        assert (model.variance <= before).all()
        assert (model.variance > 0).all()
        assert np.isfinite(model.theta).all()


def test_a_forecast_is_about_as_certain_as_the_events_behind_it_allow() -> None:
    watch = settled(np.full(6 * YEAR, 25.0))
    forecast = watch.weekly.expect(watch.state, bucket=watch.bucket).forecast
    events = 25.0 * 6 * YEAR
    assert 1.0 / events < forecast.level_variance[0] < 20.0 / events


@given(st.floats(0.2, 8.0), st.integers(30, 60))
def test_a_known_event_is_expected_and_teaches_what_would_have_come_without(
    factor: float, week: int
) -> None:
    """Counts in exact proportion: next to nothing is learnt, and nothing is called."""
    usual = np.full((week, 1), 1000)
    known, plain = Watch(), Watch()
    known.feed(usual)
    plain.feed(usual)
    event = Known(np.array([factor]))
    expectation = known.weekly.expect(known.state, bucket=week, known=event)
    assert expectation.mean[0] == pytest.approx(factor * known.mean())
    counts = np.rint(expectation.mean).astype(np.int64)
    known.state, verdict = known.weekly.step(known.state, expectation, counts)
    plain.feed(usual[:1])
    assert not verdict.above[0]
    assert known.weekly.expect(known.state, bucket=week + 1).mean[0] == pytest.approx(
        plain.weekly.expect(plain.state, bucket=week + 1).mean[0], rel=0.01
    )


def test_what_is_not_sure_of_an_event_takes_from_what_its_bucket_says() -> None:
    watch = settled(np.full(60, 50.0))
    beyond = np.array([140])
    scores = []
    for doubt in (0.0, 0.04, 0.3):
        event = Known(np.array([1.9]), np.array([doubt]))
        expectation = watch.weekly.expect(watch.state, bucket=60, known=event)
        scores.append(float(watch.weekly.judge(watch.state, expectation, beyond).score[0]))
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 2 * scores[-1]
