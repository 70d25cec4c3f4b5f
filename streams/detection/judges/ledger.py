"""What came of the series of some cuts in buckets of any length.

For a judge that wants people sooner than at the end of the hour. What it holds grows with
the series of its cuts and the buckets that are open: as many as the sources lie apart, and the
lateness they allow.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from detectors.columns import Ints
from streams.counts.cells import Cells
from streams.detection.judges.judge import Closed, Record
from streams.detection.retirement import Retirement
from streams.detection.series import NO_ROW, UNBORN, Key, Series


class Tally(NamedTuple):
    """What a bucket held, by place of the ledger's keys; as in `cells.CellNumbers`."""

    events: Ints
    people: Ints


class Part(NamedTuple):
    """What a chunk adds: rows and buckets of its cells, and their numbers (rows of a Tally)."""

    rows: Ints
    buckets: Ints
    numbers: Ints

    def moved(self, rows: Ints) -> "Part":
        """With its rows where they have moved to, without those that are gone."""
        moved = rows[self.rows]
        at = moved != NO_ROW
        return Part(moved[at], self.buckets[at], self.numbers[:, at])


class Ledger:
    """Buckets of `minutes` that are open.

    A series gets a place when the first bucket closes that holds something of it: sooner than the
    hour that gives it its life. Those of one bucket are in the order of their keys, so that the
    places depend on the counts and not on the order in which they were read.

    Args:
        cuts: places of those that are held.
        minutes: of a bucket.
        most: how many series there may be; further ones are not held. None: as many as there are.

    Attributes:
        keys: by place; a series keeps its place until it is retired.
    """

    def __init__(self, cuts: Collection[int], *, minutes: int, most: int | None = None) -> None:
        self.keys: list[Key] = []
        self._most = most
        self._cuts, self._minutes = sorted(cuts), minutes
        self._rows: dict[Key, int] = {}
        self._names: list[Key] = []  # by row
        self._row_of = np.empty(0, np.int64)  # by place
        self._last = np.empty(0, np.int64)  # by place, weeks ended when something came last
        self._held: dict[str, dict[int, Part]] = {}
        self._open: dict[int, Ints] = {}

    def take(self, record: Record) -> None:
        """Put what a chunk brought so far in the place of what was held of it."""
        counts, least = record.counts, record.passed // self._minutes
        partitions = self._held.setdefault(counts.topic, {})
        if record.replaces and counts.partition in partitions:
            self._add(partitions[counts.partition], sign=-1, least=least)
        cells = counts.of_cuts
        placed = [
            self._placed(cut, one, record.series)
            for cut in self._cuts
            if (one := cells[cut]) is not None
        ]
        part = partitions[counts.partition] = _joined(placed)
        self._add(part, sign=1, least=least)

    def close(self, closed: Closed) -> Tally:
        """What came in the bucket, of series that have their place by it too."""
        numbers = _longer(self._open.pop(closed.bucket, NOTHING), len(self._rows))
        self._bear(np.flatnonzero(numbers[0]))
        tally = Tally(*numbers[:, self._row_of])
        self._last[tally.events > 0] = closed.week
        return tally

    def close_all(self, buckets: Sequence[int], *, week: int) -> Ints:
        """People in each of these buckets (rows), by place; they are closed as one."""
        people = np.zeros((len(buckets), len(self._rows)), np.int64)
        for row, bucket in zip(people, buckets, strict=True):
            if (held := self._open.pop(bucket, None)) is not None:
                row[: held.shape[1]] = held[1, : row.size]
        self._bear(np.flatnonzero(people.any(axis=0)))
        people = people[:, self._row_of]
        self._last[people.any(axis=0)] = week
        return people

    def retire(self, retirement: Retirement, series: Series) -> Ints:
        """Returns the places that stay: of what lives, and of what something came of since."""
        living = [series.life(key) != UNBORN for key in self.keys]
        places = np.flatnonzero(np.array(living, np.bool_) | (self._last >= retirement.since))
        moved = self._moved(places)
        self._names = [name for name, row in zip(self._names, moved.tolist(), strict=True)
                       if row != NO_ROW]  # fmt: skip
        self._rows = {name: row for row, name in enumerate(self._names)}
        self._row_of, self._last = moved[self._row_of[places]], self._last[places]
        self.keys = [self._names[row] for row in self._row_of.tolist()]
        stays = moved != NO_ROW
        self._open = {n: _longer(held, stays.size)[:, : stays.size][:, stays]
                      for n, held in self._open.items()}  # fmt: skip
        self._held = {
            topic: {number: part.moved(moved) for number, part in parts.items()}
            for topic, parts in self._held.items()
        }
        return places

    def place(self, key: Key) -> int:
        """The place of a series; NO_ROW without one."""
        found = np.flatnonzero(self._row_of == self._rows.get(key, NO_ROW))
        return int(found[0]) if found.size else NO_ROW

    def lives(self, series: Series, places: Ints) -> Ints:
        """Of those of these places that live."""
        lives = np.array([series.life(self.keys[place]) for place in places.tolist()], np.int64)
        living: Ints = lives[lives != UNBORN]
        return living

    def open(self, key: Key, buckets: Iterable[int]) -> Ints:
        """People of a series in buckets that are open."""
        row, held = self._rows.get(key, NO_ROW), [self._open.get(n, NOTHING)[1] for n in buckets]
        people = [int(one[row]) if 0 <= row < one.size else 0 for one in held]
        return np.array(people, np.int64)

    def snapshot(self) -> dict[str, Any]:
        rows = len(self._rows)
        held = {bucket: _longer(numbers, rows)[:, :rows] for bucket, numbers in self._open.items()}
        return {
            "names": self._names, "row_of": self._row_of, "last": self._last,
            "held": self._held, "open": held,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._names = [Key(*name) for name in held["names"]]
        self._rows = {name: row for row, name in enumerate(self._names)}
        self._row_of, self._last = held["row_of"], held["last"]
        self.keys = [self._names[row] for row in self._row_of.tolist()]
        self._held = {
            topic: {number: Part(*part) for number, part in parts.items()}
            for topic, parts in held["held"].items()
        }
        self._open = held["open"]

    def _bear(self, came: Ints) -> None:
        """Give those rows a place that have none, in the order of their keys."""
        if not came.size or self._row_of.size == len(self._rows):
            return
        fresh = came[~np.isin(came, self._row_of)].tolist()
        if fresh:
            born = sorted(map(self._names.__getitem__, fresh))
            self.keys += born
            rows = np.array([self._rows[key] for key in born], np.int64)
            self._row_of = np.append(self._row_of, rows)
            self._last = np.append(self._last, np.zeros(rows.size, np.int64))

    def _moved(self, places: Ints) -> Ints:
        """By row where it moves to: those of these places stay, and what is in an open bucket."""
        stays = np.zeros(len(self._names), np.bool_)
        stays[self._row_of[places]] = True
        for numbers in self._open.values():
            stays[: numbers.shape[1]] |= numbers[:, : stays.size].any(axis=0)
        return np.where(stays, np.cumsum(stays) - 1, NO_ROW)

    def _row(self, key: Key, series: Series) -> int:
        """Series past the bound of all have none."""
        row = self._rows.get(key)
        if row is None:
            if not series.knows(key) or len(self._names) == self._most:
                return NO_ROW
            row = self._rows[key] = len(self._names)
            self._names.append(key)
        return row

    def _placed(self, cut: int, cells: Cells, series: Series) -> Part:
        numbers = cells.numbers()
        rows = np.array([self._row(Key(cut, key), series) for key in cells.keys], np.int64)
        rows = rows[numbers.series]
        tally = np.array([numbers.events, numbers.people])
        at = rows != NO_ROW
        return Part(rows[at], numbers.minutes[at] // self._minutes, tally[:, at])

    def _add(self, part: Part, *, sign: int, least: int) -> None:
        """Buckets below `least` are closed."""
        for bucket, at in _by_bucket(part.buckets):
            if bucket < least:
                continue
            held = _longer(self._open.get(bucket, NOTHING), len(self._rows))
            self._open[bucket] = held
            for numbers, more in zip(held, part.numbers[:, at], strict=True):
                np.add.at(numbers, part.rows[at], sign * more)


def _by_bucket(buckets: Ints) -> Iterator[tuple[int, Ints | slice]]:
    """Each bucket with the places that are of it; a chunk of a back-test has thousands."""
    if buckets.size and (buckets == buckets[0]).all():
        yield int(buckets[0]), slice(None)
        return
    order = np.argsort(buckets, kind="stable")
    found, first = np.unique(buckets[order], return_index=True)
    yield from zip(found.tolist(), np.split(order, first[1:]), strict=False)


NOTHING = np.zeros((len(Tally._fields), 0), np.int64)


def _joined(parts: list[Part]) -> Part:
    if not parts:
        none = np.empty(0, np.int64)
        return Part(none, none, NOTHING)
    return Part(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))


def _longer(numbers: Ints, rows: int) -> Ints:
    """With room for at least so many rows; it grows by half, so that few new keys cost little."""
    have = numbers.shape[1]
    if have >= rows:
        return numbers
    room = np.zeros((len(numbers), max(rows, have + have // 2)), np.int64)
    room[:, :have] = numbers
    return room
