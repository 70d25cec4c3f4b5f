"""Fingerprints that stay as they are: sorted, cut into buckets, in 7.25 bytes each.

A fingerprint is the leading 58 bits of a hash. A bucket holds eight on average, those with the
same leading bits. Of each 48 bits are kept; the bucket tells the others (6 bytes). A word of 64
bits a bucket, in which each of its fingerprints sets three, says of 24 in 25 foreign ones that
they are not there (1 byte). Where the bucket starts is told by how far that is from where it would
if all were equally full (a quarter of a byte), and leads to the few that are compared. Fewer than
8,192 have as many buckets as tell 10 bits: they take 6 bytes each and 9.2 kB together.
"""

from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from streams.columnar.digests import Hashes
from streams.columnar.fields import Ints

BITS: Final = 58
KEPT: Final = 48
LEADING: Final = 32
BUCKET: Final = 8
FEWEST: Final = 1 << (BITS - KEPT)  # buckets
NOWHERE: Final = np.empty(0, np.int64)


def fingerprints(hashes: Hashes) -> Hashes:
    prints: Hashes = hashes >> np.uint64(64 - BITS)
    return prints


def _signatures() -> Hashes:
    """Three bits of 64 for each number of 12 bits."""
    number = np.arange(4096, dtype=np.uint64)
    one, two = number & 63, number >> 6
    bits = (one, two, (37 * one + 11 * two + 29) & 63)
    signatures: Hashes = np.bitwise_or.reduce([np.uint64(1) << bit for bit in bits])
    return signatures


SIGNATURES: Final = _signatures()


class Sought:
    """Fingerprints that are looked for, with what each bucket is asked by."""

    def __init__(self, prints: Hashes) -> None:
        self.prints = prints
        self._leading: Hashes = prints >> np.uint64(BITS - LEADING)

    @cached_property
    def signatures(self) -> Hashes:
        """Of each three bits; only what is packed is asked by them."""
        return SIGNATURES.take((self.prints & 4095).view(np.int64))

    def share(self, shares: int) -> Ints:
        """Which of so many equal shares of all fingerprints each belongs to."""
        return (self._leading * np.uint64(shares) >> LEADING).view(np.int64)


class Packed:
    """A set of fingerprints.

    Args:
        prints: ascending, at least one.
    """

    def __init__(self, prints: Hashes) -> None:
        buckets = max(len(prints) // BUCKET, FEWEST)
        sought = Sought(prints)
        self._tails: NDArray[np.uint16] = prints.astype(np.uint16)
        counts = np.bincount(sought.share(buckets), minlength=buckets)
        fullest = int(counts.max())
        # As long as if the last bucket were the fullest, whose places are looked at in each.
        self._heads = np.zeros(len(prints) + fullest, np.uint32)
        self._heads[: len(prints)] = prints >> 16
        self._windows = sliding_window_view(self._heads, fullest)
        self._fill = (len(prints) << LEADING) // buckets
        starts = np.append(0, np.cumsum(counts))
        ahead = starts - self._even(np.arange(buckets + 1))
        self._ahead: NDArray[Any] = ahead.astype(np.min_scalar_type(-1 - np.abs(ahead).max()))
        taken = np.flatnonzero(counts)
        self._words = np.zeros(buckets, np.uint64)
        self._words[taken] = np.bitwise_or.reduceat(sought.signatures, starts[taken])

    def __len__(self) -> int:
        return len(self._tails)

    @property
    def nbytes(self) -> int:
        return sum(a.nbytes for a in (self._heads, self._tails, self._ahead, self._words))

    @property
    def prints(self) -> Hashes:
        """Ascending: the least fingerprint that falls into a bucket tells what is not kept."""
        kept = self._heads[: len(self)].astype(np.uint64) << 16
        kept |= self._tails
        buckets = len(self._words)
        number = np.arange(buckets + 1)
        least = -(-(number[:-1] << LEADING) // buckets) << (BITS - LEADING)
        floor = np.repeat(least.view(np.uint64), np.diff(self._starts(number)))
        floor += kept - floor & np.uint64((1 << KEPT) - 1)
        return floor

    def held(self, sought: Sought) -> Ints:
        """The places of those that are here."""
        of = sought.share(len(self._words))
        words = self._words.take(of)
        words &= sought.signatures
        (perhaps,) = (words == sought.signatures).nonzero()
        if not perhaps.size:
            return NOWHERE
        found: Ints = perhaps[self._compared(sought.prints.take(perhaps), of.take(perhaps))]
        return found

    def _even(self, buckets: Ints) -> Ints:
        """Where buckets would start if all were equally full."""
        even: Ints = buckets * self._fill >> LEADING
        return even

    def _starts(self, buckets: Ints) -> Ints:
        starts: Ints = self._even(buckets) + self._ahead.take(buckets)
        return starts

    def _compared(self, prints: Hashes, buckets: Ints) -> Ints:
        """The places of those that are in their bucket."""
        starts = self._starts(buckets)
        heads = (prints >> 16).astype(np.uint32)
        asked, step = np.nonzero(self._windows[starts] == heads[:, None])
        if not asked.size:
            return NOWHERE
        at = starts[asked] + step
        same = at < self._starts(buckets[asked] + 1)
        same[same] = self._tails[at[same]] == prints[asked[same]].astype(np.uint16)
        return asked[same]
