"""Language of a text as far as its script tells."""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detectors.text.canonical import Canonical
from detectors.text.points import Points, lengths, points


class Language(StrEnum):
    """`LATIN` is taken for English; `UNSUPPORTED` is left unscored."""

    CHINESE = "zh"
    LATIN = "latin"
    UNSUPPORTED = "unsupported"
    UNSURE = "unsure"


FEWEST_LATIN = 12
"""Letters below which Latin text stays unsure: about three words."""
FEWEST_HAN = 2
"""Characters below which a Han text stays unsure."""
LETTERS_A_HAN = 3
"""Latin letters that weigh as much as one Han character: "iPhone屏幕碎了" is Chinese."""

_NONE, _LATIN, _HAN, _KANA, _FOREIGN = range(5)
_SCRIPTS = 5
_END = 0x40000
"""The planes beyond hold no letters."""
_RANGES = (
    (_LATIN, 0x41, 0x24F),
    (_LATIN, 0x1E00, 0x1EFF),
    (_HAN, 0x3400, 0x9FFF),
    (_LATIN, 0x1D400, 0x1D6A5),  # bold and italic letters of fancy posts
    (_HAN, 0xF900, 0xFAFF),
    (_HAN, 0x20000, 0x3FFFF),
    (_KANA, 0x3041, 0x30FF),
)


def languages(texts: Sequence[Canonical]) -> list[Language]:
    """Language of each text."""
    latin, han, kana, foreign = _letters(texts)
    # A Chinese shop sign may hold one の; a Japanese sentence holds more kana than that.
    japanese = 3 * kana > han
    foreign = foreign + np.where(japanese, kana + han, 0)
    han = LETTERS_A_HAN * np.where(japanese, 0, han)
    verdict = np.select(
        [
            (foreign > han) & (foreign > latin),
            (han >= LETTERS_A_HAN * FEWEST_HAN) & (han >= latin),
            (latin >= FEWEST_LATIN) & (latin > han),
        ],
        [0, 1, 2],
        default=3,
    )
    named = (Language.UNSUPPORTED, Language.CHINESE, Language.LATIN, Language.UNSURE)
    return [named[i] for i in verdict.tolist()]


def _letters(texts: Sequence[Canonical]) -> NDArray[np.int64]:
    """Letters of each script (Latin, Han, kana, foreign; rows) in each text (columns)."""
    owner = np.repeat(np.arange(len(texts)), lengths(texts))
    script = _SCRIPT[points(texts)]
    counts = np.bincount(owner * _SCRIPTS + script, minlength=len(texts) * _SCRIPTS)
    return counts.reshape(-1, _SCRIPTS).T[_LATIN:]


def _script(point: int) -> int:
    """Of a code point."""
    if point >= _END or unicodedata.category(chr(point))[0] != "L":
        return _NONE
    return next((script for script, first, last in _RANGES if first <= point <= last), _FOREIGN)


_SCRIPT = Points(_script)
