"""Names, cuts, and that each record of overlapping files counts once."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.archive.layout import DAY, File, Piece, day, fitting, listed, pieces
from streams.archive.retention import expired

TODAY = date(2024, 9, 1)
topics = st.from_regex(r"[a-zA-Z0-9._-]{1,20}", fullmatch=True)
offsets = st.integers(0, 10**12)


def file(first: int, end: int | None, *, partition: int = 0, on: date = TODAY) -> File:
    return File("complaints", "complaints", partition, on, first, end)


@given(topics, st.dates(), st.integers(0, 999), offsets, st.none() | offsets)
def test_a_name_is_read_back(
    topic: str, on: date, partition: int, first: int, end: int | None
) -> None:
    wanted = File("mentions", topic, partition, on, first, end)
    assert File.of(wanted.name) == wanted


@given(st.text() | st.just("complaints/complaints/day=2024-02-31/0-" + "0" * 20 + "-open.parquet"))
def test_what_others_have_put_there_is_no_file_of_ours(name: str) -> None:
    assert list(listed([name])) == []


@given(
    st.lists(st.integers(0, 3 * DAY), min_size=1, max_size=60).map(sorted),
    st.integers(1, 20),
    st.data(),
)
def test_wherever_a_reading_begins_the_files_end_at_the_same_places(
    stamps: list[int], grid: int, data: st.DataObject
) -> None:
    begins = cuts(stamps, grid, at=0)
    start = data.draw(st.sampled_from(begins))
    assert cuts(stamps, grid, at=start) == [begin for begin in begins if begin >= start]


def cuts(stamps: list[int], grid: int, *, at: int) -> list[int]:
    """Where files begin, read from an offset on."""
    found, log = [], np.array(stamps, np.int64)
    while at < len(log):
        found.append(at)
        at += fitting(np.arange(at, len(log)), log[at:], first=at, stamp=stamps[at], grid=grid)
    return found


def test_a_file_ends_at_the_grid_and_with_its_day() -> None:
    morning = 19_000 * DAY
    stamps = np.array([morning, morning + DAY - 1, morning + DAY, morning + 5])
    for grid, expected in ((100, 2), (1, 1)):
        assert fitting(np.arange(4), stamps, first=0, stamp=morning, grid=grid) == expected


def test_a_record_of_yesterday_among_those_of_today_ends_no_file() -> None:
    stamps = np.array([DAY + 5, DAY - 5, DAY + 6])
    assert fitting(np.arange(3), stamps, first=0, stamp=DAY + 5, grid=100) == 3


ranges = st.tuples(st.integers(0, 40), st.integers(1, 20))


@given(st.lists(ranges, max_size=8), st.none() | st.integers(0, 60))
def test_each_record_of_files_that_overlap_counts_once(
    closed: list[tuple[int, int]], fills: int | None
) -> None:
    """The log ends at 80, and so does the open file, where there is one."""
    files = {file(first, first + size) for first, size in closed}
    held = {offset for one in files for offset in range(one.first, one.end or 0)}
    if fills is not None and not any(one.first > fills for one in files):
        files.add(file(fills, None))
        held |= set(range(fills, 80))
    assert sorted(held) == [o for piece in pieces(files) for o in range(piece.start, end(piece))]


def end(piece: Piece) -> int:
    return min(piece.stop, 80)


@given(st.lists(ranges, max_size=8), st.lists(st.integers(0, 60), max_size=4))
def test_whatever_lies_there_no_record_counts_twice(
    closed: list[tuple[int, int]], opened: list[int]
) -> None:
    files = {file(first, first + size) for first, size in closed}
    files |= {file(first, None) for first in opened}
    found = [o for piece in pieces(files) for o in range(piece.start, end(piece))]
    assert found == sorted(set(found))


def test_what_a_file_held_before_it_was_closed_is_left_out() -> None:
    whole = file(10, 20)
    after = file(20, None)
    assert [piece.file for piece in pieces([file(10, None), whole, after])] == [whole, after]


def test_what_a_file_that_is_read_again_holds_beyond_the_closed_one_counts() -> None:
    assert [piece.start for piece in pieces([file(10, None), file(10, 20)])] == [10, 20]


def test_partitions_do_not_touch_each_other() -> None:
    files = [file(0, 10), file(0, 10, partition=1)]
    assert [piece.start for piece in pieces(files)] == [0, 0]


def test_files_older_than_what_is_kept_go_whole() -> None:
    now = datetime(2024, 9, 1, 15, tzinfo=UTC)
    names = [file(0, 9, on=TODAY - timedelta(days=ago)).name for ago in (0, 1, 2, 3)]
    assert expired([*names, "else.parquet"], kept=timedelta(days=2), now=now) == names[3:]


@given(st.integers(0, 4_000_000_000_000))
def test_a_day_is_that_of_utc(stamp: int) -> None:
    assert (day(stamp) - date(1970, 1, 1)).days == stamp // DAY
