"""Silence: what is called, what is not, and what nights and weekends have to do with it."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from detectors import budget
from detectors.columns import Array, Ints
from detectors.dispersion import Shortfall
from detectors.silence import Silence, SilenceState, Verdict

DAY, WEEK = 24, 168
OPEN = (np.arange(WEEK) % DAY >= 8) & (np.arange(WEEK) % DAY < 18) & (np.arange(WEEK) < 5 * DAY)
"""Hours of the week at which an office answers."""


@dataclass
class Feed:
    """One feed or several, fed hour by hour from a Monday on."""

    silence: Silence = field(default_factory=lambda: Silence(threshold=budget.threshold()))
    state: SilenceState = field(default_factory=lambda: SilenceState.empty(1))
    hour: int = 4 * DAY  # the epoch began on a Thursday

    def feed(self, counts: Ints) -> list[Verdict]:
        return [self.close(count) for count in counts]

    def close(self, count: Ints | int) -> Verdict:
        expectation = self.silence.expect(self.state, bucket=self.hour, hour=self.hour)
        self.state, verdict = self.silence.step(self.state, expectation, np.atleast_1d(count))
        self.hour += 1
        return verdict

    def mean(self) -> float:
        return float(self.silence.expect(self.state, bucket=self.hour, hour=self.hour).mean[0])


def poisson(rate: float | Array, weeks: int, *, seed: int = 7) -> Ints:
    """Hourly counts from a Monday on; `rate` may be by hour of the week."""
    rates = np.tile(np.broadcast_to(rate, WEEK), weeks)
    return np.random.default_rng(seed).poisson(rates)


def settled(rate: float | Array, *, weeks: int = 4) -> Feed:
    feed = Feed()
    feed.feed(poisson(rate, weeks))
    return feed


def called(verdicts: list[Verdict]) -> list[int]:
    """The hours above the threshold, from 1."""
    return [hour for hour, verdict in enumerate(verdicts, 1) if verdict.above[0]]


def any_called(*rates: float | Array, weeks: int) -> bool:
    """Whether any of feeds of these rates is, side by side: each is judged as if alone."""
    counts = [poisson(rate, weeks, seed=seed) for seed, rate in enumerate(rates)]
    feeds = Feed(state=SilenceState.empty(len(rates)))
    return any(verdict.above.any() for verdict in feeds.feed(np.column_stack(counts)))


def nothing(hours: int) -> Ints:
    return np.zeros(hours, np.int64)


def test_an_hour_without_a_word_where_forty_are_usual_is_silence() -> None:
    assert called(settled(40.0).feed(nothing(1))) == [1]


@pytest.mark.parametrize("rate", [0.5, 2.0, 8.0])
def test_silence_is_called_once_about_twenty_events_are_missing(rate: float) -> None:
    verdicts = settled(rate, weeks=8).feed(nothing(72))
    first = verdicts[called(verdicts)[0] - 1]
    assert 12 <= first.expected[0] <= 26 + rate
    assert first.observed[0] == 0


def test_steady_feeds_are_not_called_for_half_a_year() -> None:
    assert not any_called(0.05, 0.7, 3.0, 50.0, weeks=26)


def test_nights_and_weekends_on_which_nobody_answers_are_not_called() -> None:
    assert not any_called(0.5 * OPEN, 5.0 * OPEN, 200.0 * OPEN, weeks=12)


def test_the_second_closed_saturday_afternoon_is_not_called_though_mornings_are_busy() -> None:
    hours = OPEN.copy()
    hours[5 * DAY + 8 : 5 * DAY + 13] = True
    assert not called(Feed().feed(poisson(60.0 * hours, 2)))


def test_a_night_adds_nothing_to_what_is_missing() -> None:
    feed = settled(30.0 * OPEN, weeks=4)
    feed.feed(poisson(30.0 * OPEN, 1)[:18])  # Monday, until it closes
    night = feed.feed(nothing(14))
    assert night[-1].expected[0] < 2
    assert called(feed.feed(nothing(1))) == [1]


def test_a_feed_with_a_third_less_or_two_thirds_less_is_not_silent() -> None:
    for share in (0.65, 0.35):
        feed = settled(20.0)
        assert not called(feed.feed(poisson(share * 20.0, 2, seed=8)))


def test_a_trickle_is_as_good_as_silence() -> None:
    verdicts = settled(100.0).feed(np.full(4, 2))
    assert called(verdicts) == [1, 2, 3, 4]
    assert verdicts[-1].observed[0] == 8


def test_one_word_ends_the_silence_of_a_feed_that_says_little() -> None:
    feed = settled(2.0)
    verdicts = feed.feed(np.append(nothing(48), 1))
    assert called(verdicts)[-1] == 48
    assert verdicts[-1].observed[0] == 1
    assert verdicts[-1].expected[0] == pytest.approx(2.0 * 49, rel=0.25)
    assert called(feed.feed(nothing(2))) == []


def test_once_called_a_silence_stays_called_until_it_ends() -> None:
    verdicts = settled(3.0).feed(nothing(4 * WEEK))
    hours = called(verdicts)
    assert hours == list(range(hours[0], 4 * WEEK + 1))
    assert (np.diff([verdict.score[0] for verdict in verdicts]) >= 0).all()


def test_what_a_silent_feed_does_not_bring_is_not_learnt() -> None:
    feed = settled(50.0)
    before = feed.mean()
    feed.feed(nothing(2 * WEEK))
    assert feed.mean() == pytest.approx(before, rel=0.05)


def test_nothing_is_called_in_the_first_week() -> None:
    feed = Feed()
    feed.feed(poisson(30.0, 1)[:100])
    assert called(feed.feed(nothing(WEEK - 100))) == []


def test_learning_lasts_a_week_from_the_fifth_event_on() -> None:
    feed = Feed()
    feed.feed(np.append(np.ones(4, np.int64), nothing(2 * WEEK)))
    verdicts = feed.feed(np.full(WEEK + 6, 6))
    known = [bool(verdict.learning[0]) for verdict in verdicts].index(False)
    assert WEEK < known <= WEEK + 4


def test_a_feed_of_less_than_thirty_events_is_learning_however_old_it_is() -> None:
    feed = Feed()
    feed.feed(np.tile(np.append(np.ones(1, np.int64), nothing(23)), 25))
    assert feed.state.learning[0]


def test_silence_that_began_while_learning_counts_from_its_end() -> None:
    feed = Feed()
    feed.feed(np.full(WEEK - 24, 10))
    feed.feed(nothing(25))
    assert not feed.state.learning[0]
    assert feed.state.run.onset[0] == -1


def test_incidents_of_the_past_do_not_excuse_silence() -> None:
    counts = poisson(5.0, 8)
    for start in range(0, len(counts), 5 * DAY):
        counts[start : start + DAY] *= 5
    feed = Feed()
    feed.feed(counts)
    hours = called(feed.feed(nothing(24)))
    assert hours[0] <= 12


def test_chance_passes_a_threshold_no_oftener_than_it_says() -> None:
    """Of overdispersed feeds with a daily rhythm, once in 100 buckets at a threshold of 100."""
    silence, rng, feeds = Silence(threshold=100.0), np.random.default_rng(5), 100
    rates = np.geomspace(0.3, 30, feeds)
    state = SilenceState.empty(feeds)
    before = np.zeros(feeds, np.bool_)
    alarms = 0
    for hour in range(12 * WEEK):
        mean = rates * (1 + 0.8 * np.sin(2 * np.pi * hour / DAY))
        counts = rng.poisson(rng.gamma(mean / 0.3) * 0.3)
        expectation = silence.expect(state, bucket=hour, hour=hour)
        state, verdict = silence.step(state, expectation, counts)
        alarms += int((verdict.above & ~before).sum())
        before = verdict.above
    assert 0 < alarms <= 12 * WEEK * feeds / 100


def test_shortfalls_are_learnt_twice_and_excesses_not_at_all() -> None:
    low, high = Shortfall.empty(1), Shortfall.empty(1)
    for bucket in range(2 * WEEK):
        for kept, residual in ((low, -5.0), (high, 5.0)):
            kept.learn(residual=np.array([residual]), mean=np.array([10.0]), bucket=bucket)
    assert low.squares[0, 0] == pytest.approx(2 * WEEK * 2 * 25.0 / 10.0)
    assert (high.squares == 0).all()


def test_the_dispersion_of_a_run_grows_up_to_that_of_a_day() -> None:
    kept, rate = Shortfall.empty(1), np.array([10.0])
    for bucket in range(8 * WEEK):
        noise = -15.0 if bucket // DAY % 2 else 15.0
        kept.learn(residual=np.array([noise]), mean=rate, bucket=bucket)
    spread = [float(kept.over_run(np.array([m]), rate=rate)[0]) for m in (0, 60, 120, 240, 9999)]
    assert spread[0] == pytest.approx(float(kept.over(0, rate=rate)[0]))
    assert spread[0] < spread[1] < spread[2] < spread[3]
    assert spread[3] == spread[4] == pytest.approx(float(kept.over(2, rate=rate)[0]))


def test_impossible_settings_are_named() -> None:
    with pytest.raises(ValueError, match=r"threshold must be above 1, got 1\.0"):
        Silence(threshold=1.0)
    with pytest.raises(ValueError, match="shortest_learning must be at least 1 bucket, got 0"):
        Silence(threshold=2.0, shortest_learning=0)
