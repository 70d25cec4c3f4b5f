"""Sums over the last buckets, exact, of many series that mostly have nothing.

What came is kept as it came, bucket by bucket, so that memory grows with the events in the window
and not with the series.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from detectors.columns import Ints

NONE = np.empty(0, np.int64)
GONE = -1


class Came(NamedTuple):
    """What came in one bucket, by the places that had something; `masked`: an outage hid it."""

    places: Ints
    counts: Ints
    masked: bool

    def moved(self, places: Ints) -> "Came":
        """By where each place has moved to."""
        moved = places[self.places]
        at = moved != GONE
        return self._replace(places=moved[at], counts=self.counts[at])


class Window:
    """The last `length` buckets, and as many that lie `delay` buckets before them.

    What is compared is compared like with like: a bucket that an outage hides is left out of its
    sum, and so is its counterpart of the other. With nothing before there is nothing to leave out.

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
        self._kept: list[Came] = []  # the newest bucket last

    @property
    def seen(self) -> int:
        return len(self._kept)

    @property
    def full(self) -> bool:
        """Whether both sums are over whole windows."""
        return self.seen == self._length + self._delay

    @property
    def hidden(self) -> int:
        """How many buckets of the window are left out."""
        return sum(not self._known(ago) for ago in range(min(self._length, self.seen)))

    def grow(self, n: int) -> None:
        """The same series in the same places, and new ones up to `n`."""
        room = np.zeros(n - self.recent.size, np.int64)
        self.recent, self.before = (np.append(sums, room) for sums in (self.recent, self.before))

    def keep(self, places: Ints) -> None:
        """Series of these places stay, in this order."""
        moved = np.full(self.recent.size, GONE)
        moved[places] = np.arange(places.size)
        self.recent, self.before = self.recent[places], self.before[places]
        self._kept = [came.moved(moved) for came in self._kept]

    def take(self, counts: Ints, *, masked: bool = False) -> None:
        """Move on by one bucket that held `counts`, by place; an outage hides it of all series."""
        places = np.flatnonzero(counts)
        self._kept.append(Came(places, counts[places], masked))
        self._count(0, sign=1)
        self._count(self._length, sign=-1)
        del self._kept[: -(self._length + self._delay)]

    def _count(self, ago: int, *, sign: int) -> None:
        """A bucket and its counterpart."""
        if self._known(ago):
            self._add(self.recent, ago, sign=sign)
            if self._delay:
                self._add(self.before, ago + self._delay, sign=sign)

    def _known(self, ago: int) -> bool:
        """Whether no outage hides the bucket or its counterpart; what never was hides nothing."""
        pair = (ago, ago + self._delay) if self._delay else ()
        return not any(self._kept[-1 - n].masked for n in pair if n < len(self._kept))

    def _add(self, sums: Ints, ago: int, *, sign: int) -> None:
        """The bucket so many before the newest; each place is in it once."""
        if ago < len(self._kept):
            places, counts, _ = self._kept[-1 - ago]
            sums[places] += sign * counts

    def columns(self) -> dict[str, Any]:
        """All that it knows, for a snapshot."""
        return {
            "recent": self.recent, "before": self.before,
            "sizes": np.array([came.places.size for came in self._kept], np.int64),
            "places": np.concatenate([NONE, *(came.places for came in self._kept)]),
            "counts": np.concatenate([NONE, *(came.counts for came in self._kept)]),
            "masked": np.array([came.masked for came in self._kept], np.bool_),
        }  # fmt: skip

    def restore(self, columns: Mapping[str, Any]) -> None:
        """Go on where `columns` were taken, under the same length and delay."""
        self.recent, self.before = (np.array(columns[name]) for name in ("recent", "before"))
        ends = np.cumsum(columns["sizes"])[:-1]
        parts = (np.split(columns[name], ends) for name in ("places", "counts"))
        masks = columns["masked"].tolist()
        self._kept = list(map(Came, *parts, masks)) if masks else []
