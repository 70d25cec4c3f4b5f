"""What people and platforms do to a text when they pass it on."""

from hypothesis import strategies as st

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789充电器半夜自己冒烟客服不接电话气死了"
WORDS = st.text(LETTERS, min_size=16, max_size=80)
EMOJI = ("😡", "🔥", "❤️", "👍🏽", "[怒]", "[good]")
MARKS = ("。", "，", "!", " ", "\n", "……", "#", "「", "～")
LINKS = ("https://t.cn/A6b?x=1", "HTTP://example.com/@a/b_c")
NAMES = ("@bob ", "@小米客服 ", "＠客服:", "@united\n")


@st.composite
def passed_on(draw: st.DrawFn, text: str) -> str:
    """The same words, written otherwise."""
    added = draw(st.lists(st.sampled_from(MARKS + EMOJI), max_size=4))
    places = sorted((draw(st.integers(0, len(text))) for _ in added), reverse=True)
    for place, mark in zip(places, added, strict=True):
        text = text[:place] + mark + text[place:]
    written = draw(st.sampled_from([text, text.upper(), text.title()]))
    if "[" not in written:
        written = draw(st.sampled_from([written, wide(written)]))
    link = draw(st.sampled_from(["", *(f" {link} " for link in LINKS)]))
    name = draw(st.sampled_from(["", *NAMES]))
    before = draw(st.sampled_from(["", "转发微博 //@路人甲:", "好//@a_b:看看//@小明："]))
    return before + name + written + link


def wide(text: str) -> str:
    """In full-width letters and digits."""
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)
