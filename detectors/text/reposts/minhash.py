"""Sketches of texts by one-permutation hashing (Li, Owen and Zhang, NIPS 2012).

Each run of three characters is hashed once; the hash names a bin and a value, and a bin keeps its
least value. Of two texts the share of equal values among the bins that either fills estimates how
many of their runs are the same (Jaccard), exactly so where the texts are short.
"""

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Bools, Floats, Ints
from detectors.text.reposts.essence import Characters, Essences

Sketches = NDArray[np.uint64]
"""Of each text (rows) its bands: each is the values of `ROWS` bins, 16 bits a bin."""

BINS = 64
ROWS = 4
BANDS = BINS // ROWS
RUN = 3  # characters
UNSEEN = 0xFFFF_FFFF  # above every value
NOTHING = 0  # in a bin
BARE = 0  # a band with nothing in its bins


def sketches(texts: Essences) -> Sketches:
    lengths = texts.lengths
    inside = np.arange(len(texts.characters)) < np.repeat(texts.ends - (RUN - 1), lengths)
    owners = np.repeat(np.arange(len(lengths)), lengths)[inside]
    hashes = _hashes(texts.characters)[inside[: 1 - RUN]]
    least = np.full(len(lengths) * BINS, UNSEEN, np.uint32)
    np.minimum.at(least, owners * BINS + hashes % BINS, hashes // np.uint32(BINS))
    values = np.where(least == UNSEEN, NOTHING, least % 0xFFFF + 1)
    return values.astype("<u2").view("<u8").reshape(-1, BANDS)


def likeness(one: Sketches, other: Sketches) -> Floats:
    """Of each pair (rows) the share of runs that both have, 0 to 1."""
    bins, others = one.view("<u2"), other.view("<u2")
    filled = (bins != NOTHING) | (others != NOTHING)
    return _count((bins == others) & filled) / np.maximum(_count(filled), 1)


def _count(marks: Bools) -> Ints:
    """How many of each row are marked: eight at a time, ten times as fast as one by one."""
    counts: Ints = np.bitwise_count(marks.view(np.uint64)).sum(axis=-1, dtype=np.int64)
    return counts


def _hashes(characters: Characters) -> NDArray[np.uint32]:
    """Of each run of three; their bits are mixed, so that bin and value are independent."""
    hashes = characters[:-2] * np.uint32(0x9E37_79B1)
    hashes += characters[1:-1] * np.uint32(0x85EB_CA77)
    hashes += characters[2:] * np.uint32(0xC2B2_AE3D)
    hashes ^= hashes >> 15
    hashes *= np.uint32(0x2C1B_3C6D)
    hashes ^= hashes >> 12
    return hashes
