"""The set of hashes: what it holds, and in how little."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.columnar.digests import Hashes
from streams.seen import fingerprints
from streams.seen.fingerprints import MOST, Fingerprints
from streams.seen.packed import TELLING, Packed, Sought
from streams.seen.recent import Recent

WORDS = st.integers(0, 2**64 - 1)
# Neighbours of each other, and hashes that share all but a few bits: those are told apart last.
NEAR = st.builds(
    lambda base, bit: base ^ 1 << bit, st.sampled_from([0, 2**64 - 1, 5 << 60]), st.integers(0, 63)
)
LISTS = st.lists(st.lists(WORDS | NEAR, max_size=40), max_size=8)


def hashes(values: Sequence[int]) -> Hashes:
    return np.array(values, np.uint64)


def many(size: int, *, seed: int = 1) -> Hashes:
    return np.random.default_rng(seed).integers(0, 2**64, size, np.uint64)


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
        held.add(hashes([value for value in dict.fromkeys(batch) if value not in known]))
        known.update(batch)
        if number in sealed:
            held.seal()
    asked = [*known, *others]
    assert holds(held, hashes(asked)) == [value in known for value in asked]
    assert len(held) == len(known)


@pytest.mark.parametrize("batch", [1000, MOST, 3 * MOST])
def test_a_set_larger_than_a_table_is_the_same_in_whatever_batches_it_came(batch: int) -> None:
    keys, others = many(5 * MOST + 17), many(1000, seed=2)
    held = Fingerprints()
    for at in range(0, len(keys), batch):
        held.add(keys[at : at + batch])
    assert all(holds(held, keys))
    assert not any(holds(held, others))
    assert len(held) == len(keys)
    held.seal()
    assert all(holds(held, keys))
    assert not any(holds(held, others))


def test_a_hash_takes_at_most_eight_bytes() -> None:
    held = Fingerprints()
    held.add(many(8 * TELLING))
    assert held.nbytes / len(held) <= 8
    held.seal()
    assert held.nbytes / len(held) <= 7.6


def test_what_was_added_twice_is_held_once_when_it_is_sealed() -> None:
    held = Fingerprints()
    held.add(hashes([1, 2]))
    held.add(hashes([2, 3]))
    held.seal()
    assert len(held) == 3


@given(st.lists(WORDS | NEAR, min_size=1, unique=True))
@settings(max_examples=50)
def test_packing_loses_no_bit(values: list[int]) -> None:
    assert Packed(hashes(sorted(values))).hashes.tolist() == sorted(values)


def test_packing_loses_no_bit_where_buckets_tell_some() -> None:
    few, enough = np.sort(many(8 * TELLING - 8)), np.sort(many(8 * TELLING + 5))
    for keys in (few, enough):
        assert (Packed(keys).hashes == keys).all()
        assert len(Packed(keys).held(Sought(keys))) == len(keys)


def test_hashes_that_differ_in_one_bit_are_told_apart_where_buckets_tell_some() -> None:
    keys = np.sort(many(8 * TELLING + 5))
    packed = Packed(keys)
    for bit in range(64):
        assert not len(packed.held(Sought(keys[:50] ^ np.uint64(1 << bit))))


def test_hashes_that_share_a_slot_are_all_found() -> None:
    table = Recent(16)
    same_slot = hashes([3, 3 + (1 << 20), 3 + (1 << 30)])
    table.add(same_slot)
    table.add(same_slot + np.uint64(1 << 40))
    assert sorted(table.held(same_slot)) == [0, 1, 2]
    assert not len(table.held(same_slot + np.uint64(1 << 50)))
    assert len(table.enlarged(32).held(same_slot)) == 3


def test_a_foreign_hash_seldom_has_to_be_compared() -> None:
    packed, sought = Packed(np.sort(many(1 << 17))), Sought(many(1 << 16, seed=3))
    words = packed._words.take(packed._bucket(sought.leading))
    assert ((words & sought.signatures) == sought.signatures).mean() < 0.05


def test_parts_grow_so_that_few_have_to_be_asked() -> None:
    held = Fingerprints()
    keys = many(20 * MOST)
    for at in range(0, len(keys), MOST // 2):
        held.add(keys[at : at + MOST // 2])
    assert len(held._packed) <= 6
    assert fingerprints.MOST == MOST
