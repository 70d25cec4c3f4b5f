"""Counting while a chunk fills: events become cells by minute and series, all at once."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Fields = tuple[str | None, ...]
REPOSTS: Final = 3  # its row among the numbers
LACKING: Final = -1


class Table(NamedTuple):
    """Cells, by minute and then by series.

    Attributes:
        keys: the fields of each series, sorted; one may have no cell.
        series: of each cell, its place among the keys.
        minutes: of each cell, since the epoch.
        sums: of each cell (columns) events, repeat contacts, reposts and reach (rows).
    """

    keys: list[tuple[str, ...]]
    series: Ints
    minutes: Ints
    sums: Ints


class _Codes(dict[Fields, int]):
    """Numbers for series, in the order in which they are met."""

    def __missing__(self, fields: Fields) -> int:
        code = self[fields] = len(self)
        return code


class Tally:
    """The cells of one cut.

    Attributes:
        reposted: there was a repost among the events.
    """

    def __init__(self) -> None:
        self.reposted = False
        self._codes = _Codes()
        self._rows = [np.empty((6, 0), np.int64)]

    def add(self, fields: Iterable[Fields], numbers: Ints, mask: Bools | None) -> None:
        """Count events.

        Args:
            fields: that name each event's series; an event that lacks one is in no series.
            numbers: of each event (columns) the minute, 1, whether it is a repeat contact,
                whether it is a repost, and its reach (rows).
            mask: which events count; None for all.
        """
        codes = np.fromiter(map(self._codes.__getitem__, fields), np.int64, numbers.shape[1])
        rows = np.vstack((codes, numbers))
        if mask is not None:
            rows = rows[:, mask]
        self.reposted |= bool(rows[1 + REPOSTS].any())
        self._rows.append(rows)

    def table(self) -> Table:
        """What was counted so far."""
        keys = sorted(filter(_complete, self._codes))
        place = np.full(len(self._codes), LACKING)
        place[[self._codes[fields] for fields in keys]] = np.arange(len(keys))
        rows = np.concatenate(self._rows, axis=1)
        rows = rows[:, place[rows[0]] != LACKING]
        rows = _summed(rows, place[rows[0]] + len(keys) * rows[1])
        self._rows = [rows]
        return Table(keys, place[rows[0]], rows[1], rows[2:])


def _complete(fields: Fields) -> TypeGuard[tuple[str, ...]]:
    return None not in fields


def _summed(rows: Ints, cell: Ints) -> Ints:
    """One column for each cell, in ascending order of `cell`; the first two rows name it."""
    order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    sums = np.add.reduceat(rows[2:, order], starts, axis=1)
    return np.vstack((rows[:2, order[starts]], sums))
