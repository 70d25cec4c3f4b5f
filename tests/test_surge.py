"""The A-score: what it finds, what it must not find, and what it must not learn."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from detectors import budget
from detectors.calendar import Known
from detectors.columns import Ints
from detectors.outage import Outages
from detectors.season import Profiles
from detectors.shiryaev import KAPPAS, Likelihood
from detectors.surge import Surge, SurgeState, Verdict

EVENT = 1 / 6  # doubt about a factor
WEEKS_4 = 4 * 168


@dataclass
class Stream:
    """One series or several of a group of steady total, fed hour by hour."""

    surge: Surge = field(default_factory=lambda: Surge(threshold=budget.threshold(series=100)))
    state: SurgeState = field(default_factory=lambda: SurgeState.empty(1))
    profiles: Profiles = field(default_factory=lambda: Profiles.empty(1))
    hour: int = 0
    total: int = 100

    def feed(
        self, counts: Ints, *, factor: float = 1.0, masked: bool = False, totals: Ints | None = None
    ) -> list[Verdict]:
        totals = np.full(len(counts), self.total) if totals is None else totals
        pairs = zip(counts, totals, strict=True)
        return [self.close(y, int(total), factor, masked) for y, total in pairs]

    def close(self, count: Ints | int, total: int, factor: float, masked: bool) -> Verdict:
        rhythm = self.profiles.expect(
            hour=self.hour, known=Known(factor, EVENT if factor != 1.0 else 0.0)
        )
        expectation = self.surge.expect(self.state, rhythm, bucket=self.hour)
        self.state, verdict = self.surge.step(
            self.state, expectation, np.atleast_1d(count), np.full(self.state.size, masked)
        )
        self.profiles.learn(np.array([total]), rhythm, bucket=self.hour, masked=np.array([masked]))
        self.hour += 1
        return verdict


def poisson(rate: float, hours: int, *, seed: int = 7) -> Ints:
    return np.random.default_rng(seed).poisson(rate, hours)


def settled(rate: float = 1.0, *, hours: int = WEEKS_4) -> Stream:
    stream = Stream()
    stream.feed(poisson(rate, hours))
    return stream


def fires(verdicts: list[Verdict]) -> bool:
    return any(verdict.above[0] for verdict in verdicts)


def test_steady_counts_stay_below_the_threshold_for_half_a_year() -> None:
    """Side by side: each series is judged as if alone."""
    rates = enumerate((0.01, 0.3, 5.0))
    counts = np.column_stack([poisson(rate, 26 * 168, seed=seed) for seed, rate in rates])
    stream = Stream(state=SurgeState.empty(3))
    assert not any(verdict.above.any() for verdict in stream.feed(counts))


def test_eight_events_about_a_quiet_batch_within_a_day_are_an_alarm() -> None:
    stream = settled(0.005, hours=8 * 168)
    spread = np.zeros(24, np.int64)
    spread[::3] = 1
    verdict = stream.feed(spread)[-1]
    assert verdict.above[0]
    assert verdict.onset[0] in range(8 * 168, 8 * 168 + 4)
    assert verdict.observed[0] >= 7


def test_five_times_the_usual_is_found_within_three_hours() -> None:
    assert fires(settled(5.0).feed(np.full(3, 25)))


def test_slow_rise_does_not_hide_in_its_own_baseline() -> None:
    doubling_each_day = poisson(1.0, 120) + np.round(2 ** (np.arange(120) / 24)).astype(np.int64)
    assert fires(settled().feed(doubling_each_day))


def test_an_incident_does_not_raise_the_level_the_next_one_is_measured_by() -> None:
    stream = settled(0.05, hours=8 * 168)
    before = stream.state.level.rate[0]
    stream.feed(np.full(24, 10))
    assert stream.state.level.rate[0] < 1.2 * before


def test_what_has_been_told_does_not_call_the_next_few_events() -> None:
    stream = settled(0.02)
    assert fires(stream.feed(np.full(3, 5)))
    quiet = stream.feed(np.zeros(10 * 24, np.int64))
    over = next(n for n, verdict in enumerate(quiet) if not verdict.above[0])
    scores = [float(verdict.score[0]) for verdict in quiet[over:]]
    assert scores[23] > 100  # for a day it may come back
    assert max(scores[24:]) < 10
    assert not fires(stream.feed(np.array([1, 0, 0, 1])))


def test_an_alarm_is_over_as_soon_however_large_the_excess_was() -> None:
    lasted = set()
    for people in (100, 10**9):
        stream = settled()
        stream.feed(np.array([people]))
        quiet = stream.feed(np.zeros(10 * 24, np.int64))
        lasted.add(sum(bool(verdict.above[0]) for verdict in quiet))
    assert len(lasted) == 1


def test_a_rise_that_comes_back_within_a_day_is_the_same_alarm() -> None:
    stream = settled(0.02)
    stream.feed(np.full(3, 5))
    while stream.feed(np.zeros(1, np.int64))[0].above[0]:
        pass
    assert fires(stream.feed(np.array([0, 0, 1])))


def test_an_outage_of_two_days_ends_no_alarm() -> None:
    stream = settled()
    stream.feed(np.full(12, 12))
    score = stream.state.evidence.ratios.copy()
    stream.feed(np.zeros(48, np.int64), masked=True)
    np.testing.assert_array_equal(stream.state.evidence.ratios, score)
    assert fires(stream.feed(np.full(1, 12)))


def test_an_excess_of_weeks_becomes_the_new_normal() -> None:
    stream = settled(2.0)
    verdicts = stream.feed(poisson(6.0, 10 * 168, seed=8))
    assert fires(verdicts[:24])
    assert not fires(verdicts[-168:])
    rhythm = stream.profiles.expect(hour=stream.hour)
    expectation = stream.surge.expect(stream.state, rhythm, bucket=stream.hour)
    assert expectation.mean[0] == pytest.approx(6.0, rel=0.15)


def test_a_daily_rhythm_of_the_group_is_no_alarm_in_a_series_that_follows_it() -> None:
    hours = np.arange(WEEKS_4)
    shape = 1 + 0.9 * np.cos(2 * np.pi * (hours - 14) / 24)
    rng = np.random.default_rng(3)
    counts, totals = rng.poisson(3 * shape), rng.poisson(300 * shape)
    assert not fires(Stream().feed(counts, totals=totals))


def test_a_known_campaign_does_not_alarm_and_the_same_counts_without_it_do() -> None:
    counts, totals = np.full(24, 20), np.full(24, 400)
    assert not fires(settled(5.0).feed(counts, totals=totals, factor=2.0))
    assert fires(settled(5.0).feed(counts, totals=totals))


def test_a_learning_series_never_alarms_however_many_events_arrive() -> None:
    verdicts = Stream().feed(np.full(72, 1000))
    assert not fires(verdicts)
    assert all(verdict.learning[0] and verdict.score[0] == 0 for verdict in verdicts)


def test_a_busy_series_learns_for_three_days_and_a_quiet_one_for_two_weeks() -> None:
    for rate, longest in ((5.0, 76), (0.01, 337)):
        verdicts = Stream().feed(poisson(rate, 400))
        assert 72 < sum(verdict.learning[0] for verdict in verdicts) <= longest


def test_learning_counts_from_when_events_come_in_earnest() -> None:
    trickle = np.zeros(80, np.int64)
    trickle[[0, 30, 60]] = 1
    verdicts = Stream().feed(np.concatenate([trickle, np.full(40, 20)]))
    assert verdicts[-1].learning[0]
    assert not fires(verdicts)


def test_the_end_of_learning_starts_from_no_evidence() -> None:
    verdicts = Stream().feed(poisson(5.0, 100))
    first = next(verdict for verdict in verdicts if not verdict.learning[0])
    assert first.score[0] < 10


def test_a_masked_bucket_changes_neither_level_nor_score() -> None:
    stream = settled(5.0)
    level, score = stream.state.level.rate[0], stream.state.evidence.ratios.copy()
    verdict = stream.feed(np.array([0]), masked=True)[0]
    assert verdict.masked[0]
    assert stream.state.level.rate[0] == level
    np.testing.assert_array_equal(stream.state.evidence.ratios, score)


def test_a_silent_source_is_masked_with_the_three_buckets_after() -> None:
    profiles, outages = Profiles.empty(1), Outages.empty(1)
    masks = []
    for hour, total in enumerate([*[100] * 400, 0, 0, *[100] * 5]):
        rhythm = profiles.expect(hour=hour)
        masked = outages.step(np.array([total]), rhythm, bucket=hour)
        profiles.learn(np.array([total]), rhythm, bucket=hour, masked=masked)
        masks.append(bool(masked[0]))
    assert masks[400:] == [True, True, True, True, True, False, False]
    assert not any(masks[:400])


def test_a_first_monday_is_expected_to_be_like_the_friday_before_and_not_the_weekend() -> None:
    """The epoch began on a Thursday; history begins on the Friday after."""
    profiles, unmasked = Profiles.empty(1), np.zeros(1, np.bool_)
    for hour in range(24, 4 * 24):
        total = 100 if hour < 48 else 20
        rhythm = profiles.expect(hour=hour)
        profiles.learn(np.array([total]), rhythm, bucket=hour, masked=unmasked)
    factors = [profiles.expect(hour=day * 24 + 12).factor[0] for day in (4, 5, 8)]
    weekend = profiles.expect(hour=9 * 24 + 12).factor[0]
    assert factors == pytest.approx([factors[0]] * 3, rel=0.15)
    assert factors[0] > 3 * weekend


@pytest.mark.parametrize("factor", [0.5, 1.9])
def test_a_source_that_is_silent_from_the_first_hour_of_a_known_day_is_masked(
    factor: float,
) -> None:
    stream, outages = settled(hours=WEEKS_4), Outages.empty(1)
    rhythm = stream.profiles.expect(hour=stream.hour, known=Known(factor, 1 / 6))
    assert outages.step(np.array([0]), rhythm, bucket=stream.hour)[0]


def test_the_threshold_is_the_number_of_judgements_per_allowed_false_alarm() -> None:
    assert budget.threshold(series=2000, false_alarms_per_week=1.0) == 336_000
    assert budget.threshold(series=2000, false_alarms_per_week=2.0) == 168_000
    with pytest.raises(ValueError, match=r"false_alarms_per_week must be above 0, got 0\.0"):
        budget.threshold(false_alarms_per_week=0.0)


def test_a_busy_series_uses_its_part_of_the_false_alarms_and_a_rare_one_a_quarter_of_it() -> None:
    shares = []
    for rate in (0.001, 0.1, 0.3, 50.0):
        state = SurgeState.empty(1)
        state.level.a[:], state.level.b[:] = 100.0, 100.0 / rate
        expectation = Surge(threshold=1.0).expect(state, Profiles.empty(1).expect(hour=0), bucket=0)
        shares.append(float(expectation.share[0]))
    assert shares[0] == pytest.approx(0.25, abs=0.01)
    assert shares[0] < shares[1] < shares[2] == shares[3] == 1.0


def test_an_incident_of_people_one_by_one_does_not_teach_that_a_series_scatters_less() -> None:
    stream = settled(0.02)
    before = stream.state.dispersion.single(rate=stream.state.level.rate)
    assert fires(stream.feed(np.array([1, 0, 0, 0] * 42)))
    after = stream.state.dispersion.single(rate=stream.state.level.rate)
    assert after[0] > before[0] - 0.03


def test_an_excursion_lasts_while_its_log_likelihood_ratio_is_above_0() -> None:
    random = np.random.default_rng(1)
    likelihood = Likelihood.of(
        dispersion=1.001 + random.exponential(0.2, 1000), level_variance=random.random(1000)
    )
    expected, multiple = random.exponential(20.0, 1000), random.choice([1.0, *KAPPAS], 1000)
    observed = random.poisson(expected * (1.0 + multiple) / 2.0)
    ratio = likelihood.log_ratio(observed, expected, multiple)
    lasts = likelihood.speaks(observed, expected, multiple.astype(np.float32))
    clear = (np.abs(ratio) > 0.01) | (multiple == 1.0)
    np.testing.assert_array_equal(lasts[clear], (ratio > 0)[clear])
    assert 100 < lasts.sum() < 900 < clear.sum()


def test_a_snapshot_of_another_shape_is_refused_by_name() -> None:
    columns = SurgeState.empty(2).columns()
    with pytest.raises(ValueError, match=r"column level\.a must be float64"):
        SurgeState.of({**columns, "level.a": columns["level.a"].astype(np.float32)})
    del columns["born"]
    with pytest.raises(ValueError, match="SurgeState must hold"):
        SurgeState.of(columns)


def test_impossible_settings_are_named() -> None:
    with pytest.raises(ValueError, match=r"threshold must be above 0, got 0\.0"):
        Surge(threshold=0.0)
    with pytest.raises(ValueError, match="shortest_learning must be above 0 and at most"):
        Surge(threshold=1.0, shortest_learning=400)
