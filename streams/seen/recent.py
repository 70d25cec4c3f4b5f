"""Fingerprints that were added lately: a chained hash table, filled and asked a batch at a time."""

from typing import Final

import numpy as np

from streams.columnar.digests import Hashes
from streams.columnar.fields import Ints
from streams.seen.packed import Sought

FEW: Final = (1 << 16) - 1  # whose places take two bytes


class Recent:
    """10 to 12.5 bytes for each fingerprint and 2 for each there is room for.

    In a table with room for more than `FEW` these are 12 to 15 and 4.

    Args:
        room: how many fingerprints.
    """

    def __init__(self, room: int) -> None:
        self._size = 0
        places = np.min_scalar_type(room)
        self._nothing = np.iinfo(places).max
        self._prints = np.empty(0, np.uint64)
        self._before = np.empty(0, places)  # the place of the one before in the same slot
        self._last = np.full(room, self._nothing, places)  # by slot

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        return self._prints.nbytes + self._before.nbytes + self._last.nbytes

    @property
    def room(self) -> int:
        return len(self._last)

    @property
    def prints(self) -> Hashes:
        """In the order in which they were added."""
        return self._prints[: self._size]

    def held(self, sought: Sought) -> Ints:
        """The places of those that are here."""
        at = self._last.take(self._slots(sought))
        (asked,) = (at != self._nothing).nonzero()
        at, found = at[asked], [asked[:0]]
        while asked.size:
            same = self._prints.take(at) == sought.prints.take(asked)
            found.append(asked[same])
            at = self._before.take(at)
            on = (at != self._nothing) & ~same
            asked, at = asked[on], at[on]
        return np.concatenate(found)

    def add(self, prints: Hashes) -> None:
        """At most as many as there is room left for."""
        start, self._size = self._size, self._size + len(prints)
        if self._size > len(self._prints):
            self._lengthen(min(self._size * 5 // 4, self.room))
        self._prints[start : self._size] = prints
        places = np.arange(start, self._size, dtype=self._last.dtype)
        slots = self._slots(Sought(prints))
        while places.size:  # of those that share a slot, one a turn
            self._before[places] = self._last[slots]
            self._last[slots] = places
            left = self._last[slots] != places
            places, slots = places[left], slots[left]

    def _lengthen(self, length: int) -> None:
        """By a quarter at a time: what is empty takes room."""
        more = length - len(self._prints)
        self._prints = np.append(self._prints, np.empty(more, self._prints.dtype))
        self._before = np.append(self._before, np.empty(more, self._before.dtype))

    def _slots(self, sought: Sought) -> Ints:
        return sought.share(len(self._last))
