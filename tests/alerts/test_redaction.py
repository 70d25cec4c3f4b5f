import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.redaction import QUOTE_LENGTH, clean, is_identity_number, passes_luhn, quote, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打我13812345678谢谢", "打我[phone]谢谢"),
        ("打我１３８１２３４５６７８谢谢", "打我[phone]谢谢"),
        ("call +86 138 1234 5678 now", "call [phone] now"),
        ("电话:010-62345678。", "电话:[phone]。"),
        ("ring (021)62345678", "ring [phone]"),
        ("call me at 415-555-2671 today", "call me at [phone] today"),
        ("ring +44 (0)20 7946 0958 please", "ring [phone] please"),
        ("my phone 6234 5678, thanks", "my phone [phone], thanks"),
        ("写信到zhang.wei@example.com.cn吧", "写信到[email]吧"),
        ("write to a.b+c@mail.example.org.", "write to [email]."),
        ("身份证11010519491231002X已上传", "身份证[identity]已上传"),
        ("身份证11010519491231002x", "身份证[identity]"),
        ("银行卡6222021234567890128退款", "银行卡[card]退款"),
        ("my card 4111 1111 1111 1111 was charged", "my card [card] was charged"),
        ("订单4111111111111111没到", "订单[number]没到"),
        ("order 20260302998877 never came", "order [number] never came"),
        ("我叫张伟，买了水壶", "我叫[name]，买了水壶"),
        ("联系人：欧阳小红 ", "联系人：[name] "),
        ("my name is John Smith and it broke", "my name is [name] and it broke"),
        ("微信号：zhang_wei88 加我", "微信号：[account] 加我"),
        ("送去朝阳区建国路88号3单元501室", "送[address]"),
        ("I live at 221 Baker Street here", "I live at [address] here"),
        ("@zhangwei 看看 https://t.cn/13812345678abc", "[name] 看看 [link]"),
        ("see www.example.com/p?id=13812345678 ok", "see [link] ok"),
    ],
)
def test_what_points_at_a_person_is_taken_out(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "谢谢，谢师傅态度很好",
        "等了45分钟，花了1280元，2026-03-02 10:30 才到",
        "It broke after 3 days; model X200, 1500 W, paid 49.99",
        "联系人不接电话",
        "The kettle leaks. I am Angry and tired",
        "ordered 12 on 2026-03-02, batch 20260302",
    ],
)
def test_what_points_at_nobody_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(), st.integers(10**8, 10**20), st.text())
def test_no_run_of_nine_digits_survives(before: str, number: int, after: str) -> None:
    assert not re.search(r"[0-9]{9}", redact(f"{before}{number}{after}"))


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(st.text(), st.integers(1, 50))
def test_cleaned_text_is_one_printable_line(text: str, cap: int) -> None:
    line = clean(text, cap=cap)
    assert len(line) <= cap
    assert len(line.splitlines()) <= 1
    assert all(c.isprintable() or c.isspace() for c in line)


def test_text_that_would_turn_the_line_around_or_colour_it_is_stripped() -> None:
    assert clean("a\u202eb\x1b[31mc\nd\u200b", cap=99) == "ab[31mc d"


def test_a_number_is_not_saved_by_the_cut() -> None:
    text = "x" * (QUOTE_LENGTH - 8) + " 13812345678"
    assert "1381" not in quote(text)


def test_a_hidden_character_does_not_split_a_number() -> None:
    assert quote("138\u200b1234\u200b5678") == "[phone]"


def test_checksums_catch_every_single_wrong_digit() -> None:
    assert is_identity_number("11010519491231002X")
    assert passes_luhn("4111 1111 1111 1111")
    for n, digit in enumerate("4111111111111111"):
        wrong = str((int(digit) + 1) % 10)
        assert not passes_luhn("4111111111111111"[:n] + wrong + "4111111111111111"[n + 1 :])
    assert not any(is_identity_number(f"11010519491231002{c}") for c in "0123456789")
