"""Which ids and which people about which matter were already seen in a partition.

Kept in memory; what a chunk adds is pending until the chunk is closed and acknowledged, so that
a chunk that is read again does not meet its own ids.
"""

from collections.abc import Iterable, Sequence
from itertools import compress, repeat
from operator import eq

import numpy as np
import xxhash
from numpy.typing import NDArray

SPANS = 7  # the horizon is forgotten in so many steps
MEETINGS = 1 << 32  # told apart within a span


class Seen:
    """A set of 64-bit hashes that forgets what is older than a horizon.

    A hash is told apart from another with an error of 2^-64 a pair. Time is cut into spans of a
    seventh of the horizon, and a key counts as met for seven spans after the one it was first met
    in, by the events' own times: nothing depends on when or in what pieces the log was read.

    Args:
        horizon: milliseconds of event time.
    """

    def __init__(self, *, horizon: int) -> None:
        if horizon < SPANS:
            raise ValueError(f"horizon must be at least {SPANS} ms, got {horizon}")
        self._span = horizon // SPANS
        self._met: dict[int, int] = {}  # by hash the span, and which meeting of all it was
        self._meetings = 0
        self._pending: list[int] = []
        self._oldest = 0

    def __len__(self) -> int:
        return len(self._met)

    def fresh(self, keys: Iterable[str], times: NDArray[np.int64], *, kind: int = 0) -> list[bool]:
        """For each key, met at its time (ms), whether it is for the first time in the horizon.

        Equal keys of two kinds are two keys.
        """
        digests = list(map(xxhash.xxh3_64_intdigest, map(str.encode, keys), repeat(kind)))
        meetings = self._numbered(times // self._span)
        known = list(map(self._met.setdefault, digests, meetings))
        if known == meetings:
            self._pending += digests
            return [True] * len(digests)
        marks = list(map(eq, known, meetings))
        for place in [place for place, new in enumerate(marks) if not new]:
            if _ago(known[place], meetings[place]) > SPANS:
                marks[place] = self._met_anew(digests[place], meetings[place])
        self._pending += compress(digests, marks)
        return marks

    def _numbered(self, spans: NDArray[np.int64]) -> list[int]:
        """The meetings of these spans; no two are the same."""
        first, self._meetings = self._meetings, self._meetings + len(spans)
        numbers = np.arange(first, self._meetings) % MEETINGS
        meetings: list[int] = (spans * MEETINGS + numbers).tolist()
        return meetings

    def _met_anew(self, digest: int, meeting: int) -> bool:
        """Whether it is still too long ago, now that those before it in the run have been met."""
        if _ago(self._met[digest], meeting) <= SPANS:
            return False
        self._met[digest] = meeting
        return True

    def settle(self, watermark: int | None) -> None:
        """Keep what is pending (its chunk is closed); drop what no event can meet any more."""
        self._pending.clear()
        oldest = (watermark or 0) // self._span - SPANS
        if oldest > self._oldest:
            self._oldest = oldest
            least = oldest * MEETINGS
            self._met = {key: met for key, met in self._met.items() if met >= least}

    def forget_pending(self) -> None:
        """The chunk is read again from its start."""
        for digest in self._pending:
            self._met.pop(digest, None)
        self._pending.clear()

    def settled(self) -> Sequence[int]:
        """All hashes kept, in no order."""
        return list(self._met.keys() - set(self._pending))


def _ago(before: int, now: int) -> int:
    """Spans between two meetings."""
    return now // MEETINGS - before // MEETINGS
