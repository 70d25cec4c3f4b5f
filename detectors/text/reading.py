"""What a run of texts says, each question asked only where the event leaves it open."""

from collections.abc import Sequence
from typing import NamedTuple

from detectors.text import category, harm, sentiment
from detectors.text.canonical import Canonical, canonical
from detectors.text.language import Language, languages


class Reading(NamedTuple):
    """`category` and `sentiment` are `None` where nobody asked."""

    harms: harm.Harms
    language: Language
    category: category.Category | None
    sentiment: sentiment.Sentiment | None


def read(
    texts: Sequence[str], *, want_category: Sequence[bool], want_sentiment: Sequence[bool]
) -> list[Reading]:
    """One reading a text; harm is read in every language, the rest only in supported ones."""
    plain = [canonical(text) for text in texts]
    found = zip(plain, languages(plain), want_category, want_sentiment, strict=True)
    return [
        Reading(
            harm.read(text),
            language,
            _category(text, language) if category_wanted else None,
            _sentiment(text, language) if sentiment_wanted else None,
        )
        for text, language, category_wanted, sentiment_wanted in found
    ]


def _category(text: Canonical, language: Language) -> category.Category:
    if language is Language.UNSUPPORTED:
        return category.Category.UNKNOWN
    return category.read(text)


def _sentiment(text: Canonical, language: Language) -> sentiment.Sentiment:
    if language is Language.UNSUPPORTED:
        return sentiment.Sentiment.UNKNOWN
    return sentiment.read(text)
