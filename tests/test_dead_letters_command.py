"""What `tocsin dead-letters` says about what waits, and what it shows of it."""

import base64
import json
from typing import Any

import pytest
from rich.console import Console

from alerts.words import Words
from streams.events.deadletters import FIRST, DeadLetter
from streams.events.event import Rejected
from streams.intake.resending import Judge, Plan
from streams.intake.waiting import Summary, Waiting, summed
from tests.streams.logs import HOUR, START, settings
from tocsin import letters_view
from tocsin.dead_letters import Box

EN, ZH = Words("en"), Words("zh")
RAW = '{"person": "Zoë", "phone": "13800138000"}\x1b[2J'.encode()
WHY = Rejected("time", "call 13800138000", "must carry its zone: Z, or an offset such as +08:00")


def waiting(offset: int = 41, raw: bytes = RAW, why: Rejected = WHY, **held: Any) -> Waiting:
    return Waiting(DeadLetter.of("complaints", 3, offset, raw, why, **held), offset, START)


def printed(show: Any, *given: Any, width: int = 160, **named: Any) -> str:
    console = Console(width=width, highlight=False, no_color=True)
    with console.capture() as captured:
        show(console, *given, **named)
    return captured.get()


@pytest.mark.parametrize(
    ("words", "line"),
    [(EN, "no dead letter waits in dead-letters\n"), (ZH, "dead-letters 中没有死信在等待\n")],
    ids=["en", "zh"],
)
def test_where_nothing_waits_one_line_says_so(words: Words, line: str) -> None:
    assert printed(letters_view.summary, words, Summary([], 0), topic="dead-letters") == line
    assert printed(letters_view.shown, words, 0, of=0, topic="dead-letters") == line
    nothing = Plan.of([])
    assert list(letters_view.plan(words, nothing, topic="dead-letters")) == [line.strip()]


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_the_summary_names_reason_place_and_number_and_nobody(words: Words) -> None:
    gone = waiting(43)._replace(letter=waiting(43).letter.sent("complaints/3/50"))
    found = summed([waiting(), waiting(42), gone])
    told = printed(letters_view.summary, words, found, topic="dead-letters")
    assert "13800138000" not in told
    first, sent, *rest = told.splitlines()
    assert "2" in first
    assert "1" in sent
    assert "complaints" in told
    assert "+08:00" in told
    assert "01-01 00:00" in told
    assert "tocsin dead-letters resend" in rest[-1]


def test_the_summary_of_a_narrow_terminal_stays_within_it() -> None:
    told = printed(letters_view.summary, EN, summed([waiting()]), topic="dead-letters", width=60)
    assert max(map(len, told.splitlines()[1:])) <= 60


def test_a_letter_is_shown_without_what_points_at_a_person_unless_that_is_asked_for() -> None:
    one = waiting(key=b"p-17", headers=[("trace", b"\x1b1")])
    told = printed(letters_view.letter, EN, one, raw=False)
    assert told.startswith("complaints/3/41  2024-01-01 00:00:00 UTC\n")
    assert "got call [phone]" in told
    for hidden in ("13800138000", "Zoë", "p-17", "trace"):
        assert hidden not in told
    whole = printed(letters_view.letter, EN, one, raw=True)
    for held in ("got call 13800138000", "Zoë", "key: p-17", "trace: \\x1b1"):
        assert held in whole
    assert "\x1b" not in whole


def test_what_somebody_else_wrote_into_a_letter_commands_no_terminal() -> None:
    why = Rejected("\x1b[2J", "\x1b[2J", "\x1b[2J")
    odd = waiting(why=why)
    odd = odd._replace(letter=odd.letter._replace(topic="\x1b[2J"))
    for raw in (True, False):
        assert "\x1b" not in printed(letters_view.letter, EN, odd, raw=raw)
    assert "\x1b" not in printed(letters_view.summary, EN, summed([odd]), topic="dead-letters")
    above = odd._replace(letter=odd.letter._replace(topic="\x9b2J"))
    for raw in (True, False):
        assert letters_view.json(EN, above, raw=raw).isascii()


@pytest.mark.parametrize("field", ["event", "person", "author"])
def test_what_was_refused_is_not_shown_where_it_is_a_person_or_all_that_one_wrote(
    field: str,
) -> None:
    one = waiting(why=Rejected(field, '{"person": "li.lei", "text": "my gi', "must be JSON"))
    told = (
        printed(letters_view.letter, EN, one, raw=False)
        + printed(letters_view.summary, EN, summed([one]), topic="dead-letters")
        + letters_view.json(EN, one, raw=False)
    )
    assert "must be JSON" in told
    assert "li.lei" not in told
    assert "li.lei" in printed(letters_view.letter, EN, one, raw=True)


def test_where_nothing_was_there_nothing_is_said_to_be_it() -> None:
    missing = waiting(why=Rejected("id", "", "is required"))
    assert printed(letters_view.letter, EN, missing, raw=False).endswith("\n  id: is required\n")


def test_a_letter_says_that_it_is_cut_and_that_it_was_refused_before() -> None:
    cut = printed(letters_view.letter, EN, waiting(key=b"k" * (1 << 17)), raw=False)
    assert "only its beginning was kept" in cut
    anew = waiting(99, headers=[(FIRST, b"complaints/3/41")])
    assert "first it was complaints/3/41" in printed(letters_view.letter, EN, anew, raw=False)


def test_fewer_than_all_are_said_to_be_the_newest() -> None:
    told = printed(letters_view.shown, EN, 20, of=31, topic="dead-letters")
    assert told == "the newest 20 of 31; --limit shows more\n"
    assert printed(letters_view.shown, EN, 20, of=20, topic="dead-letters") == ""


def test_as_json_bytes_are_there_only_where_they_are_asked_for() -> None:
    one = waiting(key=b"p-17", headers=[("trace", b"\xff"), ("none", None)])
    told = json.loads(letters_view.json(EN, one, raw=False))
    assert told == {
        "topic": "complaints", "partition": 3, "offset": 41, "at": "2024-01-01T00:00:00+00:00",
        "field": "time", "value": "call [phone]", "rule": WHY.rule, "whole": True, "first": None,
    }  # fmt: skip
    whole = json.loads(letters_view.json(EN, one, raw=True))
    assert base64.b64decode(whole["raw"]) == RAW
    assert base64.b64decode(whole["key"]) == b"p-17"
    assert whole["headers"] == [["trace", "/w=="], ["none", ""]]
    assert whole["value"] == WHY.value


def test_a_plan_says_what_goes_where_and_what_stays_for_which_reason() -> None:
    event = json.dumps({"id": "1", "time": START + HOUR}).encode()
    late = json.dumps({"id": "2", "time": START}).encode()
    letters = [
        waiting(1, event), waiting(2, late), waiting(3, b'{"id": "3"}'),
        waiting(4, event, key=b"k" * (1 << 17)),
        Waiting(DeadLetter.of("gone", 0, 5, event, WHY), 5, START),
    ]  # fmt: skip
    plan = Plan.of(Judge(settings()).fates(letters, now=START + HOUR))
    assert list(letters_view.plan(EN, plan, topic="dead-letters")) == [
        "to complaints: 2 letters",
        "  1 of them is of a time that is over, and counts as late",
        "not sent: 1 letter of complaints that is still refused: time: is required",
        "not sent: 1 letter of complaints, of which only the beginning was kept",
        "not sent: 1 letter of gone, which is no source of the settings",
        EN.say(
            "workers read by the settings they were started with; "
            "what they refuse once more waits again"
        ),
    ]


def test_where_the_topic_was_never_made_no_letter_waits() -> None:
    assert list(Box(settings(), "", EN, None).letters()) == []


@pytest.mark.parametrize("name", ["complaints", "acme.complaints"])
def test_a_topic_is_named_with_the_prefix_of_the_installation_or_without(name: str) -> None:
    chosen = settings()
    named = chosen.model_copy(
        update={"kafka": chosen.kafka.model_copy(update={"topic_prefix": "acme."})}
    )
    box = Box(named, "", ZH, None)
    wanted = box.filter("须带时区", "", name)
    one = waiting()
    of_acme = one._replace(letter=one.letter._replace(topic="acme.complaints"))
    assert list(wanted.of([one, of_acme])) == [of_acme]
    assert box.filter("", "", "").topic == ""
