"""Which of many texts hold any of hundreds of words, where few do.

Hyperscan (Wang et al. 2019; the package brings its fork Vectorscan) looks at several bytes a step
and calls back for each find: a fifth of what Aho and Corasick's scan takes where little is found,
and more where much is.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Final

import hyperscan
import numpy as np

from detectors.columns import Ints
from detectors.text.points import lengths

SEPARATOR: Final = b"\xff"  # of texts that are scanned together; none in UTF-8 holds it
AT_ONCE: Final = 1024  # texts, so that those that are full of words take little memory
_NONE: Final = np.zeros(0, np.int64)


class Sieve:
    """Scans for words, byte for byte, wherever they stand.

    Args:
        words: at least one; a NUL would cut it short.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[word.encode() for word in words], ids=list(range(len(words))),
            flags=[0] * len(words), literal=True,
        )  # fmt: skip
        self._alone = Lock()  # one scan at a time may use a database's scratch

    def holders(self, texts: Sequence[str]) -> list[int]:
        """The places of the texts that hold one; raises UnicodeEncodeError on a lone surrogate."""
        blocks = range(0, len(texts), AT_ONCE)
        found = [first + self._within(texts[first : first + AT_ONCE]) for first in blocks]
        places: list[int] = np.concatenate([_NONE, *found]).tolist()
        return places

    def _within(self, texts: Sequence[str]) -> Ints:
        written = [text.encode() for text in texts]
        lasts: list[int] = []
        with self._alone:
            self._database.scan(
                SEPARATOR.join(written),
                match_event_handler=lambda word, start, end, flags, context: lasts.append(end - 1),
            )
        ends = np.cumsum(lengths(written) + len(SEPARATOR))
        return np.unique(np.searchsorted(ends, np.array(lasts, np.int64), side="right"))
