"""Events become cells by series and minute, all at once."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.vocabulary import LACKING

Ints = NDArray[np.int64]
WIDEST: Final = 2**31  # numbers of series, from which on they are made dense


class Table(NamedTuple):
    """Cells, by series and then by minute.

    Attributes:
        keys: of each series (columns) the number of each of its values (rows).
        owners: of each series, ascending.
        series: of each cell, its place among the series.
        minutes: of each cell, since the epoch.
        events: of each cell.
        sums: of each cell (columns) what was to be summed up (rows).
    """

    keys: Ints
    owners: Ints
    series: Ints
    minutes: Ints
    events: Ints
    sums: Ints


def table(names: Ints, minutes: Ints, summands: Ints, owners: Ints | None = None) -> Table:
    """What events (columns) add to the series that they name.

    Args:
        names: the number of each of its values (rows); where one is LACKING, it is in no series.
        minutes: of their times.
        summands: what is summed up of each (rows).
        owners: of each event's series, by which they are put in order, then as they are met;
            None where all have one.
    """
    if names.size and names.min() == LACKING:
        whole = (names != LACKING).all(axis=0)
        names, minutes, summands = names[:, whole], minutes[whole], summands[:, whole]
        owners = None if owners is None else owners[whole]
    if not minutes.size:
        return Table(names, minutes, minutes, minutes, minutes, summands)
    series, since = _joined(names), minutes - minutes.min()
    cell = series * (int(since.max()) + 1) + since
    order = np.argsort(cell, kind="stable")
    starts = _starts(cell[order])
    first = order[starts]
    met, owned, place = _placed(series[first], first, owners)
    cells = np.argsort(place, kind="stable")
    return Table(
        names[:, met], owned, place[cells], minutes[first[cells]],
        _lengths(starts, len(order))[cells], _sums(summands, order, starts)[:, cells],
    )  # fmt: skip


def _placed(series: Ints, first: Ints, owners: Ints | None) -> tuple[Ints, Ints, Ints]:
    """The first event of each series and its owner, in order; the place of each cell's series.

    Args:
        series: of the cells, ascending.
        first: event of each cell.
        owners: of each event's series.
    """
    starts = _starts(series)
    met = np.minimum.reduceat(first, starts)
    order = np.argsort(met) if owners is None else np.lexsort((met, owners[met]))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    met = met[order]
    owned = np.zeros_like(met) if owners is None else owners[met]
    return met, owned, np.repeat(place, _lengths(starts, len(series)))


def _joined(names: Ints) -> Ints:
    """One number for each combination of values (rows)."""
    joined = np.zeros(names.shape[1], np.int64)
    for values in names:
        joined = joined * (int(values.max()) + 1) + values
        if joined.max() >= WIDEST:
            joined = np.unique(joined, return_inverse=True)[1]
    return joined


def _sums(summands: Ints, order: Ints, starts: Ints) -> Ints:
    """What the events add to their cells; mostly nothing."""
    if not summands.any():
        return np.zeros((len(summands), len(starts)), np.int64)
    return np.add.reduceat(summands[:, order], starts, axis=1)


def _starts(ordered: Ints) -> Ints:
    """Where each run of equal numbers begins."""
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def _lengths(starts: Ints, end: int) -> Ints:
    """How long each run is."""
    lengths = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1] = end - starts[-1]
    return lengths
