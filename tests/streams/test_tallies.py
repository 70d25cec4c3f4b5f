"""Counting by arrays says the same as counting one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.columnar.vocabulary import LACKING
from streams.counts.tallies import WIDEST, Table, table

EVENT = st.tuples(
    st.tuples(st.integers(LACKING, 3), st.sampled_from([LACKING, 0, 1, WIDEST - 1])),
    st.integers(-1, 3),
    st.booleans(),
    st.booleans(),
    st.integers(0, 10**12),
)
Event = tuple[tuple[int, int], int, bool, bool, int]


def counted(events: list[Event]) -> Table:
    """The owner of a series is that of its first value."""
    names = np.array([event[0] for event in events], np.int64).reshape(-1, 2).T
    facts = np.array([event[1:5] for event in events], np.int64).reshape(-1, 4).T
    return table(names, facts[0], facts[1:], names[0] % 2)


def cells(table: Table) -> list[tuple[object, ...]]:
    keys = [tuple(key) for key in table.keys.T[table.series].tolist()]
    numbers = (table.minutes, table.events, *table.sums)
    return list(zip(keys, *(row.tolist() for row in numbers), strict=True))


@given(st.lists(EVENT, max_size=30))
def test_cells_hold_the_sums_of_their_events_by_series_and_minute(events: list[Event]) -> None:
    sums: dict[tuple[tuple[int, int], int], list[int]] = {}
    for key, minute, again, repost, reach in events:
        if LACKING not in key:
            cell = sums.setdefault((key, minute), [0, 0, 0, 0])
            marks = (1, again, repost, reach)
            cell[:] = [held + mark for held, mark in zip(cell, marks, strict=True)]
    made = counted(events)
    assert sorted(cells(made)) == [(*cell, *sums[cell]) for cell in sorted(sums)]
    order = list(zip(made.series.tolist(), made.minutes.tolist(), strict=True))
    assert order == sorted(order)
    assert set(made.series.tolist()) == set(range(made.keys.shape[1]))


@given(st.lists(EVENT, max_size=30))
def test_series_stand_by_owner_and_then_as_they_were_met(events: list[Event]) -> None:
    made = counted(events)
    met = list(dict.fromkeys(event[0] for event in events if LACKING not in event[0]))
    wanted = sorted(met, key=lambda key: key[0] % 2)
    assert list(map(tuple, made.keys.T.tolist())) == wanted
    assert made.owners.tolist() == [key[0] % 2 for key in wanted]


def test_the_whole_stream_is_one_series_without_values() -> None:
    summands = np.array([[0, 1, 0], [0, 0, 0], [5, 0, 1]])
    made = table(np.empty((0, 3), np.int64), np.array([7, 7, 6]), summands, np.zeros(3, np.int64))
    assert made.keys.shape == (0, 1)
    assert cells(made) == [((), 6, 1, 0, 0, 1), ((), 7, 2, 1, 0, 5)]
