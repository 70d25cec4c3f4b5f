"""How far thresholds are moved on the evidence of a history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration import LEAST, MOST, PRIOR, Evidence, rate

TRIED = [1 / 64, 1 / 16, 1 / 4, 1.0, 4.0, 16.0, 64.0, 256.0, 1024.0]
COUNTS = st.lists(st.integers(0, 500), min_size=len(TRIED), max_size=len(TRIED)).map(
    lambda seen: dict(zip(TRIED, sorted(seen, reverse=True), strict=True))
)
ALLOWED = st.floats(0.0, 200.0)


def by_theory(allowed: float, *, off: float = 1.0) -> dict[float, int]:
    """So many times what theory says."""
    return {k: round(off * allowed / k) for k in TRIED}


def test_a_method_that_does_as_theory_says_stays() -> None:
    assert Evidence(64.0, by_theory(64.0)).times == pytest.approx(1.0, rel=0.02)


def test_a_method_that_alarms_four_times_too_often_becomes_about_four_times_as_strict() -> None:
    assert Evidence(64.0, by_theory(64.0, off=4.0)).times == pytest.approx(4.0, rel=0.2)


def test_quiet_weeks_make_it_less_strict_the_more_of_them_there_are() -> None:
    found = [Evidence(allowed, dict.fromkeys(TRIED, 0)).times for allowed in (1.0, 5.0, 50.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(LEAST ** (1.0 / (1.0 + PRIOR)))
    assert found[2] == pytest.approx(LEAST, rel=0.2)


def test_a_short_history_moves_nothing_unless_it_is_far_too_loud() -> None:
    assert Evidence(0.3, dict.fromkeys(TRIED, 0)).times == 1.0
    assert Evidence(0.9, dict.fromkeys(TRIED, 1)).times == 1.0
    assert not Evidence(0.3, dict.fromkeys(TRIED, 1)).tells
    loud = Evidence(0.3, {k: round(40 / k) for k in TRIED})
    assert loud.tells
    assert loud.times > 50


def test_what_theory_asks_for_counts_as_much_as_one_false_alarm() -> None:
    silent = dict.fromkeys(TRIED, 0)
    plain, asked = Evidence(1.0, silent), Evidence(1.0, silent, theory=4.0)
    assert asked.times == pytest.approx(2.0 * plain.times)
    assert Evidence(99.0, silent, theory=4.0).times < 1.1 * Evidence(99.0, silent).times


def test_no_exposure_tells_nothing() -> None:
    assert Evidence(0.0, by_theory(64.0)).times == 1.0


@given(allowed=ALLOWED, counts=COUNTS)
def test_a_threshold_is_moved_no_further_than_the_history_says(
    allowed: float, counts: dict[float, int]
) -> None:
    evidence = Evidence(allowed, counts)
    assert LEAST * 0.999 <= evidence.sought <= MOST * 1.001
    low, high = sorted([1.0, evidence.sought])
    assert low * 0.999 <= evidence.times <= high * 1.001
    interval = evidence.expected(evidence.times)
    assert interval.low <= interval.mean <= interval.high


@given(allowed=st.floats(1.0, 200.0), counts=COUNTS)
def test_the_threshold_sought_had_as_many_alarms_as_are_allowed(
    allowed: float, counts: dict[float, int]
) -> None:
    evidence = Evidence(allowed, counts)
    if LEAST * 1.01 < evidence.sought < MOST * 0.99:
        at = (evidence.allowed + PRIOR) * evidence.expected(evidence.sought).mean - PRIOR
        assert at == pytest.approx(allowed, abs=0.2)


@given(allowed=st.floats(1.0, 200.0), counts=COUNTS, more=st.integers(1, 50))
def test_more_false_alarms_never_make_it_less_strict(
    allowed: float, counts: dict[float, int], more: int
) -> None:
    louder = {k: n + more for k, n in counts.items()}
    assert Evidence(allowed, louder).times >= Evidence(allowed, counts).times * 0.999


def test_a_further_threshold_is_asked_for_until_the_one_sought_lies_between() -> None:
    assert Evidence(10.0, {1.0: 50}).wanted == 4.0
    assert Evidence(10.0, {1.0: 0}).wanted == 0.25
    assert Evidence(10.0, {1.0: 50, 4.0: 2}).wanted is None
    assert Evidence(10.0, {1.0: 50, MOST: 50}).wanted is None


def test_a_rate_has_the_exact_interval_of_a_count() -> None:
    found = rate(10, 2.0)
    assert (found.mean, found.low, found.high) == pytest.approx((5.0, 2.713, 8.481), abs=0.001)
    assert rate(0, 1.0).low == 0.0
    assert rate(0, 1.0).high == pytest.approx(2.996, abs=0.001)
