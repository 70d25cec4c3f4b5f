"""A set of fingerprints in at most 8 bytes each, asked and filled a batch at a time.

What came last lies in a table that is quick to fill, and small beside the rest; a full table is
packed, and packed ones of like size are merged, so that there are few. A key is taken for another
only where all 58 bits are equal, which among n keys held has a probability of n / 2^58: 1e-10 with
30 million of them, 3.5e-10 with 100 million.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from streams.columnar.digests import Hashes
from streams.columnar.fields import Ints
from streams.seen.packed import Packed, Sought
from streams.seen.recent import FEW, Recent

MOST_BYTES: Final = 8  # a fingerprint
LEAST: Final = 1 << 12  # that a table has room for
MOST: Final = 1 << 17
CLAIM: Final = 6  # bytes by which a table exceeds MOST_BYTES at worst, by its room
CLAIM_OF_MANY: Final = 10  # the same where it has room for more than FEW
GROWTH: Final = 2


class Fingerprints:
    """What it holds depends on neither the order nor the batches that it came in.

    Args:
        beside: bytes that other sets of the same memory leave to the table of this one; None: this
            one leaves its own to the table of another.
    """

    def __init__(self, beside: int | None = 0) -> None:
        self._beside = beside
        self._packed: list[Packed] = []
        self._recent = Recent(self._room)

    def __len__(self) -> int:
        return len(self._recent) + sum(map(len, self._packed))

    @property
    def nbytes(self) -> int:
        return self._recent.nbytes + sum(part.nbytes for part in self._packed)

    @property
    def spare(self) -> int:
        """By how many bytes what is packed takes less than it may."""
        return sum(MOST_BYTES * len(part) - part.nbytes for part in self._packed)

    def held(self, sought: Sought) -> Iterator[Ints]:
        """The places in the batch of those that are held, by parts."""
        if len(self._recent):
            yield self._recent.held(sought)
        for part in self._packed:
            yield part.held(sought)

    def add(self, prints: Hashes) -> None:
        """Take in fingerprints; one that is held already takes room until it is merged."""
        if len(self._recent) + len(prints) <= self._recent.room:
            self._recent.add(prints)
        else:
            self._pack(np.concatenate((self._recent.prints, prints)))

    def lessen(self, beside: int) -> None:
        """Take no more room than is left once some of the others are forgotten."""
        self._beside = beside
        if len(self._recent) and self._recent.room > self._room:
            self._pack(self._recent.prints)

    def seal(self) -> None:
        """Make it as small as can be, and leave the room to the next: little will come any more."""
        if len(self._recent) or len(self._packed) > 1:
            self._merge(self._recent.prints, self._packed)
        self._beside, self._recent = None, Recent(1)

    @property
    def _room(self) -> int:
        spare = 0 if self._beside is None else self._beside + self.spare
        return min(max(spare // CLAIM, LEAST), max(spare // CLAIM_OF_MANY, FEW), MOST)

    def _pack(self, prints: Hashes) -> None:
        """Together with those that are not far larger than all that is after them."""
        total, at = len(prints), len(self._packed)
        while at and len(self._packed[at - 1]) <= GROWTH * total:
            at -= 1
            total += len(self._packed[at])
        self._merge(prints, self._packed[at:])
        self._recent = Recent(self._room)

    def _merge(self, prints: Hashes, last: Sequence[Packed]) -> None:
        ordered = [*(part.prints for part in last), np.sort(prints)]
        merged = np.sort(np.concatenate(ordered), kind="stable")  # merges what is in order
        again = np.flatnonzero(merged[1:] == merged[:-1])
        distinct = np.delete(merged, again) if again.size else merged
        self._packed[len(self._packed) - len(last) :] = [Packed(distinct)]
