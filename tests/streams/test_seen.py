"""The record that says what a closed chunk has seen."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.columnar.digests import Hashes
from streams.seen.record import SeenChunk, decode, encode, packed, unpacked

HASHES = st.lists(st.integers(0, 2**64 - 1)).map(lambda found: np.array(found, np.uint64))
MET = st.dictionaries(st.integers(0, 2**53), HASHES.map(packed), max_size=3)
CHUNKS = st.builds(
    SeenChunk,
    first=st.integers(0, 2**53),
    to=st.integers(0, 2**53),
    watermark=st.none() | st.integers(-(2**53), 2**53),
    ids=MET,
    people=MET,
    marks=st.binary(),
    originals=st.binary(),
    posts=st.integers(0, 2**53),
)


@given(CHUNKS)
def test_a_record_is_read_as_it_was_written(chunk: SeenChunk) -> None:
    assert decode(encode(chunk)) == chunk


@given(HASHES)
def test_hashes_keep_all_their_bits_in_eight_bytes_each(hashes: Hashes) -> None:
    assert unpacked(packed(hashes)).tolist() == hashes.tolist()
    assert len(packed(hashes)) == 8 * len(hashes)


def test_a_form_of_another_version_is_refused() -> None:
    wire = bytearray(encode(SeenChunk(0, 1, None, {}, {}, b"\0")))
    assert wire[1] == 1
    wire[1] = 2
    with pytest.raises(msgspec.ValidationError):
        decode(bytes(wire))
