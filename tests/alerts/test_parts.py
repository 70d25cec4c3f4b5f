import json

from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.parts import Size, in_bytes, in_json, parts
from tests.alerts.robots import joined, message

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)
SIZES = st.sampled_from([in_bytes, in_json])


def test_a_message_that_fits_is_one_part_without_a_mark() -> None:
    short = message(title="标题", lines=("一", "二"))
    assert parts(short, limit=14, size=in_bytes) == ["标题\n一\n二"]


def test_one_byte_more_makes_two_parts_that_end_at_a_line() -> None:
    long = message(title="T", lines=("a" * 40, "b" * 40, "c"))
    whole = len("T\n" + "a" * 40 + "\n" + "b" * 40 + "\nc")
    assert len(parts(long, limit=whole, size=in_bytes)) == 1
    assert parts(long, limit=whole - 1, size=in_bytes) == [
        f"(1/2) T\n{'a' * 40}",
        f"(2/2) T\n{'b' * 40}\nc",
    ]


def test_a_line_that_is_too_long_is_cut_after_a_whole_character() -> None:
    texts = parts(message(title="T", lines=("警" * 100,)), limit=64, size=in_bytes)
    assert all(in_bytes(text) <= 64 for text in texts)
    assert joined(texts, "T").replace("\n", "") == "警" * 100


def test_a_title_that_fills_a_part_is_shortened() -> None:
    texts = parts(message(title="题" * 100, lines=("line",)), limit=100, size=in_bytes)
    assert [text.split("\n")[1] for text in texts] == ["line"]
    assert in_bytes(texts[0]) <= 100


@given(TEXT, st.lists(TEXT, min_size=1, max_size=12), st.integers(150, 1000), SIZES)
def test_no_part_exceeds_the_limit_and_no_character_is_lost(
    title: str, lines: list[str], limit: int, size: Size
) -> None:
    texts = parts(message(title=title, lines=tuple(lines)), limit=limit, size=size)
    assert all(size(text) <= limit for text in texts)
    if len(texts) > 1:
        shown = texts[0].split("\n")[0].partition(") ")[2]
        assert title.startswith(shown)
        assert joined(texts, shown).replace("\n", "") == "".join(lines)


@given(TEXT)
def test_size_in_json_is_that_of_the_body(text: str) -> None:
    assert in_json(text) == len(json.dumps(text, ensure_ascii=False).encode())
