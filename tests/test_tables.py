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
    assert dialect(["时间\n".encode("gbk"), "漏水\n".encode("gbk"), "烫伤\n".encode("gbk")]) == (
        "gb18030", ","
    )  # fmt: skip


def test_western_letters_are_not_taken_for_chinese() -> None:
    assert dialect(["Größe;Straße\n".encode("latin-1")]).encoding == "utf-8"


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_any_bytes_are_rows_or_refusals(lines: list[bytes]) -> None:
    for row in Table(iter(lines)):
        assert isinstance(row, list) or row.rule
