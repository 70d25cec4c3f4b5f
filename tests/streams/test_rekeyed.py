"""Records that are re-keyed are counted once each, by the persons that the whole source names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from streams.configuration.sections import Source
from streams.counts.cells import Counts, decode
from streams.events.columns import Answers, End
from streams.events.event import Complaint, Mention
from streams.intake.reading import Emission, Plan
from streams.intake.rekeyed import RekeyedReading
from streams.intake.standing import Standing
from streams.seen.people import Seen
from streams.seen.recall import Recollection
from streams.seen.record import Mark
from streams.sources.carrier import Carrier
from streams.sources.keys import partition_of
from streams.sources.origins import BEGINS, ORIGIN, Carried, Origins, Word, encode, keys, short
from tests.streams.logs import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Record,
    complaint,
    log,
    logs,
    mention,
    plan,
    read,
    runs,
    total,
)
from tests.streams.logs import settings as configured

PARTITIONS = 2


def unforgetting(**facts: Any) -> Plan:
    """What is met is remembered for longer than any log here goes on."""
    which = configured(shards=2, records=8, **facts)
    detection = which.detection.model_copy(update={"repeat_horizon": timedelta(days=1000)})
    return plan(which.model_copy(update={"detection": detection}))


FORGETTING = plan(configured(shards=2, records=8, partitions=PARTITIONS, key="none", rekey=True))
REKEYED = unforgetting(partitions=PARTITIONS, key="none", rekey=True)
ONE = unforgetting(partitions=1, key="none", rekey=True)
KEYED = unforgetting(partitions=1)
FUTURE = START + 400 * 24 * HOUR


class Onward(NamedTuple):
    """A record of a re-keyed partition: an event with its origin, or a word."""

    parsed: Any
    origin: Any
    word: Word | None


@dataclass
class Rekeyed:
    """The partitions of a re-keyed topic, as logs that anybody appends to."""

    which: Plan
    logs: list[list[Onward]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs = [[] for _ in range(self.which.partitions)]

    def writer(self, partition: int, *, end: int = 0, watermark: int | None = None) -> Carrier:
        return Carrier(
            self.which.source, partition, partitions=self.which.partitions,
            topic_id=short("id"), end=end, watermark=watermark,
        )  # fmt: skip

    def write(
        self, writer: Carrier, records: Sequence[Record], *, lost: Iterable[int] = ()
    ) -> None:
        """Send records on; what goes to a partition that is `lost` does not arrive there."""
        offsets = np.array([r.offset for r in records], np.int64)
        stamps = np.array([r.stamp for r in records], np.int64)
        answers = Answers.of([r.parsed for r in records])
        partitions, origins = writer.take(offsets, stamps, answers)
        for at, number in enumerate(partitions.tolist()):
            if number >= 0 and number not in lost:
                self.logs[number].append(Onward(records[at].parsed, origins[at], None))

    def say(self, *words: Word) -> None:
        for log_of in self.logs:
            log_of += [
                Onward(End(word.watermark or 0), np.zeros((), ORIGIN), word) for word in words
            ]

    def end(self, *writers: Carrier) -> None:
        """All origins have come to a time far ahead."""
        for writer in writers:
            writer.watermark = FUTURE
        self.say(*(writer.word() for writer in writers))


class Reader:
    """A reading of one re-keyed partition."""

    def __init__(self, rekeyed: Rekeyed, number: int = 0, *, at: Emission | None = None) -> None:
        self.records, which = rekeyed.logs[number], rekeyed.which
        origins = Origins.noted(at.note.partition("/")[2]) if at else Origins()
        self.reading = RekeyedReading(
            which, number, first=at is None, seen=Seen(horizon=which.horizon), origins=origins,
            watermark=at.watermark if at else None,
        )  # fmt: skip
        self.closed: list[Emission] = []
        self.next = (at.closed or 0) if at else 0

    def read(self, upto: int | None = None) -> "Reader":
        part = self.records[self.next : upto]
        offsets = np.arange(self.next, self.next + len(part))
        words = {at: one.word for at, one in enumerate(part) if one.word is not None}
        carried = Carried(np.array([one.origin for one in part], ORIGIN), words)
        answers = Answers.of([one.parsed for one in part])
        if part:
            stamps = np.full(len(part), START)
            self.closed += self.reading.take(offsets, stamps, answers, carried)
        self.next += len(part)
        return self

    def counts(self) -> list[Counts]:
        last = self.reading.so_far()
        return [
            decode(raw)
            for one in [*self.closed, *filter(None, [last])]
            for raw in one.counts
        ]  # fmt: skip

    def marks(self) -> list[Mark]:
        return [Mark(mark) for one in self.closed if one.seen for mark in one.seen.marks]


def sums(rekeyed: Rekeyed, column: str = "people") -> dict[Any, int]:
    """Over all partitions and shards."""
    found: dict[Any, int] = {}
    for number in range(rekeyed.which.partitions):
        reader = Reader(rekeyed, number).read()
        for shard in range(2):
            last = reader.reading.so_far()
            counts = [decode(e.counts[shard]) for e in [*reader.closed, *filter(None, [last])]]
            for cell, n in total(counts, column).items():
                found[(shard, *cell)] = found.get((shard, *cell), 0) + n
    return found


def admitted(rekeyed: Rekeyed) -> list[list[tuple[int, int]]]:
    """By partition the offsets that are taken, and the watermarks of the origin there."""
    found = []
    for log_of in rekeyed.logs:
        rows = np.array([one.origin for one in log_of], ORIGIN)
        kept = rows[Origins().admit(rows)] if len(rows) else rows
        found.append(kept[["offset", "before"]].tolist())
    return found


def of_category(rekeyed: Rekeyed, column: str = "people") -> int:
    """All that is counted by category, of which every shard is told."""
    found = sums(rekeyed, column).items()
    return sum(n for (shard, cut, _, _), n in found if (shard, cut) == (0, 0))


def events(*parsed: Complaint, offset: int = 0) -> list[Record]:
    return log(parsed, offset=offset)


def test_a_person_who_contacts_two_partitions_is_one_person() -> None:
    rekeyed = Rekeyed(REKEYED)
    writers = [rekeyed.writer(n) for n in range(PARTITIONS)]
    for n, writer in enumerate(writers):
        rekeyed.write(writer, events(complaint(f"c{n}", START + n, person="ann")))
    rekeyed.end(*writers)
    assert of_category(rekeyed) == 1
    assert of_category(rekeyed, "events") == 2


def test_the_same_report_in_two_partitions_is_counted_once() -> None:
    rekeyed = Rekeyed(REKEYED)
    writers = [rekeyed.writer(n) for n in range(PARTITIONS)]
    for writer in writers:
        rekeyed.write(writer, events(complaint("c", START)))
    assert of_category(rekeyed, "events") == 1


def test_an_origin_that_is_far_ahead_makes_nothing_forgotten_that_another_brings_again() -> None:
    rekeyed = Rekeyed(FORGETTING)
    ahead, behind = (rekeyed.writer(n) for n in range(PARTITIONS))
    rekeyed.say(ahead.word(), behind.word())
    twenty_days = (complaint(n, START + n * DAY, person=f"p{n}") for n in range(20))
    rekeyed.write(ahead, events(*twenty_days))
    rekeyed.say(ahead.word())
    again = (complaint(f"again-{n}", START + n * DAY, person=f"p{n}") for n in range(20))
    rekeyed.write(behind, events(*again))
    rekeyed.say(behind.word())
    assert of_category(rekeyed) == 20


def a_backlog() -> Rekeyed:
    """Of weeks, whose second origin is told of half-way: what time has come to then jumps."""
    rekeyed = Rekeyed(FORGETTING)
    ahead, behind = (rekeyed.writer(n) for n in range(PARTITIONS))
    days = [(n, START + n * DAY, f"p{n}") for n in range(20)]
    rekeyed.write(ahead, events(*(complaint(n, at, person=who) for n, at, who in days)))
    again = events(*(complaint(f"again-{n}", at, person=who) for n, at, who in days))
    rekeyed.write(behind, again[:15])
    rekeyed.say(ahead.word(), behind.word())
    rekeyed.write(behind, again[15:])
    return rekeyed


def test_a_backlog_that_is_read_before_all_origins_have_spoken_is_not_forgotten_with_a_word() -> (
    None
):
    assert of_category(a_backlog()) == 20


def test_who_writes_to_an_origin_that_is_seldom_written_to_is_known_as_long_as_others() -> None:
    rekeyed = Rekeyed(FORGETTING)
    seldom, often = (rekeyed.writer(n) for n in range(PARTITIONS))
    two = complaint("a", START, person="eve"), complaint("b", START + 10 * DAY, person="ann")
    rekeyed.write(seldom, events(*two))
    daily = [complaint(n, START + n * DAY, person=f"p{n}") for n in range(16)]
    rekeyed.write(often, events(*daily))
    rekeyed.say(seldom.word(), often.word())
    again = complaint("c", START + 16 * DAY, person="ann")
    rekeyed.write(often, events(again, offset=len(daily)))
    assert of_category(rekeyed) == 2 + 16


@pytest.mark.parametrize("number", range(PARTITIONS))
def test_what_a_backlog_has_left_is_restored_after_any_of_its_chunks(number: int) -> None:
    rekeyed = a_backlog()
    whole = Reader(rekeyed, number).read()
    assert len(whole.closed) > 1
    for n, at in enumerate(whole.closed):
        again = Reader(rekeyed, number, at=at)
        remembered(again, whole.closed, at=at)
        again.read()
        assert again.closed == whole.closed[n + 1 :]
        assert again.reading.so_far() == whole.reading.so_far()


def remembered(reader: Reader, closed: Sequence[Emission], *, at: Emission) -> None:
    """What the chunks up to one have seen, as their log brings it back."""
    if at.watermark is not None and at.closed is not None:
        seen = reader.reading.seen
        recollection = Recollection(
            seen, before=at.closed, watermark=at.watermark, reach=seen.reach
        )
        recollection.take([one.seen for one in closed if one.seen is not None])
        recollection.require_joined("seen", begins=0, now=0)
        recollection.finish()


def sent_on(source: Source, sent: Sequence[Complaint | Mention]) -> list[int]:
    """The partitions that a carrier sends events on to."""
    carrier = Carrier(source, 0, partitions=7, topic_id=0, end=0)
    records = np.arange(len(sent))
    onward = carrier.take(records, records + START, Answers.of(list(sent)))
    return list(map(int, onward.partitions))


@given(st.lists(st.sampled_from(["ann", "bob", "eve", None]), min_size=1, max_size=20))
def test_events_go_where_a_producer_that_keys_by_person_sends_them(
    people: list[str | None],
) -> None:
    said = [complaint(f"c{n}", START, person=person) for n, person in enumerate(people)]
    keyed = Source(topic="c", stream="complaints", key="person")
    anyhow = keyed.model_copy(update={"key": "none", "rekey": True})
    assert sent_on(anyhow, said) == [partition_of(keyed, one, 7) for one in said]


def test_posts_go_where_a_producer_that_keys_by_root_sends_them() -> None:
    posts = [mention("a"), mention("b", root="r"), mention("c", repost_of="r"), mention("d")]
    keyed = Source(topic="m", stream="mentions", key="root")
    anyhow = keyed.model_copy(update={"key": "id", "rekey": True})
    assert sent_on(anyhow, posts) == [partition_of(keyed, one, 7) for one in posts]


@given(logs(most=30))
@searched(max_examples=40, deadline=None)
def test_one_partition_re_keyed_onto_one_counts_as_if_it_had_not_been(
    records: list[Record],
) -> None:
    rekeyed = Rekeyed(ONE)
    writer = rekeyed.writer(0)
    for record in records:
        rekeyed.write(writer, [record])
        rekeyed.say(writer.word())
    plain = read(KEYED, [records])
    reader = Reader(rekeyed).read()
    fates = "counted", "late", "duplicate", "repeat"
    assert [reader.reading.tally[f] for f in fates] == [plain.reading.tally[f] for f in fates]
    assert sums(rekeyed) == {
        (shard, *cell): n for shard in range(2) for cell, n in total(plain.counts(shard)).items()
    }


LOST = st.sampled_from([(), (), (0,), (1,), (0, 1)])


@given(
    logs(most=30),
    st.lists(st.tuples(st.integers(1, 12), LOST, st.booleans()), max_size=6),
)
@searched(max_examples=100, deadline=None)
def test_writers_that_are_killed_and_write_again_double_nothing_and_lose_nothing(
    records: list[Record], attempts: list[tuple[int, tuple[int, ...], bool]]
) -> None:
    """What was lost on its way no commit has passed, though what came after it may be there."""
    calm, rough = Rekeyed(REKEYED), Rekeyed(REKEYED)
    steady = calm.writer(0)
    calm.write(steady, records)
    at, mark, zombie = 0, None, None
    for size, lost, lives_on in [*attempts, (len(records), (), False)]:
        if at == len(records):
            break
        writer = rough.writer(0, end=records[at].offset, watermark=mark)
        stop = min(at + size, len(records))
        rough.write(writer, records[at:stop], lost=lost)
        if not lost:
            at, mark = stop, writer.watermark
        if stop < len(records):
            rough.write(writer, records[stop : stop + size])
        if zombie is not None:
            rough.write(*zombie)
        rest = records[stop + size : stop + 2 * size]
        zombie = (writer, rest) if lives_on and rest else None
    assert admitted(rough) == admitted(calm)


@given(logs(most=30), logs(most=30), st.data())
@searched(max_examples=40, deadline=None)
def test_a_reading_that_starts_at_a_closed_chunk_goes_on_as_if_it_had_never_stopped(
    first: list[Record], second: list[Record], data: st.DataObject
) -> None:
    rekeyed = Rekeyed(REKEYED)
    for n, records in enumerate((first, second)):
        writer = rekeyed.writer(n)
        for run in data.draw(runs(records)):
            rekeyed.write(writer, run)
            rekeyed.say(writer.word(idle=data.draw(st.sampled_from([0, 0, 1000]))))
    whole = Reader(rekeyed).read()
    if not whole.closed:
        return
    at = whole.closed[data.draw(st.integers(0, len(whole.closed) - 1))]
    again = Reader(rekeyed, at=at)
    remembered(again, whole.closed, at=at)
    again.read()
    assert again.closed == whole.closed[whole.closed.index(at) + 1 :]
    assert again.reading.so_far() == whole.reading.so_far()


@given(logs(most=30), st.data())
@searched(max_examples=30, deadline=None)
def test_however_it_is_fetched_it_makes_the_same_chunks(
    records: list[Record], data: st.DataObject
) -> None:
    rekeyed = Rekeyed(REKEYED)
    writer = rekeyed.writer(0)
    for run in data.draw(runs(records)):
        rekeyed.write(writer, run)
        rekeyed.say(writer.word())
    whole, parted = Reader(rekeyed).read(), Reader(rekeyed)
    while parted.next < len(parted.records):
        parted.read(parted.next + data.draw(st.integers(1, 9)))
    assert parted.closed == whole.closed
    assert parted.reading.so_far() == whole.reading.so_far()
    marks = [counts.watermark or 0 for counts in whole.counts()]
    assert marks[::2] == sorted(marks[::2])


def test_time_is_that_of_the_origin_that_is_furthest_behind_once_all_have_spoken() -> None:
    rekeyed = Rekeyed(REKEYED)
    ahead, behind = (rekeyed.writer(n) for n in range(PARTITIONS))
    rekeyed.write(ahead, events(complaint("a", START + 5 * HOUR)))
    rekeyed.say(ahead.word())
    reader = Reader(rekeyed).read()
    assert reader.counts()[-1].watermark is None
    rekeyed.write(behind, events(complaint("b", START)))
    rekeyed.say(behind.word())
    assert reader.read().counts()[-1].watermark == START - 15 * MINUTE


def test_what_the_origin_did_not_find_late_is_not_late_though_others_are_far_ahead() -> None:
    rekeyed = Rekeyed(REKEYED)
    ahead, behind = (rekeyed.writer(n) for n in range(PARTITIONS))
    rekeyed.write(ahead, events(complaint("a", START + 5 * HOUR, person="x")))
    rekeyed.say(ahead.word(), behind.word(idle=60_000))
    rekeyed.write(behind, events(complaint("b", START, person="y"), complaint("c", START - HOUR)))
    readers = [Reader(rekeyed, n).read() for n in range(PARTITIONS)]
    assert sum(reader.reading.tally["counted"] for reader in readers) == 2
    assert sum(reader.reading.tally["late"] for reader in readers) == 1


def test_an_origin_that_is_idle_holds_nobody_up() -> None:
    rekeyed = Rekeyed(REKEYED)
    busy, idle = (rekeyed.writer(n) for n in range(PARTITIONS))
    rekeyed.write(busy, events(complaint("a", START)))
    rekeyed.say(busy.word(), idle.word(idle=1000))
    assert Reader(rekeyed).read().counts()[-1].watermark == START - 15 * MINUTE


def test_a_record_that_comes_again_is_marked_as_a_duplicate_even_without_an_id_of_its_own() -> None:
    rekeyed = Rekeyed(ONE)
    records = events(*(complaint(n, START + n) for n in range(4)))
    for _ in range(2):
        rekeyed.write(rekeyed.writer(0), records)
    rekeyed.end(rekeyed.writer(0))
    rekeyed.logs[0] += rekeyed.logs[0][-1:]
    reader = Reader(rekeyed).read()
    assert reader.marks() == [Mark(0)] * 4 + [Mark.DUPLICATE] * 4
    assert reader.reading.tally == {"counted": 4, "duplicate": 4}


def test_an_origin_that_was_made_anew_begins_at_its_first_offset_again() -> None:
    origins, first, second = Origins(), np.zeros(2, ORIGIN), np.zeros(1, ORIGIN)
    first["topic"], first["offset"], first["follows"] = 1, (7, 8), (BEGINS, 7)
    second["topic"], second["offset"], second["follows"] = 2, 0, BEGINS
    assert origins.admit(first).all()
    assert origins.admit(second).all()
    assert not origins.admit(second).any()


def test_after_a_loss_the_first_of_each_origin_need_follow_none_that_is_known() -> None:
    lost = np.zeros(2, ORIGIN)
    lost["offset"], lost["follows"] = (9, 12), (7, 9)
    assert not Origins().admit(lost).any()
    assert Origins(loose=True).admit(lost).all()


words = st.builds(
    Word, st.just(3), st.integers(0, 2), st.just(3), st.integers(0, 9),
    st.one_of(st.none(), st.integers(START, START + HOUR)), st.sampled_from([0, 0, 500]),
)  # fmt: skip


@given(st.lists(words), st.lists(words))
def test_what_is_noted_of_origins_is_all_of_it(before: list[Word], after: list[Word]) -> None:
    whole = Origins()
    for word in before:
        whole.hear(word)
    again = Origins.noted(whole.note())
    for word in after:
        whole.hear(word)
        again.hear(word)
        assert again.time == whole.time
    assert again.note() == whole.note()


def test_a_commit_holds_what_is_noted_of_as_many_origins_as_may_be() -> None:
    origins = Origins()
    for n in range(64):
        origins.hear(Word(2**32 - 1, n, 64, 2**53, START, 1000))
    standing = Standing(START, origins.note(), counted=2**53)
    standing = standing.lettered(range(2**53, 2**53 + 2**14, 2))
    standing = standing._replace(letters=(*standing.letters[1:], range(2**53, 2**53 + 2**14)))
    assert len(standing.note) + 37 <= 4096


@given(st.lists(st.one_of(words, st.integers(0, 99)), max_size=9))
def test_keys_and_words_travel_as_bytes(records: list[Word | int]) -> None:
    rows = np.zeros(len(records), ORIGIN)
    rows["offset"] = [0 if isinstance(one, Word) else one for one in records]
    named = [
        None if isinstance(one, Word) else key for one, key in zip(records, keys(rows), strict=True)
    ]
    values = [encode(one) if isinstance(one, Word) else b"{}" for one in records]
    carried = Carried.of(named, values)
    assert list(carried.words.values()) == [one for one in records if isinstance(one, Word)]
    assert carried.origins["offset"].tolist() == rows["offset"].tolist()


@pytest.mark.parametrize(
    ("facts", "rekeyed", "approximate"),
    [
        ({"key": "person", "rekey": True}, False, False),
        ({"key": "id", "rekey": True}, True, False),
        ({"key": "none", "rekey": True}, True, False),
        ({"key": "none"}, False, True),
    ],
)
def test_people_are_approximate_only_where_nothing_keys_by_person(
    facts: dict[str, Any], rekeyed: bool, approximate: bool
) -> None:
    which = plan(configured(**facts))
    assert (which.source.rekeyed, which.approximate) == (rekeyed, approximate)


def test_offsets_of_a_partition_ascend() -> None:
    rekeyed = Rekeyed(REKEYED)
    rekeyed.write(rekeyed.writer(0), events(*(complaint(n, START + n) for n in range(40))))
    for log_of in rekeyed.logs:
        links = [(int(one.origin["offset"]), int(one.origin["follows"])) for one in log_of]
        assert all(after[1] == before[0] for before, after in pairwise(links))
