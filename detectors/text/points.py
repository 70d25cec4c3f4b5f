"""The characters of many texts as numbers, and a fact of each, asked once a character."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Bools, Ints

Numbers = NDArray[np.uint32]
CHARACTERS: Final = 0x110000
UNMET: Final = 0xFFFF_FFFF


def points(texts: Sequence[str]) -> Numbers:
    """The characters of all, back to back."""
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")


def lengths(texts: Sequence[str] | Sequence[bytes]) -> Ints:
    """In characters, or in bytes."""
    return np.fromiter(map(len, texts), np.int64, len(texts))


def holders(marks: Bools, texts: Sequence[str]) -> list[int]:
    """The places of those with a character that is marked, of the characters of all."""
    places = np.searchsorted(np.cumsum(lengths(texts)), np.flatnonzero(marks), side="right")
    found: list[int] = np.unique(places).tolist()
    return found


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
