"""Records as they lie in the batches that a broker sends, read all at once.

Where they begin is followed from one to the next, and the rest of them looked at together. A record
becomes an object only where somebody asks for it. The form is Kafka's record format 2 (KIP-98).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, overload

import numpy as np
from aiokafka.errors import CorruptRecordException
from numpy.typing import NDArray

from streams.columnar.fields import Ints
from streams.columnar.spans import Values
from streams.transport.varints import Numbers, amount, number

Header = tuple[str, bytes | None]
TAIL: Final = bytes(16)  # behind all records, so that whole words can be read
BLOCK: Final = 4096  # records looked at together
ABSENT: Final = -1  # in the place of a length


class Record(NamedTuple):
    """One record; `timestamp` in milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


class Batch(NamedTuple):
    """Records that came together.

    Attributes:
        raw: the records, uncompressed.
        starts: where they begin, with their lengths.
        base: what their offsets count from.
        stamp: milliseconds that their timestamps count from.
        appended: whether all have that timestamp, which is the broker's.
        least: offset of the first record asked for, which may lie within.
    """

    raw: bytes
    starts: Sequence[int]
    base: int
    stamp: int
    appended: bool
    least: int = 0


class Records(Sequence[Record]):
    """Consecutive records.

    Args:
        raw: the bytes in which their keys and values lie.
        offsets: ascending.
        stamps: milliseconds.
        keys: starts and lengths (rows); ABSENT where there is none.
        values: the same of the values.
        headers: of the records that have any, by offset.
    """

    def __init__(
        self, raw: bytes, *, offsets: Ints, stamps: Ints, keys: Ints, values: Ints,
        headers: dict[int, Sequence[Header]],
    ) -> None:  # fmt: skip
        self.raw, self.offsets, self.stamps = raw, offsets, stamps
        self._keys, self._values, self._headers = keys, values, headers

    @classmethod
    def of(cls, records: Sequence[Any]) -> "Records":
        """Of objects, each with `offset`, `timestamp`, `value`, `headers`, and a `key` or none."""
        if isinstance(records, Records):
            return records
        keys = [getattr(record, "key", None) for record in records]
        values = [record.value for record in records]
        held = [*keys, *values]
        lengths = np.array([ABSENT if one is None else len(one) for one in held], np.int64)
        ends = np.cumsum(np.maximum(lengths, 0))
        places = np.array([ends - np.maximum(lengths, 0), lengths])
        return cls(
            b"".join(one or b"" for one in held),
            offsets=np.array([record.offset for record in records], np.int64),
            stamps=np.array([record.timestamp for record in records], np.int64),
            keys=places[:, : len(keys)], values=places[:, len(keys) :],
            headers={record.offset: record.headers for record in records if record.headers},
        )  # fmt: skip

    @classmethod
    def read(cls, batches: Sequence[Batch]) -> "Records":
        """Raises CorruptRecordException."""
        raw = b"".join([*(batch.raw for batch in batches), TAIL])
        sizes = [len(batch.starts) for batch in batches]
        found = _places(Numbers(raw), _joined(batches), size=len(raw) - len(TAIL))
        stamps, offsets, key, keys, value, values, at, ends = found
        offsets += np.repeat([batch.base for batch in batches], sizes)
        stamps[np.repeat([batch.appended for batch in batches], sizes)] = 0
        stamps += np.repeat([batch.stamp for batch in batches], sizes)
        headers: dict[int, Sequence[Header]] = {}
        closed = at + 1
        for n in np.flatnonzero(np.frombuffer(raw, np.uint8)[at]).tolist():
            headers[int(offsets[n])], closed[n] = _headers(raw, int(at[n]))
        if (closed != ends).any():
            raise CorruptRecordException("a record does not end where its length says")
        whole = cls(
            raw, offsets=offsets, stamps=stamps,
            keys=np.array([key, keys]), values=np.array([value, values]), headers=headers,
        )  # fmt: skip
        asked = offsets >= np.repeat([batch.least for batch in batches], sizes)
        return whole if asked.all() else whole.taken(asked)

    def __len__(self) -> int:
        return len(self.offsets)

    @overload
    def __getitem__(self, which: int) -> Record: ...
    @overload
    def __getitem__(self, which: slice) -> "Records": ...
    def __getitem__(self, which: int | slice) -> "Record | Records":
        if isinstance(which, slice):
            return self.taken(which)
        offset = int(self.offsets[which])
        key, value = self._bytes(self._keys, which), self._bytes(self._values, which)
        return Record(offset, int(self.stamps[which]), key, value, self._headers.get(offset, ()))

    def __iter__(self) -> Iterator[Record]:
        return map(self.__getitem__, range(len(self)))

    def taken(self, which: slice | Ints | NDArray[np.bool_]) -> "Records":
        """Some of them, in their order."""
        return Records(
            self.raw, offsets=self.offsets[which], stamps=self.stamps[which],
            keys=self._keys[:, which], values=self._values[:, which], headers=self._headers,
        )  # fmt: skip

    @property
    def values(self) -> Values:
        """An absent one is empty."""
        return Values(self.raw, self._values[0], np.maximum(self._values[1], 0))

    @property
    def keys(self) -> Values:
        """An absent one is empty."""
        return Values(self.raw, self._keys[0], np.maximum(self._keys[1], 0))

    @property
    def contents(self) -> list[bytes | None]:
        """The values; None for one that is absent."""
        lengths = self._values[1].tolist()
        pairs = zip(lengths, self.values, strict=True)
        return [None if length == ABSENT else value for length, value in pairs]

    @property
    def headed(self) -> dict[int, Sequence[Header]]:
        """The headers of those that have any, by place."""
        if not self._headers:
            return {}
        places = np.flatnonzero(np.isin(self.offsets, list(self._headers)))
        return {place: self._headers[int(self.offsets[place])] for place in places.tolist()}

    def _bytes(self, places: Ints, which: int) -> bytes | None:
        start, length = places[:, which].tolist()
        return None if length == ABSENT else self.raw[start : start + length]


def _places(numbers: Numbers, at: Ints, *, size: int) -> Ints:
    """Of records that begin there, as many at once as the processor's cache holds.

    The rows are what is added to their timestamps and offsets, where key and value begin and
    how long they are, where the number of headers stands, and where they end.
    """
    found = np.empty((8, len(at)), np.int64)
    for first in range(0, len(at), BLOCK):
        part = slice(first, first + BLOCK)
        stamps, offsets, key, keys, value, values, headers, ends = found[:, part]
        lengths, behind = numbers.read(at[part])
        ends[:] = behind + lengths
        stamps[:], behind = numbers.read(behind + 1)  # behind the attributes: there are none
        offsets[:], behind = numbers.read(behind)
        keys[:], key[:] = numbers.read(behind)
        values[:], value[:] = numbers.read(_behind(key, keys, size))
        headers[:] = _behind(value, values, size)
    return found


def _behind(places: Ints, lengths: Ints, size: int) -> Ints:
    """Where what begins there ends, among so many bytes."""
    ends: Ints = places + np.maximum(lengths, 0)
    if lengths.min(initial=0) < ABSENT or ends.max(initial=0) >= size:
        raise CorruptRecordException("a record holds more than its batch, or less than nothing")
    return ends


def starts(raw: bytes, records: int) -> list[int]:
    """Where so many records begin, with their lengths; raises CorruptRecordException."""
    found, at = [], 0
    try:
        for _ in range(records):
            found.append(at)
            first, second = raw[at], raw[at + 1]
            if first < 0x80:
                at += 1 + (first >> 1)
            elif second < 0x80:
                at += 2 + ((first & 0x7F) >> 1 | second << 6)
            else:
                length, at = number(raw, at)
                at += length
    except IndexError:
        at = -1
    if at != len(raw):
        raise CorruptRecordException("the records of a batch do not end where it does")
    return found


def _joined(batches: Sequence[Batch]) -> Ints:
    """Where the records of all begin, once they stand one after the other."""
    begins = np.cumsum([0, *(len(batch.raw) for batch in batches[:-1])])
    starts = [np.array(batch.starts, np.int64) for batch in batches]
    return np.concatenate([own + begin for own, begin in zip(starts, begins, strict=True)])


def _headers(raw: bytes, at: int) -> tuple[list[Header], int]:
    """Those of one record, of which the number stands there, and where they end."""
    found: list[Header] = []
    try:
        many, at = amount(raw, at, least=0)
        for _ in range(many):
            name, at = _piece(raw, at)
            value, at = _piece(raw, at)
            found.append(((name or b"").decode(), value))
    except (IndexError, ValueError) as broken:
        raise CorruptRecordException("the headers of a record cannot be read") from broken
    return found, at


def _piece(raw: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = amount(raw, at, least=ABSENT)
    return (None, at) if length == ABSENT else (raw[at : at + length], at + length)
