"""Files give the same events however they are written, and name the row of each bad one."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.events.event import Complaint, Event, Mention, Rejected, Update
from streams.events.mapping import MappingError, load
from streams.files import foreign, inputs
from streams.files.inputs import FileError, wire
from streams.settings import Intake
from streams.sources.keys import key
from tests.data import shared
from tests.parsed import parse, parsed

EXAMPLES = Path(__file__).parents[1] / "examples"
NOON = "2026-03-01T12:00:00Z"
NOON_MS = 1772366400000
LINE = json.dumps({"id": "c-1", "time": NOON, "product": "kettle"})


def rows(path: Path, *args: object) -> dict[int, Event | Rejected]:
    found: dict[int, Event | Rejected] = {}
    for batch in inputs.read(path, *args):  # type: ignore[arg-type]  # as the test gives them
        assert len(batch.rows) == len(batch.answers) <= inputs.BATCH
        assert len(batch.met) == len(batch.answers.columns)
        found |= zip(batch.rows.tolist(), parsed(batch), strict=True)
    return found


def put(path: Path, text: str | bytes) -> Path:
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    "name",
    ["complaints.jsonl", "complaints.ndjson", "complaints-2026.jsonl.gz", "complaints.csv",
     "complaints.CSV.GZ"],
)  # fmt: skip
def test_json_lines_and_csv_plain_or_gzipped_give_the_same_event(tmp_path: Path, name: str) -> None:
    csv = f"id,time,product,unrelated\nc-1,{NOON},kettle,5\n"
    path = tmp_path / name
    content = (csv if ".csv" in name.lower() else LINE + "\n").encode()
    path.write_bytes(gzip.compress(content, mtime=0) if name.lower().endswith(".gz") else content)
    assert list(rows(path).values()) == [Complaint(id="c-1", time=NOON_MS, product="kettle")]


def test_bad_lines_are_refused_with_their_row_and_blank_ones_skipped(tmp_path: Path) -> None:
    lines = [LINE, "", "{", '{"id":"c-2"}', "   ", LINE.replace("c-1", "c-3")]
    path = put(tmp_path / "complaints.jsonl", "\r\n".join(lines))
    found = rows(path)
    assert list(found) == [1, 3, 4, 6]
    assert [type(event) for event in found.values()] == [Complaint, Rejected, Rejected, Complaint]
    assert found[4] == Rejected("time", "", "is required")


def test_bad_rows_of_csv_are_refused_with_their_row(tmp_path: Path) -> None:
    content = (
        b"id,time,vip,text\n"
        b"a,2026-03-01T12:00:00Z,true,fine\n"
        b"b,2026-03-01T12:00:00Z\n"
        b"c,yesterday,,\n"
        b"d,2026-03-01T12:00:00Z,,\xff\xfe\n"
        b'e,2026-03-01T12:00:00Z,maybe,"two\nlines"\n'
        b"f,2026-03-01T12:00:00Z,,a\rb\n"
        b"g,2026-03-01T12:00:00Z,," + b"x" * 200_000 + b"\n"
        b'h,2026-03-01T12:00:00Z,,"two\nlines"\n'
    )
    found = rows(put(tmp_path / "complaints.csv", content))
    refused = {row: (r.field, r.rule) for row, r in found.items() if isinstance(r, Rejected)}
    assert refused[3] == ("row", "must have 4 values, as the header has")
    assert refused[4][0] == "time"
    assert refused[5] == ("row", "must be UTF-8")
    assert refused[6][0] == "vip"
    assert "must be CSV" in refused[7][1]
    assert "must be CSV: field larger than field limit" in refused[8][1]
    assert found[2] == Complaint(id="a", time=NOON_MS, vip=True, text="fine")
    assert found[9] == Complaint(id="h", time=NOON_MS, text="two\nlines")


def test_blank_lines_of_csv_are_no_rows_but_are_counted(tmp_path: Path) -> None:
    content = f"id,time\n\na,{NOON}\n\r\nb,{NOON}\n\n\n"
    found = rows(put(tmp_path / "complaints.csv", content))
    assert {row: one.id for row, one in found.items() if isinstance(one, Complaint)} == {
        3: "a", 5: "b"
    }  # fmt: skip
    assert len(found) == 2


def test_an_oversized_line_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "complaints.jsonl", '{"text":"' + "x" * 5_000_000 + '"}\n' + LINE)
    first, second = rows(path).values()
    assert isinstance(first, Rejected)
    assert "intake.max_event_bytes" in first.rule
    assert isinstance(second, Complaint)


def test_a_long_text_is_cut_by_the_settings(tmp_path: Path) -> None:
    path = put(tmp_path / "complaints.csv", f"id,time,text\na,{NOON},{'x' * 50}\n")
    (batch,) = inputs.read(path, intake=Intake(max_text=10))
    assert parsed(batch) == [Complaint(id="a", time=NOON_MS, text="x" * 10)]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    for name, text in (("complaints.csv", f"id,time\nc,{NOON}\n"), ("complaints.jsonl", LINE)):
        (event,) = rows(put(tmp_path / name, b"\xef\xbb\xbf" + text.encode())).values()
        assert isinstance(event, Complaint)


def test_without_a_column_for_the_id_it_is_file_and_row(tmp_path: Path) -> None:
    path = put(tmp_path / "calls.csv", f"at\n{NOON}\n{NOON}\n")
    mapping = put(tmp_path / "m.toml", 'stream = "complaints"\n[fields]\ntime = "at"\n')
    assert [e.id for e in rows(path, load(mapping)).values()] == ["calls.csv:2", "calls.csv:3"]  # type: ignore[union-attr]  # both are sound
    lines = put(tmp_path / "calls.jsonl", json.dumps({"at": NOON}))
    assert rows(lines, load(mapping)) == {1: Complaint(id="calls.jsonl:1", time=NOON_MS)}


def test_the_time_of_arrival_goes_with_its_row(tmp_path: Path) -> None:
    text = 'stream = "complaints"\n[fields]\ntime = "at"\nreceived = "came"\n'
    mapping = load(put(tmp_path / "m.toml", text))
    path = put(tmp_path / "calls.csv", f"at,came\n{NOON},2026-03-01T13:00:00Z\n{NOON},\nx,\n")
    (batch,) = inputs.read(path, mapping)
    assert batch.met.tolist() == [NOON_MS + 3_600_000, NOON_MS]
    (plain,) = inputs.read(put(tmp_path / "complaints.jsonl", LINE))
    assert plain.met.tolist() == [NOON_MS]


def test_many_rows_come_in_batches_and_in_order(tmp_path: Path) -> None:
    lines = "\n".join(LINE.replace("c-1", f"c-{n}") for n in range(5_000))
    batches = list(inputs.read(put(tmp_path / "complaints.jsonl", lines)))
    assert [len(batch.answers) for batch in batches] == [2048, 2048, 904]
    assert [row for batch in batches for row in batch.rows] == list(range(1, 5_001))


def test_the_stream_comes_from_the_argument_or_the_name(tmp_path: Path) -> None:
    update = '{"id":"u","time":1772366400,"complaint":"c","step":"paused"}'
    (event,) = rows(put(tmp_path / "complaint-updates.jsonl", update)).values()
    assert isinstance(event, Update)
    (event,) = rows(put(tmp_path / "export.jsonl", LINE), None, "mentions").values()
    assert isinstance(event, Mention)
    with pytest.raises(FileError, match=r"export.jsonl: says no stream: .* complaint-updates"):
        inputs.read(tmp_path / "export.jsonl")


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    put(tmp_path / "notes.txt", "x")
    (tmp_path / "complaints.jsonl").mkdir()
    for name, rule in (
        ("none.jsonl", "No such file or directory"),
        ("complaints.jsonl", "Is a directory"),
        ("notes.txt", "must end in .jsonl, .ndjson or .csv"),
    ):
        with pytest.raises(FileError) as caught:
            inputs.read(tmp_path / name)
        assert rule in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("end", ["", "\n", "\r\n\n"])
@pytest.mark.parametrize("name", ["complaints.jsonl", "complaints.jsonl.gz"])
def test_rows_are_numbered_through_whatever_is_read_at_once(
    tmp_path: Path, name: str, end: str
) -> None:
    numbers, time, text = range(1, 3 * inputs.BLOCK // 1000), NOON_MS, "x" * 1000
    lines = [f'{{"id":"{n}","time":{time},"text":"{text}"}}' if n % 7 else "" for n in numbers]
    lines[50] = " " * inputs.BLOCK
    found = rows(put(tmp_path / name, "\n".join(lines) + end))
    named = {n: event.id for n, event in found.items() if isinstance(event, Complaint)}
    assert named == {n: str(n) for n in numbers if n % 7 and n != 51}


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(LINE.encode() * 5000, mtime=0)[:-40],
        b"not gzip",
        gzip.compress(b"x", mtime=0)[:12] + b"\xff" * 9,
    ],
)
def test_damaged_gzip_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "complaints.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"complaints.jsonl.gz: cannot be read to its end"):
        list(inputs.read(path))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("complaints.csv", "id,time\n".encode("utf-16"), "UTF-16"),
        ("complaints.csv", "id,time\n".encode("utf-16-be"), "no text, or UTF-16 without a mark"),
        ("complaints.csv.gz", "id,time\n".encode("utf-16"), "UTF-16"),
        ("complaints.jsonl", LINE.encode("utf-16"), "UTF-16"),
        ("complaints.csv", b"PK\x03\x04\x14\0", "a workbook"),
        ("complaints.xlsx", b"PK\x03\x04\x14\0", "a workbook"),
        ("complaints.XLS", b"\xd0\xcf\x11\xe0", "a workbook"),
        ("complaints.ods", b"", "a workbook"),
    ],
)
def test_a_table_that_is_no_text_says_what_to_save_it_as(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(FileError) as caught:
        inputs.read(put(tmp_path / name, content))
    assert f"{name}: is {said}" in str(caught.value)
    assert 'save it as "CSV UTF-8"' in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\0", "a picture"), (b"%PDF-1.7\n", "a PDF document"),
        (gzip.compress(b"id,time\n", mtime=0), "gzipped; let its name end in .gz"),
    ],
)  # fmt: skip
def test_a_file_under_a_false_name_is_called_what_it_is(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(FileError, match=f"complaints.csv: is {said}"):
        inputs.read(put(tmp_path / "complaints.csv", content))


def test_an_empty_file_of_lines_is_empty_and_of_csv_lacks_its_header(tmp_path: Path) -> None:
    assert rows(put(tmp_path / "complaints.jsonl", "")) == {}
    with pytest.raises(FileError, match="must begin with a header"):
        inputs.read(put(tmp_path / "complaints.csv", ""))
    assert rows(put(tmp_path / "complaints.csv", "id,time\n")) == {}


def test_a_header_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r'no column "time" and no mapping; it has: tim, id'):
        inputs.read(put(tmp_path / "complaints.csv", "id,tim\n"))
    with pytest.raises(FileError, match='more than one column "time"'):
        inputs.read(put(tmp_path / "complaints.csv", "time,time\n"))
    with pytest.raises(FileError, match='header must be UTF-8; if it is a table, save it as "CSV'):
        inputs.read(put(tmp_path / "complaints.csv", b"id,\xff\n"))
    mapping = load(put(tmp_path / "m.toml", 'stream = "complaints"\n[fields]\ntime = "at"\n'))
    with pytest.raises(MappingError, match=r'column "at" is not in complaints.csv; it has: a'):
        inputs.read(put(tmp_path / "complaints.csv", "a\n"), mapping)


def test_the_key_follows_person_root_or_id() -> None:
    known = Complaint(id="c", time=0, person="李")
    unknown = Complaint(id="c", time=0)
    post = Mention(id="m", time=0, author="u", repost_of="r")
    update = Update(id="u", time=0, complaint="c", step="paused")
    assert [key(known, "complaints", by) for by in ("person", "id")] == ["李".encode(), b"c"]
    assert key(unknown, "complaints", "person") == b"c"
    assert [key(post, "mentions", by) for by in ("person", "id", "root")] == [b"u", b"m", b"r"]
    assert key(Mention(id="m", time=0), "mentions", "root") == b"m"
    assert [key(update, "updates", by) for by in ("person", "id", "root")] == [b"c", b"u", b"c"]


def test_what_is_written_for_the_wire_reads_back() -> None:
    event = Complaint(id="c", time=NOON_MS, text="漏水", severity="leak")
    assert wire(event) == '{"id":"c","time":1772366400000,"severity":"leak","text":"漏水"}'.encode()
    assert parse("complaints", wire(event)) == event


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["complaints.jsonl", "complaints.csv"]))
def test_no_content_raises_anything_but_a_file_error(
    tmp_path: Path, content: bytes, name: str
) -> None:
    written = b"id,time,text\n" + content if name.endswith("csv") else content
    path = put(tmp_path / name, written)
    if foreign.recognized(name, written.removeprefix(inputs.BOM)):
        with pytest.raises(FileError):
            rows(path)
        return
    for event in rows(path).values():
        assert not isinstance(event, Rejected) or (event.field and event.rule)


def test_emergency_calls_are_complaints_of_departments_and_townships() -> None:
    path = shared("montco911", "calls_to_2016-03.csv.gz")
    calls = list(rows(path, load(EXAMPLES / "montco911.toml")).values())
    assert len(calls) == 43_742
    assert {type(call) for call in calls} == {Complaint}
    found = [call for call in calls if isinstance(call, Complaint)]
    series = {(call.product, call.category) for call in found} | {(call.region,) for call in found}
    assert len(series - {(None,)}) == 164  # 165 with the empty township, which is no region
    assert found[0].time == datetime(2015, 12, 10, 22, 40, tzinfo=UTC).timestamp() * 1000


def test_tweets_are_mentions_with_the_known_negatives_by_day() -> None:
    path = shared("airline", "airline_events.csv.gz")
    tweets = list(rows(path, load(EXAMPLES / "airline.toml")).values())
    assert len(tweets) == 14_640
    once = {tweet.id: tweet for tweet in tweets if isinstance(tweet, Mention)}
    assert len(once) == 14_640 - 155
    negative = Counter(
        (tweet.product, datetime.fromtimestamp(tweet.time / 1000, UTC).day)
        for tweet in once.values()
        if tweet.sentiment == "negative"
    )
    assert (negative["US Airways", 21], negative["US Airways", 22]) == (224, 536)
    assert (negative["Delta", 21], negative["Delta", 22]) == (91, 221)
    assert "Can't Tell" not in {tweet.category for tweet in once.values()}
    assert all(tweet.platform == "twitter" for tweet in once.values())
