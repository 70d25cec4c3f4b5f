"""Hashes that stay as they are: sorted, cut into buckets, in 7.5 bytes each.

A bucket holds eight hashes on average, those with the same leading bits. Of each hash 48 bits
are kept; the bucket tells the others (6 bytes). A word of 64 bits a bucket, in which each of its
hashes sets three, says of 24 in 25 foreign hashes that they are not there (1 byte), and the place
where the bucket starts (half a byte) leads to the few that are compared. Fewer than half a
million hashes have fewer buckets than tell 16 bits: they take 9.5 bytes each.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.columnar.digests import Hashes

Ints = NDArray[np.int64]
BUCKET: Final = 8
TELLING: Final = 1 << 16  # buckets, from which on a bucket tells 16 bits of a hash
NOWHERE: Final = np.empty(0, np.int64)


def _signatures() -> Hashes:
    """Three bits of 64 for each number of 12 bits."""
    number = np.arange(4096, dtype=np.uint64)
    one, two = number & 63, number >> 6
    bits = (one, two, (37 * one + 11 * two + 29) & 63)
    signatures: Hashes = np.bitwise_or.reduce([np.uint64(1) << bit for bit in bits])
    return signatures


SIGNATURES: Final = _signatures()


class Sought:
    """Hashes that are looked for, with what each bucket is asked by."""

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = hashes
        self.leading: Hashes = hashes >> np.uint64(32)
        self.signatures = SIGNATURES.take((hashes & 4095).view(np.int64))


class Packed:
    """A set of hashes.

    Args:
        hashes: ascending, at least one.
    """

    def __init__(self, hashes: Hashes) -> None:
        buckets = max(len(hashes) // BUCKET, 1)
        sought = Sought(hashes)
        self._buckets = np.uint64(buckets)
        tail = np.dtype(np.uint16 if buckets >= TELLING else np.uint32)
        self._rest = np.uint64(8 * tail.itemsize)  # bits that are kept beside 32 others
        self._tails: NDArray[np.uint16 | np.uint32] = hashes.astype(tail)
        counts = np.bincount(self._bucket(sought.leading), minlength=buckets)
        self._steps = np.arange(counts.max(), dtype=np.uint32)
        # As long as if the last bucket were the fullest, whose places are looked at in each.
        self._heads = np.zeros(len(hashes) + len(self._steps), np.uint32)
        self._heads[: len(hashes)] = hashes >> self._rest
        self._starts = np.zeros(buckets + 1, np.uint32)
        np.cumsum(counts, out=self._starts[1:])
        taken = np.flatnonzero(counts)
        self._words = np.zeros(buckets, np.uint64)
        self._words[taken] = np.bitwise_or.reduceat(sought.signatures, self._starts[taken])

    def __len__(self) -> int:
        return len(self._tails)

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in (self._heads, self._tails, self._starts, self._words))

    @property
    def hashes(self) -> Hashes:
        """Ascending: the least hash that falls into a bucket tells what is not kept."""
        kept = self._heads[: len(self)].astype(np.uint64) << self._rest
        kept |= self._tails
        number = np.arange(self._buckets, dtype=np.uint64)
        least = ((number << 32) + self._buckets - 1) // self._buckets << 32
        floor: Hashes = np.repeat(least, np.diff(self._starts))
        floor += kept - floor & np.uint64((1 << 32 + int(self._rest)) - 1)
        return floor

    def held(self, sought: Sought) -> Ints:
        """The places of those that are here."""
        of = self._bucket(sought.leading)
        words = self._words.take(of)
        words &= sought.signatures
        perhaps = np.flatnonzero(words == sought.signatures)
        if not perhaps.size:
            return NOWHERE
        return perhaps[self._compared(sought.hashes[perhaps], of[perhaps])]

    def _bucket(self, leading: Hashes) -> Ints:
        """Of the leading 32 bits."""
        return (leading * self._buckets >> 32).view(np.int64)

    def _compared(self, hashes: Hashes, buckets: Ints) -> Ints:
        """The places of those that are in their bucket."""
        places = self._starts.take(buckets)[:, None] + self._steps
        heads = (hashes >> self._rest).astype(np.uint32)
        alike = self._heads.take(places) == heads[:, None]
        if not alike.any():
            return NOWHERE
        asked, step = np.nonzero(alike)
        at = places[asked, step]
        same = at < self._starts[buckets[asked] + 1]
        same[same] = self._tails[at[same]] == hashes[asked[same]].astype(self._tails.dtype)
        return asked[same]
