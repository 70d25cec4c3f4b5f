"""Which dead letters are meant, and what they have in common."""

from collections.abc import Sequence
from typing import Any

import pytest

from streams.broker.records import Record
from streams.events.deadletters import DeadLetter
from streams.events.event import Rejected
from streams.intake.waiting import Filter, Group, Waiting, found, newest, summed

ZONE = "must carry its zone"


def letter(
    offset: int,
    *,
    topic: str = "complaints",
    field: str = "time",
    rule: str = ZONE,
    value: str = "",
) -> DeadLetter:
    return DeadLetter.of(topic, 0, offset, b"{}", Rejected(field, value, rule))


def waiting(*letters: DeadLetter) -> list[Waiting]:
    """Written one after another, the first at 1,000 ms."""
    return [Waiting(one, place, 1000 * (place + 1)) for place, one in enumerate(letters)]


def test_letters_are_found_among_what_anybody_may_have_written() -> None:
    held: dict[str, Any] = letter(7).record()
    records = [
        Record(0, 3, b"x", b"{}", 5, []),
        Record(0, 4, held["key"], held["value"], 6, held["headers"]),
        Record(0, 5, held["key"], held["value"], 2**62, held["headers"]),
    ]
    assert list(found(records)) == [Waiting(letter(7), 4, 6)]


def test_letters_are_summed_by_topic_field_and_rule_wherever_in_the_bytes_it_broke() -> None:
    broken = "JSON is malformed: invalid character (byte {})"
    summary = summed(
        waiting(
            letter(1, value="昨天"),
            letter(2, field="event", rule=broken.format(4), value="a"),
            letter(3, field="event", rule=broken.format(17), value="b"),
            letter(4, topic="mentions"),
            letter(5, field="event", rule=broken.format(1)).sent("complaints/0/9"),
        )
    )
    assert summary.sent == 1
    assert summary.groups == [
        Group("complaints", Rejected("event", "b", broken.format(17)), 2000, 3000, 2),
        Group("complaints", Rejected("time", "昨天", ZONE), 1000, 1000, 1),
        Group("mentions", Rejected("time", "", ZONE), 4000, 4000, 1),
    ]


@pytest.mark.parametrize(
    ("wanted", "offsets"),
    [
        (Filter(), [1, 2, 3]),
        (Filter(field="time"), [1, 3]),
        (Filter(topic="mentions"), [3]),
        (Filter(reason="ZONE"), [1, 3]),
        (Filter(reason="必须", spoken=lambda rule: f"必须 {rule[:2]}"), [1, 2, 3]),
        (Filter(reason="必填", spoken=lambda rule: "必填" if "required" in rule else ""), [2]),
        (Filter(field="time", topic="complaints", reason="zone"), [1]),
        (Filter(field="tim"), []),
    ],
)
def test_letters_are_filtered_by_parts_of_the_rule_and_whole_names(
    wanted: Filter, offsets: Sequence[int]
) -> None:
    letters = waiting(
        letter(1),
        letter(2, field="id", rule="is required"),
        letter(3, topic="mentions"),
        letter(4).sent("complaints/0/9"),
    )
    assert [one.letter.offset for one in wanted.of(letters)] == offsets


def test_of_many_the_newest_are_kept_and_all_are_counted() -> None:
    letters = waiting(*map(letter, range(5)))
    assert newest(letters, 2) == (tuple(letters[3:]), 5)
    assert newest([], 2) == ((), 0)
