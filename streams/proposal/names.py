"""How much a column's name looks like that of a field, in English and Chinese."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Final

import msgspec

EXACT: Final = 1.0
LAST: Final = 0.85  # "airline_sentiment" is a sentiment
FIRST: Final = 0.75  # "created_at_utc" is a creation
RUN_TOGETHER: Final = 0.7  # "negativereason" is a reason
WITHIN: Final = 0.55
WEAK: Final = 0.7  # of a name that may mean something else
RANK: Final = 0.002  # by which a name further down its list is less likely
SHORTEST: Final = 5  # letters of a word that is looked for inside of another

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of one field, the most usual first; `others` are words that say it is another."""

    names: list[str]
    weak: list[str] = []
    others: list[str] = []


def likeness(field: str, column: str) -> float:
    """From 0 to 1."""
    known = _vocabulary().get(field)
    words = _words(column)
    if known is None or not words:
        return 0.0
    if any(_speaks_of(words, _words(other)) for other in known.others):
        return EXACT if words in map(_words, known.names) else 0.0
    return max(_likenesses(known, words), default=0.0)


def _likenesses(known: Names, words: Sequence[str]) -> Iterator[float]:
    for names, weight in ((known.names, 1.0), (known.weak, WEAK)):
        for rank, name in enumerate(names):
            yield weight * _alike(words, _words(name)) * (1 - RANK * rank)


def _alike(words: Sequence[str], name: Sequence[str]) -> float:
    length, joined, wanted = len(name), "".join(words), "".join(name)
    if joined == wanted:
        return EXACT
    if tuple(words[-length:]) == tuple(name):
        return LAST
    if tuple(words[:length]) == tuple(name):
        return FIRST
    if not _findable(wanted):
        return WITHIN if wanted in words else 0.0
    if joined.endswith(wanted):
        return LAST if not wanted.isascii() else RUN_TOGETHER
    return WITHIN if wanted in joined else 0.0


def _speaks_of(words: Sequence[str], other: Sequence[str]) -> bool:
    wanted = "".join(other)
    return wanted in words or (_findable(wanted) and wanted in "".join(words))


def _findable(wanted: str) -> bool:
    """Whether it means the same inside of a longer word: not so for "id" and "time"."""
    return len(wanted) >= (SHORTEST if wanted.isascii() else 2)


@cache
def _words(name: str) -> tuple[str, ...]:
    """As customer, id for customerID and Customer-Id alike."""
    plain = unicodedata.normalize("NFKC", name)
    return tuple(word.casefold() for word in _WORD.findall(plain))


@cache
def _vocabulary() -> dict[str, Names]:
    content = (resources.files("streams.proposal") / "names.toml").read_bytes()
    return msgspec.toml.decode(content, type=dict[str, Names])
