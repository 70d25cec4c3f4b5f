"""What is said of records that Kafka deleted before the archive had them."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from streams.transport.runs import Begin, Run
from tests.archive.bench import MARKS, TOPIC, Bench
from tests.archive.records import Record, complaints
from tests.archive.test_stage import chunk


def begun(
    records: list[Record], *, committed: int | None, earliest: int, topic: str = TOPIC
) -> Run:
    return Run(topic, 0, records, Begin(committed, "", earliest), 0)


def said(bench: Bench, first: Run) -> list[Any]:
    """How many records each line says are missing, once the reading that begins so has written."""
    with capture_logs() as lines:
        bench.take(first)
        bench.write()
        bench.write()
    return [line["lost"] for line in lines if line["event"] == "records_not_archived"]


def archived(bench: Bench, *offsets: int) -> None:
    """By a worker before this one."""
    bench.take(begun(complaints(*offsets), committed=None, earliest=0))
    bench.write()
    bench.restarted()


@pytest.mark.parametrize(
    ("earliest", "lost"),
    [(10, 0), (13, 0), (14, 0), (15, 1), (40, 26)],
)
def test_what_the_open_file_holds_behind_the_commit_is_not_missing(
    bench: Bench, earliest: int, lost: int
) -> None:
    archived(bench, *range(14))
    first = begun(complaints(earliest, earliest + 1), committed=10, earliest=earliest)
    assert said(bench, first) == ([lost] if lost else [])
    assert bench.offsets() == sorted({*range(14), earliest, earliest + 1})


def test_what_is_missing_is_said_though_nothing_was_committed_yet(bench: Bench) -> None:
    archived(bench, 0, 1, 2)
    assert said(bench, begun(complaints(5), committed=None, earliest=5)) == [2]


def test_what_was_missing_once_is_not_said_at_the_next_start(bench: Bench) -> None:
    archived(bench, 0, 1, 2)
    assert said(bench, begun(complaints(5), committed=0, earliest=5)) == [2]
    bench.restarted()
    assert said(bench, begun(complaints(5, 6), committed=0, earliest=5)) == []


def test_a_new_archive_of_an_old_log_misses_nothing_that_was_due(bench: Bench) -> None:
    assert said(bench, begun(complaints(5), committed=None, earliest=5)) == []


def test_without_its_files_all_from_the_commit_on_is_missing(bench: Bench) -> None:
    assert said(bench, begun(complaints(5), committed=2, earliest=5)) == [3]


def test_another_partition_another_topic_and_a_torn_file_hold_nothing_of_this_one(
    bench: Bench,
) -> None:
    archived(bench, 0, 1, 2)
    for path in bench.folder.rglob("*.parquet"):
        path.write_bytes(b"torn")
    other = begun([chunk(7, 40, [0])], committed=4, earliest=7, topic=MARKS.topic)
    assert said(bench, other) == [3]
    assert said(bench, begun(complaints(5), committed=0, earliest=5)) == [5]


def test_it_is_looked_for_again_until_the_place_can_be_read(bench: Bench) -> None:
    first = begun(complaints(5), committed=2, earliest=5)
    bench.place.away = True
    assert said(bench, first) == []
    bench.place.away = False
    with capture_logs() as lines:
        bench.write(after=31.0)
    assert [line["lost"] for line in lines if "lost" in line] == [3]
