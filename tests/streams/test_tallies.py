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
    tally = Tally()
    for run in runs:
        fields, minutes, *marks = zip(*run, strict=True)
        numbers = np.array([minutes, [1] * len(run), *marks], np.int64)
        tally.add(fields, numbers, None)
        if asked_between:
            tally.table()
    return tally.table()


def cells(table: Table) -> list[tuple[object, ...]]:
    keys = [table.keys[series] for series in table.series.tolist()]
    return list(zip(table.minutes.tolist(), keys, *table.sums.tolist(), strict=True))


@given(RUNS)
def test_cells_hold_the_sums_of_their_events_by_minute_and_series(
    runs: Runs,
) -> None:
    sums: dict[tuple[int, tuple[str, str]], list[int]] = {}
    for (first, second), minute, again, repost, reach in [event for run in runs for event in run]:
        if first is not None and second is not None:
            cell = sums.setdefault((minute, (first, second)), [0, 0, 0, 0])
            marks = (1, again, repost, reach)
            cell[:] = [held + mark for held, mark in zip(cell, marks, strict=True)]
    assert cells(counted(runs)) == [(*cell, *sums[cell]) for cell in sorted(sums)]


@given(RUNS)
def test_asking_while_a_chunk_fills_changes_nothing(runs: Runs) -> None:
    asked, unasked = counted(runs, asked_between=True), counted(runs)
    assert cells(asked) == cells(unasked)


def test_an_event_outside_the_mask_does_not_count() -> None:
    tally = Tally()
    numbers = np.array([[5, 5], [1, 1], [0, 0], [1, 0], [0, 0]], np.int64)
    tally.add([("a",), ("b",)], numbers, np.array([False, True]))
    assert cells(tally.table()) == [(5, ("b",), 1, 0, 0, 0)]
    assert not tally.reposted
