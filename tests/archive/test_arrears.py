"""What a stage has not read yet, and how long an erasure waits for it."""

from collections.abc import Collection, Mapping

import pytest
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.broker.topics import Role
from streams.erasure import arrears
from streams.erasure.arrears import Arrears, archived, counted, left, of_topics_there
from streams.intake.standing import Standing
from streams.transport.runs import noted
from tests.archive.bench import TOPIC, Bench
from tests.archive.records import complaints, run

FIRST, SECOND = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)
Offsets = Mapping[TopicPartition, int]


class Log:
    """Every offset of it is a record."""

    name = TOPIC

    def __init__(self, **ends: int) -> None:
        self._ends = {FIRST: ends["first"], SECOND: ends["second"]}

    def ends(self) -> Offsets:
        return dict(self._ends)

    def grow(self) -> None:
        self._ends = {place: end + 100 for place, end in self._ends.items()}

    def unread(self, reached: Offsets, ends: Offsets) -> dict[int, int]:
        behind = {place: end - reached.get(place, 0) for place, end in ends.items()}
        return {place.partition: offsets for place, offsets in behind.items() if offsets > 0}


def commit(offset: int, note: str = "") -> OffsetAndMetadata:
    return OffsetAndMetadata(offset, noted("id-1", note), -1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrears, "LOOK", 0.0)


def test_what_a_role_has_not_read_is_said_by_partition() -> None:
    def done(role: Role, _: Collection[TopicPartition]) -> Offsets:
        return {FIRST: 5, SECOND: 8} if role is Role.INTAKE else {FIRST: 3}

    found = left([Log(first=5, second=8)], [Role.INTAKE, Role.ARCHIVE], done, until=0.0)
    assert found == [Arrears(Role.ARCHIVE, TOPIC, {0: 2, 1: 8})]


def test_it_is_waited_for_and_what_comes_meanwhile_is_not() -> None:
    log, looks = Log(first=5, second=2), iter(range(100))

    def done(_: Role, __: Collection[TopicPartition]) -> Offsets:
        log.grow()
        return dict.fromkeys([FIRST, SECOND], next(looks))

    assert left([log], [Role.ARCHIVE], done, until=float("inf")) == []
    assert next(looks) == 6


def test_the_archive_has_read_what_its_open_file_holds_and_what_it_has_let_expire(
    bench: Bench,
) -> None:
    bench.take(run(TOPIC, complaints(*range(14))))
    assert archived(bench.place, {FIRST: commit(3)}) == {FIRST: 3}
    bench.write()
    commits = {FIRST: commit(10), SECOND: commit(7)}
    assert archived(bench.place, commits) == {FIRST: 14, SECOND: 7}


def test_the_archive_reads_again_what_is_closed_beyond_its_commit(bench: Bench) -> None:
    bench.take(run(TOPIC, complaints(*range(14))))
    bench.write()
    assert bench.files() == [(0, 10), (10, None)]
    assert archived(bench.place, {FIRST: commit(4)}) == {FIRST: 4}
    assert archived(bench.place, {}) == {}


def test_nothing_was_read_of_a_topic_that_was_made_anew() -> None:
    reached, commits = {FIRST: 9, SECOND: 7}, {FIRST: commit(9)}
    assert of_topics_there(reached, commits, {TOPIC: "id-2"}) == {SECOND: 7}
    assert of_topics_there(reached, commits, {TOPIC: "id-1"}) == reached
    assert of_topics_there(reached, commits, {}) == reached


def test_intake_has_read_what_the_note_of_its_commit_says() -> None:
    chunk = commit(4, Standing(watermark=1, counted=9).note)
    assert counted({FIRST: chunk, SECOND: commit(6, "rekeyed/17")}) == {FIRST: 9, SECOND: 6}
