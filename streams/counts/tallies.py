"""Events become cells by series and minute, all at once."""

from typing import Final, NamedTuple

import numpy as np

from streams.columnar.fields import Ints
from streams.columnar.vocabulary import LACKING

WIDEST: Final = 2**31  # numbers of series, from which on they are made dense
ROOM, ROOMS = 1 << 15, 8  # places in a table, and those for each event; or codes are sorted


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
    met, owned, series = _placed(_numbered(_joined(names))[1], owners)
    least, span = int(minutes.min()), int(np.ptp(minutes)) + 1
    cells, cell = _numbered(series * span + (minutes - least))
    series = cells // span
    since = cells - series * span  # divmod takes five times as long
    events = np.bincount(cell, minlength=len(cells))
    return Table(names[:, met], owned, series, since + least, events, _sums(summands, cell, events))


def _placed(series: Ints, owners: Ints | None) -> tuple[Ints, Ints, Ints]:
    """The first event of each series and its owner, in order; the place of each event's series."""
    events = np.arange(len(series))
    first = np.empty(int(series.max()) + 1, np.int64)
    first[series[::-1]] = events[::-1]  # of events of one series the last one stays, here the first
    met = np.sort(first)
    if owners is not None:
        met = met[np.argsort(owners[met], kind="stable")]
    owned = np.zeros_like(met) if owners is None else owners[met]
    place = np.empty_like(first)
    place[series[met]] = np.arange(len(met))
    return met, owned, place[series]


def _numbered(codes: Ints) -> tuple[Ints, Ints]:
    """The codes that there are, ascending, and the place of each among them."""
    if int(codes.max()) >= ROOM + ROOMS * len(codes):
        return np.unique(codes, return_inverse=True)
    there = np.zeros(int(codes.max()) + 1, np.bool_)
    there[codes] = True
    found = np.flatnonzero(there)
    place = np.empty(len(there), np.int64)
    place[found] = np.arange(len(found))
    return found, place[codes]


def _joined(names: Ints) -> Ints:
    """One number for each combination of values (rows)."""
    joined = np.zeros(names.shape[1], np.int64)
    for values in names:
        joined = joined * (int(values.max()) + 1) + values
        if joined.max() >= WIDEST:
            joined = np.unique(joined, return_inverse=True)[1]
    return joined


def _sums(summands: Ints, cell: Ints, events: Ints) -> Ints:
    """What the events add to their cells; mostly nothing."""
    sums = np.zeros((len(summands), len(events)), np.int64)
    for row in np.flatnonzero(summands.any(axis=1)).tolist():
        np.add.at(sums[row], cell, summands[row])
    return sums
