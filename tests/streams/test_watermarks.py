"""How far event time has come, and which counts records are news."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.counts.cells import Counts
from streams.counts.watermarks import (
    Admission,
    CountsGapError,
    CountsOverlapError,
    Held,
    Watermarks,
    admit,
)

T = 1_704_067_200_000
HOUR = 3_600_000


def record(start: int = 0, end: int = 5, **changes: Any) -> Counts:
    facts: dict[str, Any] = {
        "version": "v", "stream": "complaints", "topic": "t", "partition": 0, "partitions": 1,
        "start": start, "end": end, "closed": False, "first": False, "watermark": T, "idle": 0,
        "approximate": False, "late": 0, "cells": [], "triggers": [], "layout": "",
    }  # fmt: skip
    return Counts(**(facts | changes))


def mark(end: int = 5, idle: int = 1000, **changes: Any) -> Counts:
    return record(end, end, closed=True, idle=idle, **changes)


def held(start: int = 0, end: int = 5, *, closed: bool = False) -> Held:
    return Held(start, end, closed, T, None)


def told(*records: Counts, topics: tuple[str, ...] = ("t",)) -> Watermarks:
    marks = Watermarks.of(list(topics))
    for one in records:
        marks.note(one)
    return marks


def test_a_partition_begins_with_a_first_chunk() -> None:
    assert admit(None, record(7, 9, first=True)) is Admission.FOLLOWS


def test_a_partition_may_begin_with_a_mark_that_nothing_precedes() -> None:
    assert admit(None, mark(0, first=True)) is Admission.IDLE
    assert admit(held(0, 0, closed=True), record(3, 9, first=True)) is Admission.FOLLOWS


@pytest.mark.parametrize("opening", [record(7, 9), mark(7)])
def test_a_partition_that_begins_in_its_middle_is_a_gap_with_a_name(opening: Counts) -> None:
    rule = r"t\[0\]: counts must begin with a first chunk, got one from 7 that follows another"
    with pytest.raises(CountsGapError, match=rule):
        admit(None, opening)


@pytest.mark.parametrize(
    ("news", "admission"),
    [
        (record(0, 6), Admission.REPLACES),
        (record(0, 5, closed=True), Admission.REPLACES),
        (record(0, 5), Admission.STALE),
        (record(0, 4, closed=True), Admission.STALE),
        (record(5, 9, first=True), Admission.FOLLOWS),
        (mark(5), Admission.IDLE),
        (mark(4), Admission.STALE),
        (mark(6), Admission.STALE),
        (mark(6, first=True), Admission.IDLE),
        (mark(4, first=True), Admission.STALE),
    ],
)
def test_the_greatest_of_from_to_and_closed_wins(news: Counts, admission: Admission) -> None:
    assert admit(held(), news) is admission


@pytest.mark.parametrize(
    ("news", "admission"),
    [
        (record(0, 5, closed=True), Admission.STALE),
        (record(0, 4), Admission.STALE),
        (record(5, 6), Admission.FOLLOWS),
        (record(5, 6, closed=True), Admission.FOLLOWS),
        (record(900, 901, first=True), Admission.FOLLOWS),
    ],
)
def test_a_closed_chunk_names_where_the_next_starts(news: Counts, admission: Admission) -> None:
    assert admit(held(closed=True), news) is admission


def test_what_lies_before_the_chunk_held_is_stale_even_if_first() -> None:
    assert admit(held(10, 20), record(0, 10, closed=True, first=True)) is Admission.STALE


@pytest.mark.parametrize(
    ("closed", "news", "admission"),
    [
        (False, record(3, 4, first=True), Admission.STALE),
        (False, record(3, 5, first=True), Admission.STALE),
        (False, record(3, 4, closed=True, first=True), Admission.STALE),
        (False, record(3, 5, closed=True, first=True), Admission.CLOSES),
        (True, record(3, 5, first=True), Admission.STALE),
        (True, record(3, 5, closed=True, first=True), Admission.STALE),
    ],
)
def test_what_is_left_of_a_chunk_that_lost_its_beginning_is_counted_already(
    closed: bool, news: Counts, admission: Admission
) -> None:
    assert admit(held(closed=closed), news) is admission


def test_counts_go_on_after_a_chunk_whose_rest_was_closed() -> None:
    marks = told(record(0, 5), record(3, 5, closed=True, first=True))
    assert marks.held["t"][0] == Held(0, 5, True, T, None)
    assert admit(marks.last(record()), record(5, 7)) is Admission.FOLLOWS


@pytest.mark.parametrize("closed", [False, True])
def test_a_rest_that_has_grown_cannot_be_told_from_what_was_counted(closed: bool) -> None:
    rule = (
        r"t\[0\]: the source lost records of a chunk that was counted from 0 to 5, and the rest of "
        "it goes on to 6: these cannot be told apart; tocsin rebuild counts them from the archive"
    )
    with pytest.raises(CountsOverlapError, match=rule):
        admit(held(closed=closed), record(3, 6, first=True))


@pytest.mark.parametrize(
    ("last", "start", "rule"),
    [
        (held(closed=True), 6, "must go on at offset 5, got a chunk from 6"),
        (held(), 5, "must go on at offset 5 once its chunk is closed, got a chunk from 5"),
        (held(closed=True), 3, "must go on at offset 5, got a chunk from 3"),
    ],
)
def test_a_hole_in_the_counts_is_an_error_with_a_name(last: Held, start: int, rule: str) -> None:
    with pytest.raises(CountsGapError, match=rf"t\[0\]: counts {rule}"):
        admit(last, record(start, 9))


def test_time_is_the_least_watermark_of_all_partitions_of_all_topics() -> None:
    marks = told(
        record(watermark=T + 5, partitions=2),
        record(watermark=T + 9, partition=1, partitions=2),
        record(watermark=T + 7, topic="u"),
        topics=("t", "u"),
    )
    assert marks.time == T + 5


@pytest.mark.parametrize(
    "silent",
    [
        [record(partitions=2)],
        [record(partition=1, partitions=2), record(partition=1, partitions=2, end=6)],
        [record(partitions=2), record(partition=1, partitions=2, watermark=None)],
        [mark(first=True, partitions=2)],
    ],
)
def test_there_is_no_time_before_each_partition_has_spoken(silent: list[Counts]) -> None:
    assert told(*silent).time is None


def test_there_is_no_time_before_each_topic_has_spoken() -> None:
    assert told(record(), topics=("t", "u")).time is None


def test_time_waits_for_partitions_that_are_added() -> None:
    marks = told(record(watermark=T), record(end=6, watermark=T + 9, partitions=2))
    assert marks.time == T


def test_an_idle_partition_is_left_out_of_the_minimum() -> None:
    slow, quick = record(partitions=2), record(partition=1, partitions=2, watermark=T + 9)
    assert told(slow, quick, mark(partitions=2)).time == T + 9


def test_an_idle_partition_is_not_overtaken_before_it_has_said_again_that_it_is_idle() -> None:
    both = record(partitions=2), record(partition=1, partitions=2)
    marks = told(*both, mark(partitions=2), mark(partition=1, partitions=2))
    before = marks.time
    marks.note(record(partition=1, partitions=2, end=6, watermark=T + 10**9))
    assert marks.time == before
    marks.note(mark(partitions=2))
    assert marks.time == T + 10**9


def test_an_idle_partition_whose_log_begins_behind_its_last_chunk_holds_nothing_up() -> None:
    marks = told(record(partitions=2), record(partition=1, partitions=2))
    gone = mark(9, partitions=2, first=True)
    for quick in (T + HOUR, T + 2 * HOUR):
        assert admit(marks.last(gone), gone) is Admission.IDLE
        marks.note(gone)
        marks.note(record(partition=1, partitions=2, end=6, watermark=quick))
    marks.note(gone)
    assert marks.time == T + 2 * HOUR


def test_a_mark_of_a_former_owner_does_not_vouch_for_what_its_heir_counts() -> None:
    marks = told(record(0, 5, partitions=2), record(9, 12, partitions=2, first=True))
    assert admit(marks.last(mark(9)), mark(9, first=True)) is Admission.STALE


def test_a_partition_that_never_had_a_record_holds_nothing_up_once_it_is_idle() -> None:
    empty = mark(0, watermark=None, partition=1, partitions=2, first=True)
    assert told(record(partitions=2), empty).time == T


def test_an_idle_partition_that_speaks_again_counts_again() -> None:
    quick = record(partition=1, partitions=2, watermark=T + 9)
    marks = told(record(partitions=2), quick, mark(partitions=2))
    marks.note(record(5, 6, partitions=2, watermark=T + 1))
    marks.note(record(partition=1, partitions=2, end=6, watermark=T + 20))
    assert marks.time == T + 9
    marks.note(record(5, 7, partitions=2, watermark=T + 15))
    assert marks.time == T + 15


def test_where_all_are_idle_time_goes_on_by_what_has_passed_for_all() -> None:
    marks = told(record(partitions=2), record(partition=1, partitions=2, watermark=T + 50))
    marks.note(mark(partitions=2, idle=1000))
    marks.note(mark(partitions=2, idle=1000))
    assert marks.time == T + 50
    marks.note(mark(partition=1, partitions=2, idle=700, watermark=T + 50))
    assert marks.time == T + 750
    marks.note(mark(partition=1, partitions=2, idle=700, watermark=T + 50))
    assert marks.time == T + 1450


@st.composite
def words(draw: st.DrawFn) -> list[Counts]:
    """What three partitions say in any order: each moves on, marks, or repeats itself."""
    ends = [0, 0, 0]
    records = []
    for _ in range(draw(st.integers(1, 40))):
        partition = draw(st.integers(0, 2))
        place: dict[str, Any] = {"partition": partition, "partitions": 3, "first": True}
        watermark = draw(st.one_of(st.none(), st.integers(T, T + 10**7)))
        if draw(st.booleans()):
            ends[partition] += draw(st.integers(0, 2))
            records.append(record(0, ends[partition], watermark=watermark, **place))
        else:
            end = ends[partition] - draw(st.integers(0, 1))
            idle = draw(st.integers(1, 10**7))
            records.append(mark(end, idle, watermark=watermark, **place))
    return records


@given(words())
def test_time_never_goes_back_whatever_is_said(records: list[Counts]) -> None:
    marks, before = Watermarks.of(["t"]), None
    for one in records:
        if admit(marks.last(one), one) is not Admission.STALE:
            marks.note(one)
        assert before is None or (marks.time is not None and marks.time >= before)
        before = marks.time


@given(words(), st.data())
def test_saying_again_what_was_said_changes_nothing(
    records: list[Counts], data: st.DataObject
) -> None:
    marks = Watermarks.of(["t"])
    for n, one in enumerate(records):
        if admit(marks.last(one), one) is not Admission.STALE:
            marks.note(one)
        past = [r for r in records[: n + 1] if not r.idle]
        if past:
            old = data.draw(st.sampled_from(past))
            assert admit(marks.last(old), old) is Admission.STALE
