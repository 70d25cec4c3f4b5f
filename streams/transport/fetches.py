"""What a fetch brought, a batch of records at a time.

aiokafka takes each record through a generator and makes two objects of it. It looks at a batch
first: at its checksum, and whether it belongs to a transaction that was aborted. So each batch is
shown to it as one that holds a single record, and that record is the whole batch, which `wire.py`
reads once somebody takes it. What aiokafka's public face lacks is reached here alone.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import cramjam
from aiokafka import codec
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import MemoryRecords
from aiokafka.record.default_records import DefaultRecordBatch

from streams.transport import wire

SIZE: Final = slice(8, 12)  # where a batch says how many bytes follow
BEFORE: Final = 12  # bytes that it does not count
COUNT: Final = slice(57, 61)  # where it says how many records it has
RECORDS: Final = 61  # where they begin
CODEC: Final = 0x07  # of its attributes
Decode = Callable[[bytes], bytes]
CODECS: Final[Mapping[int, Decode]] = {
    0: bytes, 1: codec.gzip_decode, 2: codec.snappy_decode, 3: codec.lz4_decode,
    4: codec.zstd_decode,
}  # fmt: skip


# What the decoders raise of bytes that are not theirs.
BROKEN: Final = (cramjam.DecompressionError, OSError, EOFError, struct.error, zlib.error)


class Packed(NamedTuple):
    """A batch as it came, which whoever takes its records opens.

    Attributes:
        raw: the records.
        decode: uncompresses them.
        number: how many they are.
        base, stamp, appended, least: as of `wire.Batch`.
    """

    raw: bytes
    decode: Decode
    number: int
    base: int
    stamp: int
    appended: bool
    least: int

    def opened(self) -> wire.Batch:
        """Raises CorruptRecordException."""
        try:
            raw = self.decode(self.raw)
        except BROKEN as broken:
            raise CorruptRecordException("a batch cannot be uncompressed") from broken
        starts = wire.starts(raw, self.number)
        return wire.Batch(raw, starts, self.base, self.stamp, self.appended, self.least)


class Whole(NamedTuple):
    """What a batch holds, with the offset of its last record."""

    offset: int
    records: Packed | Sequence[Any]


class _Batch:
    """A batch of records.

    Args:
        batch: aiokafka's.
        raw: its bytes.
        least: offset of the first record asked for, which may lie within.
    """

    def __init__(self, batch: Any, raw: memoryview, least: int) -> None:
        self._batch, self._raw, self._least = batch, raw, least

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        """The record of a batch that marks a transaction's end."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Whole]:
        records = self._read() if isinstance(self._batch, DefaultRecordBatch) else self._old()
        return iter([records] if records else [])

    def _old(self) -> Whole | None:
        """Of a form that brokers since 4.0 do not have."""
        records = [record for record in self._batch if record.offset >= self._least]
        return Whole(records[-1].offset, records) if records else None

    def _read(self) -> Whole | None:
        batch, count = self._batch, int.from_bytes(self._raw[COUNT])
        raw, decode = bytes(self._raw[RECORDS:]), CODECS[batch.attributes & CODEC]
        appended = bool(batch.timestamp_type)
        stamp = batch.max_timestamp if appended else batch.first_timestamp
        held = Packed(raw, decode, count, batch.base_offset, stamp, appended, self._least)
        # A reading that begins within a batch opens it twice.
        if not count or (held.base < held.least and not wire.Records.read([held.opened()])):
            return None
        return Whole(batch.next_offset - 1, held)


class Batches:
    """Stands in aiokafka's fetcher for its `MemoryRecords`, and keeps the bytes of each batch."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = memoryview(raw), 0
        self._batches: Any = MemoryRecords(raw)
        self.least: int | None = None

    def size_in_bytes(self) -> int:
        return int(self._batches.size_in_bytes())

    def has_next(self) -> bool:
        return bool(self._batches.has_next())

    def next_batch(self) -> Any:
        start, batch = self._at, self._batches.next_batch()
        self._at += BEFORE + int.from_bytes(self._raw[start:][SIZE])
        if self.least is None:
            return batch
        return _Batch(batch, self._raw[start : self._at], self.least)


def install() -> None:
    """Let aiokafka keep what it fetches as it came."""
    fetcher.MemoryRecords = Batches


def by_the_batch(fetched: Any) -> None:
    """Let an answer that nothing was taken of yet be taken a batch at a time."""
    if not isinstance(fetched, fetcher.FetchResult) or not fetched.has_more():
        return
    held = fetched._partition_records  # noqa: SLF001
    batches = held._records  # noqa: SLF001
    if isinstance(batches, Batches) and batches.least is None:
        batches.least = held.next_fetch_offset
        held._consumer_record = _as_it_is  # noqa: SLF001


def records(taken: Sequence[Any]) -> wire.Records:
    """The records of what was taken; what came while it was waited for came one by one.

    Raises CorruptRecordException.
    """
    if all(isinstance(one, Whole) and isinstance(one.records, Packed) for one in taken):
        return wire.Records.read([whole.records.opened() for whole in taken])
    each = ([one] if not isinstance(one, Whole) else _each(one.records) for one in taken)
    return wire.Records.of(list(chain.from_iterable(each)))


def _each(held: Packed | Sequence[Any]) -> Sequence[Any]:
    return wire.Records.read([held.opened()]) if isinstance(held, Packed) else held


def _as_it_is(_: Any, record: Any) -> Any:
    return record
