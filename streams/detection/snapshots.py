"""State as bytes: slices small enough for any broker, and the marker that all are there."""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

SLICE = 256 * 1024  # bytes; far below the broker's limit for one record
_ARRAY = 1  # code of our msgpack extension


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
        frozen: its bytes.
        passed_over: what is wrong with each newer one, the newest first.
    """

    offset: int
    frozen: bytes
    passed_over: list[SnapshotError]


class Marker(msgspec.Struct, array_like=True, frozen=True):
    """What the slices of one offset must add up to."""

    slices: int
    checksum: int


def freeze(state: Any) -> bytes:
    """Packed bytes of a structure that holds NumPy arrays; equal states give equal bytes.

    They are packed as they are written, so that a large state is not there a second time.
    """
    packer = zlib.compressobj(level=1)
    packed = [packer.compress(part) for part in _written(state)]
    return b"".join([*packed, packer.flush()])


def thaw(frozen: bytes) -> Any:
    return msgspec.msgpack.decode(zlib.decompress(frozen), ext_hook=_restored)


def sliced(shard: int, offset: int, frozen: bytes) -> dict[bytes, bytes]:
    """The records of a snapshot in the order they must be acknowledged, the marker last."""
    parts = [frozen[at : at + SLICE] for at in range(0, len(frozen), SLICE)]
    records = {Place(shard, offset, n).key(): part for n, part in enumerate(parts)}
    marker = Marker(len(parts), zlib.crc32(frozen))
    return {**records, Place(shard, offset, None).key(): msgspec.msgpack.encode(marker)}


def offsets(records: Mapping[bytes, bytes], shard: int) -> list[int]:
    """Offsets of the complete snapshots of a shard, oldest first."""
    places = [Place.of(key) for key in records]
    return sorted(p.offset for p in places if p.shard == shard and p.number is None)


def needed_from(records: Mapping[bytes, bytes], shard: int, *, kept: int) -> int:
    """The offset of the oldest of the newest `kept`; 0 while there are fewer."""
    known = offsets(records, shard)
    return known[-kept] if len(known) >= kept else 0


def joined(records: Mapping[bytes, bytes], shard: int, offset: int) -> bytes:
    """The bytes that were sliced; raises SnapshotError where a slice is missing or broken."""
    marker = msgspec.msgpack.decode(records[Place(shard, offset, None).key()], type=Marker)
    slices = [records.get(Place(shard, offset, n).key()) for n in range(marker.slices)]
    frozen = b"".join(part for part in slices if part is not None)
    if None in slices:
        missing = slices.index(None)
        raise SnapshotError(f"shard {shard}, offset {offset}: slice {missing} is missing")
    if zlib.crc32(frozen) != marker.checksum:
        raise SnapshotError(f"shard {shard}, offset {offset}: its bytes are not those written")
    return frozen


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


def _written(state: Any) -> Iterator[bytes]:
    """The state as msgpack, a value of its mappings at a time."""
    if type(state) is not dict:
        yield _encode(state)
        return
    yield b"\xdf" + len(state).to_bytes(4, "big")  # a mapping of so many follows
    for key, value in state.items():
        yield _encode(key)
        yield from _written(value)


def _array(value: Any) -> msgspec.msgpack.Ext:
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        head = [value.dtype.str, list(value.shape), raw]
        return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode(head))
    raise TypeError(f"a snapshot holds numbers, texts and arrays, got {type(value).__name__}")


def _restored(code: int, data: memoryview) -> Any:
    if code != _ARRAY:
        raise SnapshotError(f"extension must be {_ARRAY}, got {code}")
    dtype, shape, raw = msgspec.msgpack.decode(data, type=tuple[str, list[int], memoryview])
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()


_encode = msgspec.msgpack.Encoder(enc_hook=_array).encode
