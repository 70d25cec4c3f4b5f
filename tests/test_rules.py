"""When a plain rule holds, stands and ends, and the sums it asks for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.columns import Ints
from detectors.rules import Rule, RuleState
from detectors.window import Window

NOBODY = np.zeros(1, np.int64)
ROWS = st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=60)


def stands(rule: Rule, *people: int, compared: tuple[int, ...] = ()) -> list[bool]:
    """Over one series, bucket by bucket."""
    state, found = RuleState.empty(1), []
    for bucket, n in enumerate(people):
        others = np.array([compared[bucket]]) if compared else NOBODY
        state, verdict = rule.step(state, np.array([n]), others, bucket=bucket)
        found.append(bool(verdict.above[0]))
    return found


def test_it_holds_from_the_least_number_on_and_no_longer_than_that() -> None:
    rule = Rule(least=5, window=1)
    assert stands(rule, 4, 5, 6, 4, 5) == [False, True, True, False, True]


def test_it_is_told_once_it_has_held_for_long_enough_on_end() -> None:
    rule = Rule(least=5, window=1, holds=3)
    assert stands(rule, 5, 5, 4, 5, 5, 5, 5, 4) == [False] * 5 + [True, True, False]


def test_it_stays_down_to_another_level() -> None:
    rule = Rule(least=10, window=1, until=0.5)
    assert stands(rule, 9, 10, 5, 9, 4, 9) == [False, True, True, True, False, False]


def test_a_ratio_asks_for_the_least_number_too() -> None:
    rule = Rule(least=5, window=1, ratio=0.5)
    assert stands(rule, 4, 5, 9, 10, compared=(4, 4, 20, 20)) == [False, True, False, True]


def test_with_nobody_to_compare_with_the_least_number_decides() -> None:
    assert stands(Rule(least=5, window=1, ratio=3.0), 4, 5) == [False, True]


def test_the_limit_is_what_is_said_to_be_expected() -> None:
    rule = Rule(least=5, window=3, ratio=0.5)
    verdict = rule.judge(RuleState.empty(2), np.array([8, 8]), np.array([4, 20]), bucket=9)
    assert verdict.expected.tolist() == [5.0, 10.0]
    assert verdict.score.tolist() == [1.6, 0.8]
    assert verdict.onset.tolist() == [7, 7]


def test_a_masked_bucket_says_nothing_unless_enough_people_came() -> None:
    rule, state, masked = (
        Rule(least=5, window=1, holds=2, until=0.8),
        RuleState.empty(3),
        np.ones(3),
    )
    people = [[5, 0, 5], [0, 0, 5], [5, 0, 0]]
    found = [
        rule.step(state, np.array(row), np.zeros(3, np.int64), masked > 0, bucket=bucket)[1]
        for bucket, row in enumerate(people)
    ]
    assert [verdict.masked.tolist() for verdict in found] == [
        [False, True, False], [True, True, False], [False, True, True]
    ]  # fmt: skip
    assert [verdict.above.tolist() for verdict in found] == [
        [False] * 3, [False, False, True], [True, False, False]
    ]  # fmt: skip
    assert state.standing.tolist() == [True, False, True]
    _, after = rule.step(state, np.array([4, 4, 3]), np.zeros(3, np.int64), bucket=3)
    assert after.above.tolist() == [True, False, False]


@pytest.mark.parametrize(
    "options",
    [{"least": 0}, {"window": 0}, {"holds": 0}, {"ratio": 0.0}, {"until": 0.0}, {"until": 1.1}],
)
def test_what_makes_no_rule_is_refused(options: dict[str, float]) -> None:
    facts = {"least": 1, "window": 1} | options
    with pytest.raises(ValueError, match="must be"):
        Rule(**facts)  # type: ignore[arg-type]


def summed(rows: Ints, buckets: list[int]) -> list[int]:
    total: list[int] = rows[buckets].sum(axis=0).tolist()
    return total


@given(ROWS, st.integers(1, 12), st.integers(0, 12), st.sets(st.integers(0, 60)))
@settings(max_examples=60, deadline=None)
def test_a_window_sums_the_last_buckets_and_those_before_but_for_pairs_in_an_outage(
    given_rows: list[list[int]], length: int, delay: int, out: set[int]
) -> None:
    rows, window = np.array(given_rows), Window(length=length, delay=delay)
    window.grow(4)
    for end, row in enumerate(rows, 1):
        window.take(row, masked=end - 1 in out)
        last = range(max(end - length, 0), end)
        known = [n for n in last if not delay or not {n, n - delay} & out]
        assert window.recent.tolist() == summed(rows, known)
        before = [n - delay for n in known if delay and n >= delay]
        assert window.before.tolist() == summed(rows, before)
        assert window.hidden == len(last) - len(known)
        assert window.full == (end >= length + delay)


@given(ROWS, st.integers(0, 60), st.sets(st.integers(0, 60)))
@settings(max_examples=40, deadline=None)
def test_a_window_restored_at_any_bucket_goes_on_to_the_same_sums(
    rows: list[list[int]], at: int, out: set[int]
) -> None:
    one, other = Window(length=5, delay=3), Window(length=5, delay=3)
    one.grow(4)
    for bucket, row in enumerate(rows[:at]):
        one.take(np.array(row), masked=bucket in out)
    other.restore(one.columns())
    for bucket, row in enumerate(rows[at:], at):
        for window in (one, other):
            window.take(np.array(row), masked=bucket in out)
        assert one.recent.tolist() == other.recent.tolist()
        assert one.before.tolist() == other.before.tolist()
        assert one.seen == other.seen


def test_a_series_that_joins_has_an_empty_window() -> None:
    window = Window(length=2)
    window.grow(1)
    window.take(np.array([3]))
    window.grow(2)
    window.take(np.array([1, 1]))
    assert window.recent.tolist() == [4, 1]
    window.take(np.array([0, 0]))
    assert window.recent.tolist() == [1, 1]
