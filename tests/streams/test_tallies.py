"""Counting by arrays says the same as counting one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.tallies import Table, Tally

FIELD = st.sampled_from(["a", "b", "a\x01", "北", None])
EVENT = st.tuples(
    st.tuples(FIELD, FIELD),
    st.integers(-1, 3),
    st.booleans(),
    st.booleans(),
    st.integers(0, 10**12),
)
Event = tuple[tuple[str | None, str | None], int, bool, bool, int]
Runs = list[list[Event]]
RUNS = st.lists(st.lists(EVENT, min_size=1, max_size=8), max_size=4)


def counted(runs: Runs, *, asked_between: bool = False) -> Table:
    tally, taken = Tally(), [np.empty((5, 0), np.int64)]
    for run in runs:
        fields, minutes, *marks = zip(*run, strict=True)
        taken.append(np.array([minutes, [1] * len(run), *marks], np.int64))
        tally.add(fields, len(run))
        if asked_between:
            tally.table(np.concatenate(taken, axis=1))
    return tally.table(np.concatenate(taken, axis=1))


def cells(table: Table) -> list[tuple[object, ...]]:
    keys = [table.keys[series] for series in table.series.tolist()]
    return list(zip(keys, table.minutes.tolist(), *table.sums.tolist(), strict=True))


@given(RUNS)
def test_cells_hold_the_sums_of_their_events_by_series_and_minute(
    runs: Runs,
) -> None:
    sums: dict[tuple[tuple[str, str], int], list[int]] = {}
    for (first, second), minute, again, repost, reach in [event for run in runs for event in run]:
        if first is not None and second is not None:
            cell = sums.setdefault(((first, second), minute), [0, 0, 0, 0])
            marks = (1, again, repost, reach)
            cell[:] = [held + mark for held, mark in zip(cell, marks, strict=True)]
    table = counted(runs)
    assert sorted(cells(table)) == [(*cell, *sums[cell]) for cell in sorted(sums)]
    order = list(zip(table.series.tolist(), table.minutes.tolist(), strict=True))
    assert order == sorted(order)
    assert set(table.series.tolist()) == set(range(len(table.keys)))


@given(RUNS)
def test_asking_while_a_chunk_fills_changes_nothing(runs: Runs) -> None:
    asked, unasked = counted(runs, asked_between=True), counted(runs)
    assert cells(asked) == cells(unasked)


def test_an_event_outside_the_mask_does_not_count_and_makes_no_series() -> None:
    tally = Tally()
    numbers = np.array([[5, 5], [1, 1], [0, 0], [1, 0], [0, 0]], np.int64)
    tally.add([("a",), ("b",)], 2, np.array([False, True]))
    table = tally.table(numbers)
    assert cells(table) == [(("b",), 5, 1, 0, 0, 0)]
    assert table.keys == [("b",)]


def test_the_series_of_an_owner_stand_together() -> None:
    tally = Tally()
    tally.add([("a1",), ("b1",), ("a2",)], 3)
    numbers = np.array([[5, 5, 5], [1, 1, 1], *[[0, 0, 0]] * 3], np.int64)
    table = tally.table(numbers, lambda keys: [int(name[0] == "a") for (name,) in keys])
    assert table.keys == [("b1",), ("a1",), ("a2",)]
    assert table.owners.tolist() == [0, 1, 1]
