"""Category of a complaint from its cue words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Ints
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


NAMED: Final = tuple(Category)
UNCLEAR: Final = NAMED.index(Category.UNKNOWN)

ENOUGH = 2
"""Weight below which nothing is said: a word that only helps decides nothing alone."""
MARGIN = 1
"""Weight by which the first category must lead the second."""


class _Pointers(NamedTuple):
    """What the cues point to, by their number: number of the category, and weight."""

    categories: Ints
    weights: Ints


def read(text: Canonical) -> Category:
    """The category the cues point to, `UNKNOWN` where none leads clearly."""
    return among([text])[0]


def among(texts: Sequence[Canonical]) -> list[Category]:
    """`read` for each text."""
    weights = _weights(texts)
    leaders = weights.argmax(axis=1)
    second, first = np.partition(weights, -2, axis=1)[:, -2:].T
    clear = first >= np.maximum(ENOUGH, second + MARGIN)
    return [NAMED[number] for number in np.where(clear, leaders, UNCLEAR).tolist()]


def _weights(texts: Sequence[Canonical]) -> NDArray[np.float64]:
    """What the cues in each text (rows) weigh for each category; a cue counts once in a text."""
    places, cues, _, _ = _cues().hits(texts)
    places, cues = np.divmod(
        np.unique(places * len(_cues().meanings) + cues), len(_cues().meanings)
    )
    size = len(NAMED)
    of = places * size + _pointers().categories[cues]
    weights = np.bincount(of, _pointers().weights[cues], len(texts) * size)
    return np.asarray(weights, np.float64).reshape(-1, size)


@cache
def _cues() -> Lexicon[Cue]:
    meanings: dict[str, Cue] = {}
    for category, listed in terms("category.toml").items():
        for cue in _listed_cues(Category(category), listed):
            if cue.term in meanings:
                raise ValueError(f"category.toml: {cue.term!r} is listed twice")
            meanings[cue.term] = cue
    return Lexicon(meanings)


@cache
def _pointers() -> _Pointers:
    told = [(NAMED.index(cue.category), cue.weight) for cue in _cues().meanings]
    return _Pointers(*np.array(told, np.int64).T)


def _listed_cues(category: Category, listed: dict[str, Any]) -> list[Cue]:
    return [Cue(term, category, int(weight)) for weight, of in listed.items() for term in of]
