"""Counting while a chunk fills: events become cells by series and minute, all at once."""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, repeat
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Fields = tuple[str | None, ...]
LACKING: Final = -1
OwnersOf = Callable[[list[tuple[str, ...]]], Iterable[int]]


class Table(NamedTuple):
    """Cells, by series and then by minute.

    Attributes:
        keys: the fields of each series; all have cells.
        owners: of each series, ascending.
        series: of each cell, its place among the keys.
        minutes: of each cell, since the epoch.
        sums: of each cell (columns) events, repeat contacts, reposts and reach (rows).
    """

    keys: list[tuple[str, ...]]
    owners: Ints
    series: Ints
    minutes: Ints
    sums: Ints


class _Codes(dict[Fields, int]):
    """Numbers for series, in the order in which they are met; LACKING where a field is absent."""

    def __init__(self) -> None:
        super().__init__()
        self.keys_met: list[tuple[str, ...]] = []

    def __missing__(self, fields: Fields) -> int:
        code = LACKING
        if None not in fields:
            code = len(self.keys_met)
            self.keys_met.append(fields)  # type: ignore[arg-type]  # none is None
        self[fields] = code
        return code


def _one_owner(keys: list[tuple[str, ...]]) -> Iterable[int]:
    return repeat(0, len(keys))


class Tally:
    """The series of one cut that a chunk's events belong to."""

    def __init__(self) -> None:
        self._codes = _Codes()
        self._runs: list[Ints] = []

    def add(self, fields: Iterable[Fields], events: int, mask: Bools | None = None) -> None:
        """Take in a run of events.

        Args:
            fields: that name each event's series; an event that lacks one is in no series.
            events: how many there are.
            mask: which of them count; None for all.
        """
        if mask is None:
            self._runs.append(self._coded(fields, events))
            return
        codes = np.full(events, LACKING)
        codes[mask] = self._coded(compress(fields, mask.tolist()), int(mask.sum()))
        self._runs.append(codes)

    def add_all(self, events: int) -> None:
        """Take in a run of events that are all of the one series without fields."""
        self._runs.append(np.full(events, self._codes[()]))

    def _coded(self, fields: Iterable[Fields], events: int) -> Ints:
        return np.fromiter(map(self._codes.__getitem__, fields), np.int64, events)

    def table(self, numbers: Ints, owners_of: OwnersOf = _one_owner) -> Table:
        """What was counted so far.

        Args:
            numbers: of all events taken in (columns) the minute, 1, whether it is a repeat
                contact, whether it is a repost, and its reach (rows).
            owners_of: series, by which they are put in order.
        """
        codes = np.concatenate(self._runs) if self._runs else np.empty(0, np.int64)
        counted = codes != LACKING
        if not counted.all():
            codes, numbers = codes[counted], numbers[:, counted]
        owners = np.fromiter(owners_of(self._codes.keys_met), np.int64, len(self._codes.keys_met))
        order = np.argsort(owners, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        keys = [self._codes.keys_met[code] for code in order.tolist()]
        return Table(keys, owners[order], *_summed(place[codes], numbers))


def _summed(series: Ints, numbers: Ints) -> Sequence[Ints]:
    """Series, minutes and sums of the cells, in their order."""
    if not series.size:
        return series, numbers[0], numbers[1:]
    minutes = numbers[0] - numbers[0].min()
    cell = series * (int(minutes.max()) + 1) + minutes
    order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    first = order[starts]
    return series[first], numbers[0, first], np.add.reduceat(numbers[1:, order], starts, axis=1)
