"""What an event leaves open is read from its text."""

from typing import Any

import pytest

from streams.events.columns import Columns
from streams.events.completion import QUOTE, Harmful, complete
from streams.events.event import Complaint
from tests.streams.logs import BURN, FIRE, START


def completed(*facts: dict[str, Any]) -> tuple[Columns, list[Harmful]]:
    events = [Complaint(id=str(n), time=START, **fields) for n, fields in enumerate(facts)]
    columns = Columns.of(events)
    return columns, complete(columns)


def test_what_the_source_says_is_kept_against_the_text() -> None:
    angry = "I was charged twice, terrible, I hate this."
    columns, _ = completed({"category": "staff", "sentiment": "positive", "text": angry})
    assert (columns["category"], columns["sentiment"]) == (["staff"], ["positive"])


def test_what_is_missing_is_read_from_the_text() -> None:
    columns, _ = completed({"text": "My bill is wrong, I was charged twice! Terrible, I hate it."})
    assert (columns["category"], columns["sentiment"]) == (["billing"], ["negative"])


def test_without_a_text_the_missing_is_unknown() -> None:
    columns, found = completed({}, {"category": "staff"})
    assert columns["category"] == ["unknown", "staff"]
    assert columns["sentiment"] == ["unknown", "unknown"]
    assert found == []


def test_harm_in_a_text_is_named_with_its_place_and_words() -> None:
    _, found = completed({}, {"text": BURN}, {"text": FIRE})
    assert [(one.place, one.harm, one.quote) for one in found] == [
        (1, "injury", BURN), (2, "fire", FIRE)
    ]  # fmt: skip


def test_a_quote_is_cut() -> None:
    _, found = completed({"text": BURN + " again and again" * 40})
    assert len(found[0].quote) == QUOTE


@pytest.mark.parametrize(
    ("severity", "text", "harms"),
    [
        ("safety", None, {"safety"}),
        ("leak", None, {"leak"}),
        ("safety", "Nobody answers.", {"safety"}),
        ("safety", BURN, {"injury"}),
        ("safety", FIRE, {"fire"}),
        ("leak", BURN, {"injury", "leak"}),
        ("regulated", None, set()),
        ("normal", BURN, {"injury"}),
        (None, None, set()),
    ],
)
def test_a_stated_severity_is_enough_unless_the_text_says_as_much(
    severity: str | None, text: str | None, harms: set[str]
) -> None:
    _, found = completed({"severity": severity, "text": text})
    assert {one.harm for one in found} == harms


def test_nothing_is_completed_of_no_events() -> None:
    columns, found = completed()
    assert (columns["category"], found) == ([], [])
