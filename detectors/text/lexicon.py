"""Terms found in a text in one pass (Aho and Corasick 1975), the longest where they overlap."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import resources
from itertools import chain
from typing import Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation
from numpy.typing import NDArray

from detectors.columns import Ints
from detectors.text.canonical import Canonical, canonical
from detectors.text.points import Numbers, lengths, points
from detectors.text.sieve import Sieve

Meaning = TypeVar("Meaning")

BETWEEN: Final = "\n"  # texts that are scanned together; no term holds it
BARRED: Final = frozenset({BETWEEN, "\0"})  # characters of no term; the sieve's words end at NUL
TOGETHER: Final = 512  # texts, so that a scan takes little memory however long they are
MANY: Final = 1 << 14  # words of a block, from which on those inside others go at once

# Letters and digits of a script that writes spaces between words; Chinese does not.
_LATIN = frozenset(chr(c) for c in range(0x250) if chr(c).isalnum())
_IN_LATIN = np.array([chr(c) in _LATIN for c in range(0x251)])  # the last: all behind it
_NONE = np.zeros((0, 3), np.int64)
_BEHIND: Final = np.iinfo(np.int64).max  # every word starts before it


class Hits(NamedTuple):
    """What `find` finds in many texts, in order; arrays of equal length.

    Attributes:
        places: of the texts.
        terms: numbers of the terms, in the order of the lexicon.
        starts, ends: in characters of the text.
    """

    places: Ints
    terms: Ints
    starts: Ints
    ends: Ints


class Lexicon(Generic[Meaning]):
    """Terms and what each means.

    A term that begins or ends in a Latin letter or a digit matches whole words only. A leading or
    trailing `*` opens that end: `delay*` also finds "delayed", `*n't` finds "isn't".

    Attributes:
        meanings: in the order of the terms.
    """

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        """Raise `ValueError` on a term the scan could never find."""
        self.meanings = tuple(meanings.values())
        self._closed = tuple(_closed_ends(term) for term in meanings)
        self._left, self._right = np.array(self._closed, np.bool_).reshape(-1, 2).T
        self._words = [term.strip("*") for term in meanings]
        self._scan = AhoCorasick(
            self._words, implementation=Implementation.DFA
        ).find_matches_as_indexes

    @cached_property
    def _sieve(self) -> Sieve:
        return Sieve(self._words)

    def find(self, text: Canonical) -> list[tuple[Meaning, int, int]]:
        """Meaning, start and end (in characters) of each term, in order, none inside another."""
        return [(self.meanings[index], start, end) for index, start, end in self._kept(text)]

    def among(self, texts: Sequence[Canonical]) -> dict[int, list[tuple[Meaning, int, int]]]:
        """What `find` finds in each text that holds a term, by place; quick where few do."""
        holders = self._sieve.holders(texts) if self.meanings else []
        found = {place: self.find(texts[place]) for place in holders}
        return {place: hits for place, hits in found.items() if hits}

    def hits(self, texts: Sequence[Canonical]) -> Hits:
        """What `find` finds in all of them, as arrays; quick where many hold terms."""
        terms, starts, ends = _longest(np.concatenate([_NONE, *self._scanned(texts)])).T
        begins = _begins(texts)
        places = np.searchsorted(begins, starts, side="right") - 1
        return Hits(places, terms, starts - begins[places], ends - begins[places])

    def _scanned(self, texts: Sequence[Canonical]) -> Iterator[Ints]:
        """Whole words (term, start, end; rows), from the start of the first text on."""
        begin = 0
        for first in range(0, len(texts), TOGETHER):
            block = BETWEEN.join(texts[first : first + TOGETHER])
            found = chain.from_iterable(self._scan(block, overlapping=True))
            if (matches := np.fromiter(found, np.int64).reshape(-1, 3)).size:
                words = self._whole(block, matches)
                words[:, 1:] += begin
                yield _longest(words) if len(words) > MANY else words
            begin += len(block) + len(BETWEEN)

    def _whole(self, text: str, matches: Ints) -> Ints:
        terms, starts, ends = matches.T
        written = points([BETWEEN, text, BETWEEN])
        part = self._left[terms] & _latin(written[starts])
        part |= self._right[terms] & _latin(written[ends + 1])
        whole: Ints = matches[~part]
        return whole

    def _kept(self, text: Canonical) -> list[tuple[int, int, int]]:
        kept: list[tuple[int, int, int]] = []
        for match in self._scan(text, overlapping=True):
            index, start, end = match
            left, right = self._closed[index]
            if left and text[start - 1 : start] in _LATIN:
                continue
            if right and text[end : end + 1] in _LATIN:
                continue
            while kept and kept[-1][1] >= start:
                kept.pop()
            if not kept or kept[-1][2] != end:
                kept.append(match)
        return kept


def _longest(words: Ints) -> Ints:
    """Those of the words (term, start, end; rows) that `Lexicon._kept` keeps."""
    ordered = words[::-1]
    ordered = ordered[np.lexsort((ordered[:, 1], ordered[:, 2]))]
    longest = ordered[np.diff(ordered[:, 2], prepend=-1) > 0]  # of those that end together
    starts = longest[:, 1]
    outer = np.minimum.accumulate(starts[::-1])[::-1]
    kept: Ints = longest[starts < np.append(outer[1:], _BEHIND)]
    return kept


def _begins(texts: Sequence[str]) -> Ints:
    """Where each begins, in characters, if they are joined by BETWEEN."""
    sizes = lengths(texts) + len(BETWEEN)
    begins: Ints = np.cumsum(sizes) - sizes
    return begins


def _latin(written: Numbers) -> NDArray[np.bool_]:
    """Which characters are of a script that writes spaces between words."""
    found: NDArray[np.bool_] = _IN_LATIN[np.minimum(written, len(_IN_LATIN) - 1)]
    return found


def terms(name: str) -> dict[str, Any]:
    """The term list `name` beside this module."""
    return tomllib.loads((resources.files("detectors.text") / name).read_text(encoding="utf-8"))


def _closed_ends(term: str) -> tuple[bool, bool]:
    bare = term.strip("*")
    if not bare or bare != canonical(bare) or not BARRED.isdisjoint(bare):
        rule = "a term must be lower case, half-width, on one line and not empty"
        raise ValueError(f"{rule}, got {term!r}")
    return (
        not term.startswith("*") and bare[0] in _LATIN,
        not term.endswith("*") and bare[-1] in _LATIN,
    )
