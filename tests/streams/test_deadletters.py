"""Refused records wait whole, with their place and the reason."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.deadletters import FIRST, KEPT, MOST_BYTES, DeadLetter, Header, personal
from streams.events.event import Rejected

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
        "headers": [
            ("topic", b"complaints"),
            ("partition", b"3"),
            ("offset", b"41"),
            ("field", b"time"),
            ("value", "昨天".encode()),
            ("rule", b"must carry its zone"),
            ("whole", b"yes"),
        ],
    }


def test_a_deletion_has_no_bytes_and_is_kept_all_the_same() -> None:
    assert letter(None).record()["value"] == b""


def whole(letter: DeadLetter) -> bytes:
    (said,) = (value for name, value in letter.record()["headers"] if name == "whole")
    assert isinstance(said, bytes)
    return said


def test_the_largest_record_is_kept_whole() -> None:
    largest = letter(b"x" * MOST_BYTES)
    assert (len(largest.record()["value"]), whole(largest)) == (MOST_BYTES, b"yes")


def test_a_record_too_large_for_the_topic_keeps_its_beginning_and_says_so() -> None:
    larger = letter(b"x" * (MOST_BYTES + 1))
    assert (len(larger.record()["value"]), whole(larger)) == (KEPT, b"no")


@pytest.mark.parametrize(
    ("key", "headers"),
    [(b"k" * (KEPT + 1), []), (b"", [("h", b"x" * KEPT)])],
    ids=["key", "header"],
)
def test_a_key_or_headers_too_large_are_not_kept_and_that_is_said(
    key: bytes, headers: list[Header]
) -> None:
    cut = DeadLetter.of("complaints", 3, 41, b"{bad", WHY, key=key, headers=headers)
    assert (cut.raw, cut.key, cut.headers, whole(cut)) == (b"{bad", None, (), b"no")


HEADERS = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=4)


@given(
    raw=st.binary(max_size=20), key=st.none() | st.binary(max_size=5), headers=HEADERS,
    why=st.builds(Rejected, field=st.text(max_size=5), value=st.text(), rule=st.text(max_size=9)),
)  # fmt: skip
def test_what_is_written_of_a_letter_is_what_is_read(
    raw: bytes, key: bytes | None, headers: list[Header], why: Rejected
) -> None:
    written = DeadLetter.of("complaints", 3, 41, raw, why, key=key, headers=headers)
    record = written.record()
    assert DeadLetter.read(record["value"], record["headers"]) == written
    gone = written.sent("complaints/3/99")
    left = gone.record()
    assert DeadLetter.read(left["value"], left["headers"]) == gone
    assert (left["key"], left["value"]) == (record["key"], b"")


def test_of_a_letter_that_was_sent_again_nothing_is_left_that_tells_of_a_person() -> None:
    why, sender = Rejected("time", "Zoe", "is odd"), [("from", b"Zoe")]
    of = DeadLetter.of("complaints", 3, 41, b"{Zoe", why, key=b"Zoe", headers=sender)
    assert b"Zoe" in repr(of.record()).encode()
    assert b"Zoe" not in repr(of.sent("complaints/3/99").record()).encode()


def test_a_header_without_a_value_has_an_empty_one() -> None:
    assert DeadLetter.of("c", 3, 41, b"", WHY, headers=[("h", None)]).headers == (("h", b""),)


def test_of_the_headers_what_is_of_the_refused_record_may_tell_of_a_person() -> None:
    why, headers = Rejected("person", "Zoe", "is odd"), [("from", b"Zoe"), ("none", None)]
    of = DeadLetter.of("complaints", 3, 41, b"", why, key=b"Zoe", headers=headers)
    assert personal(of.record()["headers"]) == [b"Zoe", b"Zoe", b"Zoe", b""]


def test_a_record_that_somebody_else_wrote_is_no_letter() -> None:
    assert DeadLetter.read(b"{}", []) is None
    broken = [(name, b"\xff") for name, _ in letter(b"").record()["headers"]]
    assert DeadLetter.read(b"{}", broken) is None


def test_a_letter_refused_once_more_says_where_it_lay_first() -> None:
    once_more = DeadLetter.of("complaints", 3, 99, b"{", WHY, headers=[(FIRST, b"complaints/3/41")])
    assert (once_more.first, letter(b"{").first) == ("complaints/3/41", "")
