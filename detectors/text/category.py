"""Category of a complaint from its cue words."""

from collections import defaultdict
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from detectors.text.canonical import Canonical
from detectors.text.lexicon import Lexicon, terms


class Category(StrEnum):
    """What a business customer complains about; the values are part of the public wire format."""

    PRODUCT_QUALITY = "product_quality"
    DELIVERY_CONTRACT = "delivery_contract"
    TECHNICAL_SUPPORT = "technical_support"
    COMMUNICATION = "communication"
    BILLING = "billing"
    DATA_SECURITY = "data_security"
    FLEXIBILITY = "flexibility"
    STAFF = "staff"
    ETHICS = "ethics"
    COMPLAINT_HANDLING = "complaint_handling"
    COMPLIANCE = "compliance"
    VALUE_FOR_MONEY = "value_for_money"
    UNKNOWN = "unknown"


class Cue(NamedTuple):
    """A word that points to a category with strength 1 to 3."""

    term: str
    category: Category
    weight: int


ENOUGH = 2
"""Weight below which nothing is said: a word that only helps decides nothing alone."""
MARGIN = 1
"""Weight by which the first category must lead the second."""


def read(text: Canonical) -> Category:
    """The category the cues point to, `UNKNOWN` where none leads clearly."""
    cues = {cue for cue, _, _ in _cues().find(text)}
    if not cues:
        return Category.UNKNOWN
    weights: defaultdict[Category, int] = defaultdict(int)
    for cue in cues:
        weights[cue.category] += cue.weight
    return _leader(weights)


def _leader(weights: dict[Category, int]) -> Category:
    leader = max(weights, key=weights.__getitem__)
    second = max((w for category, w in weights.items() if category is not leader), default=0)
    clear = weights[leader] >= max(ENOUGH, second + MARGIN)
    return leader if clear else Category.UNKNOWN


@cache
def _cues() -> Lexicon[Cue]:
    meanings: dict[str, Cue] = {}
    for category, listed in terms("category.toml").items():
        for cue in _listed_cues(Category(category), listed):
            if cue.term in meanings:
                raise ValueError(f"category.toml: {cue.term!r} is listed twice")
            meanings[cue.term] = cue
    return Lexicon(meanings)


def _listed_cues(category: Category, listed: dict[str, Any]) -> list[Cue]:
    return [Cue(term, category, int(weight)) for weight, of in listed.items() for term in of]
