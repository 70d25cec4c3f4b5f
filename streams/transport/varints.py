"""Numbers of variable length, seven bits a byte, as they stand in the records of a batch.

The sign is in the lowest bit (zigzag, as in Protocol Buffers).
"""

from typing import Any, Final

import numpy as np
from aiokafka.errors import CorruptRecordException
from numpy.typing import NDArray

from streams.columnar.fields import Ints

Words = NDArray[np.uint64]
MORE: Final = np.uint64(0x8080808080808080)  # the bits that say that another byte follows
PARTS: Final = (  # of bytes, pairs and fours: what stays, what closes up, and by how much
    (0x007F007F007F007F, 0x7F007F007F007F00, 1),
    (0x00003FFF00003FFF, 0x3FFF00003FFF0000, 2),
    (0x000000000FFFFFFF, 0x0FFFFFFF00000000, 4),
)


class Numbers:
    """Those that stand in some bytes.

    Args:
        raw: with eight bytes at least behind the last number.
    """

    def __init__(self, raw: bytes) -> None:
        self._pairs = np.ndarray((len(raw) - 1,), "<u2", raw, strides=(1,))
        self._words = np.ndarray((len(raw) - 7,), "<u8", raw, strides=(1,))

    def read(self, at: Ints) -> tuple[Ints, Ints]:
        """The numbers that begin there, and where they end."""
        pairs: NDArray[np.uint16] = self._pairs[at]
        second, more = pairs >> 8, pairs >> 7 & 1
        signed = _signed((pairs & 0x7F | (second << 7) * more).view(np.int16)).astype(np.int64)
        ends = at + (more + 1)
        if (longer := second >> 7 & more).any():
            odd = np.flatnonzero(longer)
            signed[odd], ends[odd] = self._long(at[odd])
        return signed, ends

    def _long(self, at: Ints) -> tuple[Ints, Ints]:
        """The same of numbers of up to eight bytes."""
        words: Words = self._words[at]
        last = ~words & MORE
        if not last.all():
            raise CorruptRecordException("a number of a record has more than eight bytes")
        last &= ~last + np.uint64(1)  # the lowest
        kept = words & (last - np.uint64(1)) & ~MORE
        for staying, closing, by in PARTS:
            kept = kept & np.uint64(staying) | (kept & np.uint64(closing)) >> np.uint64(by)
        return _signed(kept.view(np.int64)), at + (np.bitwise_count(last - np.uint64(1)) >> 3) + 1


def _signed(numbers: NDArray[Any]) -> Any:
    """Of numbers that have their sign in the lowest bit."""
    return numbers >> 1 ^ -(numbers & 1)


def number(raw: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = shift = 0
    while raw[at] >= 0x80:
        value |= (raw[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    value |= raw[at] << shift
    return value >> 1 ^ -(value & 1), at + 1


def amount(raw: bytes, at: int, *, least: int) -> tuple[int, int]:
    """The same of a number that must not be less; raises ValueError."""
    found, at = number(raw, at)
    if found < least:
        raise ValueError(f"must be at least {least}, got {found}")
    return found, at
