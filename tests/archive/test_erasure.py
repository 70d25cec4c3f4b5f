"""A person leaves the archive, and what was counted stays countable."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.archive.erasure import Eraser, names
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import START, Record, complaint, run

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


def test_what_signals_may_quote_is_known(bench: Bench) -> None:
    written(bench)
    quotes = Eraser(bench.place, PERSON).erase().quotes
    assert quotes == {"17", "my door number is 12", "post", "my words", "s1", "called at home"}


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b'{"person": "p-1"}', True),
        (b'{"people": [{"n": ["p-1"]}]}', True),
        (b'{"person": "p-12"}', False),
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


@given(st.binary() | st.text().map(str.encode), st.text(min_size=1))
def test_no_bytes_are_too_strange_to_be_looked_through(raw: bytes, person: str) -> None:
    assert names(raw, person) in {True, False}
