"""CSV as spreadsheets of several countries write it is read without being told how."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.event import Complaint, Rejected
from streams.files import inputs
from streams.files.tables import Dialect, Table, dialect
from tests.parsed import parsed

NOON = "2026-03-01T12:00:00Z"
CHINESE = (
    f"id,time,region,text\n一,{NOON},浙江,水壶漏水，烫伤了手\n二,{NOON},江苏,客服一直不接电话\n"
)


def table(content: bytes) -> list[list[str] | Rejected]:
    return list(Table(iter(content.splitlines(keepends=True))))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_chinese_is_read_as_excel_in_china_writes_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "complaints.csv"
    path.write_bytes(CHINESE.encode(encoding))
    (batch,) = inputs.read(path)
    first = parsed(batch)[0]
    assert isinstance(first, Complaint)
    assert (first.id, first.region, first.text) == ("一", "浙江", "水壶漏水，烫伤了手")


def test_gbk_is_read_from_a_gzipped_file_too(tmp_path: Path) -> None:
    path = tmp_path / "complaints.csv.gz"
    path.write_bytes(gzip.compress(CHINESE.encode("gbk")))
    (batch,) = inputs.read(path)
    assert [event.id for event in parsed(batch) if isinstance(event, Complaint)] == ["一", "二"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_parts_the_header(separator: str) -> None:
    lines = [separator.join(("time", '"a,b;c"', "text")), separator.join(("x", "y", "z"))]
    assert table("\n".join(lines).encode()) == [["time", "a,b;c", "text"], ["x", "y", "z"]]


def test_a_header_of_one_column_leaves_the_separator_a_comma() -> None:
    assert dialect([b"time\n", b"1;2\n"]) == Dialect("utf-8", ",")
    assert dialect([]) == Dialect("utf-8", ",")


@pytest.mark.parametrize(
    "titles",
    [["2026年投诉明细"], ["2026年投诉明细,,"], ["", "投诉明细;2026"], [",,", "制表：王芳,,", ""]],
)
def test_titles_above_the_header_are_passed_over(tmp_path: Path, titles: list[str]) -> None:
    lines = [*titles, "id,time,text", f"一,{NOON},漏水", f"二,{NOON},烫伤"]
    path = tmp_path / "complaints.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (batch,) = inputs.read(path)
    assert [event.id for event in parsed(batch) if isinstance(event, Complaint)] == ["一", "二"]
    assert batch.rows.tolist() == [len(titles) + 2, len(titles) + 3]


def test_the_separator_is_that_of_the_header_below_a_title() -> None:
    assert dialect(["投诉, 2026\n".encode(), b"time;text\n", b"1;2\n"]) == Dialect("utf-8", ",")
    assert dialect(["投诉\n".encode(), b"time;text\n", b"1;2\n"]) == Dialect("utf-8", ";", 1)


@pytest.mark.parametrize(
    "lines",
    [
        ["time", "2026-03-01", "2026-03-02"],
        ["time", "2026-03-01,5", "2026-03-02,6"],
        ["text", "hot, wet", "cold"],
        ["time,", "2026-03-01,x", "2026-03-02,y"],
        ['"time', 'of day",text', "1,2"],
        ["time"],
        [],
    ],
)
def test_a_header_is_no_title(lines: list[str]) -> None:
    assert dialect([f"{line}\n".encode() for line in lines]).titles == 0


@given(st.lists(st.text(alphabet='ab,;"\n1', max_size=9), max_size=7))
def test_whatever_stands_first_some_line_is_the_header(lines: list[str]) -> None:
    head = "\n".join(lines).encode().splitlines(keepends=True)
    assert dialect(head).titles < max(1, len(head))
    Table(iter(head)).header()


def test_one_row_in_another_encoding_does_not_turn_the_others_into_nonsense() -> None:
    rows = table("a\n漏水\n".encode() + "烫伤了手".encode("gbk") + b"\n")
    assert rows[1] == ["漏水"]
    refused = rows[2]
    assert isinstance(refused, Rejected)
    assert refused.rule == "must be UTF-8"


def test_a_row_that_is_no_gbk_is_refused_where_the_others_are() -> None:
    head = "时间\n烫伤\n".encode("gbk") * 20_000
    refused = table(head + b"\xff\xff\n")[-1]
    assert isinstance(refused, Rejected)
    assert refused.rule == "must be GB18030"


def test_a_word_of_gbk_that_is_utf_8_by_chance_does_not_turn_the_file() -> None:
    assert "漏水".encode("gbk").decode() == "©ˮ"
    lines = [f"{word}\n".encode("gbk") for word in ("时间", "漏水", "烫伤")]
    assert dialect(lines) == Dialect("gb18030", ",")


def test_western_letters_are_not_taken_for_chinese() -> None:
    assert dialect(["Größe;Straße\n".encode("latin-1")]).encoding == "utf-8"


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_any_bytes_are_rows_or_refusals(lines: list[bytes]) -> None:
    for row in Table(iter(lines)):
        assert isinstance(row, list) or row.rule
