import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.text.category import Category
from detectors.text.harm import NO_HARM, Harm, Harms
from detectors.text.reading import read
from detectors.text.sentiment import Sentiment

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
# fmt: off
PIECES = st.sampled_from([
    "没有", "受伤", "孩子", "起火", "no one", " was ", "injured", "。", "<b>", "&amp;", "\x00",
    "\ud83d", "12315", "投诉", "不", "好吃", "not", " good ", "ＦＤＡ", "ﷺ", "\u0301",
    "http://t.co/x", "\n",
])
# fmt: on


def everything(texts: list[str]) -> list[tuple[Harms, Category, Sentiment]]:
    asked = [True] * len(texts)
    found = read(texts, want_category=asked, want_sentiment=asked)
    return [
        (found.harms.get(n, NO_HARM), found.categories[n], found.sentiments[n])
        for n in range(len(texts))
    ]


def test_only_what_is_wanted_is_read() -> None:
    text = "充电器起火，非常失望"
    found = read([text] * 2, want_category=[False, True], want_sentiment=[False, True])
    assert found.categories == {1: Category.PRODUCT_QUALITY}
    assert found.sentiments == {1: Sentiment.NEGATIVE}
    assert found.harms[0].strict == found.harms[1].strict == {Harm.FIRE}


def test_an_unsupported_language_is_unscored() -> None:
    (found,) = everything(["Ужасный сервис, very bad, сотрудники грубые, деньги не вернули"])
    assert found[1:] == (Category.UNKNOWN, Sentiment.UNKNOWN)


def test_harm_is_read_in_full_width_and_upper_case() -> None:
    ((harms, *_),) = everything(["ＴＨＥ　ＣＨＡＲＧＥＲ CAUGHT FIRE"])
    assert harms.strict == {Harm.FIRE}


@pytest.mark.parametrize("flags", [([True], [True, True]), ([True, True], [True])])
def test_a_flag_missing_for_a_text_is_an_error(flags: tuple[list[bool], list[bool]]) -> None:
    with pytest.raises(ValueError, match="one flag a text, got 1 for 2"):
        read(["a", "b"], want_category=flags[0], want_sentiment=flags[1])


@given(st.lists(ANY_TEXT | st.lists(PIECES, max_size=40).map("".join), max_size=5))
def test_any_text_is_read_and_a_batch_reads_as_its_texts_one_by_one(texts: list[str]) -> None:
    assert everything(texts) == [everything([text])[0] for text in texts]


@pytest.mark.parametrize(
    "piece", ["起火", "受伤", "a", "9", "\u0301", "\ud800", "no one ", "<a href='", "不", "good "]
)
def test_five_megabytes_are_read_like_their_beginning(piece: str) -> None:
    huge = piece * (5_000_000 // len(piece))
    assert everything([huge]) == everything([huge[:10_000]])
