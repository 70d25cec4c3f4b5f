"""What has to be known of posts to find their copies, and what was found."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Bools, Floats, Ints
from detectors.text.reposts.minhash import BANDS, Sketches


class Posts(NamedTuple):
    """Posts in order; arrays of equal length.

    Attributes:
        numbers: of all posts that there were, ascending.
        times: milliseconds of event time.
        digests: of their essences.
        sketches: of their essences.
    """

    numbers: Ints
    times: Ints
    digests: NDArray[np.uint64]
    sketches: Sketches

    @classmethod
    def blank(cls, size: int) -> Self:
        """So many rows with no post in them."""
        drawn = np.zeros((size, BANDS), np.uint64)
        return cls(np.full(size, -1), np.zeros(size, np.int64), np.zeros(size, np.uint64), drawn)

    def take(self, which: Bools | Ints | slice) -> Self:
        return type(self)(
            self.numbers[which], self.times[which], self.digests[which], self.sketches[which]
        )

    @classmethod
    def joined(cls, parts: Sequence["Posts"]) -> Self:
        """One after another."""
        columns = zip(cls.blank(0), *parts, strict=True)
        return cls(*map(np.concatenate, columns))


class Matches(NamedTuple):
    """What each post repeats; arrays of equal length.

    Attributes:
        originals: the number of the original that is most like it, or its own; -1: none.
        likeness: share of runs in common with another post; 0: it repeats none.
        same: whether their words are the same to the letter.
    """

    originals: Ints
    likeness: Floats
    same: Bools

    @classmethod
    def none(cls, posts: int) -> Self:
        return cls(np.full(posts, -1), np.zeros(posts), np.zeros(posts, np.bool_))

    @property
    def copies(self) -> Bools:
        return self.likeness > 0
