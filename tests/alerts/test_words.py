from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.catalogue import LANGUAGES
from alerts.words import Words

MORNING = datetime(2026, 3, 3, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_times_are_absolute_and_name_their_zone() -> None:
    assert Words("en", SHANGHAI).moment(MORNING) == "2026-03-03 09:00 UTC+08:00"
    assert Words("zh").second(MORNING) == "2026-03-03 01:00:00 UTC"
    assert Words("en", SHANGHAI).hour(MORNING) == "03-03 09:00"


def test_a_word_may_differ_with_what_it_is_said_of() -> None:
    assert Words("zh").name("incident", "withdrawn") == "已撤回"
    assert Words("zh").name("what", "withdrawn") == "撤回"


def test_an_unknown_value_is_shown_as_one_short_line() -> None:
    words = Words("en")
    assert words.name("region", "a\nb") == "a b"
    assert words.name("colour", "mauve") == "mauve"
    assert len(words.name("region", "x" * 500)) == 40


def test_what_is_unknown_of_a_field_does_not_name_the_field_twice() -> None:
    assert Words("en").field("sentiment", "unknown") == "sentiment unknown"
    assert Words("zh").field("category", "unknown") == "类别不明"
    assert Words("zh").field("severity", "unknown") == "严重程度不明"
    assert Words("en").field("sentiment", "negative") == "sentiment negative"


def test_what_others_said_is_redacted() -> None:
    assert "13812345678" not in Words("zh").plain("call 13812345678")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("wecom: errcode 93004: robot switched off", "wecom：errcode 93004：机器人已停用"),
        ("webhook: ConnectTimeout", "webhook：连接超时"),
        ("webhook: HTTP 503", "webhook：HTTP 503"),
        ("no outcome within 60 s", "60 秒内没有结果"),
    ],
)
def test_why_a_try_failed_is_said_as_far_as_it_is_known_beforehand(reason: str, said: str) -> None:
    assert Words("zh").failure(reason) == said


def test_an_unknown_language_is_an_error_by_name() -> None:
    with pytest.raises(KeyError, match="fr"):
        Words("fr")


def test_a_language_names_itself() -> None:
    assert [Words(language).own_name for language in LANGUAGES] == ["English", "中文"]


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 signal"), (2, "2 signals"), (1.5, "1.5 signals"), (0, "0 signals")]
)
def test_one_is_not_many(count: float, said: str) -> None:
    assert Words("en").numbered("{count} signal", "{count} signals", count) == said


def test_chinese_has_one_form_for_all_numbers() -> None:
    words = Words("zh")
    assert words.numbered("{count} signal", "{count} signals", 1) == "1 个信号"
    assert words.numbered("{count} signal", "{count} signals", 12345) == "12,345 个信号"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0123, "0.012"),
        (3.456, "3.46"),
        (71, "71"),
        (12345.6, "12,346"),
        (4e8, "400,000,000"),
        (1.5e30, "1.5e+30"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_have_three_digits_or_whole_thousands(value: float, text: str) -> None:
    assert Words("en").number(value) == text


@given(value=st.text(), language=st.sampled_from(LANGUAGES))
def test_what_fills_a_sentence_is_put_in_as_it_is(value: str, language: str) -> None:
    assert value in Words(language).say("Harm named: {harm}.", harm=value)
