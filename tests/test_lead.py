"""When an excess began, and which of two began first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors import lead
from detectors.columns import Floats, Ints

COUNTS = arrays(np.int64, st.integers(1, 100), elements=st.integers(0, 5000))
DRAWS = arrays(np.float64, lead.DRAWS, elements=st.integers(-500, 500))


def flat(observed: Ints, rate: float) -> Floats:
    return np.full(observed.size, rate)


def began(observed: Ints, expected: Floats) -> Floats:
    return lead.draws(lead.beginning(observed, expected, minutes=5))


def stepping(at: int, *, size: int = 96) -> Ints:
    """One person in ten buckets, and from the bucket `at` on two in each."""
    observed = np.zeros(size, np.int64)
    observed[::10] = 1
    observed[at:] = 2
    return observed


@given(COUNTS.filter(np.any), st.floats(0, 50))
def test_chances_add_up_to_one_and_only_what_came_can_have_been_first(
    observed: Ints, rate: float
) -> None:
    chance = lead.beginning(observed, flat(observed, rate), minutes=5)
    assert chance.sum() == pytest.approx(1)
    assert not chance[observed == 0].any()


@given(st.integers(6, 80))
def test_a_step_is_dated_to_within_half_an_hour(at: int) -> None:
    observed = stepping(at)
    found = began(observed, flat(observed, 0.1))
    assert np.abs(np.quantile(found, (0.1, 0.5, 0.9)) - at).max() <= 6


def test_where_nothing_was_expected_a_lone_person_long_before_is_no_beginning() -> None:
    observed = np.zeros(96, np.int64)
    observed[3], observed[80:] = 1, 2
    assert began(observed, np.zeros(96)).min() >= 80


def test_a_few_people_leave_open_when_it_began() -> None:
    observed = np.zeros(96, np.int64)
    observed[[20, 45, 60, 80, 84, 88, 91]] = 1
    found = began(observed, flat(observed, 0.05))
    assert found.max() - found.min() > 12


def test_of_nobody_no_beginning_is_asked() -> None:
    with pytest.raises(ValueError, match="only zeros"):
        lead.beginning(np.zeros(5, np.int64), np.ones(5), minutes=5)


def test_counts_too_large_for_a_double_to_tell_apart_are_survived() -> None:
    observed = np.zeros(50, np.int64)
    observed[20:] = 10**9
    assert np.floor(began(observed, flat(observed, 1.0))).tolist() == [20.0] * lead.DRAWS


def test_equal_beginnings_are_told_of_neither() -> None:
    same = began(stepping(30), np.full(96, 0.1))
    found = lead.lead(same, same)
    assert not found.told
    assert found.chance == pytest.approx(0.5)
    assert found.low <= 0 <= found.high


def test_an_hour_is_told_apart_where_many_come() -> None:
    first, second = (began(stepping(at), np.full(96, 0.1)) for at in (30, 42))
    found = lead.lead(first, second)
    assert found.told
    assert found.low <= 12 <= found.high
    assert found.lag == pytest.approx(12, abs=3)


@given(DRAWS, DRAWS)
def test_from_the_other_side_the_same_is_said(first: Floats, second: Floats) -> None:
    one, other = lead.lead(first, second), lead.lead(second, first)
    assert one.chance == pytest.approx(1 - other.chance)
    assert [one.low, one.lag, one.high] == pytest.approx([-other.high, -other.lag, -other.low])
    assert one.told == other.told or one.chance == pytest.approx(0.1)


@given(DRAWS, DRAWS, st.integers(-10_000, 10_000))
def test_only_the_distance_counts(first: Floats, second: Floats, moved: int) -> None:
    assert lead.lead(first + moved, second + moved) == lead.lead(first, second)
