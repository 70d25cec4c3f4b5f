"""One form of a text that every lexicon reads: cut, half-width, lower case."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NewType

from detectors.text.points import Points, holders, points

Canonical = NewType("Canonical", str)

LONGEST = 4096
"""Characters read of one text: the longest of 20,000 reviews has 2,924; what lies behind is a
pasted log or an attack, and a limit keeps one event from holding up its chunk."""

# Full-width letters and digits hide terms, lone surrogates cannot be scanned at all.
_UNUSUAL = re.compile("[\ud800-\udfff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2018\u2019]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'"})


def canonical(text: str) -> Canonical:
    """The first `LONGEST` characters, lower case, without full-width forms or lone surrogates."""
    start = text[:LONGEST]
    if not start.isascii() and _UNUSUAL.search(start):
        readable = _SURROGATE.sub(" ", start).translate(_QUOTES)
        start = unicodedata.normalize("NFKC", readable)[:LONGEST]
    return Canonical(start.lower())


def canonicals(texts: Sequence[str]) -> list[Canonical]:
    """`canonical` of each; a foreign one whose characters stay as they are is passed on."""
    starts = [text[:LONGEST] for text in texts]
    found = [Canonical(start.lower() if start.isascii() else start) for start in starts]
    foreign = [place for place, start in enumerate(starts) if not start.isascii()]
    others = [starts[place] for place in foreign]
    for at in holders(_CHANGES[points(others)] > 0, others):
        found[foreign[at]] = canonical(others[at])
    return found


def _changes(point: int) -> bool:
    character = chr(point)
    return bool(_UNUSUAL.match(character)) or character.lower() != character


_CHANGES = Points(_changes)
