"""A person leaves the archive, and what was counted stays countable."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.erasure import digest
from streams.archive.places import Folder, Place, Placed, PlaceError, Save
from streams.erasure.eraser import Eraser, names
from tests.archive.bench import TOPIC, Bench, Busy
from tests.archive.records import START, Record, complaint, complaints, run

PERSON = "Zoë-17"


def record(offset: int, **event: Any) -> Record:
    raw = json.dumps({"time": START, **event}, ensure_ascii=False).encode()
    return Record(offset, START + offset, raw)


def written(bench: Bench) -> None:
    """Ten of each topic, in closed files: what the person did, and what others did with it."""
    kept = [complaint(n, text="late parcel") for n in range(6)]
    own = [complaint(n, person=PERSON, text="my door number is 12", id="17") for n in (6, 7)]
    broken = [Record(8, START, f'{{"id": 3, "person": "{PERSON}"}}'.encode())]
    bench.take(run(TOPIC, [*kept, *own, *broken, complaint(9)]))
    posts = [
        record(0, id="post", author=PERSON, text="my words", link="https://example.org/me"),
        record(1, id="copy", author="other", repost_of="post", text="my words"),
        record(2, id="17", author="other", text="not the complaint"),
    ]
    bench.take(run("mentions", posts))
    steps = [record(0, id="s1", complaint="17", step="resolved", note="called at home"),
             record(1, id="s2", complaint="18", step="resolved", note="called")]  # fmt: skip
    bench.take(run("complaint-updates", steps))
    for topic in (TOPIC, "mentions", "complaint-updates"):
        bench.take(run(topic, [record(10, id="next", complaint="1", step="accepted")], number=1))
    bench.write()


def test_nothing_of_the_person_is_left_in_the_files(bench: Bench) -> None:
    written(bench)
    erased = Eraser(bench.place, PERSON).erase()
    assert (erased.records, erased.files, erased.fills) == (6, 3, 0)
    for stream in ("complaints", "mentions", "updates"):
        rows = str(bench.rows(f'SELECT * FROM {stream} WHERE "offset" < 10'))
        for word in (PERSON, "door", "my words", "example.org", "at home", "post"):
            assert word not in rows
    assert Eraser(bench.place, PERSON).erase().records == 0


def test_what_others_did_stays_as_it_was(bench: Bench) -> None:
    written(bench)
    before = bench.rows('SELECT * FROM complaints WHERE "offset" < 6 ORDER BY "offset"')
    Eraser(bench.place, PERSON).erase()
    assert bench.rows('SELECT * FROM complaints WHERE "offset" < 6 ORDER BY "offset"') == before
    assert bench.rows("SELECT text, author FROM mentions WHERE id = '17'") == [
        ("not the complaint", "other")
    ]
    assert bench.rows("SELECT note FROM updates WHERE complaint = '18'") == [("called",)]


def test_rows_people_and_repetitions_count_as_before(bench: Bench) -> None:
    written(bench)
    query = (
        "SELECT count(*), count(DISTINCT person), count(DISTINCT id), sum(rejected::INT), "
        "count(time) FROM complaints"
    )
    before = bench.rows(query)
    Eraser(bench.place, PERSON).erase()
    assert bench.rows(query) == before
    (linked,) = bench.rows("SELECT count(*) FROM mentions a JOIN mentions b ON a.repost_of = b.id")
    assert linked == (1,)
    (found,) = bench.rows("SELECT count(*) FROM updates u JOIN complaints c ON u.complaint = c.id")
    assert found == (2,)


def test_what_still_fills_is_said_and_left_alone(bench: Bench) -> None:
    bench.take(run(TOPIC, [complaint(0, person=PERSON)]))
    bench.write()
    erased = Eraser(bench.place, PERSON).erase()
    assert (erased.records, erased.fills) == (0, 1)


def test_what_signals_may_quote_is_known_by_digests(bench: Bench) -> None:
    written(bench)
    quotes = {"17", "my door number is 12", "post", "my words", "s1", "called at home"}
    assert Eraser(bench.place, PERSON).quotes == set(map(digest, quotes))


class Refusing(Folder):
    """It takes so many files, and then no more; it deletes as often."""

    def __init__(self, root: Path, *, takes: int) -> None:
        super().__init__(root)
        self._takes = takes

    def put(self, name: str, save: Save) -> Placed:
        self._act()
        return super().put(name, save)

    def delete(self, names: Iterable[str]) -> None:
        self._act()
        super().delete(names)

    def _act(self) -> None:
        self._takes -= 1
        if self._takes < 0:
            raise PlaceError("archive: cannot be written: No space left on device")


def renamed(rows: list[Any]) -> str:
    """With the names that say nothing numbered as they are met, for they never come again."""
    numbers = count()
    met: defaultdict[str, int] = defaultdict(lambda: next(numbers))
    return re.sub(r"erased-[0-9a-f]{32}", lambda name: f"erased-{met[name[0]]}", str(rows))


def erase_whole(place: Place) -> frozenset[str]:
    """To the end; returns what signals may quote."""
    eraser = Eraser(place, PERSON)
    eraser.erase()
    eraser.finish()
    return eraser.quotes


def whole(bench: Bench) -> str:
    tables = ("complaints", "mentions", "updates")
    return renamed([bench.rows(f'SELECT * FROM {one} ORDER BY "offset"') for one in tables])


@pytest.mark.parametrize("takes", range(5))
def test_whom_the_place_refused_another_call_erases_as_one_would_have(
    tmp_path: Path, takes: int
) -> None:
    once, twice = Bench(tmp_path / "once"), Bench(tmp_path / "twice")
    written(once)
    written(twice)
    quotes = erase_whole(once.place)
    with pytest.raises(PlaceError):
        erase_whole(Refusing(twice.folder, takes=takes))
    assert erase_whole(twice.place) == quotes
    assert whole(twice) == whole(once)
    assert [path for path in twice.folder.rglob("*.parquet") if "erasing" in path.parts] == []


def test_posts_that_repeat_each_other_across_files_are_found_by_another_call(
    tmp_path: Path,
) -> None:
    """So that no order of the files would do."""
    bench = Bench(tmp_path)
    bench.take(run("mentions", [
        record(0, id="a", author=PERSON, text="my words"),
        record(1, id="b", author="other", text="my other words", repost_of="c"),
        record(10, id="c", author=PERSON, text="my other words"),
        record(11, id="d", author="other", text="my words", repost_of="a"),
        record(20, id="e", author="other"),
    ]))  # fmt: skip
    bench.write()
    with pytest.raises(PlaceError):
        Eraser(Refusing(tmp_path, takes=2), PERSON).erase()
    assert Eraser(bench.place, PERSON).erase().records == 2
    assert "words" not in str(bench.rows('SELECT * FROM mentions WHERE "offset" < 20'))
    (linked,) = bench.rows("SELECT count(*) FROM mentions a JOIN mentions b ON a.repost_of = b.id")
    assert linked == (2,)


def test_what_filled_becomes_the_same_names_when_it_is_closed(bench: Bench) -> None:
    bench.take(run("mentions", [
        *(record(n, id=f"m{n}", author=PERSON, text="my words") for n in range(11)),
        record(11, id="copy", author="other", text="my words", repost_of="m0"),
    ]))  # fmt: skip
    bench.write()
    assert Eraser(bench.place, PERSON).erase().fills == 2
    bench.take(run("mentions", [record(20, id="next")], number=1))
    bench.write()
    assert Eraser(bench.place, PERSON).erase().records == 2
    assert bench.rows("SELECT count(DISTINCT author) FROM mentions WHERE author <> 'other'") == [
        (1,)
    ]
    assert bench.rows("SELECT text FROM mentions WHERE author = 'other'") == [(None,)]


def own(*offsets: int) -> list[Record]:
    return [complaint(n, person=PERSON, text="my door number is 12") for n in offsets]


def test_what_a_killed_worker_had_not_deleted_yet_is_erased_with_the_closed_file(
    bench: Bench,
) -> None:
    bench.take(run(TOPIC, own(*range(10))))
    bench.write()
    bench.take(run(TOPIC, complaints(10), number=1))
    bench.write()
    assert bench.files() == [(0, 10), (0, None), (10, None)]
    eraser = Eraser(bench.place, PERSON)
    assert eraser.erase()[:] == (10, 1, 0)
    assert bench.files() == [(0, 10), (10, None)]


def test_a_person_of_a_quiet_partition_is_erased_once_its_day_is_over(bench: Bench) -> None:
    bench.take(run(TOPIC, own(0)))
    bench.rest()
    assert Eraser(bench.place, PERSON).erase()[:] == (0, 0, 1)
    bench.now += timedelta(days=1)
    bench.rest()
    assert Eraser(bench.place, PERSON).erase()[:] == (1, 1, 0)
    assert bench.files() == [(0, 1)]


def test_what_an_open_file_holds_beyond_the_closed_one_is_not_called_erased(bench: Bench) -> None:
    bench.take(run(TOPIC, own(*range(10))))
    bench.take(run(TOPIC, complaints(10), number=1))
    bench.write()
    (closed,) = (path for path in bench.folder.rglob("*.parquet") if "open" not in path.name)
    closed.rename(closed.with_name(closed.name.replace("0010.", "0005.")))
    bench.restarted()
    bench.take(run(TOPIC, own(*range(8))))
    bench.write()
    assert (0, None) in bench.files()
    assert Eraser(bench.place, PERSON).erase()[:] == (10, 1, 8)
    assert (0, None) in bench.files()


@pytest.mark.parametrize("nth", range(1, 10))
def test_files_that_are_closed_and_deleted_meanwhile_are_found_where_they_are_then(
    bench: Bench, nth: int
) -> None:
    """Whenever that is, in two calls at most."""
    bench.take(run(TOPIC, [*own(0), *complaints(*range(1, 10)), *own(10, 11)]))
    bench.write()

    def meanwhile() -> None:
        if (10, None) in bench.files():
            bench.take(run(TOPIC, [*own(12), *complaints(*range(13, 32))], number=1))
            bench.write()

    first = Eraser(Busy(bench.place, meanwhile, nth=nth), PERSON).erase()
    meanwhile()
    second = Eraser(bench.place, PERSON).erase()
    assert (first.records + second.records, first.fills == 0) == (4, second.records == 0)
    assert bench.rows("SELECT count(DISTINCT person) FROM complaints WHERE raw IS NULL") == [(1,)]
    assert bench.files() == [(0, 10), (10, 20), (20, 30), (30, None)]


@pytest.mark.parametrize("nth", [1, 5, 8, 15, 19, 20, 21])
def test_files_that_retire_meanwhile_are_passed_over(bench: Bench, nth: int) -> None:
    written(bench)
    names = bench.place.names()

    def meanwhile() -> None:
        bench.place.delete(names)

    assert Eraser(Busy(bench.place, meanwhile, nth=nth), PERSON).erase().files <= 3
    assert Eraser(bench.place, PERSON).erase()[:] == (0, 0, 0)


def test_a_file_that_is_no_parquet_is_told_with_the_place(bench: Bench) -> None:
    written(bench)
    (bench.folder / bench.place.names()[0]).write_bytes(b"torn")
    with pytest.raises(PlaceError, match="cannot be read: "):
        Eraser(bench.place, PERSON)


def test_files_that_never_stay_are_told_with_the_place(bench: Bench) -> None:
    written(bench)

    class Fleeting(Folder):
        def version(self, name: str) -> str | None:
            return None

        def path(self, name: str) -> str:
            return super().path(f"{name}.gone")

    with pytest.raises(PlaceError, match="its files change too fast"):
        Eraser(Fleeting(bench.folder), PERSON)


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b'{"person": "p-1"}', True),
        (b'{"people": [{"n": ["p-1"]}]}', True),
        (b'{"person": "p-12"}', False),
        (b'{"contact": "tel p-1"}', True),
        (b'{"contact": "tel p-12, xp-1, p-1-2"}', False),
        (b'{"p-1": 3}', True),
        (b'{"person": "p-1", ', True),
        (b'{"person": "p-12", ', False),
        (b"p-1", True),
        (b"", False),
        (None, False),
    ],
)
def test_a_person_in_what_is_no_event_is_a_whole_value_or_word(
    raw: bytes | None, named: bool
) -> None:
    assert names(raw, "p-1") is named


@pytest.mark.parametrize(
    ("raw", "person", "named"),
    [
        ('{"note": "客户王小明来电"}', "王小明", True),
        ('{"note": "VIP王小明2"}', "王小明", True),
        ('{"note": "电话0170-1转"}', "0170-1", True),
        ('{"note": "电话0170-12转"}', "0170-1", False),
        ('{"note": "Zo\\u00eb-17!"}', "Zoë-17", True),
        ('{"number": 17}', "17", True),
        ('{"number": 17.5}', "17", False),
        ('{"note": ""}', "", False),
    ],
)
def test_a_word_ends_where_its_script_has_it_end(raw: str, person: str, named: bool) -> None:
    assert names(raw.encode(), person) is named


@given(st.binary() | st.text().map(str.encode), st.text(min_size=1))
def test_no_bytes_are_too_strange_to_be_looked_through(raw: bytes, person: str) -> None:
    assert names(raw, person) in {True, False}
