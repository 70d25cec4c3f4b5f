"""64-bit hashes of what is to be met again; the same in every process and for all time."""

from collections.abc import Sequence
from itertools import repeat
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
ODD: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def digest(text: str, kind: int = 0) -> int:
    """Equal texts of two kinds are two."""
    return xxhash.xxh3_64_intdigest(text.encode(), kind)


def digests(texts: Sequence[str], kind: int = 0) -> Hashes:
    """The digest of each."""
    hashed = map(xxhash.xxh3_64_intdigest, map(str.encode, texts), repeat(kind))
    return np.fromiter(hashed, np.uint64, len(texts))


def mixed(*parts: Hashes) -> Hashes:
    """One digest of up to three, in their order; as rarely equal by chance as any other."""
    total = np.zeros_like(parts[0])
    for part, odd in zip(parts, ODD, strict=False):
        total += part * odd
    return total
