"""What is left of a text when all that varies from copy to copy is taken away."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.text.canonical import LONGEST
from detectors.text.reposts.essence import Essences, essences
from tests.text.reposts.edits import WORDS, passed_on


def words(texts: Essences) -> list[str]:
    whole = texts.characters.tobytes().decode("utf-32-le", "surrogatepass")
    starts = [0, *texts.ends.tolist()]
    return [whole[start:end] for start, end in pairwise(starts)]


def essence(text: str) -> str:
    (only,) = words(essences([text]))
    return only


@given(st.data())
def test_the_same_words_written_otherwise_have_the_same_essence(data: st.DataObject) -> None:
    text = data.draw(WORDS)
    assert essence(data.draw(passed_on(text))) == essence(text) == text


@given(st.text())
def test_an_essence_is_its_own(text: str) -> None:
    assert essence(essence(text)) == essence(text)


@given(st.lists(st.text(max_size=40)))
def test_many_texts_are_as_one_by_one(texts: list[str]) -> None:
    together = essences(texts)
    assert words(together) == list(map(essence, texts))
    first, all_of_them = np.arange(1), np.arange(len(texts))
    alone = [int(essences([text]).digests(first)[0]) for text in texts]
    assert together.digests(all_of_them).tolist() == alone


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("转发微博 //@小明:看看 //@原作者：充电器冒烟了", "充电器冒烟了"),
        ("求助@小米客服手机炸了没人管", "求助小米客服手机炸了没人管"),
        ("@小米客服手机炸了三个月了没有人来管 求助", "小米客服手机炸了三个月了没有人来管求助"),
        ("@小米客服 手机炸了", "手机炸了"),
        ("@united手机炸了", "手机炸了"),
        ("回复@小米客服:手机炸了", "回复手机炸了"),
        ("气死[怒][允悲]了[这是一个很长的括号]", "气死了这是一个很长的括号"),
        ("看这里https://t.cn/abc，手机炸了", "看这里手机炸了"),
        ("mail me@example.com", "mailmecom"),
        ("Ｐｈｏｎｅ　２０２４！", "phone2024"),
        ("No. It\u2019s 5 o'clock", "noits5oclock"),
        ("one\ud800two", "onetwo"),
        ("सेवा", "सेवा"),
    ],
)  # fmt: skip
def test_names_and_links_go_and_the_text_beside_them_stays(text: str, kept: str) -> None:
    assert essence(text) == kept


def test_of_a_long_text_the_beginning_is_read() -> None:
    assert essence("字" * LONGEST + "尾") == "字" * LONGEST
    assert essence("字" * LONGEST + "//@b:尾") == "尾"


def test_texts_without_words_have_none() -> None:
    assert words(essences(["", "😡！", "@bob https://t.cn/a"])) == [""] * 3
    assert words(essences([])) == []
