"""Records are what aiokafka's own reader says they are, whatever a batch holds.

Relied on of aiokafka, and of nothing else: that its fetcher makes `MemoryRecords` of what a
partition answers and goes through it by `has_next`, `next_batch` and the batch's iterator; that
`PartitionRecords` has `_records`, `_consumer_record` and `next_fetch_offset`, and `FetchResult` has
`_partition_records`.
"""

import struct
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import pytest
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from streams.transport import fetches, wire

CALLS = TopicPartition("calls", 0)
APPENDED = 0x08  # the attribute of times that are the broker's
PIECES = st.none() | st.binary(max_size=12) | st.sampled_from([b'"{}"\\', bytes(70), bytes(9000)])
TIMES = st.integers(0, 300) | st.sampled_from([-7, 1 << 14, 1 << 40])
HEADERS = st.lists(st.tuples(st.text(max_size=3), st.none() | st.binary(max_size=3)), max_size=2)
ROWS = st.tuples(TIMES, PIECES, PIECES, st.just([]) | HEADERS)


class Stored(NamedTuple):
    """A batch as the broker has it."""

    raw: bytes
    offsets: Sequence[int]


@st.composite
def batches(draw: st.DrawFn) -> list[Stored]:
    """Consecutive ones, some of which lack records, as a compacted log does."""
    found, base = [], draw(st.integers(0, 1 << 40))
    for _ in range(draw(st.integers(1, 4))):
        gaps = draw(st.lists(st.integers(0, 200), min_size=1, max_size=12))
        offsets = [sum(gaps[:n]) + n for n in range(len(gaps))]
        builder = DefaultRecordBatchBuilder(
            2, draw(st.sampled_from([0, 1, 3, 4])), draw(st.integers(0, 1)), 7, 0, 0, 1 << 20
        )
        for offset in offsets:
            time, key, value, headers = draw(ROWS)
            assert builder.append(offset, 1_700_000_000_000 + time, key, value, headers)
        raw = bytearray(builder.build())
        struct.pack_into(">q", raw, 0, base)
        if draw(st.booleans()):
            struct.pack_into(">h", raw, 21, struct.unpack_from(">h", raw, 21)[0] | APPENDED)
        found.append(Stored(bytes(raw), [base + offset for offset in offsets]))
        base += offsets[-1] + 1 + draw(st.integers(0, 3))
    return found


class Place:
    """Where a reading of a partition stands."""

    active, paused = True, False

    def __init__(self, position: int) -> None:
        self.position = position

    def state_value(self, _: TopicPartition) -> "Place":
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position


def answered(raw: bytes, place: Place, *, checked: bool = False) -> Any:
    """What the fetcher keeps of an answer, made as it makes it."""
    records = fetcher.PartitionRecords(
        CALLS, fetcher.MemoryRecords(raw), [], place.position, None, None, checked, 1
    )
    return fetcher.FetchResult(CALLS, assignment=place, partition_records=records, backoff=0)


def facts(records: Sequence[Any]) -> list[tuple[object, ...]]:
    return [(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in records]


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MemoryRecords", fetches.Batches)


@given(batches(), st.data())
def test_records_are_those_that_the_client_would_hand_over(
    stored: list[Stored], data: st.DataObject
) -> None:
    raw = b"".join(batch.raw for batch in stored)
    start = data.draw(st.integers(stored[0].offsets[0], stored[0].offsets[-1]))
    theirs, ours = Place(start), Place(start)
    expected = answered(raw, theirs).getall()
    fetched = answered(raw, ours)
    fetches.by_the_batch(fetched)
    taken: list[Any] = []
    most = data.draw(st.integers(1, 5))
    while fetched.has_more():
        taken += fetched.getall(most)
    assert facts(fetches.records(taken) if taken else []) == facts(expected)
    assert ours.position == theirs.position


@given(batches())
def test_what_was_taken_one_by_one_goes_before_what_comes_by_the_batch(
    stored: list[Stored],
) -> None:
    place = Place(stored[0].offsets[0])
    fetched = answered(b"".join(batch.raw for batch in stored), place)
    taken = fetched.getall(1)
    fetches.by_the_batch(fetched)
    taken += fetched.getall()
    found = fetches.records(taken)
    assert found.offsets.tolist() == list(chain.from_iterable(b.offsets for b in stored))


@given(batches(), st.data())
def test_some_of_the_records_are_what_they_are_among_all(
    stored: list[Stored], data: st.DataObject
) -> None:
    place = Place(stored[0].offsets[0])
    fetched = answered(b"".join(batch.raw for batch in stored), place)
    fetches.by_the_batch(fetched)
    whole = fetches.records(fetched.getall())
    start, stop = (data.draw(st.integers(0, len(whole))) for _ in range(2))
    step = data.draw(st.integers(1, 3))
    part = whole[start:stop:step]
    some = facts(whole)[start:stop:step]
    assert facts(part) == some == facts(wire.Records.of(list(part)))
    assert part.contents == [value for _, _, _, value, _ in some]
    assert list(part.keys) == [key or b"" for _, _, key, _, _ in some]
    laid = part.values.laid_out()
    assert list(laid) == list(part.values) == [value or b"" for value in part.contents]
    held = laid.page.held.tobytes()
    between = zip(laid.starts + laid.lengths, laid.starts[1:], strict=False)
    assert all(not held[end:start].strip(b" ") for end, start in between)
    headed = {place: tuple(headers) for place, headers in part.headed.items()}
    assert headed == {n: row[4] for n, row in enumerate(some) if row[4]}


def test_a_batch_with_a_wrong_checksum_is_refused() -> None:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    builder.append(0, 0, None, b"value", [])
    raw = bytearray(builder.build())
    raw[-2] ^= 1
    fetched = answered(bytes(raw), Place(0), checked=True)
    fetches.by_the_batch(fetched)
    with pytest.raises(CorruptRecordException):
        fetched.getall()


@pytest.mark.parametrize("kind", fetches.CODECS)
def test_a_batch_that_cannot_be_uncompressed_is_refused(kind: int) -> None:
    packed = fetches.Packed(b"not of ours", fetches.CODECS[kind], 1, 0, 0, False, 0)
    with pytest.raises(CorruptRecordException):
        packed.opened()


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\x04\x00", b"\x02\x00\x00", b"\x80\x80\x80"])
def test_records_that_do_not_end_with_their_batch_are_refused(raw: bytes) -> None:
    with pytest.raises(CorruptRecordException, match="do not end where it does"):
        wire.starts(raw, 1)


@pytest.mark.parametrize(
    "record",
    [
        b"\x00\x00\x00\x01\x02v\x00.",  # a byte behind its headers
        b"\x00\x00\x00\x01\x02v\x02\x02h\x02v.",
        b"\x00\x00\x00\x01\x02v\x04\x02h\x02v",  # a header less than it says
        b"\x00\x00\x00\x01\x04v\x00",  # its value takes what counts its headers
        b"\x00\x00\x00\x02v",
        b"\x00\x00\x00\x03\x02v\x00",  # a key of less than no length
        b"\x00\x00\x00\x01\x03\x00",
        b"\x00\x00\x00\x01\x02v\x02\x02h\x03",
        b"\x00\x00\x00\x01\x02v\x01",
        b"\x00\x00\x00\xfe\xff\xff\xff\x0fv\x00",
    ],
)
def test_a_record_that_does_not_end_where_its_length_says_is_refused(record: bytes) -> None:
    fit = b"\x00\x00\x00\x01\x02v\x00"
    raw = b"".join(bytes([2 * len(one)]) + one for one in (fit, record, fit))
    with pytest.raises(CorruptRecordException):
        wire.Records.read([wire.Batch(raw, wire.starts(raw, 3), 0, 0, False)])


def test_each_batch_has_a_first_record_of_its_own_that_is_asked_for() -> None:
    """As where two answers are taken together."""
    held = []
    for base, least in ((0, 1), (3, 4)):
        builder = DefaultRecordBatchBuilder(2, 0, 0, 7, 0, 0, 1 << 20)
        for offset in range(3):
            assert builder.append(offset, 1_700_000_000_000, None, b"v", [])
        raw = bytes(builder.build())[fetches.RECORDS :]
        held.append(wire.Batch(raw, wire.starts(raw, 3), base, 0, False, least))
    assert wire.Records.read(held).offsets.tolist() == [1, 2, 4, 5]
