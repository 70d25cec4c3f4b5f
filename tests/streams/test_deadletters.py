"""Refused records wait whole, with their place and the reason."""

from typing import NamedTuple

from streams.events.event import Rejected
from streams.intake.deadletters import KEPT, MOST_BYTES, DeadLetter

WHY = Rejected("time", "昨天", "must carry its zone")


class Record(NamedTuple):
    offset: int
    value: bytes | None


def letter(value: bytes | None) -> DeadLetter:
    return DeadLetter.of("complaints", 3, 41, value, WHY)


def test_a_dead_letter_is_the_record_with_its_place_and_the_reason() -> None:
    assert letter(b"{bad").record() == {
        "key": b"complaints/3/41",
        "value": b"{bad",
        "headers": {
            "topic": b"complaints",
            "partition": b"3",
            "offset": b"41",
            "field": b"time",
            "value": "昨天".encode(),
            "rule": b"must carry its zone",
            "whole": b"yes",
        },
    }


def test_a_deletion_has_no_bytes_and_is_kept_all_the_same() -> None:
    assert letter(None).record()["value"] == b""


def test_the_largest_record_is_kept_whole() -> None:
    record = letter(b"x" * MOST_BYTES).record()
    assert (len(record["value"]), record["headers"]["whole"]) == (MOST_BYTES, b"yes")


def test_a_record_too_large_for_the_topic_keeps_its_beginning_and_says_so() -> None:
    record = letter(b"x" * (MOST_BYTES + 1)).record()
    assert (len(record["value"]), record["headers"]["whole"]) == (KEPT, b"no")
