"""A set of 64-bit hashes in less than 8 bytes each, asked and filled a batch at a time.

What came last lies in a table that is quick to fill; a full table is packed, and packed ones of
like size are merged, so that there are few. No bit of a hash is lost: a key is taken for another
only where all 64 are equal, which among n keys held has a probability of n / 2^64, with 100
million of them 5e-12.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.columnar.digests import Hashes
from streams.seen.packed import Packed, Sought
from streams.seen.recent import Recent

Ints = NDArray[np.int64]
LEAST: Final = 1 << 10
MOST: Final = 1 << 17  # hashes in a table; 2.6 MB


class Fingerprints:
    """What it holds depends on neither the order nor the batches that it came in."""

    def __init__(self) -> None:
        self._recent = Recent(LEAST)
        self._packed: list[Packed] = []

    def __len__(self) -> int:
        return len(self._recent) + sum(map(len, self._packed))

    @property
    def nbytes(self) -> int:
        return self._recent.nbytes + sum(part.nbytes for part in self._packed)

    def held(self, sought: Sought) -> Iterator[Ints]:
        """The places in the batch of those that are held, by parts."""
        if len(self._recent):
            yield self._recent.held(sought.hashes)
        for part in self._packed:
            yield part.held(sought)

    def add(self, hashes: Hashes) -> None:
        """Take in hashes; one that is held already takes room until it is merged."""
        if len(hashes) > MOST:
            self._pack(hashes)
            return
        due = len(self._recent) + len(hashes)
        if due > MOST:
            self._pack(self._recent.hashes)
            self._recent, due = Recent(MOST), len(hashes)
        if due > self._recent.room:
            self._recent = self._recent.enlarged(1 << (due - 1).bit_length())
        self._recent.add(hashes)

    def seal(self) -> None:
        """Make it as small as can be; little or nothing will come any more."""
        if len(self._recent) or len(self._packed) > 1:
            self._merge(self._recent.hashes, self._packed)
            self._recent = Recent(1)

    def _pack(self, hashes: Hashes) -> None:
        """Together with those that are no larger than all that is after them."""
        total, at = len(hashes), len(self._packed)
        while at and len(self._packed[at - 1]) <= total:
            at -= 1
            total += len(self._packed[at])
        self._merge(hashes, self._packed[at:])

    def _merge(self, hashes: Hashes, last: Sequence[Packed]) -> None:
        ordered = [*(part.hashes for part in last), np.sort(hashes)]
        merged = np.sort(np.concatenate(ordered), kind="stable")  # merges what is in order
        distinct = np.append(True, merged[1:] != merged[:-1])
        self._packed[len(self._packed) - len(last) :] = [Packed(merged[distinct])]
