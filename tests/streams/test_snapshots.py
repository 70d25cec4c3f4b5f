"""State as slices with a marker, and what a broken one says."""

import zlib
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.detection import snapshots
from streams.detection.packing import BLOCK, freeze, thaw
from streams.detection.snapshots import SLICE, Marker, Place, SnapshotError, joined, sliced

SHARD, E = 3, 4000
LARGE = [np.random.default_rng(n).bytes(size) for n, size in enumerate((SLICE, SLICE, 100))]
STATES = st.recursive(
    st.none() | st.integers(-(2**62), 2**62) | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)  # fmt: skip


@given(STATES)
def test_plain_state_thaws_as_it_was_frozen(state: Any) -> None:
    assert thaw(freeze(state)) == state


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.empty(0, np.int64),
        np.empty((168, 0)),
        np.array([True, False]),
        np.arange(10, dtype=np.float32)[::3],
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array([np.nan, np.inf, -0.0]),
    ],
)
def test_an_array_thaws_with_its_type_shape_and_bits_and_may_be_written(array: Any) -> None:
    (back,) = thaw(freeze([array]))
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    back[...] = 0


def test_equal_states_freeze_to_equal_bytes() -> None:
    strided = np.arange(10)[::2]
    assert freeze({"a": strided}) == freeze({"a": strided.copy()})


def test_keys_of_two_parts_survive() -> None:
    assert thaw(freeze({(1, "a"): 2, (("harm", "fire"), ("product", "p")): 3})) == {
        (1, "a"): 2, (("harm", "fire"), ("product", "p")): 3
    }  # fmt: skip


@pytest.mark.parametrize("frozen", [[], [zlib.compress(b"former")], [b"\x03", b"later"]])
def test_a_snapshot_of_another_form_is_refused_by_name(frozen: list[bytes]) -> None:
    with pytest.raises(SnapshotError, match=r"must begin with 02, got .*tocsin rebuild"):
        thaw(frozen)


def test_a_snapshot_that_ends_too_early_is_refused() -> None:
    (frozen,) = freeze({"a": np.random.default_rng(3).normal(size=100)})
    with pytest.raises(SnapshotError, match=r"a snapshot ends .* bytes too early"):
        thaw([frozen[:-200]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.bool_])
def test_an_array_of_several_blocks_and_slices_thaws_to_the_bit(dtype: Any) -> None:
    array = np.random.default_rng(5).integers(0, 255, (3, BLOCK // 2 + 7)).astype(dtype)
    frozen = freeze({"a": array, "b": 1})
    back = thaw(frozen)
    assert (back["a"].dtype, back["a"].tobytes(), back["b"]) == (dtype, array.tobytes(), 1)
    assert all(len(one) == SLICE for one in frozen[:-1])
    assert 0 < len(frozen[-1]) <= SLICE


def test_what_has_no_form_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="a snapshot holds numbers, texts and arrays, got complex"):
        freeze({"z": 1j})


@given(st.lists(st.binary(max_size=2000)))
def test_what_is_sliced_is_joined_again(frozen: list[bytes]) -> None:
    assert joined(sliced(SHARD, E, frozen), SHARD, E) == frozen


def test_slices_are_small_and_the_marker_comes_last() -> None:
    records = sliced(SHARD, E, LARGE)
    places = [Place.of(key) for key in records]
    assert [place.number for place in places] == [0, 1, 2, None]
    assert all((place.shard, place.offset) == (SHARD, E) for place in places)
    assert max(map(len, records.values())) <= SLICE
    assert joined(records, SHARD, E) == LARGE


def test_the_same_state_is_written_under_the_same_keys_with_the_same_bytes() -> None:
    assert list(sliced(SHARD, E, LARGE).items()) == list(sliced(SHARD, E, LARGE).items())


def test_a_missing_slice_is_named() -> None:
    records = sliced(SHARD, E, LARGE)
    del records[Place(SHARD, E, 1).key()]
    with pytest.raises(SnapshotError, match="shard 3, offset 4000: slice 1 is missing"):
        joined(records, SHARD, E)


@pytest.mark.parametrize("number", [0, 2])
def test_a_broken_slice_is_found(number: int) -> None:
    records = sliced(SHARD, E, LARGE)
    key = Place(SHARD, E, number).key()
    records[key] = records[key][:-1] + bytes([records[key][-1] ^ 1])
    with pytest.raises(
        SnapshotError, match="shard 3, offset 4000: its bytes are not those written"
    ):
        joined(records, SHARD, E)


def test_slices_of_two_snapshots_do_not_mix() -> None:
    records = {
        **sliced(SHARD, E, LARGE),
        **sliced(SHARD, 2 * E, [b"new"]),
        **sliced(4, E, [b"other"]),
    }
    assert joined(records, SHARD, 2 * E) == [b"new"]
    assert joined(records, 4, E) == [b"other"]


def test_a_snapshot_without_its_marker_is_not_complete() -> None:
    records = {**sliced(SHARD, 12000, [b"a"]), **sliced(SHARD, E, LARGE), **sliced(4, 9, [b"b"])}
    assert snapshots.offsets(records, SHARD) == [4000, 12000]
    del records[Place(SHARD, 12000, None).key()]
    assert snapshots.offsets(records, SHARD) == [4000]
    assert snapshots.offsets(records, 5) == []


def torn(records: dict[bytes, bytes], offset: int) -> dict[bytes, bytes]:
    return {**records, Place(SHARD, offset, 0).key(): b"of others"}


def test_the_newest_whole_snapshot_is_found_and_what_is_wrong_with_the_newer_ones() -> None:
    records = sliced(SHARD, E, [b"1"]) | sliced(SHARD, 2 * E, [b"2"]) | sliced(SHARD, 3 * E, [b"3"])
    found = snapshots.newest_whole(torn(torn(records, 3 * E), 2 * E), SHARD)
    assert found is not None
    assert (found.offset, found.frozen) == (E, [b"1"])
    assert [str(wrong).split(":")[0] for wrong in found.passed_over] == [
        "shard 3, offset 12000", "shard 3, offset 8000"
    ]  # fmt: skip
    assert snapshots.newest_whole(records, SHARD) == (3 * E, [b"3"], [])


def test_without_a_snapshot_none_is_found_and_without_a_whole_one_it_is_an_error() -> None:
    assert snapshots.newest_whole({}, SHARD) is None
    with pytest.raises(SnapshotError, match="shard 3, offset 8000: its bytes"):
        snapshots.newest_whole(
            torn(torn(sliced(SHARD, E, [b"1"]) | sliced(SHARD, 2 * E, [b"2"]), E), 2 * E), SHARD
        )


def test_what_lies_beyond_an_offset_is_of_the_shard_alone_and_begins_with_its_markers() -> None:
    records = sliced(SHARD, E, [b"1"]) | sliced(SHARD, 2 * E, LARGE) | sliced(4, 3 * E, [b"other"])
    keys = snapshots.beyond(records, SHARD, E)
    assert sorted(keys) == sorted(sliced(SHARD, 2 * E, LARGE))
    assert Place.of(keys[0]).number is None


def test_outdated_are_all_records_of_the_shard_below_an_offset() -> None:
    old, new = sliced(SHARD, 8000, LARGE), sliced(SHARD, 12000, [b"new"])
    records = {**old, **new, **sliced(4, E, [b"other"])}
    assert set(snapshots.outdated(records, SHARD, keep_from=12000)) == set(old)
    assert snapshots.outdated(records, SHARD, keep_from=8000) == []


def test_counts_are_needed_from_the_older_of_two_snapshots_and_all_while_there_is_one() -> None:
    records = sliced(SHARD, E, [b"1"]) | sliced(SHARD + 1, 1, [b"other"])
    assert snapshots.needed_from(records, SHARD, kept=2) == 0
    records |= sliced(SHARD, 2 * E, [b"2"])
    assert snapshots.needed_from(records, SHARD, kept=2) == E
    records |= sliced(SHARD, 3 * E, [b"3"])
    assert snapshots.needed_from(records, SHARD, kept=2) == 2 * E


def test_an_extension_of_somebody_else_is_refused() -> None:
    with pytest.raises(SnapshotError, match="extension must be 1, got 9"):
        thaw([b"\x02" + zlib.compress(b"\x00\x00\x00\x04\xc7\x01\x09\x00")])


def test_superseded_are_the_slices_below_an_offset_and_not_their_markers() -> None:
    old, new = sliced(SHARD, E, LARGE), sliced(SHARD, 2 * E, [b"new"])
    keys = snapshots.superseded(old | new | sliced(4, 1, [b"other"]), SHARD, offset=2 * E)
    assert keys == list(old)[:-1]


def test_the_marker_counts_and_sums_up_the_slices() -> None:
    records = sliced(SHARD, E, LARGE)
    raw = records[Place(SHARD, E, None).key()]
    assert msgspec.msgpack.decode(raw, type=Marker).slices == 3
