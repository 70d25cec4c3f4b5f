"""What a closed chunk added to what its partition has seen, as it stands in the `seen` log.

A source has one such log, with as many partitions as the source. It serves two readers: intake,
which restores from it what a partition has met, and the archive, which takes from it what became
of each event. A record may come more than once, always with the same content.
"""

from enum import IntFlag
from typing import Final

import msgspec
import numpy as np

from streams.columnar.digests import Hashes

WIDE: Final = np.dtype("<u8")


class Mark(IntFlag):
    """What became of a record; 0 is an event that counted, and an end of input."""

    LATE = 1
    DUPLICATE = 2
    REPEAT = 4
    REJECTED = 8


class SeenChunk(msgspec.Struct, array_like=True, gc=False, frozen=True, tag=1):
    """One closed chunk; the tag is the version of this form.

    Attributes:
        first: offset of the chunk's first record, which is its id.
        to: where the next chunk starts.
        watermark: milliseconds of event time at its end; None before the first event.
        ids: hashes of the ids that were new, packed, by a moment of the watermark (ms) from which
            on they are remembered.
        people: the same of the persons about a matter; of mentions also of links and few words.
        marks: of the record at `first + n` the n-th; it ends with the chunk's last record, and
            an offset that has no record has 0.
        originals: posts that others may repeat, packed (`originals.py`).
        posts: how many its partition had had at its end, of those that are told by their words.
    """

    first: int
    to: int
    watermark: int | None
    ids: dict[int, bytes]
    people: dict[int, bytes]
    marks: bytes
    originals: bytes = b""
    posts: int = 0

    @property
    def newest(self) -> int | None:
        """The last moment (ms) of what it brings back; None where it has no event."""
        moments = [*self.ids, *self.people, self.watermark]
        return max((moment for moment in moments if moment is not None), default=None)


encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(SeenChunk).decode


def packed(hashes: Hashes) -> bytes:
    return hashes.astype(WIDE).tobytes()


def unpacked(hashes: bytes) -> Hashes:
    return np.frombuffer(hashes, WIDE).astype(np.uint64, copy=False)
