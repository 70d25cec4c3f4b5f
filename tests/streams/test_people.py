"""Which ids and people a partition has met, and for how long it remembers."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.columnar.digests import digests
from streams.seen import people
from streams.seen.people import SPANS, Seen

HORIZON = 700
SPAN = HORIZON // SPANS
NAMES = st.text(alphabet="abcdef", min_size=1, max_size=2)
MEETINGS = st.lists(st.tuples(NAMES, st.integers(0, 5 * HORIZON)), max_size=60).map(
    lambda met: [(key, at) for (key, _), at in zip(met, sorted(at for _, at in met), strict=True)]
)


def meet(seen: Seen, meetings: Sequence[tuple[str, int]]) -> people.Met:
    hashes = digests([key for key, _ in meetings], 0)
    return seen.meet(hashes, np.array([at for _, at in meetings], np.int64))


POOL = np.random.default_rng(1).integers(0, 2**64, 30_000, np.uint64)
BATCHES = st.lists(
    st.tuples(st.integers(0, len(POOL)), st.integers(0, 9_000), st.integers(0, 2 * SPAN)),
    max_size=12,
)


def met(seen: Seen, *keys: str, at: int = 0) -> list[bool]:
    fresh: list[bool] = meet(seen, [(key, at) for key in keys]).fresh.tolist()
    return fresh


@given(MEETINGS, st.data())
def test_what_is_fresh_depends_on_the_log_and_not_on_the_pieces_it_is_read_in(
    meetings: list[tuple[str, int]], data: st.DataObject
) -> None:
    whole = meet(Seen(horizon=HORIZON), meetings).fresh.tolist()
    parted, fresh = Seen(horizon=HORIZON), []
    while meetings:
        size = data.draw(st.integers(0, len(meetings)))
        fresh += meet(parted, meetings[:size]).fresh.tolist()
        meetings = meetings[size:] if size else meetings
        if not size:
            fresh += meet(parted, meetings[:1]).fresh.tolist()
            meetings = meetings[1:]
    assert fresh == whole


@given(MEETINGS)
def test_a_key_is_known_for_one_horizon_and_at_most_a_seventh_more(
    meetings: list[tuple[str, int]],
) -> None:
    fresh = meet(Seen(horizon=HORIZON), meetings).fresh.tolist()
    since: dict[str, int] = {}
    for (key, at), new in zip(meetings, fresh, strict=True):
        ago = at - since.get(key, -10 * HORIZON)
        assert new or ago < HORIZON + SPAN
        assert not new or ago > HORIZON
        if new:
            since[key] = at


@given(BATCHES)
@settings(max_examples=25)
def test_a_memory_that_outgrows_its_tables_is_a_set_with_the_times_of_its_keys(
    batches: list[tuple[int, int, int]],
) -> None:
    seen, since, now = Seen(horizon=HORIZON), dict[int, int](), 0
    for start, size, later in batches:
        keys, now = POOL[start : start + size], now + later
        least = now // SPAN - SPANS
        since = {key: span for key, span in since.items() if span >= least or not len(keys)}
        fresh = seen.meet(keys, np.full(len(keys), now)).fresh.tolist()
        assert fresh == [key not in since for key in keys.tolist()]
        since = dict.fromkeys(keys.tolist(), now // SPAN) | since
        assert len(seen) == len(since)
        assert seen.nbytes <= 8 * len(seen) + 100_000


def test_eight_bytes_a_key_are_enough_also_when_most_are_forgotten() -> None:
    seen, random = Seen(horizon=HORIZON), np.random.default_rng(2)
    for number in range(300):
        at = number // 25 * SPAN
        keys = random.integers(0, 2**64, 2000 if number % 2 else 500, np.uint64)
        seen.meet(keys, np.full(len(keys), at))
        assert len(seen) < 40_000 or seen.nbytes <= 8 * len(seen)
    seen.advance(at + SPANS * SPAN)
    assert 27_000 < len(seen) < 50_000
    assert seen.nbytes <= 8 * len(seen)


@given(MEETINGS, st.integers(0, 60))
def test_what_is_restored_goes_on_as_if_it_had_never_been_lost(
    meetings: list[tuple[str, int]], killed: int
) -> None:
    whole, again = Seen(horizon=HORIZON), Seen(horizon=HORIZON)
    for moment, hashes in meet(whole, meetings[:killed]).new:
        again.remember(moment, hashes)
        again.remember(moment, hashes)  # a record may come twice
    after = meetings[killed:]
    assert meet(again, after).fresh.tolist() == meet(whole, after).fresh.tolist()


def test_meeting_a_key_again_does_not_prolong_its_life() -> None:
    seen = Seen(horizon=HORIZON)
    fresh = [met(seen, "a", at=time) for time in range(0, HORIZON + 2 * SPAN, SPAN)]
    assert fresh == [[True], *[[False]] * SPANS, [True]]


def test_a_forgotten_key_takes_no_more_room() -> None:
    seen = Seen(horizon=HORIZON)
    met(seen, *"abc")
    taken = seen.nbytes
    assert len(seen) == 3
    seen.advance(3 * HORIZON)
    assert len(seen) == 0
    assert seen.nbytes <= taken


def test_what_was_forgotten_before_a_restart_is_not_brought_back() -> None:
    seen = Seen(horizon=HORIZON)
    seen.advance(3 * HORIZON)
    seen.remember(0, digests(["a"], 0))
    assert len(seen) == 0


def test_nothing_is_met_where_nothing_comes() -> None:
    seen = Seen(horizon=HORIZON)
    came = meet(seen, [])
    assert (came.fresh.size, came.new) == (0, [])


def test_a_horizon_too_short_to_be_parted_is_refused() -> None:
    with pytest.raises(ValueError, match="horizon must be at least 7 ms, got 6"):
        Seen(horizon=6)


@given(st.lists(NAMES, unique=True))
def test_equal_keys_of_two_kinds_are_two_keys(keys: list[str]) -> None:
    both = {*digests(keys, kind=0).tolist(), *digests(keys, kind=1).tolist()}
    assert len(both) == 2 * len(keys)
