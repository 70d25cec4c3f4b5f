"""What a newborn series takes from its kin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.columns import Floats, Ints
from detectors.kinship import ENOUGH, MOST, Prior
from detectors.level import Level
from detectors.season import Profiles
from detectors.surge import Surge, SurgeState

ONE = np.zeros(1, np.int64)
WEEKS_8 = 8 * 168
DAYS_3 = 72
MEAN = 0.1 / 24


def levels(rates: Floats, *, buckets: float) -> Level:
    """Levels that have seen so many buckets, by chance."""
    level = Level.empty(rates.size)
    level.a[:] = np.random.default_rng(2).poisson(rates * buckets) + 0.5
    level.b[:] = buckets + 1.0
    return level


def prior(level: Level, born: Ints = ONE, *, kin: Ints | None = None) -> Prior:
    kin = np.zeros(level.size, np.int64) if kin is None else kin
    return Prior.of(level, settled=np.ones(level.size, np.bool_), kin=kin, born=born)


def gamma(n: int = 4000) -> Floats:
    """Rates as the batches of a product may have them: one in ten days, give or take half."""
    return np.random.default_rng(1).gamma(4.0, MEAN / 4.0, n)


def test_the_prior_is_the_gamma_that_the_rates_of_the_kin_were_drawn_from() -> None:
    found = prior(levels(gamma(), buckets=5000))
    assert found.known[0]
    assert found.a[0] == pytest.approx(4.0, rel=0.2)
    assert found.a[0] / found.b[0] == pytest.approx(MEAN, rel=0.05)


def test_what_is_chance_in_each_of_the_kin_is_not_taken_for_a_spread_of_their_rates() -> None:
    alike = levels(np.full(4000, 0.01), buckets=500)
    assert prior(alike).a[0] > 0.9 * MOST


def test_fewer_kin_say_nothing() -> None:
    assert prior(levels(gamma(ENOUGH), buckets=5000)).known[0]
    few = prior(levels(gamma(ENOUGH - 1), buckets=5000))
    assert not few.known[0]
    assert (few.a[0], few.b[0]) == (Level.empty(1).a[0], Level.empty(1).b[0])


def test_kin_whose_rates_lie_orders_of_magnitude_apart_say_nothing() -> None:
    assert not prior(levels(np.geomspace(0.01, 100, 200), buckets=500)).known[0]


def test_series_that_are_learning_say_nothing() -> None:
    level = levels(gamma(100), buckets=5000)
    learning = Prior.of(
        level, settled=np.zeros(100, np.bool_), kin=np.zeros(100, np.int64), born=ONE
    )
    assert not learning.known[0]


def test_only_the_own_kin_is_asked() -> None:
    rates = np.concatenate([gamma(200), 50 * gamma(200)])
    kin = np.repeat([0, 1], 200)
    found = prior(levels(rates, buckets=5000), np.array([1, 0, 2]), kin=kin)
    assert found.known.tolist() == [True, True, False]
    assert found.a[0] / found.b[0] == pytest.approx(50 * MEAN, rel=0.2)
    assert found.a[1] / found.b[1] == pytest.approx(MEAN, rel=0.2)


@given(st.lists(st.floats(1e-6, 1e6), max_size=60), st.integers(0, 3))
def test_whatever_the_rates_a_prior_is_a_gamma(rates: list[float], born: int) -> None:
    level = Level.empty(len(rates))
    level.b[:] = 0.5 / np.array(rates)
    found = prior(level, np.array([born]), kin=np.arange(len(rates)) % 2)
    assert np.isfinite(found.a).all()
    assert np.isfinite(found.b).all()
    assert (found.a > 0).all()
    assert (found.b > 0).all()


def newborn(kin: int, events: Ints) -> bool:
    """Whether a batch alarms that has these events by the hour from its birth on."""
    surge = Surge(threshold=168_000.0)
    profiles, state = Profiles.empty(1), SurgeState.empty(kin)
    counts = np.random.default_rng(4).poisson(gamma(kin), (WEEKS_8, kin))
    fired = False
    for hour, row in enumerate([*counts, *events]):
        if hour == WEEKS_8:
            kinship = np.zeros(kin, np.int64)
            found = Prior.of(state.level, settled=~state.learning, kin=kinship, born=ONE)
            state = state.grow(born=hour - 1, groups=ONE, prior=found)
        full = np.append(np.zeros(kin, np.int64), row) if hour >= WEEKS_8 else row
        rhythm = profiles.expect(hour=hour)
        state, verdict = surge.step(state, surge.expect(state, rhythm, bucket=hour), full)
        fired |= bool(hour >= WEEKS_8 and verdict.above[-1])
        profiles.learn(np.array([100]), rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
    return fired


def twelve_in_three_days() -> Ints:
    events = np.zeros(DAYS_3, np.int64)
    events[::6] = 1
    return events


def test_a_batch_that_is_born_into_an_incident_is_called_where_it_has_kin() -> None:
    assert newborn(60, twelve_in_three_days())


def test_the_same_batch_without_kin_is_learning() -> None:
    assert not newborn(ENOUGH - 1, twelve_in_three_days())


def test_a_new_batch_as_busy_as_the_busiest_of_its_kin_does_not_alarm() -> None:
    busiest = np.random.default_rng(5).poisson(gamma(60).max(), 14 * 24)
    assert not newborn(60, busiest)
