"""Hashes that were added lately: a chained hash table, filled and asked a batch at a time."""

import numpy as np
from numpy.typing import NDArray

from streams.columnar.digests import Hashes

Ints = NDArray[np.int64]
NOTHING = -1
SLOTS = 2  # for each hash there is room for, so that chains are short


class Recent:
    """20 bytes for each hash there is room for.

    Args:
        room: how many hashes, a power of two.
    """

    def __init__(self, room: int) -> None:
        self._size = 0
        self._hashes = np.empty(room, np.uint64)
        self._before = np.empty(room, np.int32)  # the place of the one before in the same slot
        self._last = np.full(SLOTS * room, NOTHING, np.int32)  # by slot

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        return self._hashes.nbytes + self._before.nbytes + self._last.nbytes

    @property
    def room(self) -> int:
        return len(self._hashes)

    @property
    def hashes(self) -> Hashes:
        """In the order in which they were added."""
        return self._hashes[: self._size]

    def held(self, hashes: Hashes) -> Ints:
        """The places of those that are here."""
        at = self._last.take(self._slots(hashes))
        asked = np.flatnonzero(at != NOTHING)
        at, found = at[asked], [asked[:0]]
        while asked.size:
            same = self._hashes[at] == hashes[asked]
            found.append(asked[same])
            at = self._before[at]
            on = (at != NOTHING) & ~same
            asked, at = asked[on], at[on]
        return np.concatenate(found)

    def add(self, hashes: Hashes) -> None:
        """At most as many as there is room left for."""
        places = np.arange(self._size, self._size + len(hashes), dtype=np.int32)
        self._size += len(hashes)
        self._hashes[places] = hashes
        slots = self._slots(hashes)
        while places.size:  # of those that share a slot, one a turn
            self._before[places] = self._last[slots]
            self._last[slots] = places
            left = self._last[slots] != places
            places, slots = places[left], slots[left]

    def enlarged(self, room: int) -> "Recent":
        """The same hashes in a table with more room."""
        larger = Recent(room)
        larger.add(self.hashes)
        return larger

    def _slots(self, hashes: Hashes) -> Ints:
        return (hashes & (len(self._last) - 1)).view(np.int64)
