"""Files of a worker that ended whose records Kafka had dropped when the next one came."""

import duckdb
import pytest
from structlog.testing import capture_logs

from streams.archive import orphans
from streams.erasure.eraser import Eraser
from streams.transport.runs import Begin, Run
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import Record, complaint, complaints

PERSON = "Zoë-17"


def begun(records: list[Record], *, committed: int | None, earliest: int) -> Run:
    return Run(TOPIC, 0, records, Begin(committed, "", earliest), 0)


def followed(bench: Bench, *, committed: int | None, earliest: int) -> None:
    """By another worker, after one that held the records 0 to 3."""
    own = [complaint(3, person=PERSON, text="my door number is 12")]
    bench.take(begun([*complaints(0, 1, 2), *own], committed=None, earliest=0))
    bench.write()
    assert bench.files() == [(0, None)]
    bench.restarted()
    bench.take(begun(complaints(earliest, earliest + 1), committed=committed, earliest=earliest))
    bench.write()


@pytest.mark.parametrize(
    ("committed", "earliest", "files"),
    [
        (0, 6, [(0, 4), (6, None)]),
        (None, 6, [(0, 4), (6, None)]),
        (0, 2, [(0, 4), (2, None)]),
        (0, 0, [(0, None)]),
    ],
)
def test_what_no_reading_meets_again_is_closed_when_the_next_one_begins(
    bench: Bench, committed: int | None, earliest: int, files: list[tuple[int, int | None]]
) -> None:
    followed(bench, committed=committed, earliest=earliest)
    assert bench.files() == files
    assert bench.offsets() == sorted({*range(4), earliest, earliest + 1})


def test_a_person_in_it_can_be_erased(bench: Bench) -> None:
    followed(bench, committed=0, earliest=6)
    assert Eraser(bench.place, PERSON).erase()[:] == (1, 1, 0)


def test_a_closed_file_that_has_all_of_it_stays_the_only_one(bench: Bench) -> None:
    bench.take(begun(complaints(*range(12)), committed=0, earliest=0))
    bench.write()
    (closed,) = (path for path in bench.folder.rglob("*-00000000000000000010.parquet"))
    closed.with_name("0-00000000000000000000-open.parquet").write_bytes(closed.read_bytes())
    orphans.close(bench.place, ("complaints", TOPIC, 0), Begin(5, "", 12))
    assert (0, 12) not in bench.files()


def test_a_damaged_one_stays_and_holds_nobody_up(bench: Bench) -> None:
    followed(bench, committed=0, earliest=0)
    (path,) = bench.folder.rglob("*.parquet")
    query = f"SELECT data_page_offset FROM parquet_metadata('{path}') WHERE path_in_schema = 'raw'"
    ((page,),) = duckdb.connect().execute(query).fetchall()
    with path.open("r+b") as file:
        file.seek(page)
        file.write(b"\xff" * 16)
    with capture_logs() as said:
        orphans.close(bench.place, ("complaints", TOPIC, 0), Begin(0, "", 6))
    assert [one["event"] for one in said] == ["archive_file_damaged"]
    assert bench.files() == [(0, None)]


def test_one_that_cannot_be_read_and_those_of_others_stay_as_they_are(bench: Bench) -> None:
    followed(bench, committed=0, earliest=0)
    (path,) = bench.folder.rglob("*.parquet")
    orphans.close(bench.place, ("complaints", TOPIC, 1), Begin(0, "", 6))
    path.write_bytes(b"torn")
    orphans.close(bench.place, ("complaints", TOPIC, 0), Begin(0, "", 6))
    assert bench.files() == [(0, None)]
