"""What came of the series of some cuts, all that is counted of them, in buckets of any length.

For a judge that wants more than people by the hour. What it holds grows with the series of its
cuts and the buckets that are open: as many as the sources lie apart, and the lateness they allow.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from detectors.columns import Ints
from streams.cells import Cells
from streams.judges.judge import Closed, Record, Roster
from streams.series import NO_ROW, Key, Series


class Tally(NamedTuple):
    """What a bucket held, by place of a roster; as in `cells.CellNumbers`."""

    events: Ints
    people: Ints
    reposts: Ints
    reach: Ints


class Part(NamedTuple):
    """What a chunk adds: rows and buckets of its cells, and their numbers (rows of a Tally)."""

    rows: Ints
    buckets: Ints
    numbers: Ints


class Ledger:
    """Buckets of `minutes` that are open.

    Args:
        cuts: places of those that are held.
        minutes: of a bucket.

    Attributes:
        roster: the living series of these cuts, whose places its tallies have.
    """

    def __init__(self, cuts: Collection[int], *, minutes: int) -> None:
        self.roster = Roster(cuts)
        self._cuts, self._minutes = sorted(cuts), minutes
        self._rows: dict[Key, int] = {}
        self._row_of = np.empty(0, np.int64)  # by place of the roster
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
        """What came in the bucket; of series born of it too."""
        known = self._row_of.size
        if self.roster.follow(closed.series) > known:
            born = self.roster.lives[known:].tolist()
            rows = [self._row(closed.series.lives[life]) for life in born]
            self._row_of = np.append(self._row_of, np.array(rows, np.int64))
        numbers = self._open.pop(closed.bucket, np.zeros((len(Tally._fields), 0), np.int64))
        return Tally(*_longer(numbers, len(self._rows))[:, self._row_of])

    def snapshot(self) -> dict[str, Any]:
        rows = len(self._rows)
        held = {bucket: _longer(numbers, rows)[:, :rows] for bucket, numbers in self._open.items()}
        return {"keys": list(self._rows), "held": self._held, "open": held}

    def restore(self, held: dict[str, Any]) -> None:
        self._rows = {Key(*key): row for row, key in enumerate(held["keys"])}
        self._held = {
            topic: {number: Part(*part) for number, part in parts.items()}
            for topic, parts in held["held"].items()
        }
        self._open = held["open"]

    def _row(self, key: Key) -> int:
        return self._rows.setdefault(key, len(self._rows))

    def _placed(self, cut: int, cells: Cells, series: Series) -> Part:
        """Series past the bound of all have no row."""
        numbers, keys = cells.numbers(), [Key(cut, key) for key in cells.keys]
        known = [self._row(key) if series.knows(key) else NO_ROW for key in keys]
        rows = np.array(known, np.int64)[numbers.series]
        tally = np.array([numbers.events, numbers.people, numbers.reposts, numbers.reach])
        at = rows != NO_ROW
        return Part(rows[at], numbers.minutes[at] // self._minutes, tally[:, at])

    def _add(self, part: Part, *, sign: int, least: int) -> None:
        """Buckets below `least` are closed."""
        for bucket in np.unique(part.buckets[part.buckets >= least]).tolist():
            at = part.buckets == bucket
            held = self._open.get(bucket, np.zeros((len(Tally._fields), 0), np.int64))
            held = self._open[bucket] = _longer(held, len(self._rows))
            for numbers, more in zip(held, part.numbers[:, at], strict=True):
                np.add.at(numbers, part.rows[at], sign * more)


def _joined(parts: list[Part]) -> Part:
    if not parts:
        none = np.empty(0, np.int64)
        return Part(none, none, np.empty((len(Tally._fields), 0), np.int64))
    return Part(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))


def _longer(numbers: Ints, rows: int) -> Ints:
    """With room for at least so many rows; it grows by half, so that few new keys cost little."""
    have = numbers.shape[1]
    if have >= rows:
        return numbers
    room = np.zeros((len(numbers), max(rows, have + have // 2)), np.int64)
    room[:, :have] = numbers
    return room
