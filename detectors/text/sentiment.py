"""Sentiment of a text by counting opinion words."""

from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from detectors.text.canonical import Canonical
from detectors.text.lexicon import Lexicon, terms


class Sentiment(StrEnum):
    """`NEUTRAL` when opinions balance; `UNKNOWN` when none was found."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    UNKNOWN = "unknown"


class Opinion(NamedTuple):
    """Strength of a word, -3 to 3; a negator turns what begins within `reach` characters."""

    weight: int
    reach: int


TURNED = -0.7
"""Share of its strength an opinion keeps, turned round: "not great" is milder than "bad"."""


def read(text: Canonical) -> Sentiment:
    """Sentiment of one text."""
    balance = _balance(text)
    if balance is None:
        return Sentiment.UNKNOWN
    if abs(balance) < 1:
        return Sentiment.NEUTRAL
    return Sentiment.POSITIVE if balance > 0 else Sentiment.NEGATIVE


def _balance(text: Canonical) -> float | None:
    """Sum of the opinions, `None` without any."""
    balance, opinions, turned_until = 0.0, 0, -1
    for (weight, reach), start, end in _opinion_words().find(text):
        if weight:
            opinions += 1
            balance += weight * TURNED if start <= turned_until else weight
        turned_until = end + reach if reach else -1
    return balance if opinions else None


@cache
def _opinion_words() -> Lexicon[Opinion]:
    listed = terms("sentiment.toml")
    meanings: dict[str, Opinion] = {}
    for language, reach in listed["reach"].items():
        meanings |= _opinions(listed[language])
        for word in listed["negators"][language]:
            weight = meanings[word].weight if word in meanings else 0
            meanings[word] = Opinion(weight, reach)
    return Lexicon(meanings)


def _opinions(listed: dict[str, Any]) -> dict[str, Opinion]:
    return {word: Opinion(int(weight), 0) for weight, words in listed.items() for word in words}
