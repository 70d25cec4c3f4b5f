"""A fact of each Unicode character, asked once a character and looked up for many."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint32]
CHARACTERS: Final = 0x110000
UNMET: Final = 0xFFFF_FFFF


class Points:
    """By code point; learnt as they are met, since all of them take a quarter of a second.

    Args:
        fact: of a code point, a number below UNMET.
    """

    def __init__(self, fact: Callable[[int], int]) -> None:
        self._fact = fact
        self._known = np.full(CHARACTERS, UNMET, np.uint32)

    def __getitem__(self, points: Numbers) -> Numbers:
        found: Numbers = self._known[points]
        unmet = found == UNMET
        if unmet.any():
            for point in np.unique(points[unmet]).tolist():
                self._known[point] = self._fact(point)
            found = self._known[points]
        return found
