"""Strings become numbers of names by their bytes, without an object each.

Each value has a place in a table; whose bytes lie at its place is known by them. Any other is asked
for by name, and takes the place.
"""

from typing import Final

import numpy as np

from streams.columnar.fields import Coded, Ints
from streams.columnar.spans import WORD, Spans, Words
from streams.columnar.vocabulary import LACKING, Names

PLACES: Final = 1 << 12
LEADING: Final = np.uint64(64 - 12)  # bits of a product that are not the place
WORDS: Final = 4  # up to 32 bytes; longer values are asked for by name
FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


class Coder:
    """Of one field."""

    def __init__(self) -> None:
        self.names = Names()
        self._words = np.zeros((WORDS, PLACES), np.uint64)
        self._lengths = np.zeros(PLACES, np.int64)
        self._numbers = np.full(PLACES, LACKING)

    def coded(self, spans: Spans) -> Coded:
        if spans.longest > WORDS * WORD:
            return Coded(self.names.numbers(spans.values()), self.names)
        words = spans.words()
        places = _places(words)
        known = self._lengths.take(places) == spans.lengths
        for held, asked in zip(self._words, words, strict=False):
            known &= held.take(places) == asked
        numbers = self._numbers.take(places)
        if not known.all():
            news = ~known
            numbers[news] = self._learnt(spans.chosen(news), words[:, news], places[news])
        return Coded(numbers, self.names)

    def _learnt(self, spans: Spans, words: Words, places: Ints) -> Ints:
        numbers = self.names.numbers(spans.values())
        # Of those that share a place one has it, with all its words.
        taken, first = np.unique(places, return_index=True)
        self._words[: len(words), taken] = words[:, first]
        self._lengths[taken], self._numbers[taken] = spans.lengths[first], numbers[first]
        return numbers


def _places(words: Words) -> Ints:
    spread = words[0] * FACTOR
    for word in words[1:]:
        spread ^= word
        spread *= FACTOR
    places: Ints = (spread >> LEADING).view(np.int64)
    return places
