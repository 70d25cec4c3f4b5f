"""What the archive's worker writes, when, and what it declares durable."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from streams.archive import leftovers, views
from streams.archive.layout import listed
from streams.archive.places import Folder, PlaceError, try_out
from streams.seen import record as seen
from streams.transport.runs import LostRunError
from tests.archive.bench import TOPIC, TP0, Bench
from tests.archive.records import START, Record, complaint, complaints, run

DAY_OF_END = 1_700_092_800_000  # ms; the midnight after START


def test_a_closed_file_is_followed_by_the_commit_and_an_open_one_is_not(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(*range(14))))
    assert bench.consumer.durable == {}
    bench.write()
    assert bench.consumer.durable == {TP0: 10}
    assert bench.files() == [(0, 10), (10, None)]
    assert bench.offsets() == list(range(14))


def test_a_file_ends_where_the_next_record_of_a_log_with_holes_begins(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(3, 4, 17, 18)))
    bench.write()
    assert bench.files() == [(3, 17), (17, None)]
    assert bench.consumer.durable == {TP0: 17}


def test_an_open_file_is_written_again_only_when_it_has_grown_and_is_due(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0)))
    bench.write()
    written = bench.rows("SELECT count(*) FROM complaints")
    bench.take(run(TOPIC, complaints(1), number=1))
    bench.write(after=1.0)
    assert bench.rows("SELECT count(*) FROM complaints") == written == [(1,)]
    bench.write(after=1.5)
    assert bench.offsets() == [0, 1]
    stood = file_of(bench.folder).stat().st_mtime_ns
    bench.write()
    assert file_of(bench.folder).stat().st_mtime_ns == stood


def file_of(folder: Path) -> Path:
    (found,) = folder.rglob("*.parquet")
    return found


@pytest.mark.parametrize("killed_after", [0, 4, 9, 10, 11, 25])
def test_a_worker_that_is_killed_leaves_nothing_lost_and_nothing_doubled(
    bench: Bench, killed_after: int
) -> None:
    if killed_after:
        bench.take(run(TOPIC, complaints(*range(killed_after))))
        bench.write()
    bench.take(run(TOPIC, complaints(*range(killed_after, 27)), number=1 if killed_after else 0))
    bench.restarted()
    committed = bench.consumer.durable.get(TP0, 0)
    bench.take(run(TOPIC, complaints(*range(committed, 31)), committed=committed))
    bench.write()
    assert bench.offsets() == list(range(31))
    assert bench.consumer.durable == {TP0: 30}


def test_a_log_that_is_read_again_from_its_start_doubles_nothing(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(*range(14))))
    bench.write()
    bench.restarted()
    bench.take(run(TOPIC, complaints(*range(4, 23))))
    bench.write()
    assert bench.offsets() == list(range(23))


def test_what_an_open_file_left_behind_goes_when_the_next_one_is_closed(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0)))
    bench.write()
    bench.take(run(TOPIC, complaints(*range(1, 12)), number=1))
    bench.write()
    assert (0, None) in bench.files()  # somebody may be reading it
    bench.take(run(TOPIC, complaints(*range(12, 22)), number=2))
    bench.write()
    assert bench.files() == [(0, 10), (10, 20), (10, None), (20, None)]


def test_a_file_whose_day_is_over_and_whose_partition_rests_closes_by_itself(
    bench: Bench,
) -> None:
    bench.take(run(TOPIC, complaints(0, 1)))
    bench.rest()
    assert bench.files() == [(0, None)]
    bench.now += timedelta(days=1)
    bench.write()
    bench.write()
    assert bench.files() == [(0, 2), (0, None)]
    assert bench.consumer.durable == {TP0: 2}
    bench.rest()
    bench.take(run(TOPIC, complaints(2), number=1))
    bench.write()
    assert bench.files() == [(0, 2), (0, None), (2, None)]
    assert bench.offsets() == [0, 1, 2]


def test_a_file_to_which_records_come_waits_for_one_that_closes_it(bench: Bench) -> None:
    bench.now += timedelta(days=1)
    bench.take(run(TOPIC, complaints(0)))
    for offset in range(1, 4):
        bench.rest(looks=40)
        bench.take(run(TOPIC, complaints(offset), number=offset))
    bench.write()
    assert bench.files() == [(0, None)]


def test_a_worker_that_was_frozen_has_not_seen_its_partitions_rest(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0)))
    bench.write()
    bench.now += timedelta(days=2)
    bench.write(after=172_800.0)
    bench.write()
    assert bench.files() == [(0, None)]


def test_what_closed_by_itself_is_tried_again_before_it_is_committed(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0, 1)))
    bench.write()
    bench.place.full, bench.now = True, bench.now + timedelta(days=1)
    bench.rest()
    assert bench.worker.trouble
    assert (bench.files(), bench.consumer.durable) == ([(0, None)], {})
    bench.place.full = False
    bench.write(after=31.0)
    assert (bench.files(), bench.consumer.durable) == ([(0, 2), (0, None)], {TP0: 2})


@pytest.mark.parametrize("then", [2, 5, 10, 12])
def test_a_file_that_closed_by_itself_may_be_read_again_and_hold_more_then(
    bench: Bench, then: int
) -> None:
    """Its worker was killed before the commit, and records of the day came late."""
    bench.take(run(TOPIC, complaints(0, 1)))
    bench.now += timedelta(days=1)
    bench.rest()
    bench.restarted()
    bench.take(run(TOPIC, complaints(*range(then))))
    bench.write()
    assert bench.offsets() == list(range(then))
    bench.rest()
    assert bench.offsets() == list(range(then))
    assert bench.consumer.durable == {TP0: then}
    bench.restarted()
    bench.write()
    assert bench.offsets() == list(range(then))
    assert None not in [end for _, end in bench.files()]


def test_a_full_disk_is_said_by_name_keeps_the_commit_back_and_mends_itself(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(*range(14))))
    bench.place.full = True
    bench.write()
    assert bench.worker.trouble == (
        f"archive {bench.folder}: cannot be written: No space left on device"
    )
    assert bench.consumer.durable == {}
    assert [path for path in bench.folder.rglob("*") if path.is_file()] == []
    bench.place.full = False
    bench.write(after=31.0)
    assert bench.worker.trouble == ""
    assert bench.consumer.durable == {TP0: 10}
    assert bench.offsets() == list(range(14))


def test_the_longer_it_fails_the_less_often_it_is_tried(bench: Bench) -> None:
    bench.place.full = True
    bench.take(run(TOPIC, complaints(*range(14))))
    bench.write()
    bench.write(after=1.5)
    bench.place.full = False
    bench.write(after=1.5)
    assert bench.worker.trouble
    bench.write(after=0.6)
    assert not bench.worker.trouble


def test_as_long_as_nothing_can_be_written_no_more_is_read(bench: Bench) -> None:
    bench.place.full = True
    bench.take(run(TOPIC, complaints(*range(45))))
    bench.write()
    assert not room(bench)
    bench.place.full = False
    bench.write(after=31.0)
    assert room(bench)


def room(bench: Bench) -> bool:
    async def asked() -> bool:
        try:
            await asyncio.wait_for(bench.worker.room(), 0.01)
        except TimeoutError:
            return False
        return True

    return asyncio.run(asked())


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PlaceError, match="file: cannot be written: Not a directory"):
        Folder(tmp_path / "file").put("a/b.parquet", lambda path: None)


def test_a_trial_leaves_nothing_behind_where_it_may_write_and_names_what_refuses_it(
    tmp_path: Path,
) -> None:
    try_out(Folder(tmp_path / "archive"))
    assert list((tmp_path / "archive").iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PlaceError, match="file: cannot be written: Not a directory"):
        try_out(Folder(tmp_path / "file"))


def test_what_a_killed_worker_had_begun_is_cleared_away_once_nobody_can_still_write_it(
    tmp_path: Path,
) -> None:
    left = tmp_path / "complaints" / "topic" / "day" / "b.parquet.1.writing"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    written = left.stat().st_mtime
    Folder(tmp_path).clear(now=written + 3599)
    assert left.exists()
    Folder(tmp_path).clear(now=written + 3601)
    assert not left.exists()


def test_two_machines_may_write_the_same_file_at_the_same_time(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    def slowly(path: Path) -> None:
        path.write_text("first")
        folder.put("a/b.parquet", Path.touch)

    folder.put("a/b.parquet", slowly)
    assert [path.read_text() for path in (tmp_path / "a").iterdir()] == ["first"]


def test_a_worker_that_was_frozen_leaves_what_its_heir_has_written(bench: Bench) -> None:
    frozen = bench.worker
    bench.take(run(TOPIC, complaints(0, 1, 2)))
    bench.restarted()
    bench.take(run(TOPIC, complaints(0, 1, 2, 3, 4)))
    bench.write()
    asyncio.run(frozen.write())
    assert bench.offsets() == [0, 1, 2, 3, 4]


def test_what_was_replaced_at_the_same_moment_is_written_again_within_a_minute(
    bench: Bench,
) -> None:
    bench.take(run(TOPIC, complaints(0, 1, 2)))
    bench.write()
    short = file_of(bench.folder).read_bytes()
    bench.take(run(TOPIC, complaints(3, 4), number=1))
    bench.write()
    file_of(bench.folder).write_bytes(short)  # by one that had looked before we wrote
    assert bench.offsets() == [0, 1, 2]
    bench.write(after=61.0)
    assert bench.offsets() == [0, 1, 2, 3, 4]
    file_of(bench.folder).unlink()
    bench.write(after=61.0)
    assert bench.offsets() == [0, 1, 2, 3, 4]


def test_a_worker_that_begins_again_shortens_nothing_meanwhile(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0, 1, 2)))
    bench.write()
    bench.restarted()
    for number, offset in enumerate((0, 1, 2, 3)):
        bench.take(run(TOPIC, complaints(offset), number=number))
        bench.write()
        assert bench.offsets() == list(range(max(3, offset + 1)))


def test_what_was_left_of_another_log_or_is_no_file_any_more_is_replaced(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0, 1, 2)))
    bench.write()
    bench.restarted()
    bench.take(run(TOPIC, [complaint(0, stamp=START + 7)]))
    bench.write()
    assert bench.offsets() == [0]
    bench.restarted()
    file_of(bench.folder).write_bytes(b"torn")
    bench.take(run(TOPIC, [complaint(0, stamp=START + 7)]))
    bench.write()
    assert bench.offsets() == [0]


def test_an_open_file_of_one_that_was_killed_goes_with_the_file_it_has_become(
    bench: Bench,
) -> None:
    bench.take(run(TOPIC, complaints(0)))
    bench.write()
    bench.restarted()
    bench.take(run(TOPIC, complaints(*range(12))))
    bench.take(run(TOPIC, complaints(*range(12, 22)), number=1))
    bench.write()
    assert (0, None) not in bench.files()


def test_what_one_that_was_killed_had_not_deleted_yet_goes_though_no_record_comes(
    bench: Bench,
) -> None:
    bench.take(run(TOPIC, complaints(0)))
    bench.write()
    bench.take(run(TOPIC, complaints(*range(1, 12)), number=1))
    bench.write()
    bench.restarted()
    bench.write()
    assert bench.files() == [(0, 10), (10, None)]


def test_what_cannot_be_read_is_no_leftover(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0)))
    bench.write()
    bench.take(run(TOPIC, complaints(*range(1, 12)), number=1))
    bench.write()
    files = list(listed(bench.place.names()))
    (left,) = leftovers.found(bench.place, files)
    (bench.folder / left.name).write_bytes(b"")  # refused at this moment, say
    assert not leftovers.found(bench.place, files)


def test_where_the_place_cannot_be_listed_it_is_written_all_the_same(bench: Bench) -> None:
    bench.place.away = True
    bench.take(run(TOPIC, complaints(*range(12))))
    bench.write()
    assert (bench.worker.trouble, bench.consumer.durable) == ("", {TP0: 10})


def test_nothing_is_lost_of_what_is_no_event(bench: Bench) -> None:
    broken, blank = Record(0, DAY_OF_END - 5, b"\xff{}"), Record(1, DAY_OF_END - 4, None)
    sound = complaint(2, text="It's \0 broken", stamp=DAY_OF_END - 3)
    bench.take(run(TOPIC, [broken, blank, sound]))
    bench.write()
    found = bench.rows(
        "SELECT raw, rejected, rejected_field, rejected_rule, text FROM complaints "
        'ORDER BY "offset"'
    )
    assert found[0] == (
        b"\xff{}",
        True,
        "event",
        "JSON is malformed: invalid character (byte 0)",
        None,
    )
    assert found[1][:3] == (None, True, "event")
    assert found[2][1:] == (False, None, None, "It's \0 broken")
    assert found[2][0].startswith(b'{"id": "c2"')


def test_a_file_ends_with_its_day(bench: Bench) -> None:
    bench.take(run(TOPIC, [complaint(0, stamp=DAY_OF_END - 1), complaint(1, stamp=DAY_OF_END)]))
    bench.write()
    days = [file.day.isoformat() for file in listed(bench.place.names())]
    assert days == ["2023-11-15", "2023-11-16"]
    assert bench.consumer.durable == {TP0: 1}
    with views.opened(bench.place, since=date(2023, 11, 16)) as recent:
        assert recent.execute('SELECT "offset" FROM complaints').fetchall() == [(1,)]


def chunk(offset: int, first: int, marks: Sequence[int]) -> Record:
    said = seen.SeenChunk(first, first + len(marks), None, {}, {}, bytes(marks))
    return Record(offset, DAY_OF_END - 1, seen.encode(said))


def test_what_intake_said_of_each_record_stands_beside_it(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(*range(6))))
    said = [chunk(0, 0, [0, 1, 2]), chunk(1, 3, [4, 8]), chunk(2, 0, [0, 1, 2])]
    bench.take(run("seen-complaints", said))
    bench.write()
    found = bench.rows(
        'SELECT late, duplicate, "repeat", rejected FROM complaints ORDER BY "offset"'
    )
    assert found == [
        (False, False, False, False), (True, False, False, False), (False, True, False, False),
        (False, False, True, False), (False, False, False, True), (None, None, None, False),
    ]  # fmt: skip


def test_the_end_of_an_input_is_kept_and_is_no_row_of_a_view(bench: Bench) -> None:
    end = Record(1, DAY_OF_END - 1, b"", [("tocsin-end", str(DAY_OF_END).encode())])
    bench.take(run(TOPIC, [complaint(0), end]))
    bench.write()
    assert bench.offsets() == [0]
    assert bench.rows("SELECT count(*) FROM complaints_records") == [(2,)]


def test_partitions_that_were_taken_away_are_written_by_others(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(*range(14))))
    bench.consumer.mine = set()
    bench.write()
    assert bench.files() == []
    assert bench.consumer.durable == {}


def test_a_run_out_of_turn_ends_the_stage(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(0)))
    with pytest.raises(LostRunError, match="run 2 does not follow run 0"):
        bench.take(run(TOPIC, complaints(5), number=2))


def test_an_archive_without_files_has_empty_views(bench: Bench) -> None:
    for stream in ("complaints", "mentions", "updates"):
        assert bench.rows(f"SELECT * FROM {stream}") == []
