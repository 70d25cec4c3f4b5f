"""A fault that a product never had: when that is news, and why not when it is not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from detectors.novelty import Before, Combinations, Novelty, Why

DAILY = Novelty(day=1, patience=3)
LATER = 100


def before(
    *, people: int = 500, since: int = 0, singles: int = 3, others: int = 5000,
    share: float = 0.1, known: int = 0, n: int = 1, coming: int = 0,
) -> Before:  # fmt: skip
    return Before(
        np.full(n, people), np.full(n, coming), np.full(n, since), np.full(n, singles),
        np.full(n, others), np.full(n, share), np.full(n, known),
    )  # fmt: skip


def first(known: Before, method: Novelty = DAILY) -> Why:
    """What is said when one person complains of the fault for the first time."""
    verdict = method.judge(Combinations.empty(1), np.array([1]), known, bucket=LATER)
    return Why(int(verdict.why[0]))


def told(method: Novelty, *counts: int, known: Before | None = None) -> list[Why]:
    """Day by day, of one combination."""
    state, said = Combinations.empty(1), []
    for bucket, count in enumerate(counts, LATER):
        state, verdict = method.step(state, np.array([count]), known or before(), bucket=bucket)
        said.append(Why(int(verdict.why[0])))
    return said


def test_a_fault_that_others_have_and_a_product_never_had_is_news() -> None:
    assert first(before()) is Why.NEW_HERE


def test_a_fault_that_nobody_ever_had_is_news() -> None:
    assert first(before(share=0.0)) is Why.NEW_FOR_ALL


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (before(since=LATER - 27), Why.TOO_YOUNG),
        (before(people=29), Why.TOO_FEW_BEFORE),
    ],
)
def test_what_is_no_news_says_which_gate_stayed_shut(known: Before, why: Why) -> None:
    assert first(known) is why


def test_what_ordinary_new_ones_bring_as_often_is_no_news() -> None:
    """One in 25 days; another within three days has 3 per cent."""
    common = Novelty(day=1, patience=3, threshold=1000.0)
    assert told(common, 1, 1, 1, known=before(share=0.0)) == [
        Why.ORDINARY, Why.ORDINARY, Why.NEW_FOR_ALL,
    ]  # fmt: skip


def score(known: Before, people: int = 3) -> float:
    verdict = DAILY.judge(Combinations.empty(1), np.array([people]), known, bucket=LATER)
    return float(verdict.score[0])


def test_of_what_nobody_has_each_further_person_is_as_rare_as_the_first() -> None:
    """T = 100 days with three that came once, and three days of patience: p = 3/103."""
    for people in (1, 2, 3, 4):
        expected = 25.0 * (103 / 3) ** (people - 1)
        assert score(before(share=0.0), people) == pytest.approx(expected)


@pytest.mark.parametrize("more", [0, 1, 2, 3])
def test_a_score_is_the_mean_time_between_those_of_faults_whose_rates_are_of_any_size(
    more: int,
) -> None:
    """So many that one of them comes just once in T = 100 days, rates evenly on a log scale."""
    rates, step = np.geomspace(1e-9, 10, 20_001), np.log(1e10) / 20_000
    never = np.exp(-rates * LATER)
    assert step * np.sum(rates * LATER * never) == pytest.approx(1.0, abs=1e-3)
    new = step * np.sum(rates * never * poisson.sf(more - 1, rates * DAILY.patience))
    assert score(before(share=0.0, singles=0), 1 + more) == pytest.approx(1 / new, rel=1e-3)


@pytest.mark.parametrize(
    ("rarer", "commoner"),
    [
        (before(singles=0), before(singles=9)),
        (before(share=0.01), before(share=0.2)),
        (before(since=0), before(since=60)),
        (before(known=0), before(known=90)),
        (before(share=0.0), before(known=LATER)),
    ],
)
def test_it_is_the_rarer(rarer: Before, commoner: Before) -> None:
    """With fewer that came once, a smaller share of others, a longer time, an older fault."""
    assert score(rarer) > score(commoner)


def test_who_comes_of_a_busy_product_says_less() -> None:
    """Others since the first are weighed as if so much time had passed."""
    state, said = Combinations.empty(1), before()
    state, _ = DAILY.step(state, np.array([1]), said, bucket=LATER)
    calm = DAILY.judge(state, np.array([2]), before(people=502, coming=2), bucket=LATER + 1)
    busy = DAILY.judge(state, np.array([2]), before(people=900, coming=2), bucket=LATER + 1)
    assert busy.score < calm.score
    assert busy.further[0] == pytest.approx(399 / 899)


def test_who_comes_of_a_busy_product_in_the_hour_of_the_first_says_less_too() -> None:
    """400 others within one hour are as much as 400 within two."""
    at_once = DAILY.judge(
        Combinations.empty(1), np.array([4]), before(coming=404), bucket=LATER
    )  # fmt: skip
    state, _ = DAILY.step(Combinations.empty(1), np.array([1]), before(coming=101), bucket=LATER)
    in_two = DAILY.judge(state, np.array([3]), before(people=601, coming=303), bucket=LATER + 1)
    assert at_once.further[0] == in_two.further[0] == pytest.approx(400 / 900)
    assert at_once.score[0] == in_two.score[0]


def test_what_was_had_before_is_known_and_what_never_came_is_not_seen() -> None:
    assert told(DAILY, 0, 1, 0, 1) == [Why.NOT_SEEN, Why.NEW_HERE, Why.KNOWN, Why.KNOWN]


def test_as_many_people_are_waited_for_as_are_asked_for() -> None:
    two = Novelty(day=1, patience=3, people=2)
    assert told(two, 1, 0, 1, 1) == [
        Why.TOO_FEW_PEOPLE, Why.TOO_FEW_PEOPLE, Why.NEW_HERE, Why.KNOWN,
    ]  # fmt: skip


def test_who_comes_too_late_does_not_make_it_news() -> None:
    two = Novelty(day=1, patience=3, people=2)
    assert told(two, 1, 0, 0, 5) == [
        Why.TOO_FEW_PEOPLE, Why.TOO_FEW_PEOPLE, Why.TOO_FEW_PEOPLE, Why.KNOWN,
    ]  # fmt: skip


def test_a_first_that_was_no_news_does_not_become_it() -> None:
    """What was known before the first counts; by the second the product is no longer young."""
    state, two = Combinations.empty(1), Novelty(day=1, patience=30, people=2)
    state, _ = two.step(state, np.array([1]), before(since=LATER - 20), bucket=LATER)
    state, verdict = two.step(state, np.array([1]), before(since=LATER - 20), bucket=LATER + 15)
    assert verdict.why.tolist() == [Why.TOO_YOUNG]


def test_what_is_known_of_before_has_no_first_and_no_score() -> None:
    state = Combinations.empty(1)
    state.told[0] = True
    state, verdict = DAILY.step(state, np.array([2]), before(), bucket=LATER)
    assert (verdict.why.tolist(), verdict.score.tolist()) == ([Why.KNOWN], [0.0])
    assert (verdict.judged.tolist(), state.first.tolist()) == ([False], [-1])


@given(
    people=st.integers(0, 10**12), others=st.integers(0, 10**12), share=st.floats(0, 1),
    singles=st.integers(0, 10**12), known=st.integers(-1, LATER), count=st.integers(0, 2**31),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_a_score_is_always_a_time(count: int, **known: Any) -> None:
    found = score(before(**known), count)
    assert 0 <= found <= 1e30
    assert (found > 0) == (count > 0)


@given(st.integers(1, 200), st.floats(0, 1), st.integers(0, LATER))
@settings(max_examples=50, deadline=None)
def test_a_score_never_falls_as_people_join(people: int, share: float, known: int) -> None:
    some = before(share=share, known=known)
    assert score(some, people + 1) >= score(some, people)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"people": 0}, "must be at least 1"),
        ({"threshold": -1.0}, "threshold must be at least 0 buckets, got -1.0"),
        ({"likeness": 0.0}, "likeness must be above 0 people, got 0.0"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Novelty(**options)
