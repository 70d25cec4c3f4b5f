"""Events of several files in the order in which they are met, and by partition."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.columnar.fields import Ints
from streams.configuration.sections import Stream
from streams.events.columns import Columns
from streams.events.event import Event, Mention
from streams.files.course import BATCH, Course, Part
from tests.streams.logs import START, complaint, mention

STREAMS: tuple[Stream, ...] = ("complaints", "mentions")
ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1)  # met, partition
PARTS = st.lists(st.tuples(st.sampled_from(STREAMS), ROWS), max_size=5)


def events(stream: Stream, rows: Sequence[tuple[int, int]], part: int) -> list[Event]:
    """Named by part and place; the product tells the partition."""
    make = complaint if stream == "complaints" else mention
    return [
        make(f"{part}-{n}", START + when, product=str(owner), text="said" if when else None)
        for n, (when, owner) in enumerate(rows)
    ]


def course(parts: Sequence[tuple[Stream, list[tuple[int, int]]]]) -> tuple[Course, list[Event]]:
    """And the events in the order that Python gives them."""
    made = [(stream, events(stream, rows, n)) for n, (stream, rows) in enumerate(parts)]
    held = [
        Part(stream, Columns.of(own), np.array([one.time for one in own])) for stream, own in made
    ]
    return Course(held), sorted((one for _, own in made for one in own), key=lambda one: one.time)


def owners(_: Stream, columns: Columns) -> Ints:
    return np.array([int(value) for value in columns["product"]], np.int64)


@given(PARTS)
def test_one_by_one_they_come_as_they_are_met_and_else_in_the_order_of_the_parts(
    parts: list[tuple[Stream, list[tuple[int, int]]]],
) -> None:
    held, wanted = course(parts)
    found = [entry for batch in held.batches() for entry in batch]
    assert [entry.event for entry in found] == wanted
    assert [entry.met for entry in found] == [event.time for event in wanted]
    assert len(held) == len(wanted)


@given(PARTS)
def test_each_partition_has_its_own_in_the_same_order(
    parts: list[tuple[Stream, list[tuple[int, int]]]],
) -> None:
    held, wanted = course(parts)
    found: dict[tuple[Stream, int], list[str]] = {}
    for stream, number, columns in (one for some in held.passages(owners) for one in some):
        assert len(columns)
        found.setdefault((stream, number), []).extend(columns["id"])
    expected: dict[tuple[Stream, int], list[str]] = {}
    for event in wanted:
        of: Stream = "mentions" if isinstance(event, Mention) else "complaints"
        expected.setdefault((of, int(event.product or 0)), []).append(event.id)  # type: ignore[union-attr]  # no update
    assert found == expected


def test_all_partitions_advance_together() -> None:
    rows = [(n, n % 2) for n in range(BATCH + 2)]
    held, _ = course([("complaints", rows)])
    assert [[len(one.columns) for one in some] for some in held.passages(owners)] == [
        [BATCH // 2, BATCH // 2], [1, 1]
    ]  # fmt: skip
