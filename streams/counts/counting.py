"""Counting the events of a chunk by the configured cuts."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np

from streams.columnar.fields import Bools, Ints
from streams.columnar.vocabulary import Vocabulary
from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR, CellNumbers, Cells, encode, shard_of
from streams.counts.tallies import Table, table
from streams.events.columns import Columns

MINUTE = 60_000
Encoded = Cells | msgspec.Raw | None


def summands(columns: Columns, again: Bools, copies: Bools) -> Ints:
    """Of each event (columns) whether it adds no person, whether it is a copy, and its reach."""
    rows = np.zeros((3, len(columns)), np.int64)
    rows[0], rows[1] = again, copies
    if "followers" in columns.fields:
        rows[2] = columns.field("followers").amounts()
    return rows


class _Events(NamedTuple):
    """Those of a chunk so far, as `tallies.table` wants them."""

    names: Mapping[str, Ints]
    minutes: Ints
    summands: Ints

    def kept(self, marks: Bools) -> "_Events":
        names = {field: numbers[marks] for field, numbers in self.names.items()}
        return _Events(names, self.minutes[marks], self.summands[:, marks])


class _Count:
    """What one cut makes of a chunk; without one, it is the whole stream."""

    def __init__(self, cut: Cut | None, vocabulary: Vocabulary, shards: int) -> None:
        self._by = cut.by if cut else ()
        self._where = cut.where if cut else {}
        self._family = cut.family if cut else None
        self._vocabulary, self._shards = vocabulary, shards

    @property
    def fields(self) -> set[str]:
        return {*self._by, *self._where}

    def by_shard(self, events: _Events) -> Sequence[Encoded]:
        """Its cells for each shard; those without a family go to all."""
        if self._where:
            events = events.kept(self._fixed(events.names))
        size = len(events.minutes)
        names = np.array([events.names[field] for field in self._by], np.int64)
        names = names.reshape(len(self._by), size)
        counted = table(names, events.minutes, events.summands, self._owners(events.names))
        keys = self._keys(counted.keys)
        if self._family is None:
            (every,) = _cells(counted, keys, owners=1)
            return [every and msgspec.Raw(encode(every))] * self._shards
        return _cells(counted, keys, owners=self._shards)

    def _fixed(self, names: Mapping[str, Ints]) -> Bools:
        """Which events have the values that the cut fixes."""
        wanted = self._where.items()
        marks = [names[field] == self._vocabulary[field][value] for field, value in wanted]
        fixed: Bools = np.logical_and.reduce(marks)
        return fixed

    def _owners(self, names: Mapping[str, Ints]) -> Ints | None:
        """The shard of each event's series; None where all shards have all of them."""
        if self._family is None:
            return None
        shard = partial(shard_of, self._family, shards=self._shards)
        owners = self._vocabulary[self._family].facts("shard", shard).astype(np.int64)
        return owners[names[self._family]]

    def _keys(self, names: Ints) -> list[str]:
        """The series' keys, of the numbers (rows) of their values."""
        rows = zip(self._by, names.tolist(), strict=True)
        columns = [self._vocabulary[field].values_of(row) for field, row in rows]
        if len(columns) == 1:
            return columns[0]
        return list(map(SEPARATOR.join, zip(*columns, strict=True))) or [""] * names.shape[1]


def _cells(table: Table, keys: list[str], *, owners: int) -> list[Cells | None]:
    """The cells of each owner's series, which stand together."""
    series = np.searchsorted(table.owners, np.arange(owners + 1))
    cells = np.searchsorted(table.series, series)
    own = table.series - np.repeat(series[:-1], np.diff(cells))
    repeats, reposts, reach = table.sums
    people = table.events - repeats
    numbers = CellNumbers(own, table.minutes, table.events, people, reposts, reach).packed()
    bounds = zip(pairwise(series.tolist()), pairwise(cells.tolist()), strict=True)
    return [
        Cells.of(keys[first:last], numbers, slice(start, end)) if start < end else None
        for (first, last), (start, end) in bounds
    ]


class ChunkCounts:
    """All the counts of one chunk; the last is the stream's total.

    Args:
        cuts: by which it is counted.
        vocabulary: which numbers the events' values.
        shards: that the counts go to.
    """

    def __init__(self, cuts: Sequence[Cut], vocabulary: Vocabulary, *, shards: int) -> None:
        self._vocabulary = vocabulary
        self._counts = [_Count(cut, vocabulary, shards) for cut in (*cuts, None)]
        self._minutes = [np.empty(0, np.int64)]
        self._summands = [np.empty((3, 0), np.int64)]
        fields = sorted({field for count in self._counts for field in count.fields})
        self._names = {field: [np.empty(0, np.int64)] for field in fields}

    def add(self, columns: Columns, *, again: Bools, copies: Bools) -> None:
        """Take in events; `again` marks those that add no person, copies among them."""
        self._minutes.append(columns.times // MINUTE)
        self._summands.append(summands(columns, again, copies))
        for field, runs in self._names.items():
            runs.append(columns.field(field).coded(self._vocabulary[field]))

    def by_shard(self) -> Iterator[list[Encoded]]:
        """For each shard its cells of each cut; those without a family go to all."""
        names = {field: np.concatenate(runs) for field, runs in self._names.items()}
        minutes, summed = np.concatenate(self._minutes), np.concatenate(self._summands, axis=1)
        by_cut = [count.by_shard(_Events(names, minutes, summed)) for count in self._counts]
        return map(list, zip(*by_cut, strict=True))
