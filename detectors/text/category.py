"""Category of a complaint from its cue words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

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


@dataclass(frozen=True, eq=False, slots=True)
class Cue:
    """A word that points to a category with strength 1 to 3; one cue a term."""

    term: str
    category: Category
    weight: int


ENOUGH = 2
"""Weight below which nothing is said: a word that only helps decides nothing alone."""
MARGIN = 1
"""Weight by which the first category must lead the second."""


def read(text: Canonical) -> Category:
    """The category the cues point to, `UNKNOWN` where none leads clearly."""
    return _leader(_cues().find(text))


def among(texts: Sequence[Canonical]) -> list[Category]:
    """`read` for each text."""
    found = _cues().among(texts)
    return [
        _leader(found[place]) if place in found else Category.UNKNOWN for place in range(len(texts))
    ]


def _leader(hits: Sequence[tuple[Cue, int, int]]) -> Category:
    weights: dict[Category, int] = {}
    for cue in {cue for cue, _, _ in hits}:
        weights[cue.category] = weights.get(cue.category, 0) + cue.weight
    leader = max(weights, key=weights.__getitem__, default=Category.UNKNOWN)
    weight = weights.pop(leader, 0)
    clear = weight >= max(ENOUGH, max(weights.values(), default=0) + MARGIN)
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
