"""The season of a year: what is taken for one, from when on, and what is not."""

import numpy as np
import pytest

from detectors.columns import Floats
from detectors.season import Profiles
from detectors.yearly import FIRST, WEEK, WEEKS, WHOLE, Year

TOTAL = 3000.0
"""Events a week."""


def wave(weeks: int, *, amplitude: float = 1.5) -> Floats:
    """The week's multiple of the yearly level; the peak is in the tenth week."""
    season: Floats = amplitude ** np.cos(2 * np.pi * (np.arange(weeks) - 10) / WEEKS)
    return season


def year(*series: Floats, exposure: float = WEEK, seed: int = 5) -> Year:
    """That has learnt these multiples of the total, week by week, and closed the last week."""
    held, rng = Year.empty(len(series)), np.random.default_rng(seed)
    for week, multiples in enumerate(zip(*series, strict=True)):
        came = rng.poisson(TOTAL * np.array(multiples)).astype(np.float64)
        events = came * (exposure / WEEK)
        held.learn(events, np.full(len(series), exposure), hour=week * WEEK)
    held.learn(np.zeros(len(series)), np.zeros(len(series)), hour=len(series[0]) * WEEK)
    return held


def factors(held: Year, first: int, weeks: int) -> Floats:
    """Of the middle of each week, by series (rows)."""
    hours = [(first + n) * WEEK + WEEK // 2 for n in range(weeks)]
    return np.array([held.factor(hour=hour) for hour in hours]).T


def test_what_a_year_was_like_is_expected_of_the_next() -> None:
    held = year(wave(WHOLE), wave(WHOLE)[::-1])
    found = factors(held, WHOLE, 40)
    assert np.log(found[0]) == pytest.approx(np.log(wave(WHOLE + 40)[WHOLE:]), abs=0.08)
    assert not np.allclose(found[0], found[1], rtol=0.1)


def test_of_the_first_year_nothing_is_made() -> None:
    assert (factors(year(wave(FIRST - 1)), FIRST, 20) == 1.0).all()


def test_the_factor_takes_effect_within_a_quarter() -> None:
    swings = [np.ptp(np.log(factors(year(wave(n)), n, 52))) for n in range(FIRST, WHOLE + 1, 4)]
    assert 0 < swings[0] < 0.2 * swings[-1]
    assert swings == sorted(swings)


def test_steady_counts_have_no_season() -> None:
    for seed in range(3):
        steady = factors(year(np.ones(120), seed=seed), 120, 52)
        assert np.abs(np.log(steady)).max() < 0.03


def test_what_grows_from_year_to_year_has_no_season() -> None:
    growth = np.exp(0.3 * np.arange(110) / WEEKS)
    assert np.abs(np.log(factors(year(growth), 110, 52))).max() < 0.08


def test_an_incident_of_weeks_is_not_expected_again() -> None:
    once = np.ones(80)
    once[40:43] = 2.0
    assert np.abs(np.log(factors(year(once), 80, 40))).max() < 0.15


def test_weeks_of_which_an_outage_hid_a_day_are_not_learnt() -> None:
    held = year(wave(WHOLE), exposure=WEEK - 24.0)
    assert held.seen[0] == 0
    assert (held.model.theta == 0).all()


def test_a_group_has_the_same_season_in_any_company_even_of_elder_ones() -> None:
    alone, both = Year.empty(1), Year.empty(1)
    rng, nothing = np.random.default_rng(5), np.zeros(1)
    for week, multiple in enumerate(wave(WHOLE)):
        elder, events = rng.poisson(TOTAL * np.array([2.0, multiple]))
        if week == 4:
            both = both.grown(2)
        pair, seen = np.array([elder, events][: both.size]), np.full(both.size, float(WEEK))
        both.learn(pair, seen, hour=week * WEEK)
        if week >= 4:
            alone.learn(np.array([events]), np.full(1, float(WEEK)), hour=week * WEEK)
    alone.learn(nothing, nothing, hour=WHOLE * WEEK)
    both.learn(np.zeros(2), np.zeros(2), hour=WHOLE * WEEK)
    assert alone.seen[0] == both.seen[1] == both.seen[0] - 4
    for name, column in alone.columns().items():
        np.testing.assert_array_equal(both.columns()[name][..., 1], column[..., 0])


def test_a_snapshot_goes_on_where_it_was_taken() -> None:
    held = year(wave(70))
    again = Year.of({name: column.copy() for name, column in held.columns().items()})
    for one in (held, again):
        one.learn(np.array([TOTAL]), np.array([float(WEEK)]), hour=70 * WEEK)
        one.learn(np.array([0.0]), np.array([0.0]), hour=71 * WEEK)
    np.testing.assert_array_equal(factors(held, 71, 20), factors(again, 71, 20))


def test_the_profile_of_a_group_is_multiplied_by_its_season() -> None:
    profiles = Profiles.empty(1)
    before = profiles.expect(hour=80 * WEEK)
    profiles.year = year(wave(80))
    after = profiles.expect(hour=80 * WEEK)
    assert after.year[0] == profiles.year.factor(hour=80 * WEEK)[0] != 1.0
    assert after.factor[0] == pytest.approx(before.factor[0] * after.year[0])
    assert after.mean[0] == pytest.approx(before.mean[0] * after.year[0])
