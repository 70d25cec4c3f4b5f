import re
import string
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts import catalogue
from alerts.catalogue import LANGUAGES
from alerts.deliveries import DeliveryState
from alerts.incident import IncidentState, Reason
from dashboards.pages import desk
from dashboards.pages.words import WORDS, Words, dated, number
from streams.incident_view import Reach
from tests.pages.scene import MORNING

TEMPLATES = Path(desk.__file__).parent / "templates"
SILENT = {Reason.TICKED, Reason.DELIVERY, Reason.REPLAYED, Reason.REPEATED, Reason.CLOSED,
          Reason.NEVER_LIVE, Reason.OUT_OF_TURN}  # fmt: skip


def filled(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", WORDS)
def test_every_word_stands_in_every_language_with_the_same_gaps(key: str) -> None:
    assert set(WORDS[key]) == set(LANGUAGES)
    assert len({frozenset(filled(text)) for text in WORDS[key].values()}) == 1


def test_no_word_of_the_messages_is_said_anew() -> None:
    assert not WORDS.keys() & catalogue.SENTENCES.keys()


def test_every_word_that_a_template_says_is_known() -> None:
    said = {
        key
        for file in TEMPLATES.glob("*.html")
        for key in re.findall(r'\bsay\("([\w.]+)"[,)]', file.read_text(encoding="utf-8"))
    }
    assert said
    assert said - {"where"} <= WORDS.keys()
    assert "where" in catalogue.SENTENCES


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("incident", set(IncidentState)),
        ("reason", set(Reason) - SILENT),
        ("delivery", set(DeliveryState)),
        ("reach", set(Reach) - {Reach.CURRENT}),
    ],
)
def test_every_value_of_a_known_set_has_a_word(family: str, values: set[str]) -> None:
    assert {f"{family}.{value}" for value in values} <= WORDS.keys()


def test_times_are_absolute_and_name_their_zone() -> None:
    assert Words("en", ZoneInfo("Asia/Shanghai")).moment(MORNING) == "2026-03-03 09:00 UTC+08:00"
    assert Words("zh", ZoneInfo("UTC")).second(MORNING) == "2026-03-03 01:00:00 UTC"


def test_an_unknown_value_is_shown_as_one_short_line() -> None:
    words = Words("en", ZoneInfo("UTC"))
    assert words.name("region", "a\nb") == "a b"
    assert len(words.name("region", "x" * 500)) == 40


def test_dates_are_held_together_and_all_else_is_escaped() -> None:
    text = dated("<b> 2026-03-03 09:00 UTC")
    assert text == '&lt;b&gt; <span class="date">2026-03-03 09:00</span> UTC'


def test_what_others_said_is_redacted() -> None:
    words = Words("zh", ZoneInfo("UTC"))
    assert "13812345678" not in words.plain("call 13812345678")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (3.456, "3.46"), (71, "71"), (12345.6, "12,346")]
)
def test_numbers_are_written_as_in_the_messages(value: float, text: str) -> None:
    assert number(value) == text
