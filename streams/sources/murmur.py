"""MurmurHash2 of many keys at once, by which Kafka's producers choose a record's partition."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
SEED: Final = np.uint32(0x9747B28C)
FACTOR: Final = np.uint32(0x5BD1E995)
EARLY: Final = np.uint32(24)
LATE: Final = (np.uint32(13), np.uint32(15))
WORD: Final = 4  # bytes


def murmur2(keys: Sequence[bytes]) -> Words:
    """The hash of each key, with Kafka's seed; one long key makes all of them costlier."""
    lengths = np.fromiter(map(len, keys), np.uint32, len(keys))
    words = _words(keys, int(lengths.max(initial=1)))
    whole = lengths // WORD
    hashes = lengths ^ SEED
    for place, word in enumerate(words):
        mixed = word * FACTOR
        mixed = (mixed ^ mixed >> EARLY) * FACTOR
        hashes = np.where(place < whole, hashes * FACTOR ^ mixed, hashes)
    # Past a key's end there are zeros, so that what is left of it is one more word.
    rest = words[np.minimum(whole, len(words) - 1), np.arange(len(keys))]
    hashes = np.where(lengths % WORD > 0, (hashes ^ rest) * FACTOR, hashes)
    hashes = (hashes ^ hashes >> LATE[0]) * FACTOR
    return hashes ^ hashes >> LATE[1]


def _words(keys: Sequence[bytes], longest: int) -> Words:
    """The keys (columns) as little-endian words (rows), filled up with zeros."""
    rows = -(-longest // WORD)
    return np.array(keys, f"S{rows * WORD}").view("<u4").reshape(len(keys), rows).T
