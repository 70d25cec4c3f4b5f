"""Which ids and which people about which matter were already seen in a partition.

Kept in memory; what a chunk adds is pending until the chunk is closed and acknowledged, so that
a chunk that is read again does not meet its own ids.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import xxhash

SPANS = 7  # the horizon is forgotten in so many steps


class Seen:
    """A set of 64-bit hashes that forgets what is older than a horizon.

    A hash is told apart from another with an error of 2^-64 a pair. What was settled during one
    span of a seventh of the horizon is forgotten together, so that an entry lives from one
    horizon to one and a seventh; `watermark` alone moves the spans, never a clock.

    Args:
        horizon: milliseconds of event time.
    """

    def __init__(self, *, horizon: int) -> None:
        if horizon < SPANS:
            raise ValueError(f"horizon must be at least {SPANS} ms, got {horizon}")
        self._span = horizon // SPANS
        self._settled: set[int] = set()
        self._spans: defaultdict[int, list[int]] = defaultdict(list)  # what was settled in each
        self._pending: set[int] = set()
        self._now = 0

    def __len__(self) -> int:
        return len(self._settled) + len(self._pending)

    def fresh(self, keys: Iterable[str]) -> list[bool]:
        """For each key whether it is met for the first time; it is met from then on."""
        digests = list(map(xxhash.xxh3_64_intdigest, map(str.encode, keys)))
        if self._all_new(digests):
            self._pending.update(digests)
            return [True] * len(digests)
        return self._each(digests)

    def _all_new(self, digests: list[int]) -> bool:
        """The usual case, found at a fraction of the cost of asking for each."""
        return (
            self._settled.isdisjoint(digests)
            and self._pending.isdisjoint(digests)
            and len(set(digests)) == len(digests)
        )

    def _each(self, digests: list[int]) -> list[bool]:
        settled, pending, marks = self._settled, self._pending, []
        for digest in digests:
            new = digest not in pending and digest not in settled
            if new:
                pending.add(digest)
            marks.append(new)
        return marks

    def settle(self, watermark: int | None) -> None:
        """Keep what is pending (its chunk is closed) and forget what lies past the horizon."""
        span = (watermark or 0) // self._span
        if span > self._now:
            self._now = span
            for past in [at for at in self._spans if at < span - SPANS]:
                self._settled.difference_update(self._spans.pop(past))
        self._settled |= self._pending
        self._spans[self._now] += self._pending
        self._pending.clear()

    def forget_pending(self) -> None:
        """The chunk is read again from its start."""
        self._pending.clear()

    def settled(self) -> Sequence[int]:
        """All hashes kept, in no order."""
        return list(self._settled)
