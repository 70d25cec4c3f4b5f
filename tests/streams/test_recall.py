"""What a reading begins with is what the chunks before it have seen."""

import numpy as np
import pytest

from streams.columnar.digests import digests
from streams.seen.people import Seen
from streams.seen.recall import AT_ONCE, KEPT, Recollection, SeenLostError
from streams.seen.record import SeenChunk, packed

HOUR = 3_600_000


def chunk(first: int, moment: int = 0, **keys: str) -> SeenChunk:
    """A chunk of ten records that brought an id, a person or both."""
    ids, people = (
        {moment: packed(digests([keys[kind]], 0))} if kind in keys else {}
        for kind in ("id", "person")
    )
    return SeenChunk(first, first + 10, moment, ids, people, bytes(10))


def known(seen: Seen, *keys: str, at: int = 0) -> list[bool]:
    fresh = seen.meet(digests(keys, 0), np.full(len(keys), at)).fresh
    return [not new for new in fresh]


def recalled(
    *chunks: SeenChunk, before: int, watermark: int = HOUR, at_once: int = AT_ONCE
) -> Seen:
    seen = Seen(horizon=7 * HOUR)
    recollection = Recollection(seen, before=before, watermark=watermark, at_once=at_once)
    recollection.take(chunks)
    recollection.finish()
    return seen


def test_a_chunk_that_is_read_again_does_not_meet_its_own_ids() -> None:
    seen = recalled(chunk(0, id="a"), chunk(10, id="b"), chunk(20, id="c"), before=10)
    assert known(seen, "a", "b", "c") == [True, False, False]


def test_persons_are_known_as_ids_are() -> None:
    assert known(recalled(chunk(0, id="a", person="b"), before=10), "a", "b") == [True, True]


def test_a_record_that_comes_twice_or_late_changes_nothing() -> None:
    first, second = chunk(0, id="a"), chunk(10, HOUR, id="b")
    seen = recalled(first, second, first, second, before=20)
    assert known(seen, "a", "b", at=HOUR) == [True, True]


def test_what_is_past_the_horizon_stays_forgotten() -> None:
    chunks = (chunk(0, id="a"), chunk(10, 9 * HOUR, id="b"))
    seen = recalled(*chunks, before=20, watermark=9 * HOUR)
    assert len(seen) == 1
    assert known(seen, "a", "b", at=9 * HOUR) == [False, True]


def test_a_topic_that_had_the_name_before_is_not_remembered() -> None:
    former, present = chunk(0, 90 * HOUR, id="a"), chunk(0, HOUR, id="b")
    seen = recalled(former, present, before=10, watermark=HOUR)
    assert known(seen, "a", "b", at=HOUR) == [False, True]


def test_a_long_log_is_made_known_in_pieces() -> None:
    keys = [f"k{n}" for n in range(10)]
    chunks = [chunk(10 * n, id=key) for n, key in enumerate(keys)]
    seen = recalled(*chunks, before=1000, at_once=3)
    assert all(known(seen, *keys))


LONG_AFTER = HOUR + KEPT + 1


def joins(*chunks: SeenChunk, begins: int = 0, now: int = LONG_AFTER) -> bool:
    """Whether a log of these chunks brings back all before the offset 20."""
    recollection = Recollection(Seen(horizon=7 * HOUR), before=20, watermark=HOUR)
    recollection.take(chunks)
    try:
        recollection.require_joined("seen-calls[0]", begins=begins, now=now)
    except SeenLostError:
        return False
    return True


def test_a_log_joins_that_has_the_chunk_before_whatever_came_after() -> None:
    assert joins(chunk(0), chunk(10), chunk(20))
    assert joins(chunk(10), begins=7, now=0)


def test_a_log_that_was_made_anew_or_lost_its_tail_does_not_join() -> None:
    assert not joins()
    assert not joins(chunk(20), chunk(30))
    assert not joins(chunk(0), begins=7)


def test_a_log_whose_chunks_were_deleted_in_their_time_has_lost_nothing() -> None:
    assert joins(begins=7)
    assert joins(chunk(20), begins=7)


def test_what_is_gone_before_its_time_is_lost() -> None:
    assert not joins(begins=7, now=LONG_AFTER - 1)


def test_a_lost_log_is_named_with_the_offset_that_it_does_not_reach() -> None:
    recollection = Recollection(Seen(horizon=7 * HOUR), before=20, watermark=HOUR)
    with pytest.raises(SeenLostError, match=r"seen-calls\[0\]: .* before 20 is not there"):
        recollection.require_joined("seen-calls[0]", begins=0, now=0)
