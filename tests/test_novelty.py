"""A fault that a product never had: when that is news, and why not when it is not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.columns import Ints
from detectors.novelty import Before, Combinations, Novelty, Verdict, Why
from tests.contract.plain import copied

DAILY = Novelty(day=1, patience=3)
LATER = 100


def before(
    *, people: int = 500, since: int = 0, others: int = 5000, share: float = 0.1, n: int = 1
) -> Before:
    return Before(
        np.full(n, people), np.full(n, since), np.full(n, others), np.full(n, share)
    )  # fmt: skip


def first(known: Before, method: Novelty = DAILY) -> Why:
    """What is said when one person complains of the fault for the first time."""
    verdict = method.judge(Combinations.empty(1), np.array([1]), known, bucket=LATER)
    return Why(int(verdict.why[0]))


def told(method: Novelty, *counts: int) -> list[Why]:
    """Day by day, of one combination."""
    state, said = Combinations.empty(1), []
    for bucket, count in enumerate(counts, LATER):
        state, verdict = method.step(state, np.array([count]), before(), bucket=bucket)
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
        (before(share=0.001), Why.ABSENCE_NO_SURPRISE),
        (before(people=30), Why.ABSENCE_NO_SURPRISE),
        (before(share=0.0, others=0), Why.ABSENCE_NO_SURPRISE),
    ],
)
def test_what_is_no_news_says_which_gate_stayed_shut(known: Before, why: Why) -> None:
    assert first(known) is why


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


def test_absence_is_the_chance_that_none_of_them_had_it() -> None:
    """Polya's urn: each of the N before had it with the probability k q/(k + those before)."""
    share, k = 0.2, DAILY.likeness
    known = before(people=7, share=share)
    expected = np.prod([1 - k * share / (k + i) for i in range(7)])
    assert DAILY.absence(known)[0] == pytest.approx(expected)


def history(n: int, days: int) -> Ints:
    return (np.random.default_rng(3).random((days, n)) < 0.05).astype(np.int64)


def run(state: Combinations, counts: Ints, *, start: int) -> list[Verdict]:
    said = []
    for day, row in enumerate(counts, start):
        state, verdict = DAILY.step(state, row, before(n=row.size), bucket=day)
        said.append(verdict)
    return said


def test_a_combination_is_judged_alike_alone_in_company_and_when_restored() -> None:
    counts = history(9, 40)
    whole = run(Combinations.empty(9), counts, start=LATER)
    alone = run(Combinations.empty(1), counts[:, [4]], start=LATER)
    state = Combinations.empty(9)
    run(state, counts[:20], start=LATER)
    again = run(Combinations.of(copied(state)), counts[20:], start=LATER + 20)
    assert [v.why[4] for v in whole] == [v.why[0] for v in alone]
    assert [v.why.tolist() for v in whole[20:]] == [v.why.tolist() for v in again]
    assert sum(int(v.news.sum()) for v in whole) == (counts.sum(axis=0) > 0).sum()


def test_a_bucket_is_judged_before_it_is_learnt() -> None:
    state = Combinations.empty(9)
    for day, row in enumerate(history(9, 20), LATER):
        ahead = DAILY.judge(state, row, before(n=9), bucket=day)
        state, verdict = DAILY.step(state, row, before(n=9), bucket=day)
        assert ahead.why.tolist() == verdict.why.tolist()


@given(
    people=st.integers(0, 10**12), others=st.integers(0, 10**12), share=st.floats(0, 1),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_absence_is_always_a_probability(people: int, others: int, share: float) -> None:
    absence = DAILY.absence(before(people=people, others=others, share=share))
    assert 0 <= absence[0] <= 1


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"people": 0}, "must be at least 1"),
        ({"surprise": 1.0}, r"surprise must be in \(0, 1\), got 1.0"),
        ({"likeness": 0.0}, "likeness must be above 0 people, got 0.0"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Novelty(**options)
