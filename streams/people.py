"""Which ids and which people about which matter were already seen in a partition.

Kept in memory; what a chunk adds is pending until the chunk is closed and acknowledged, so that
a chunk that is read again does not meet its own ids.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

SPANS = 7  # the horizon is forgotten in so many steps


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
        self._met: dict[int, int] = {}
        self._pending: list[int] = []
        self._oldest = 0

    def __len__(self) -> int:
        return len(self._met)

    def fresh(self, keys: Iterable[str], times: NDArray[np.int64]) -> list[bool]:
        """For each key, met at its time (ms), whether it is for the first time in the horizon."""
        digests = list(map(xxhash.xxh3_64_intdigest, map(str.encode, keys)))
        spans = (times // self._span).tolist()
        if self._met.keys().isdisjoint(digests) and len(set(digests)) == len(digests):
            # The usual case, at a fraction of the cost of asking for each.
            self._met.update(zip(digests, spans, strict=True))
            self._pending += digests
            return [True] * len(digests)
        return self._each(digests, spans)

    def _each(self, digests: list[int], spans: list[int]) -> list[bool]:
        met, pending, marks = self._met, self._pending, []
        for digest, span in zip(digests, spans, strict=True):
            before = met.get(digest)
            new = before is None or span - before > SPANS
            if new:
                met[digest] = span
                pending.append(digest)
            marks.append(new)
        return marks

    def settle(self, watermark: int | None) -> None:
        """Keep what is pending (its chunk is closed); drop what no event can meet any more."""
        self._pending.clear()
        oldest = (watermark or 0) // self._span - SPANS
        if oldest > self._oldest:
            self._oldest = oldest
            self._met = {key: met for key, met in self._met.items() if met >= oldest}

    def forget_pending(self) -> None:
        """The chunk is read again from its start."""
        for digest in self._pending:
            self._met.pop(digest, None)
        self._pending.clear()

    def settled(self) -> Sequence[int]:
        """All hashes kept, in no order."""
        return list(self._met.keys() - set(self._pending))
