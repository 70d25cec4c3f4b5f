"""The set of hashes: what it holds, and in how little."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.columnar.digests import Hashes
from streams.seen.fingerprints import LEAST, MOST, Fingerprints
from streams.seen.packed import BITS, BUCKET, FEWEST, Packed, Sought, fingerprints
from streams.seen.recent import FEW, Recent

WORDS = st.integers(0, 2**BITS - 1)
# Neighbours of each other, and some that share all but a few bits: those are told apart last.
NEAR = st.builds(
    lambda base, bit: base ^ 1 << bit,
    st.sampled_from([0, 2**BITS - 1, 5 << BITS - 4]),
    st.integers(0, BITS - 1),
)
LISTS = st.lists(st.lists(WORDS | NEAR, max_size=40), max_size=8)


def prints(values: Sequence[int]) -> Hashes:
    return np.array(values, np.uint64)


def many(size: int, *, seed: int = 1) -> Hashes:
    return fingerprints(np.random.default_rng(seed).integers(0, 2**64, size, np.uint64))


def holds(held: Fingerprints, asked: Hashes) -> list[bool]:
    marks = np.zeros(len(asked), np.bool_)
    for places in held.held(Sought(asked)):
        marks[places] = True
    found: list[bool] = marks.tolist()
    return found


@given(LISTS, st.lists(WORDS | NEAR), st.sets(st.integers(0, 7)))
def test_a_set_holds_what_was_added_and_nothing_else(
    batches: list[list[int]], others: list[int], sealed: set[int]
) -> None:
    held, known = Fingerprints(), set[int]()
    for number, batch in enumerate(batches):
        held.add(prints([value for value in dict.fromkeys(batch) if value not in known]))
        known.update(batch)
        if number in sealed:
            held.seal()
    asked = [*known, *others]
    assert holds(held, prints(asked)) == [value in known for value in asked]
    assert len(held) == len(known)


@pytest.mark.parametrize("batch", [1000, 60_000, 200_000])
def test_a_set_larger_than_a_table_is_the_same_in_whatever_batches_it_came(batch: int) -> None:
    keys, others = many(200_017), many(1000, seed=2)
    held = Fingerprints()
    for at in range(0, len(keys), batch):
        held.add(keys[at : at + batch])
    assert all(holds(held, keys))
    assert not any(holds(held, others))
    assert len(held) == len(keys)
    held.seal()
    assert all(holds(held, keys))
    assert not any(holds(held, others))


@pytest.mark.parametrize("batch", [100, 1024, 20_000])
def test_a_fingerprint_takes_at_most_eight_bytes_at_any_moment(batch: int) -> None:
    held, keys = Fingerprints(), many(300_000)
    for at in range(0, len(keys), batch):
        held.add(keys[at : at + batch])
        over = held.nbytes - 8 * len(held)
        assert over <= (0 if len(held) > 32_000 else 27_000)
    held.seal()
    assert held.nbytes / len(held) <= 7.3


def test_a_table_takes_the_room_that_others_leave_and_gives_it_back_with_them() -> None:
    alone, held, keys = Fingerprints(), Fingerprints(beside=6 * MOST), many(50_000)
    for at in range(0, len(keys), 1000):
        alone.add(keys[at : at + 1000])
        held.add(keys[at : at + 1000])
    assert alone.spare > 0
    assert held.spare == 0  # nothing is packed
    held.lessen(0)
    assert held.nbytes <= 8 * len(held)
    assert all(holds(held, keys))


def test_a_sealed_set_that_gets_more_leaves_its_room_to_another() -> None:
    held, keys = Fingerprints(), many(100_000)
    held.add(keys)
    held.seal()
    for at in range(0, 3 * LEAST, 100):
        more = many(100, seed=at + 2)
        held.add(more)
        assert held.nbytes <= 7.3 * len(held) + 12 * LEAST
        assert all(holds(held, more))
    assert all(holds(held, keys))


def test_what_was_added_twice_is_held_once_when_it_is_sealed() -> None:
    held = Fingerprints()
    held.add(prints([1, 2]))
    held.add(prints([2, 3]))
    held.seal()
    assert len(held) == 3


@given(st.lists(WORDS | NEAR, min_size=1, unique=True))
@settings(max_examples=50)
def test_packing_loses_no_bit(values: list[int]) -> None:
    assert Packed(prints(sorted(values))).prints.tolist() == sorted(values)


@pytest.mark.parametrize("size", [BUCKET * FEWEST - 8, BUCKET * FEWEST + 5, 500_000])
def test_packing_loses_no_bit_however_many_buckets_there_are(size: int) -> None:
    keys = np.sort(many(size))
    packed = Packed(keys)
    assert (packed.prints == keys).all()
    assert len(packed.held(Sought(keys))) == len(keys)


@pytest.mark.parametrize("size", [BUCKET * FEWEST // 2, BUCKET * FEWEST + 5, 500_000])
def test_fingerprints_that_differ_in_one_bit_are_told_apart(size: int) -> None:
    keys = np.sort(many(size))
    packed = Packed(keys)
    for bit in range(BITS):
        assert not len(packed.held(Sought(keys[:50] ^ np.uint64(1 << bit))))


@pytest.mark.parametrize("room", [16, FEW, FEW + 1])
def test_fingerprints_that_share_a_slot_are_all_found(room: int) -> None:
    table = Recent(room)
    same_slot = prints([3, 3 + (1 << 10), 3 + (1 << 20)])
    table.add(same_slot)
    table.add(same_slot + np.uint64(1 << 5))
    assert sorted(table.held(Sought(same_slot))) == [0, 1, 2]
    assert not len(table.held(Sought(same_slot + np.uint64(1 << 7))))


@pytest.mark.parametrize("room", [1000, FEW, FEW + 1])
def test_a_full_table_finds_all_that_it_holds(room: int) -> None:
    table, keys = Recent(room), many(room)
    for at in range(0, room, 400):
        table.add(keys[at : at + 400])
    assert len(table) == table.room == room
    assert (table.prints == keys).all()
    assert len(table.held(Sought(keys))) == room
    assert not len(table.held(Sought(many(1000, seed=2))))


def test_a_foreign_fingerprint_seldom_has_to_be_compared() -> None:
    packed, sought = Packed(np.sort(many(1 << 17))), Sought(many(1 << 16, seed=3))
    words = packed._words.take(sought.share(len(packed._words)))
    assert ((words & sought.signatures) == sought.signatures).mean() < 0.05


def test_parts_grow_so_that_few_have_to_be_asked() -> None:
    held = Fingerprints()
    keys = many(8 * MOST)
    for at in range(0, len(keys), LEAST):
        held.add(keys[at : at + LEAST])
        assert len(held._packed) <= 3
