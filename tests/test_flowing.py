"""Lines that end where a reader would end them, in Chinese, in English and in both."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from tocsin.flowing import Flowing, lines


@pytest.mark.parametrize(
    ("text", "width", "broken"),
    [
        ("surge、weekly、drift、spatial", 15, ["surge、weekly、", "drift、spatial"]),
        ("surge, weekly, drift", 12, ["surge,", "weekly,", "drift"]),
        ("无：仅供其他维度使用", 14, ["无：仅供其他维", "度使用"]),
        ("40 行中只有 2 个名称；若是客服", 14, ["40 行中只有 2", "个名称；若是客", "服"]),
        ("按（类别）", 4, ["按", "（类", "别）"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("  two", 9, ["  two"]),
        ("a\nb", 9, ["a", "b"]),
        ("", 9, [""]),
    ],
)
def test_words_stay_whole_and_no_line_begins_with_a_comma(
    text: str, width: int, broken: list[str]
) -> None:
    assert list(lines(text, width)) == broken


@given(st.text(alphabet="ab 、，（）维度c", max_size=40), st.integers(6, 20))
def test_nothing_is_lost_but_blanks(text: str, width: int) -> None:
    broken = list(lines(text, width))
    assert re.sub(r"\s", "", "".join(broken)) == re.sub(r"\s", "", text)


@given(st.lists(st.sampled_from(["surge", "weekly", "维度", "地区"]), max_size=9))
def test_no_line_is_wider_than_asked_for(words: list[str]) -> None:
    assert all(cell_len(line) <= 12 for line in lines("、".join(words), 12))


def test_a_cell_of_a_table_flows() -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("", overflow="fold", max_width=15)
    table.add_row(Flowing("surge、weekly、drift、spatial"))
    console = Console(width=80, record=True, file=None, quiet=True)
    rendered = console.render_lines(table, pad=False)
    shown = ["".join(part.text for part in line).rstrip() for line in rendered]
    assert [line for line in shown if line] == ["surge、weekly、", "drift、spatial"]
