"""A topic that is looked at: its records come one after another, up to the end it had."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from kafka import TopicPartition

from streams.broker.records import Log

AT_ONCE = 3


class Consumer:
    """Of topics with one partition each; the offsets that they hold may leave some out."""

    def __init__(self, **logs: Iterable[int]) -> None:
        self._logs = {TopicPartition(name, 0): list(offsets) for name, offsets in logs.items()}
        self.ends = {place: held[-1] + 1 for place, held in self._logs.items()}
        self._positions: dict[TopicPartition, int] = {}
        self.held: dict[int, dict[str, bytes | None]] = {}
        self.polls = 0

    def partitions_for_topic(self, _: str) -> set[int]:
        return {0}

    def beginning_offsets(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {place: self._logs[place][0] for place in places}

    def end_offsets(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {place: self.ends[place] for place in places}

    def assign(self, places: Iterable[TopicPartition]) -> None:
        self._positions = dict.fromkeys(places, 0)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._positions[place] = offset

    def position(self, place: TopicPartition) -> int:
        return self._positions[place]

    def _held(self, offset: int) -> dict[str, bytes | None]:
        return self.held.get(offset, {"key": None, "value": b"%d" % offset})

    def poll(self, timeout_ms: int) -> Mapping[TopicPartition, list[Any]]:
        self.polls += timeout_ms > 0
        polled = {}
        for place, position in self._positions.items():
            due = [offset for offset in self._logs[place] if offset >= position][:AT_ONCE]
            self._positions[place] = due[-1] + 1 if due else self.ends[place]
            polled[place] = [
                SimpleNamespace(
                    partition=0, offset=offset, timestamp=0, headers=(), **self._held(offset)
                )
                for offset in due
            ]
        return {place: found for place, found in polled.items() if found}


def offsets(found: Iterable[Any]) -> list[int]:
    return [one.offset for one in found]


def test_a_log_is_read_as_it_is_gone_through() -> None:
    consumer = Consumer(one=range(100))
    found = Log(consumer, "one").whole()
    assert consumer.polls == 0
    assert next(found).offset == 0
    assert consumer.polls == 1
    assert offsets(found) == list(range(1, 100))


def test_two_logs_that_are_named_at_once_are_read_in_turn() -> None:
    consumer = Consumer(one=range(5), two=range(10, 20))
    first, second = (Log(consumer, name).whole() for name in ("one", "two"))
    assert offsets(first) == list(range(5))
    assert offsets(second) == list(range(10, 20))


def test_what_comes_after_the_end_it_had_is_left_for_another_time() -> None:
    consumer = Consumer(one=range(10))
    consumer.ends[TopicPartition("one", 0)] = 7
    assert offsets(Log(consumer, "one").whole()) == list(range(7))


def test_the_mark_of_a_transactions_end_may_be_the_last() -> None:
    consumer = Consumer(one=[0, 1, 3, 4])
    consumer.ends[TopicPartition("one", 0)] = 6
    assert offsets(Log(consumer, "one").whole()) == [0, 1, 3, 4]


def test_the_newest_and_the_oldest_are_so_many() -> None:
    log = Log(Consumer(one=range(50, 100)), "one")
    assert offsets(log.newest(4).records) == [96, 97, 98, 99]
    assert offsets(log.oldest(4).records) == [50, 51, 52, 53]


def test_of_each_key_its_last_record_is_left_and_nothing_of_what_was_removed() -> None:
    consumer = Consumer(one=range(10, 16))
    written = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3"), (b"c", b"4"), (b"b", None), (b"d", b"")]
    consumer.held = {10 + n: {"key": key, "value": value} for n, (key, value) in enumerate(written)}
    latest = Log(consumer, "one").latest()
    for _ in range(2):
        assert [(one.key, one.value) for one in latest] == [
            (b"a", b"3"), (b"c", b"4"), (b"d", b""),
        ]  # fmt: skip
    assert offsets(Log(consumer, "one").whole()) == [10, 11, 12, 13, 15]


def test_what_is_unread_is_counted_where_a_record_is_among_it() -> None:
    consumer = Consumer(one=range(10, 15))
    log, place = Log(consumer, "one"), TopicPartition("one", 0)
    assert log.unread({}, log.ends()) == {0: 5}
    assert log.unread({place: 12}, log.ends()) == {0: 3}
    assert log.unread({place: 15}, log.ends()) == {}
    consumer.ends[place] = 17  # markers of transactions
    assert log.unread({place: 14}, log.ends()) == {0: 3}
    assert log.unread({place: 15}, log.ends()) == {}
