"""Terms found in a text in one pass (Aho and Corasick 1975), the longest where they overlap."""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from importlib import resources
from itertools import accumulate
from typing import Any, Final, Generic, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation

from detectors.text.canonical import Canonical, canonical

Meaning = TypeVar("Meaning")

BETWEEN: Final = "\n"  # texts that are scanned together; no term holds it
TOGETHER: Final = 256  # texts, so that a scan takes little memory however long they are

# Letters and digits of a script that writes spaces between words; Chinese does not.
_LATIN = frozenset(chr(c) for c in range(0x250) if chr(c).isalnum())


class Lexicon(Generic[Meaning]):
    """Terms and what each means.

    A term that begins or ends in a Latin letter or a digit matches whole words only. A leading or
    trailing `*` opens that end: `delay*` also finds "delayed", `*n't` finds "isn't".
    """

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        """Raise `ValueError` on a term the scan could never find."""
        self._meanings = tuple(meanings.values())
        self._closed = tuple(_closed_ends(term) for term in meanings)
        self._scan = AhoCorasick(
            [term.strip("*") for term in meanings], implementation=Implementation.DFA
        ).find_matches_as_indexes

    def find(self, text: Canonical) -> list[tuple[Meaning, int, int]]:
        """Meaning, start and end (in characters) of each term, in order, none inside another."""
        return [(self._meanings[index], start, end) for index, start, end in self._kept(text)]

    def among(self, texts: Sequence[Canonical]) -> dict[int, list[tuple[Meaning, int, int]]]:
        """What `find` finds in each text that holds a term, by place; many are scanned at once."""
        found: dict[int, list[tuple[Meaning, int, int]]] = {}
        for first in range(0, len(texts), TOGETHER):
            some = texts[first : first + TOGETHER]
            begins = [0, *accumulate([len(text) + len(BETWEEN) for text in some])]
            for index, start, end in self._kept(Canonical(BETWEEN.join(some))):
                place = bisect_right(begins, start) - 1
                hit = (self._meanings[index], start - begins[place], end - begins[place])
                found.setdefault(first + place, []).append(hit)
        return found

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


def terms(name: str) -> dict[str, Any]:
    """The term list `name` beside this module."""
    return tomllib.loads((resources.files("detectors.text") / name).read_text(encoding="utf-8"))


def _closed_ends(term: str) -> tuple[bool, bool]:
    bare = term.strip("*")
    if not bare or bare != canonical(bare) or BETWEEN in bare:
        rule = "a term must be lower case, half-width, on one line and not empty"
        raise ValueError(f"{rule}, got {term!r}")
    return (
        not term.startswith("*") and bare[0] in _LATIN,
        not term.endswith("*") and bare[-1] in _LATIN,
    )
