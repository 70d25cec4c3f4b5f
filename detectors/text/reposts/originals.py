"""The posts that others may repeat, found by any band of their sketch.

A table of fixed size. An original takes the row of its number, and each of its bands the slot of
whatever was there before: a band that was displaced costs a copy only if all 16 were, and a slot
whose row has another band by now is seen to be stale.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Ints
from detectors.text.reposts.minhash import BANDS, BARE, Sketches
from detectors.text.reposts.posts import Posts

NONE = -1


class Slots(NamedTuple):
    """The slots that some posts ask, sorted by slot and within it by post.

    Attributes:
        posts: places of the posts.
        bands: which of a post's bands.
        begins: where the entries of the same slot begin.
        held: number of the original with this band that the slot led to before any of the posts.
    """

    posts: Ints
    bands: Ints
    begins: Ints
    held: Ints


class Originals:
    """The table.

    Args:
        most: an original is forgotten after so many posts; 280 to 410 bytes each.
    """

    def __init__(self, *, most: int) -> None:
        if most < 1:
            raise ValueError(f"most must be at least 1 post, got {most}")
        self.most = most
        self._bits = (2 * most - 1).bit_length()
        self._posts = Posts.blank(most)
        self._slots = np.zeros(BANDS << self._bits, np.int32)  # rows, counted from 1

    def add(self, posts: Posts) -> None:
        """Take in originals, which come after those it holds."""
        kept = posts.take(slice(-self.most, None))
        rows = kept.numbers % self.most
        for column, values in zip(self._posts, kept, strict=True):
            column[rows] = values
        # In their order, so that of two that want a slot the later has it.
        told = kept.sketches != BARE  # a band of nothing leads nowhere
        each = np.repeat(rows + 1, told.sum(axis=1))
        self._slots[self._places(kept.sketches)[told]] = each

    def held(self, numbers: Ints) -> Posts:
        """What their rows hold now, which may be other posts."""
        return self._posts.take(numbers % self.most)

    def slots(self, sketches: Sketches) -> Slots:
        """Those that can lead somewhere."""
        size = max(len(sketches), 1)
        asked = self._places(sketches) * size + np.arange(len(sketches))[:, None]
        places, posts = np.divmod(np.sort(asked[sketches != BARE]), size)
        held = self._held(places, sketches[posts, places >> self._bits])
        again = np.diff(places, prepend=NONE, append=NONE) == 0
        kept = (held != NONE) | again[1:] | again[:-1]
        places, posts, held = places[kept], posts[kept], held[kept]
        starts = np.flatnonzero(np.diff(places, prepend=NONE))
        begins = np.repeat(starts, np.diff(starts, append=len(places)))
        return Slots(posts, places >> self._bits, begins, held)

    def _held(self, places: Ints, bands: NDArray[np.uint64]) -> Ints:
        """Number of the original with the band that each slot leads to."""
        rows = self._slots[places] - 1
        led = (rows >= 0) & (self._posts.sketches[rows, places >> self._bits] == bands)
        return np.where(led, self._posts.numbers[rows], NONE)

    def _places(self, sketches: Sketches) -> Ints:
        """The slot of each band."""
        hashes = (sketches * np.uint64(0x9E37_79B9_7F4A_7C15)) >> np.uint64(64 - self._bits)
        return hashes.astype(np.int64) + (np.arange(BANDS) << self._bits)
