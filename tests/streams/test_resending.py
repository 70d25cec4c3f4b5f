"""Dead letters that are sent again: which of them, as what, and that each goes once."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from streams.broker.local import BrokerError
from streams.broker.records import Record
from streams.events.deadletters import FIRST, DeadLetter
from streams.events.event import Rejected
from streams.intake.resending import AT_ONCE, Fate, Judge, Plan, record, send_all, send_some
from streams.intake.waiting import Waiting, found
from tests.streams.logs import HOUR, START, settings

NOW = START + HOUR
WHY = Rejected("time", "昨天", "must carry its zone")
DEAD = "dead-letters"


def letter(offset: int, raw: bytes, topic: str = "complaints", **held: Any) -> DeadLetter:
    return DeadLetter.of(topic, 0, offset, raw, WHY, **held)


def event(time: int, **fields: Any) -> bytes:
    return json.dumps({"id": "1", "time": time, **fields}).encode()


def waiting(*letters: DeadLetter) -> list[Waiting]:
    return [Waiting(one, place, START) for place, one in enumerate(letters)]


def fates(*letters: DeadLetter, **source: Any) -> list[Fate]:
    judge = Judge(settings(**source))
    return [one.fate for one in judge.fates(waiting(*letters), now=NOW)]


def test_what_the_settings_can_read_goes_and_all_else_is_told_apart() -> None:
    cut = letter(3, b"", key=b"k" * (1 << 17))
    assert fates(
        letter(0, event(NOW)),
        letter(1, event(NOW - HOUR)),
        letter(2, b"{bad"),
        cut,
        letter(4, event(NOW), topic="gone"),
        letter(5, event(NOW + HOUR)),
    ) == [Fate.COUNTED, Fate.LATE, Fate.REFUSED, Fate.CUT, Fate.UNKNOWN, Fate.REFUSED]


def test_where_events_count_when_they_come_none_is_late() -> None:
    assert fates(letter(0, event(NOW - HOUR)), clock="arrival") == [Fate.COUNTED]


def test_a_mended_mapping_reads_what_was_refused(tmp_path: Path) -> None:
    raw = json.dumps({"number": "17", "when": "2024-01-01 01:00"}).encode()
    assert fates(letter(0, raw)) == [Fate.REFUSED]
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'stream = "complaints"\nzone = "UTC"\n[fields]\nid = "number"\n'
        'time = { column = "when", format = "%Y-%m-%d %H:%M" }\n',
        encoding="utf-8",
    )
    assert fates(letter(0, raw), map=mapping) == [Fate.COUNTED]


def test_a_plan_names_the_letters_that_go_and_why_others_stay() -> None:
    letters = waiting(
        letter(0, event(NOW)), letter(1, b"{bad"), letter(2, event(START)), letter(3, b"{bad."),
        letter(4, b"", topic="gone"),
    )  # fmt: skip
    plan = Plan.of(Judge(settings()).fates(letters, now=NOW))
    assert plan.topics == {
        "complaints": Counter({Fate.REFUSED: 2, Fate.COUNTED: 1, Fate.LATE: 1}),
        "gone": Counter({Fate.UNKNOWN: 1}),
    }
    ((topic, field, _),) = plan.refused
    assert (topic, field, plan.refused.total()) == ("complaints", "event", 2)
    assert [one.letter.offset for one in plan.of_them(letters)] == [0, 2]
    assert [one.letter.offset for one in plan.of_them(letters[1:])] == [2]


def test_more_letters_than_are_judged_at_once_are_all_judged() -> None:
    many = [letter(n, event(NOW) if n % 3 else b"{bad") for n in range(2 * AT_ONCE + 1)]
    expected = [Fate.COUNTED if n % 3 else Fate.REFUSED for n in range(len(many))]
    assert fates(*many) == expected


def test_a_record_goes_as_it_came_with_the_header_that_says_where_it_lay_first() -> None:
    headers = [("trace", b"1"), ("none", b""), ("trace", b"2")]
    first = record(letter(7, b"raw", key=b"p-17", headers=headers))
    mark = (FIRST, b"complaints/0/7")
    assert first == {"key": b"p-17", "value": b"raw", "headers": [*headers, mark]}
    once_more = record(letter(99, b"raw", headers=first["headers"]))
    assert once_more == {"key": None, "value": b"raw", "headers": [*headers, mark]}


class Sent(NamedTuple):
    """What a producer promises of a record, which it keeps where it takes it."""

    topic: str
    partition: int
    offset: int
    record: dict[str, Any]
    exception: Exception | None

    @property
    def value(self) -> "Sent":
        return self

    def succeeded(self) -> bool:
        return self.exception is None

    def get(self, timeout: float) -> "Sent":
        if self.exception is not None:
            raise self.exception
        return self


class Producer:
    """Of topics with two partitions; says why it refuses a record."""

    def __init__(self, refuses: Callable[[str, bytes], Exception | None] = lambda *_: None) -> None:
        self.sent: list[Sent] = []
        self._refuses = refuses

    def partitions_for(self, _: str) -> set[int]:
        return {0, 1}

    def send(self, topic: str, partition: int = 1, **record: Any) -> Sent:
        why = self._refuses(topic, record["value"])
        self.sent.append(Sent(topic, partition, len(self.sent), record, why))
        return self.sent[-1]

    def flush(self) -> None:
        """All of it is there, or is not."""

    def marks(self) -> list[DeadLetter]:
        records = (
            Record(0, one.offset, held["key"], held["value"], START, held["headers"])
            for one in self.sent
            if one.topic == DEAD and one.succeeded()
            for held in [one.record]
        )
        return [one.letter for one in found(records)]


def test_a_letter_that_went_is_written_anew_as_sent_with_nothing_of_what_it_held() -> None:
    producer, letters = Producer(), [letter(7, b"raw", key=b"p-17"), letter(8, b"other")]
    send_some(producer, letters, onto=DEAD)
    home = [(one.topic, one.partition, one.record) for one in producer.sent[:2]]
    assert home == [("complaints", 0, record(one)) for one in letters]
    assert producer.marks() == [one.sent(f"complaints/0/{at}") for at, one in enumerate(letters)]
    keys = [one.record["key"] for one in producer.sent[2:]]
    assert keys == [b"complaints/0/7", b"complaints/0/8"]


def large(_: str, value: bytes) -> Exception | None:
    return MessageSizeTooLargeError() if value == b"large" else None


def test_what_the_broker_did_not_take_waits_on_and_all_else_goes() -> None:
    producer = Producer(large)
    letters = [letter(6, b"a"), letter(7, b"large"), letter(8, b"b")]
    (why,) = send_some(producer, letters, onto=DEAD)
    assert "MessageSizeTooLarge" in why
    assert [one.offset for one in producer.marks()] == [6, 8]


def test_what_is_refused_is_told_once_all_else_has_gone() -> None:
    letters = waiting(letter(0, b"large"), *(letter(n, b"raw") for n in range(1, 2 * AT_ONCE)))
    producer = Producer(large)
    with pytest.raises(BrokerError, match=r"^1 records were refused: .*MessageSizeTooLarge"):
        list(send_all(producer, letters, onto=DEAD))
    assert len(producer.marks()) == 2 * AT_ONCE - 1
    again = [one for one in letters if one.letter.place not in {m.place for m in producer.marks()}]
    assert [one.letter.offset for one in again] == [0]


def test_a_broker_that_takes_nothing_is_not_asked_for_ever() -> None:
    letters = waiting(*(letter(n, b"large") for n in range(5 * AT_ONCE)))
    producer = Producer(large)
    with pytest.raises(BrokerError):
        list(send_all(producer, letters, onto=DEAD))
    assert len(producer.sent) == AT_ONCE


def test_a_topic_that_cannot_be_reached_leaves_none_of_the_others_without_a_mark() -> None:
    class Barred(Producer):
        def partitions_for(self, topic: str) -> set[int]:
            if topic == "calls":
                raise TopicAuthorizationFailedError(topic)
            return super().partitions_for(topic)

    producer = Barred()
    letters = [letter(6, b"a"), letter(7, b"b")._replace(topic="calls"), letter(8, b"c")]
    (why,) = send_some(producer, letters, onto=DEAD)
    assert "TopicAuthorizationFailed" in why
    assert [one.offset for one in producer.marks()] == [6, 8]


def test_a_mark_that_is_not_taken_ends_it() -> None:
    producer = Producer(lambda topic, _: KafkaTimeoutError() if topic == DEAD else None)
    with pytest.raises(KafkaTimeoutError):
        send_some(producer, [letter(7, b"raw")], onto=DEAD)


def test_a_partition_that_the_topic_has_no_more_is_left_to_the_key() -> None:
    producer = Producer()
    send_some(producer, [letter(7, b"raw")._replace(partition=5)], onto=DEAD)
    assert producer.sent[0].partition == 1
