"""What two copies of a post have in common: its own words, as bare characters back to back."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from detectors.columns import Ints
from detectors.text.canonical import LONGEST
from detectors.text.points import Points, holders, lengths, points

Characters = NDArray[np.uint32]

PLANES = 0x20000  # characters that have a form of their own kind
IDEOGRAPHS = range(PLANES, 0x323B0)  # the rare ones, each its own form
VARIANTS = range(0xFE00, 0xFE10)  # marks that choose between text and emoji

# What is not a post's own words, by what has to be there first: asking costs a tenth of searching,
# and patterns that begin alike are found ten times as fast as one of alternatives. A name ends at
# a white space or a colon, or it is Latin: else "@客服手机炸了" would lose its text. The platforms
# write their own emoji as words in brackets.
_FOREIGN = (
    ("://", re.compile("[hH][tT][tT][pP][sS]?://[!-~]+").sub),
    ("@", re.compile(r"@(?:[A-Za-z0-9_]++(?![\w-])|[\w-]{1,15}(?=[\s:：])|[A-Za-z0-9_]+)").sub),
    ("[", re.compile(r"\[[A-Za-z\u4e00-\u9fff]{1,8}\]").sub),
)
_SIGNS = tuple(map(ord, "/@＠["))  # without one of them nothing is foreign, nor from elsewhere


class Essences(NamedTuple):
    """Letters and digits of many texts, back to back; text n ends before `ends[n]`."""

    characters: Characters
    ends: Ints

    @property
    def lengths(self) -> Ints:
        return np.diff(self.ends, prepend=0)

    def digests(self, places: Ints) -> NDArray[np.uint64]:
        """64 bits of each of these texts."""
        held, size = self.characters.view(np.uint8).data, self.characters.itemsize
        ends = self.ends[places]
        starts = size * (ends - self.lengths[places])
        parts = map(slice, starts.tolist(), (size * ends).tolist())
        hashed = map(xxhash.xxh3_64_intdigest, map(held.__getitem__, parts))
        return np.fromiter(hashed, np.uint64, len(places))


def essences(texts: Sequence[str]) -> Essences:
    """The words after the last `//@` of each text: letters and digits, half-width, lower case.

    Links, names after @, punctuation, white space and emoji are away; at most `LONGEST` characters
    of a text are read.
    """
    words = [text[:LONGEST] for text in texts]
    written, sizes = points(words), lengths(words)
    signed = np.logical_or.reduce([written == sign for sign in _SIGNS])
    if mixed := {*holders(signed, words), *np.flatnonzero(sizes == LONGEST).tolist()}:
        for place in mixed:
            words[place] = _own_words(texts[place])
        written, sizes = points(words), lengths(words)
    bare = _FORMS[written]
    kept = np.flatnonzero(bare != 0)
    return Essences(bare[kept], np.searchsorted(kept, np.cumsum(sizes)))


def _own_words(text: str) -> str:
    if "//@" in text:
        text = text[text.rindex("//@") + 2 :]
    text = text[:LONGEST].replace("＠", "@")
    for sign, without in _FOREIGN:
        if sign in text:
            text = without("", text)
    return text


def _form(point: int) -> int:
    """What a code point counts as; 0: not at all."""
    if point in IDEOGRAPHS:
        return point
    character = chr(point)
    folded = unicodedata.normalize("NFKC", character).lower()
    form = folded if len(folded) == 1 else character
    kind = unicodedata.category(form)
    counts = kind[0] in "LN" or (kind in {"Mn", "Mc"} and ord(form) not in VARIANTS)
    return ord(form) if counts and point < PLANES else 0


_FORMS = Points(_form)
