"""State as bytes: slices small enough for any broker, and the marker that all are there."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

SLICE = 256 * 1024  # bytes; far below the broker's limit for one record
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
