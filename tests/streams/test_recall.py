"""What a reading begins with is what the chunks before it have seen."""

import numpy as np

from streams.columnar.digests import digests
from streams.seen.people import Seen
from streams.seen.recall import AT_ONCE, Recollection
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
