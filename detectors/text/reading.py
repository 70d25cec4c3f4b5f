"""What a run of texts says, each question asked only where the event leaves it open."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detectors.columns import Bools
from detectors.text import category, harm, sentiment
from detectors.text.canonical import Canonical, canonicals
from detectors.text.category import Category
from detectors.text.language import Language, languages
from detectors.text.sentiment import Sentiment


class Readings(NamedTuple):
    """What was read, by the place of the text.

    Attributes:
        harms: of the texts that hold a term of harm.
        categories: of those that were asked for it.
        sentiments: of those that were asked for it.
    """

    harms: dict[int, harm.Harms]
    categories: dict[int, Category]
    sentiments: dict[int, Sentiment]


def read(
    texts: Sequence[str],
    *,
    want_category: Bools | Sequence[bool],
    want_sentiment: Bools | Sequence[bool],
) -> Readings:
    """Harm is read in every language, the rest only in supported ones."""
    plain = canonicals(texts)
    categories, sentiments = _asked(plain, want_category), _asked(plain, want_sentiment)
    supported = _supported(plain, sorted({*categories, *sentiments}))
    read_ones = [place for place in categories if place in supported]
    found = zip(read_ones, category.among([plain[place] for place in read_ones]), strict=True)
    return Readings(
        harm.among(plain),
        dict.fromkeys(categories, Category.UNKNOWN) | dict(found),
        {
            place: sentiment.read(plain[place]) if place in supported else Sentiment.UNKNOWN
            for place in sentiments
        },
    )


def _asked(texts: Sequence[Canonical], wanted: Bools | Sequence[bool]) -> list[int]:
    if len(wanted) != len(texts):
        raise ValueError(f"there must be one flag a text, got {len(wanted)} for {len(texts)}")
    places: list[int] = np.flatnonzero(wanted).tolist()
    return places


def _supported(texts: Sequence[Canonical], places: Sequence[int]) -> set[int]:
    """Which of these texts are in a language that can be read."""
    found = zip(places, languages([texts[place] for place in places]), strict=True)
    return {place for place, language in found if language is not Language.UNSUPPORTED}
