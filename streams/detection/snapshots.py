"""State as bytes: slices small enough for any broker, and the marker that all are there.

A state is written part by part, so that it is never there a second time: mappings are announced and
followed by their keys and values, arrays by their bytes, first all of the lowest order and so on,
for those of a float's exponent are alike and those of its fraction are not.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

SLICE = 256 * 1024  # bytes; far below the broker's limit for one record
FORM: Final = b"\x02"
"""Of the bytes, before them; the first had none and began as a zlib stream does."""
FORMER: Final = b"\x78"
BLOCK: Final = 128 * 1024  # elements of an array whose bytes are put in order at a time
_ARRAY, _MAPPING, _ARRAY_FOLLOWS = 1, 2, 3  # codes of our msgpack extensions
Frozen = list[bytes]
"""Slices of a snapshot."""


class SnapshotError(Exception):
    """A snapshot that is not what was written."""


class Place(NamedTuple):
    """The key of a slice: the shard, the offset E below which all is in it, the slice's number."""

    shard: int
    offset: int
    number: int | None

    def key(self) -> bytes:
        """Slices sort under their offset; the marker has no number."""
        last = "marker" if self.number is None else self.number
        return f"{self.shard}/{self.offset}/{last}".encode()

    @classmethod
    def of(cls, key: bytes) -> "Place":
        shard, offset, number = key.decode().split("/")
        return cls(int(shard), int(offset), None if number == "marker" else int(number))


class Whole(NamedTuple):
    """The newest snapshot of a shard whose bytes are all there.

    Attributes:
        offset: E, below which all is in it.
        frozen: its slices.
        passed_over: what is wrong with each newer one, the newest first.
    """

    offset: int
    frozen: Frozen
    passed_over: list[SnapshotError]


class Marker(msgspec.Struct, array_like=True, frozen=True):
    """What the slices of one offset must add up to."""

    slices: int
    checksum: int


class Follows(NamedTuple):
    """An array whose bytes follow."""

    dtype: str
    shape: list[int]

    def read(self, packed: "_Packed") -> np.ndarray[Any, Any]:
        array = np.empty(self.shape, self.dtype)
        rows = array.reshape(-1).view(np.uint8).reshape(-1, array.itemsize)
        for at in range(0, len(rows), BLOCK):
            block = rows[at : at + BLOCK]
            planes = np.frombuffer(packed.read(block.size), np.uint8)
            block[...] = planes.reshape(array.itemsize, -1).T
        return array


class Pairs(NamedTuple):
    """A mapping of which so many keys and values follow."""

    size: int


def packed(state: Any) -> Iterator[bytes]:
    """A structure that holds NumPy arrays in packed slices; equal states give equal bytes."""
    # Runs of equal bytes are all there is to find, and looking for more takes twice the time.
    packer = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    held = bytearray(FORM)
    for part in chain(map(packer.compress, _written(state)), map(packer.flush, [zlib.Z_FINISH])):
        held += part
        while len(held) > SLICE:
            yield bytes(held[:SLICE])
            del held[:SLICE]
    yield bytes(held)


def freeze(state: Any) -> Frozen:
    """All of them."""
    return list(packed(state))


def thaw(frozen: Iterable[bytes]) -> Any:
    """The structure, whose arrays are nobody else's; raises SnapshotError on another form."""
    slices = iter(frozen)
    first = next(slices, b"")
    if first[:1] == FORMER:
        former = zlib.decompress(b"".join([first, *slices]))
        return msgspec.msgpack.decode(former, ext_hook=_restored)
    if first[:1] != FORM:
        raise SnapshotError(
            f"a snapshot must begin with {FORM.hex()}, got {first[:1].hex() or 'nothing'}: "
            "another version of Tocsin wrote it; tocsin rebuild makes the state anew"
        )
    return _read(_Packed(chain([first[1:]], slices)))


def records(shard: int, offset: int, slices: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Of a snapshot, in the order they must be acknowledged, the marker last."""
    number, checksum = 0, 0
    for number, part in enumerate(slices, 1):
        yield Place(shard, offset, number - 1).key(), part
        checksum = zlib.crc32(part, checksum)
    yield Place(shard, offset, None).key(), msgspec.msgpack.encode(Marker(number, checksum))


def sliced(shard: int, offset: int, frozen: Frozen) -> dict[bytes, bytes]:
    """The same of one that is there."""
    return dict(records(shard, offset, frozen))


def offsets(records: Mapping[bytes, bytes], shard: int) -> list[int]:
    """Offsets of the complete snapshots of a shard, oldest first."""
    places = [Place.of(key) for key in records]
    return sorted(p.offset for p in places if p.shard == shard and p.number is None)


def needed_from(records: Mapping[bytes, bytes], shard: int, *, kept: int) -> int:
    """The offset of the oldest of the newest `kept`; 0 while there are fewer."""
    known = offsets(records, shard)
    return known[-kept] if len(known) >= kept else 0


def joined(records: Mapping[bytes, bytes], shard: int, offset: int) -> Frozen:
    """The slices of a snapshot; raises SnapshotError where one is missing or broken."""
    marker = msgspec.msgpack.decode(records[Place(shard, offset, None).key()], type=Marker)
    keys = [Place(shard, offset, n).key() for n in range(marker.slices)]
    if missing := [n for n, key in enumerate(keys) if key not in records]:
        raise SnapshotError(f"shard {shard}, offset {offset}: slice {missing[0]} is missing")
    slices = [records[key] for key in keys]
    if _checksum(slices) != marker.checksum:
        raise SnapshotError(f"shard {shard}, offset {offset}: its bytes are not those written")
    return slices


def newest_whole(records: Mapping[bytes, bytes], shard: int) -> Whole | None:
    """What a shard goes on from; None where it has no snapshot.

    Raises:
        SnapshotError: about the newest, where none is whole.
    """
    torn: list[SnapshotError] = []
    for offset in reversed(offsets(records, shard)):
        try:
            return Whole(offset, joined(records, shard, offset), torn)
        except SnapshotError as error:
            torn.append(error)
    if torn:
        raise torn[0]
    return None


def beyond(records: Mapping[bytes, bytes], shard: int, offset: int) -> list[bytes]:
    """Keys of a shard's markers and slices above an offset, a marker before its slices."""
    places = [place for key in records if (place := Place.of(key)).shard == shard]
    above = [place for place in places if place.offset > offset]
    return [place.key() for place in sorted(above, key=lambda place: place.number is not None)]


def outdated(records: Mapping[bytes, bytes], shard: int, *, keep_from: int) -> list[bytes]:
    """Keys of a shard's slices and markers below an offset."""
    return sorted(
        key for key in records if (p := Place.of(key)).shard == shard and p.offset < keep_from
    )


def superseded(records: Mapping[bytes, bytes], shard: int, *, offset: int) -> list[bytes]:
    """Keys of the slices, not the markers, below an offset, of which a whole snapshot is known."""
    places = {key: Place.of(key) for key in records}
    return [
        key for key, place in places.items()
        if place.shard == shard and place.offset < offset and place.number is not None
    ]  # fmt: skip


def _checksum(slices: Iterable[bytes]) -> int:
    total = 0
    for one in slices:
        total = zlib.crc32(one, total)
    return total


class _Packed:
    """What slices hold, read from the start to the end."""

    def __init__(self, slices: Iterator[bytes]) -> None:
        self._slices, self._unpacker, self._left = slices, zlib.decompressobj(), b""

    def read(self, size: int) -> bytearray:
        """The next so many bytes; raises SnapshotError where there are fewer."""
        read = bytearray()
        while len(read) < size:
            packed = self._left or next(self._slices, b"")
            read += (part := self._unpacker.decompress(packed, size - len(read)))
            self._left = self._unpacker.unconsumed_tail
            if not (packed or part):
                raise SnapshotError(f"a snapshot ends {size - len(read)} bytes too early")
        return read

    def part(self) -> Any:
        size = int.from_bytes(self.read(4), "big")
        return msgspec.msgpack.decode(self.read(size), ext_hook=_restored)


def _read(packed: _Packed) -> Any:
    part = packed.part()
    if isinstance(part, Pairs):
        return {next(iter(packed.part())): _read(packed) for _ in range(part.size)}
    return part.read(packed) if isinstance(part, Follows) else part


def _written(state: Any) -> Iterator[bytes]:
    if type(state) is dict:
        yield _part(msgspec.msgpack.Ext(_MAPPING, _encode(len(state))))
        for key, value in state.items():
            yield _part({key: None})  # of two parts it is a tuple again only as a key
            yield from _written(value)
    elif isinstance(state, np.ndarray):
        head = [state.dtype.str, list(state.shape)]
        yield _part(msgspec.msgpack.Ext(_ARRAY_FOLLOWS, _encode(head)))
        yield from _planes(state)
    else:
        yield _part(state)


def _part(value: Any) -> bytes:
    written = _encode(value)
    return len(written).to_bytes(4, "big") + written


def _planes(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    """Its bytes by their order within an element, a block at a time."""
    rows = np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, array.itemsize)
    for at in range(0, len(rows), BLOCK):
        yield rows[at : at + BLOCK].T.tobytes()


def _array(value: Any) -> msgspec.msgpack.Ext:
    """One within a list or a tuple."""
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        head = [value.dtype.str, list(value.shape), raw]
        return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode(head))
    raise TypeError(f"a snapshot holds numbers, texts and arrays, got {type(value).__name__}")


def _restored(code: int, data: memoryview) -> Any:
    if code == _MAPPING:
        return Pairs(msgspec.msgpack.decode(data))
    if code == _ARRAY_FOLLOWS:
        return Follows(*msgspec.msgpack.decode(data, type=tuple[str, list[int]]))
    if code != _ARRAY:
        raise SnapshotError(f"extension must be {_ARRAY}, got {code}")
    dtype, shape, raw = msgspec.msgpack.decode(data, type=tuple[str, list[int], memoryview])
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()


_encode = msgspec.msgpack.Encoder(enc_hook=_array).encode
