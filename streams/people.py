"""Which ids and which people about which matter were already seen in a partition.

Kept in memory; what a chunk adds is pending until the chunk is closed and acknowledged, so that
a chunk that is read again does not meet its own ids.
"""

from collections.abc import Iterable, Sequence

import xxhash

SPANS = 7  # the horizon is forgotten in so many steps


class Seen:
    """A set of 64-bit hashes that forgets what is older than a horizon.

    A hash is told apart from another with an error of 2^-64 a pair. What was added during one
    span of a seventh of the horizon is forgotten together, so that an entry lives from one
    horizon to one and a seventh; `watermark` alone moves the spans, never a clock.

    Args:
        horizon: milliseconds of event time.
    """

    def __init__(self, *, horizon: int) -> None:
        if horizon < SPANS:
            raise ValueError(f"horizon must be at least {SPANS} ms, got {horizon}")
        self._span = horizon // SPANS
        self._settled: dict[int, int] = {}
        self._pending: dict[int, int] = {}
        self._now = 0
        self._oldest = 0

    def __len__(self) -> int:
        return len(self._settled) + len(self._pending)

    def fresh(self, keys: Iterable[str]) -> list[bool]:
        """For each key whether it is met for the first time; it is met from then on."""
        settled, pending, now, oldest = self._settled, self._pending, self._now, self._oldest
        marks = []
        for key in keys:
            digest = xxhash.xxh3_64_intdigest(key.encode())
            new = digest not in pending and settled.get(digest, -1) < oldest
            if new:
                pending[digest] = now
            marks.append(new)
        return marks

    def settle(self, watermark: int | None) -> None:
        """Keep what is pending (its chunk is closed) and forget what lies past the horizon."""
        self._settled.update(self._pending)
        self._pending.clear()
        span = (watermark or 0) // self._span
        if span > self._now:
            self._now, self._oldest = span, span - SPANS
            self._settled = {k: at for k, at in self._settled.items() if at >= self._oldest}

    def forget_pending(self) -> None:
        """The chunk is read again from its start."""
        self._pending.clear()

    def settled(self) -> Sequence[int]:
        """All hashes kept, in no order."""
        return list(self._settled)
