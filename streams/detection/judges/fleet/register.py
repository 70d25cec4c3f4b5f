"""The batches of the reference table that a shard judges, each in its place.

They have it from the beginning, before anybody complains of them: to have no complaint is what
most units of their neighbours say.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from detectors.columns import Floats, Ints
from detectors.surge import Expectation
from streams.configuration.sections import BUCKET
from streams.counts.cells import SEPARATOR
from streams.detection.batches import Batches
from streams.detection.judges.judge import Seat
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Key, Series


class Row(NamedTuple):
    """A batch as a cut counts it: shipped in this bucket, so many units."""

    cut: int
    product: str
    batch: str
    shipped: int
    units: int

    @property
    def whose(self) -> tuple[int, str]:
        return self.cut, self.product

    @property
    def name(self) -> tuple[int, str, str]:
        return self.cut, self.product, self.batch


class Register:
    """Those with units and a day of shipping, as many as `detection.max_series`, the newest first.

    Attributes:
        rows: by place; the batches of a product lie together.
        product: by place, the number of its product.
        slices: by product, where its batches lie.
        lives: by place, the life of its series among all; UNBORN before its first complaint.
    """

    def __init__(self, seat: Seat, table: Batches) -> None:
        known = sorted(_rows(seat, table), key=lambda row: (-row.shipped, row.name))
        self.rows = sorted(known[: seat.settings.detection.max_series])
        self._told = frozenset(known)
        begun = [n for n, row in enumerate(self.rows) if n == 0 or row.whose != self._before(n)]
        ends = pairwise([*begun, len(self.rows)])
        self.slices = [slice(first, end) for first, end in ends]
        self.product = np.repeat(
            np.arange(len(begun)), [part.stop - part.start for part in self.slices]
        )
        self.lives = np.full(len(self.rows), UNBORN)
        self._parents = np.full(len(begun), UNBORN)
        self._cuts, self._seen = seat.cuts, 0
        self._places = {self.key(n): n for n in range(len(self.rows))}
        self._wholes = self._by_parent(begun)
        self._at = dict[int, int]()

    def key(self, place: int) -> Key:
        return self.key_of(self.rows[place])

    def key_of(self, row: Row) -> Key:
        values = {"product": row.product, "batch": row.batch}
        return Key(row.cut, SEPARATOR.join(values[field] for field in self._cuts[row.cut].by))

    def place(self, key: Key) -> int | None:
        return self._places.get(key)

    def follow(self, series: Series) -> None:
        """Learn which of them, and of their products, have come to life."""
        for life in range(self._seen, len(series.lives)):
            key = series.lives[life]
            if (place := self._places.get(key)) is not None:
                self.lives[place], self._at[life] = life, place
            self._parents[self._wholes.get(key, [])] = life
        self._seen = len(series.lives)

    def retire(self, retirement: Retirement) -> None:
        """A batch keeps its place, which it has by the table."""
        self.lives = retirement.lives(self.lives)
        self._parents = retirement.lives(self._parents)
        living = np.flatnonzero(self.lives != UNBORN).tolist()
        self._at = {int(self.lives[place]): place for place in living}
        self._seen = retirement.left(self._seen)

    def people(self, people: Ints) -> Ints:
        """Of those by life."""
        if not people.size:
            return np.zeros(self.lives.size, np.int64)
        return np.where(self.lives == UNBORN, 0, people[self.lives])

    def rhythm(self, expected: Expectation | None) -> Floats:
        """By product, what the bucket is worth: as the surge expects of the product as a whole."""
        rhythm = np.ones(self._parents.size)
        if expected is not None:
            (known,) = np.nonzero(
                (self._parents != UNBORN) & (self._parents < expected.exposure.size)
            )
            rhythm[known] = expected.exposure[self._parents[known]]
        return rhythm

    def placed(self, lives: Ints) -> Ints:
        """The places of those of these lives that have one."""
        return np.array([self._at[life] for life in lives.tolist() if life in self._at], np.int64)

    def inherited(self, held: Sequence[Row]) -> tuple[Ints, Ints]:
        """By place, and by product, where it was in another register; -1: it begins anew.

        A product goes on to which batches came and none was changed or struck: what its
        neighbours brought per unit stands on the units that were told then. That of one which
        newer ones have put out stays among it.
        """
        names = {row: n for n, row in enumerate(held)}
        broken = {row.whose for row in held if row not in self._told}
        numbers = {whose: n for n, whose in enumerate(dict.fromkeys(row.whose for row in held))}
        kept = [row if row.whose not in broken else None for row in self.rows]
        places = [-1 if row is None else names.get(row, -1) for row in kept]
        firsts = [kept[part.start] for part in self.slices]
        products = [-1 if row is None else numbers.get(row.whose, -1) for row in firsts]
        return np.array(places, np.int64), np.array(products, np.int64)

    def _before(self, place: int) -> tuple[int, str]:
        return self.rows[place - 1].whose

    def _by_parent(self, begun: Sequence[int]) -> dict[Key, list[int]]:
        """The numbers of products by the key of the series that counts one as a whole."""
        wholes = defaultdict[Key, list[int]](list)
        for number, place in enumerate(begun):
            cut, product = self.rows[place].whose
            parent = self._cuts[cut].beside(self._cuts, "product", family=None)
            if parent is not None:
                wholes[Key(parent, product)].append(number)
        return dict(wholes)


def _rows(seat: Seat, table: Batches) -> Iterator[Row]:
    """Of the products whose batches are counted in this shard."""
    for cut in sorted(seat.of("batches")):
        family = seat.cuts[cut].family
        for (product, batch), known in table.items():
            here = family is None or seat.speaks_for(family, product)
            if here and known.shipped is not None and known.units is not None:
                yield Row(cut, product, batch, _bucket(seat, known.shipped), known.units)


def _bucket(seat: Seat, day: date) -> int:
    """The one that holds the first moment of a local day."""
    began = datetime.combine(day, time(), seat.zone).timestamp()
    return int(began // BUCKET.total_seconds())
