"""How fast an excess grows, and whether it still does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors.columns import Floats, Ints
from detectors.growth import ENOUGH, Growth, Pace, growth

COUNTS = arrays(np.int64, st.integers(0, 400), elements=st.integers(0, 3000))


def came(rates: Floats, *, usual: float = 0.5, seed: int = 1) -> Growth | None:
    """Of Poisson counts with these excess means by five minutes."""
    observed = np.random.default_rng(seed).poisson(rates + usual)
    return growth(observed, np.full(rates.size, usual), minutes=5)


def rising(hours: float, *, people: float = 300, last: int = 72) -> Floats:
    """Means that double in so many hours and sum up to so many people."""
    means: Floats = np.exp(np.log(2) / hours * np.arange(last) / 12)
    scaled: Floats = means * people / means.sum()
    return scaled


@given(COUNTS, st.floats(0, 5))
def test_whatever_came_the_points_are_in_order(observed: Ints, rate: float) -> None:
    found = growth(observed, np.full(observed.size, rate), minutes=5)
    if found is not None:
        assert found.low <= found.rate <= found.high
        assert np.isfinite(found).all()


@pytest.mark.parametrize("hours", [1.0, 2.0, 3.0])
def test_a_doubling_time_is_within_its_interval_and_near(hours: float) -> None:
    found = came(rising(hours))
    assert found is not None
    assert found.pace is Pace.GROWING
    fastest, middle, slowest = found.doubling
    assert fastest <= hours <= slowest
    assert middle == pytest.approx(hours, rel=0.3)


def test_what_comes_evenly_is_not_said_to_grow() -> None:
    found = growth(np.full(72, 5), np.full(72, 1.0), minutes=5)
    assert found is not None
    assert found.pace is Pace.OPEN
    assert found.rate == pytest.approx(0, abs=0.01)


def test_what_falls_is_said_to_grow_no_longer() -> None:
    found = came(rising(2.0)[::-1])
    assert found is not None
    assert found.pace is Pace.OVER


def test_few_people_say_nothing() -> None:
    assert came(rising(1.0, people=20)) is None
    assert growth(np.full(72, 1), np.full(72, 0.4), minutes=5) is None


def test_what_is_usual_is_no_growth_of_its_own() -> None:
    """Only the part that was not expected counts: 40 a bucket are usual at the end, none before."""
    usual = np.linspace(0, 40, 72)
    observed = np.random.default_rng(2).poisson(usual + 3)
    found = growth(observed, usual, minutes=5)
    assert found is not None
    assert found.pace is Pace.OPEN


def test_where_nothing_was_expected_all_is_excess() -> None:
    observed = np.random.default_rng(3).poisson(rising(1.5))
    found = growth(observed, np.zeros(72), minutes=5)
    assert found is not None
    assert found.doubling[0] <= 1.5 <= found.doubling[2]


def test_half_an_hour_says_nothing_of_growth() -> None:
    assert growth(np.full(6, 100), np.zeros(6), minutes=5) is None


def test_the_last_hours_count_where_they_are_enough() -> None:
    """It grew for a day, and has stood still for six hours."""
    observed = np.concatenate([np.round(rising(2.0, last=200)).astype(np.int64), np.full(72, 9)])
    found = growth(observed, np.zeros(observed.size), minutes=5)
    assert found is not None
    assert observed[-72:].sum() >= ENOUGH
    assert found.pace is Pace.OPEN
