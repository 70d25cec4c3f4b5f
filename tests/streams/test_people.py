"""Which ids and people a partition has met, and for how long it remembers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.people import SPANS, Seen

HORIZON = 700
SPAN = HORIZON // SPANS
NAMES = st.text(alphabet="abcdef", min_size=1, max_size=2)


def met(seen: Seen, *keys: str, at: int = 0) -> list[bool]:
    return seen.fresh(keys, np.full(len(keys), at))


@given(st.lists(st.lists(NAMES)))
def test_a_key_is_fresh_exactly_once_however_the_keys_are_asked(batches: list[list[str]]) -> None:
    seen, known = Seen(horizon=HORIZON), set()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key not in known)
            known.add(key)
        assert met(seen, *batch) == expected
        assert len(seen) == len(known)


@given(times=st.lists(st.integers(0, 5 * HORIZON)).map(sorted), closed=st.sets(st.integers(0, 50)))
def test_what_is_fresh_depends_on_the_events_and_not_on_where_chunks_close(
    times: list[int], closed: set[int]
) -> None:
    whole, parts = Seen(horizon=HORIZON), Seen(horizon=HORIZON)
    for place, time in enumerate(times):
        assert met(whole, "a", at=time) == met(parts, "a", at=time)
        if place in closed:
            parts.settle(time)


def test_what_a_chunk_brought_is_remembered_after_it_closed() -> None:
    seen = Seen(horizon=HORIZON)
    assert met(seen, "a", at=1_000_000) == [True]
    seen.settle(1_000_000)
    assert met(seen, "a", at=1_000_000) == [False]


@given(first=st.integers(0, 10**6), later=st.integers(0, 3 * HORIZON))
def test_a_key_lives_for_one_horizon_and_at_most_a_seventh_more(first: int, later: int) -> None:
    seen = Seen(horizon=HORIZON)
    met(seen, "a", at=first)
    seen.settle(first)
    (fresh,) = met(seen, "a", at=first + later)
    if later <= HORIZON:
        assert not fresh
    if later >= HORIZON + SPAN:
        assert fresh


def test_a_forgotten_key_takes_no_more_room() -> None:
    seen = Seen(horizon=HORIZON)
    met(seen, *"abc")
    seen.settle(HORIZON)
    seen.settle(3 * HORIZON)
    assert len(seen) == 0


def test_meeting_a_key_again_does_not_prolong_its_life() -> None:
    seen = Seen(horizon=HORIZON)
    fresh = [met(seen, "a", at=time) for time in range(0, HORIZON + 2 * SPAN, SPAN)]
    assert fresh == [[True], *[[False]] * SPANS, [True]]


def test_a_watermark_that_is_missing_or_lower_forgets_nothing() -> None:
    seen = Seen(horizon=HORIZON)
    met(seen, "a", at=10 * HORIZON)
    seen.settle(10 * HORIZON)
    seen.settle(None)
    seen.settle(0)
    assert met(seen, "a", at=10 * HORIZON) == [False]


def test_a_chunk_read_again_does_not_meet_its_own_ids() -> None:
    seen = Seen(horizon=HORIZON)
    met(seen, "settled")
    seen.settle(0)
    met(seen, "pending")
    seen.forget_pending()
    assert met(seen, "settled", "pending") == [False, True]


@given(st.lists(NAMES, unique=True))
def test_what_is_known_depends_on_the_set_alone(keys: list[str]) -> None:
    one, other = Seen(horizon=HORIZON), Seen(horizon=HORIZON)
    met(one, *keys)
    reversed_ = keys[::-1]
    half = len(keys) // 2
    met(other, *reversed_[:half])
    met(other, *reversed_[half:], *reversed_[:half])
    one.settle(0)
    other.settle(0)
    assert sorted(one.settled()) == sorted(other.settled())


def test_a_horizon_too_short_to_be_parted_is_refused() -> None:
    with pytest.raises(ValueError, match="horizon must be at least 7 ms, got 6"):
        Seen(horizon=6)


@given(kinds=st.lists(st.integers(0, 1), min_size=1))
def test_equal_keys_of_two_kinds_are_two_keys(kinds: list[int]) -> None:
    seen, known = Seen(horizon=HORIZON), set()
    for kind in kinds:
        (fresh,) = seen.fresh(["a"], np.zeros(1, np.int64), kind=kind)
        assert fresh == (kind not in known)
        known.add(kind)


def test_what_was_met_too_long_ago_is_fresh_once_in_a_run() -> None:
    seen = Seen(horizon=HORIZON)
    met(seen, "a", at=0)
    times = np.array([3 * HORIZON, 3 * HORIZON, 6 * HORIZON])
    assert seen.fresh(["a", "a", "a"], times) == [True, False, True]
