"""Sums over the last buckets, exact, of many series that mostly have nothing.

What came is kept as it came, bucket by bucket, so that memory grows with the events in the window
and not with the series.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from detectors.columns import Ints

NONE = np.empty(0, np.int64)


class Window:
    """The last `length` buckets, and as many that lie `delay` buckets before them.

    Args:
        length: in buckets.
        delay: in buckets; 0: nothing before is summed up.

    Attributes:
        recent: by place, the sum over the window.
        before: by place, the sum over the one before it.
        seen: how many buckets were taken in, up to `length + delay`.
    """

    def __init__(self, *, length: int, delay: int = 0) -> None:
        if length < 1 or delay < 0:
            raise ValueError(
                f"length must be at least 1 bucket and delay at least 0, got {length} and {delay}"
            )
        self.recent, self.before = NONE, NONE
        self._length, self._delay = length, delay
        self._kept: list[tuple[Ints, Ints]] = []  # places and counts, the newest bucket last

    @property
    def seen(self) -> int:
        return len(self._kept)

    @property
    def full(self) -> bool:
        """Whether both sums are over whole windows."""
        return self.seen == self._length + self._delay

    def grow(self, n: int) -> None:
        """The same series in the same places, and new ones up to `n`."""
        room = np.zeros(n - self.recent.size, np.int64)
        self.recent, self.before = (np.append(sums, room) for sums in (self.recent, self.before))

    def take(self, counts: Ints) -> None:
        """Move on by one bucket that held `counts`, by place."""
        places = np.flatnonzero(counts)
        self._kept.append((places, counts[places]))
        self._add(self.recent, 0, sign=1)
        self._add(self.recent, self._length, sign=-1)
        if self._delay:
            self._add(self.before, self._delay, sign=1)
            self._add(self.before, self._delay + self._length, sign=-1)
        del self._kept[: -(self._length + self._delay)]

    def _add(self, sums: Ints, ago: int, *, sign: int) -> None:
        """The bucket so many before the newest; each place is in it once."""
        if ago < len(self._kept):
            places, counts = self._kept[-1 - ago]
            sums[places] += sign * counts

    def columns(self) -> dict[str, Any]:
        """All that it knows, for a snapshot."""
        return {
            "recent": self.recent, "before": self.before,
            "sizes": np.array([places.size for places, _ in self._kept], np.int64),
            "places": np.concatenate([NONE, *(places for places, _ in self._kept)]),
            "counts": np.concatenate([NONE, *(counts for _, counts in self._kept)]),
        }  # fmt: skip

    def restore(self, columns: Mapping[str, Any]) -> None:
        """Go on where `columns` were taken, under the same length and delay."""
        self.recent, self.before = (np.array(columns[name]) for name in ("recent", "before"))
        ends = np.cumsum(columns["sizes"])[:-1]
        parts = (np.split(columns[name], ends) for name in ("places", "counts"))
        self._kept = list(zip(*parts, strict=True)) if columns["sizes"].size else []
