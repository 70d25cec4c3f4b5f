"""A source partition's log becomes chunks: cut, counted, refused, late, met before."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.counts.cells import SEPARATOR, Cells, Counts, decode
from streams.events.columns import End, Parsed
from streams.events.event import Rejected, Update
from streams.intake.reading import Plan
from streams.seen.record import Mark
from tests.streams.logs import (
    BURN,
    DAY,
    FIRE,
    HOUR,
    MINUTE,
    START,
    Partition,
    Record,
    complaint,
    log,
    logs,
    mention,
    plan,
    read,
    restarted,
    runs,
    total,
)
from tests.streams.logs import settings as configured

EIGHT = plan()
WIDE = plan(configured())
POSTS = Plan(configured(), configured().sources[1], 1)


def arrival(**source: Any) -> Plan:
    return plan(configured(clock="arrival", **source))


def people(which: Plan, *parsed: Parsed, every: int = 1) -> int:
    """Of the whole stream, in a log of records a millisecond apart."""
    counts = read(which, [log(parsed, every=every)]).counts()
    return sum(n for (cut, _, _), n in total(counts).items() if cut == len(counts[0].cells) - 1)


@given(st.data())
@settings(max_examples=80, deadline=None)  # of some fifteen chunks each, as those below
def test_however_a_log_is_fetched_it_makes_the_same_chunks_to_the_byte(data: st.DataObject) -> None:
    records = data.draw(logs())
    whole = read(EIGHT, [records])
    parted = read(EIGHT, data.draw(runs(records)))
    assert parted.seen_so_far() == whole.seen_so_far()


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_looking_at_a_chunk_while_it_fills_changes_nothing(data: st.DataObject) -> None:
    records = data.draw(logs())
    watched = Partition(EIGHT)
    for run in data.draw(runs(records)):
        watched.take(run)
        watched.reading.so_far()
    assert watched.seen_so_far() == read(EIGHT, [records]).seen_so_far()


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_reading_that_starts_at_a_closed_chunk_goes_on_as_if_it_had_never_stopped(
    data: st.DataObject,
) -> None:
    records = data.draw(logs())
    whole = read(EIGHT, [records])
    if not whole.closed:
        return
    stop = data.draw(st.integers(0, len(whole.closed) - 1))
    at = whole.closed[stop].closed
    assert at is not None
    again = restarted(whole, whole.closed[stop])
    for run in data.draw(runs([r for r in records if r.offset >= at])):
        again.take(run)
    assert again.closed == whole.closed[stop + 1 :]
    assert again.reading.so_far() == whole.reading.so_far()


def test_a_log_that_leaps_over_weeks_at_once_is_read_as_if_it_had_taken_weeks() -> None:
    days = (0, 40, 40, 90)
    said = [complaint(n, START + day * DAY, person="ann") for n, day in enumerate(days)]
    stamps = [START + 99 * DAY] * len(said)
    records = [
        Record(n, stamp, one) for n, (stamp, one) in enumerate(zip(stamps, said, strict=True))
    ]
    whole = read(EIGHT, [records])
    assert whole.seen_so_far() == read(EIGHT, [[record] for record in records]).seen_so_far()
    assert whole.reading.tally == {"counted": 4, "repeat": 1}


@given(logs())
@settings(max_examples=80, deadline=None)
def test_chunks_join_without_a_gap_and_only_the_first_is_marked(records: list[Record]) -> None:
    chunks = read(EIGHT, [records]).counts()
    assert chunks[0].start == records[0].offset
    assert all(one.end == other.start for one, other in pairwise(chunks))
    assert [chunk.first for chunk in chunks] == [True] + [False] * (len(chunks) - 1)
    assert [chunk.closed for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    marks = [chunk.watermark or 0 for chunk in chunks]
    assert marks == sorted(marks)


@given(logs())
@settings(max_examples=80, deadline=None)
def test_every_record_is_counted_late_again_refused_or_an_end(records: list[Record]) -> None:
    partition = read(EIGHT, [records])
    tally = partition.reading.tally
    ends = sum(isinstance(record.parsed, End) for record in records)
    fates = (tally["counted"], tally["late"], tally["duplicate"], tally["rejected"])
    assert sum(fates) + ends == len(records)
    assert tally["rejected"] == len(partition.reading.refusals)
    assert tally["late"] == sum(chunk.late for chunk in partition.counts())
    of_stream = total(partition.counts(), "events").items()
    assert tally["counted"] == sum(n for (cut, _, _), n in of_stream if cut == 3)


@given(logs(most=30), st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_a_log_that_is_replayed_changes_no_count_and_reports_nothing_new(
    records: list[Record], days: int
) -> None:
    once = Partition(EIGHT)
    once.take(records)
    once.take([Record(records[-1].offset + 1, START, End(records[-1].stamp + days * DAY))])
    told = total(once.counts()), {t.event for chunk in once.counts() for t in chunk.triggers}
    after = records[-1].offset + 2
    once.take([Record(after + n, record.stamp, record.parsed) for n, record in enumerate(records)])
    assert told == (
        total(once.counts()), {t.event for chunk in once.counts() for t in chunk.triggers},
    )  # fmt: skip
    reported = [(t.event, t.harm) for chunk in once.counts() for t in chunk.triggers]
    assert len(reported) == len(set(reported))


@given(logs())
@settings(max_examples=50, deadline=None)
def test_every_record_is_marked_with_what_became_of_it(records: list[Record]) -> None:
    last = START + 99 * DAY
    partition = read(EIGHT, [records, [Record(10**6, last, complaint("last", last))]])
    marks = {
        one.seen.first + n: Mark(mark)
        for one in partition.closed
        if one.seen is not None
        for n, mark in enumerate(one.seen.marks)
    }
    offsets = {record.offset for record in records}
    assert offsets <= marks.keys()
    assert not any(mark for offset, mark in marks.items() if offset not in offsets)
    for mark in Mark:
        marked = sum(mark in found for found in marks.values())
        assert marked == partition.reading.tally[str(mark.name).lower()]


@given(logs())
@settings(max_examples=30, deadline=None)
def test_what_chunks_have_seen_joins_without_a_gap(records: list[Record]) -> None:
    partition = read(EIGHT, [records])
    for one, counts in zip(partition.closed, partition.counts(), strict=False):
        assert one.seen is not None
        assert (one.seen.first, one.seen.to) == (counts.start, counts.end)
        assert one.seen.watermark == one.watermark


def test_a_chunk_ends_where_the_grid_of_offsets_does() -> None:
    records = log((complaint(n) for n in range(20)), offset=5, every=1)
    assert [(c.start, c.end) for c in read(EIGHT, [records]).counts()] == [
        (5, 8), (8, 16), (16, 24), (24, 25)
    ]  # fmt: skip


def test_a_chunk_ends_when_a_record_is_ten_seconds_newer_but_not_when_it_is_older() -> None:
    stamps = [START + 9_999, START - HOUR, START + 10_000, START + 9_999, START + 19_999]
    records = [Record(n, stamp, complaint(n)) for n, stamp in enumerate(stamps)]
    assert [(c.start, c.end) for c in read(WIDE, [records]).counts()] == [(0, 2), (2, 5)]


def test_a_record_after_a_hole_in_the_offsets_ends_the_chunk_where_it_lies() -> None:
    records = [Record(n, START, complaint(n)) for n in (0, 1, 30)]
    closed = read(EIGHT, [records]).closed
    assert [emission.closed for emission in closed] == [30]
    assert decode(closed[0].counts[0]).end == 30


def test_a_replayed_id_counts_once_even_across_the_first_two_chunks() -> None:
    first = [complaint(n) for n in range(8)]
    again = [complaint(n) for n in range(8)]
    partition = read(EIGHT, [log([*first, *again], every=1)])
    assert partition.reading.tally == {"counted": 8, "duplicate": 8}


def test_a_person_on_the_same_matter_again_is_a_repeat_contact_not_a_second_person() -> None:
    contacts = [complaint(1, person="ann"), complaint(2, person="ann")]
    assert people(WIDE, *contacts) == 1
    assert people(WIDE, *contacts, complaint(3, person="bob")) == 2
    assert people(WIDE, *contacts, complaint(3, person="ann", product="iron")) == 2
    assert people(WIDE, *contacts, complaint(3, person="ann", category="staff")) == 2


@pytest.mark.parametrize(("days", "repeats"), [(1, 1), (6, 1), (9, 0)])
def test_the_same_matter_after_the_horizon_is_a_new_one(days: int, repeats: int) -> None:
    again = START + days * DAY
    said = [
        complaint(1, person="ann"),
        complaint(2, again),
        complaint(3, again + HOUR, person="ann"),
    ]
    assert read(WIDE, [log(said)]).reading.tally["repeat"] == repeats


def test_events_without_a_person_are_each_their_own() -> None:
    assert people(WIDE, complaint(1), complaint(2), complaint(3)) == 3


def test_an_event_below_the_watermark_is_late_and_one_at_it_is_not() -> None:
    newest = complaint(1, START + HOUR)
    edge = START + HOUR - 15 * MINUTE
    records = [Record(n, START + HOUR, e) for n, e in enumerate(
        [newest, complaint(2, edge), complaint(3, edge - 1)]
    )]  # fmt: skip
    partition = read(WIDE, [records])
    assert partition.reading.tally == {"counted": 2, "late": 1}
    assert partition.reading.watermark == edge
    assert partition.counts()[0].late == 1


def test_a_late_event_that_is_harmful_is_not_counted_but_reported_when_it_came() -> None:
    late = complaint("late", START, text=BURN)
    records = [Record(0, START + HOUR, complaint(1, START + HOUR)), Record(1, START + HOUR, late)]
    (chunk,) = read(WIDE, [records]).counts()
    (trigger,) = chunk.triggers
    assert (trigger.harm, trigger.event) == ("injury", "late")
    assert trigger.occurred == START // MINUTE
    assert trigger.minute == (START + HOUR) // MINUTE - 15
    assert sum(total([chunk]).values()) == 3  # one person in each of three cuts


def test_a_harmful_event_later_than_ids_are_remembered_is_not_reported() -> None:
    late = [complaint("a", START - DAY, text=BURN), complaint("b", START - 9 * DAY, text=BURN)]
    newest = complaint(1, START)
    records = [Record(n, START, one) for n, one in enumerate([newest, *late])]
    (chunk,) = read(WIDE, [records]).counts()
    assert chunk.late == 2
    assert [trigger.event for trigger in chunk.triggers] == ["a"]


def test_an_id_that_comes_again_at_another_time_moves_the_watermark_all_the_same() -> None:
    partition = read(WIDE, [log([complaint(1), complaint(1, START + HOUR)])])
    assert partition.reading.tally == {"counted": 1, "duplicate": 1}
    assert partition.reading.watermark == START + HOUR - 15 * MINUTE


def test_a_stated_severity_is_enough_where_the_text_shows_another_harm() -> None:
    leak = "You leaked my data: 5000 customers' card numbers are on the internet."
    stated = complaint(1, severity="safety", text=leak)
    (chunk,) = read(WIDE, [log([stated])]).counts()
    assert "safety" in {trigger.harm for trigger in chunk.triggers}


def test_a_stated_severity_that_the_text_shows_is_reported_once() -> None:
    (chunk,) = read(WIDE, [log([complaint(1, severity="safety", text=BURN)])]).counts()
    assert [trigger.harm for trigger in chunk.triggers] == ["injury"]


def test_an_event_too_far_ahead_of_its_record_is_refused_with_the_rule() -> None:
    records = [Record(0, START, complaint(1, START + 10 * MINUTE)),
               Record(7, START, complaint(2, START + 10 * MINUTE + 1))]  # fmt: skip
    partition = read(WIDE, [records])
    (refusal,) = partition.reading.refusals
    assert (refusal.offset, refusal.why.field) == (7, "time")
    assert refusal.why.rule == "must be at most 10m after its record's timestamp"
    assert partition.reading.watermark == START - 5 * MINUTE


def test_what_is_no_event_is_refused_at_its_offset_and_counted_nowhere() -> None:
    why = Rejected("event", "x", "must be JSON")
    partition = read(WIDE, [[Record(4, START, complaint(1)), Record(6, START, why)]])
    assert [(r.offset, r.why) for r in partition.reading.refusals] == [(6, why)]
    assert partition.reading.watermark == START - 15 * MINUTE


def test_a_log_of_refusals_has_no_watermark() -> None:
    partition = read(WIDE, [log([Rejected("event", "x", "must be JSON")] * 3, every=1)])
    assert partition.counts()[0].watermark is None


def test_the_end_of_input_moves_the_watermark_and_what_follows_below_it_is_late() -> None:
    partition = read(WIDE, [log([complaint(1), End(START + HOUR), complaint(2)], every=1)])
    assert partition.reading.watermark == START + HOUR
    assert partition.reading.tally == {"counted": 1, "late": 1}


def test_the_end_of_input_never_moves_the_watermark_back() -> None:
    partition = read(WIDE, [log([complaint(1), End(START - DAY)], every=1)])
    assert partition.reading.watermark == START - 15 * MINUTE


def test_by_the_clock_of_arrival_events_count_when_they_came() -> None:
    old = complaint(1, START - 300 * DAY)
    partition = read(arrival(), [[Record(0, START, old), Record(1, START + MINUTE, complaint(2))]])
    minutes = {minute for _, _, minute in total(partition.counts())}
    assert minutes == {START // MINUTE, START // MINUTE + 1}
    assert partition.reading.tally == {"counted": 2}


def test_by_the_clock_of_arrival_a_record_stamped_before_2000_is_not_late() -> None:
    partition = read(arrival(future="1000000h"), [[Record(0, 0, complaint(1, START - 300 * DAY))]])
    assert partition.reading.tally == {"counted": 1}


def test_a_field_that_is_missing_leaves_the_event_out_of_that_cut_alone() -> None:
    (chunk,) = read(WIDE, [log([complaint(1, product=None)])]).counts()
    by_category, by_product, by_channel, whole = chunk.cells
    assert isinstance(by_category, Cells)
    assert (by_category.keys, by_product, by_channel) == (["billing"], None, None)
    assert isinstance(whole, Cells)
    assert whole.numbers().people.tolist() == [1]


def test_a_category_that_cannot_be_read_is_unknown_and_counted_so() -> None:
    (chunk,) = read(WIDE, [log([complaint(1, category=None, text=None)])]).counts()
    assert isinstance(chunk.cells[0], Cells)
    assert chunk.cells[0].keys == ["unknown"]


def test_a_copied_post_adds_reach_but_no_person() -> None:
    posts = [
        mention(1, author="ann", followers=10),
        mention(2, author="bob", followers=5, repost_of="1"),
        mention(3, author="eve"),
    ]
    (chunk,) = read(POSTS, [log(posts, every=1)]).counts()
    cells = chunk.cells[-1]
    assert isinstance(cells, Cells)
    held = cells.numbers()
    assert held.events.tolist() == [3]
    assert held.people.tolist() == [2]
    assert held.reposts.tolist() == [1]
    assert held.reach.tolist() == [15]
    assert chunk.approximate


def test_who_copied_a_post_is_a_person_once_with_a_post_of_their_own() -> None:
    copied = mention(2, author="bob", repost_of="1")
    posts = [copied, mention(3, author="bob"), mention(4, author="bob")]
    (chunk,) = read(POSTS, [log(posts, every=1)]).counts()
    assert isinstance(chunk.cells[-1], Cells)
    assert chunk.cells[-1].numbers().people.tolist() == [1]


def test_a_cut_of_fixed_values_counts_those_events_alone() -> None:
    which = configured()
    negative = which.cuts[-1].model_copy(update={"where": {"sentiment": "negative"}})
    changed = which.model_copy(update={"cuts": (negative,)})
    posts = [mention(1, sentiment="negative"), mention(2), mention(3, sentiment="negative")]
    source = Plan(changed, changed.sources[1], 1)
    (chunk,) = read(source, [log(posts, every=1)]).counts()
    held = [cells.numbers() for cells in chunk.cells if isinstance(cells, Cells)]
    assert [numbers.events.tolist() for numbers in held] == [[2], [3]]
    (none,) = read(source, [log([mention(4)])]).counts()
    assert none.cells[0] is None


def test_updates_move_time_and_are_counted_in_no_series() -> None:
    which = configured(topic="updates", stream="updates", key="id")
    steps = [Update(id=str(n), time=START, complaint="c", step="accepted") for n in range(2)]
    partition = read(plan(which), [log(steps, every=1)])
    assert partition.reading.tally == {"counted": 2}
    assert total(partition.counts()) == {}
    old = Update(id="3", time=START - 30 * DAY, complaint="c", step="accepted")
    partition.take(log([old], offset=2))
    assert partition.reading.tally["late"] == 1


@given(logs(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_the_number_of_shards_changes_no_total(records: list[Record], shards: int) -> None:
    one = read(plan(configured(records=8)), [records])
    parted = read(plan(configured(shards=shards, records=8)), [records])
    by_shard = [total(parted.counts(shard)) for shard in range(shards)]
    family: dict[Any, int] = {}
    for sums in by_shard:
        family |= {cell: n for cell, n in sums.items() if cell[0] == 1}
    broadcast = [{cell: n for cell, n in sums.items() if cell[0] != 1} for sums in by_shard]
    assert all(sums == broadcast[0] for sums in broadcast)
    assert sum(len([c for c in sums if c[0] == 1]) for sums in by_shard) == len(family)
    assert family | broadcast[0] == total(one.counts())
    reported = [t for shard in range(shards) for c in parted.counts(shard) for t in c.triggers]
    whole = [t for c in one.counts() for t in c.triggers]
    assert sorted(map(str, reported)) == sorted(map(str, whole))


def test_a_familys_series_live_together() -> None:
    records = log(
        (complaint(n, category=c) for n, c in enumerate(["billing", "staff", "ethics"])), every=1
    )
    partition = read(plan(configured(shards=4)), [records])
    holding = [c.cells[1] for shard in range(4) for c in partition.counts(shard) if c.cells[1]]
    (cells,) = holding
    assert isinstance(cells, Cells)
    assert cells.keys == [f"kettle{SEPARATOR}{c}" for c in ("billing", "staff", "ethics")]


def test_a_mark_names_the_end_the_watermark_and_the_idle_time() -> None:
    partition = read(WIDE, [log([complaint(1)])])
    mark = decode(partition.reading.mark(end=1, idle=1000))
    assert (mark.start, mark.end, mark.idle) == (1, 1, 1000)
    assert (mark.watermark, mark.cells, mark.closed) == (START - 15 * MINUTE, [], True)
    assert not mark.first


def test_a_mark_before_any_record_says_whether_something_is_to_precede_it() -> None:
    assert decode(Partition(WIDE).reading.mark(end=0, idle=1)).first
    assert not decode(Partition(WIDE, first=False).reading.mark(end=7, idle=1)).first


def test_counts_say_what_they_were_counted_under() -> None:
    which = configured(partitions=3)
    partition = Partition(plan(which), 2)
    partition.take(log([complaint(1)]))
    (counts,) = partition.counts()
    assert isinstance(counts, Counts)
    assert (counts.version, counts.topic, counts.stream) == (
        which.version, "complaints", "complaints"
    )  # fmt: skip
    assert (counts.partition, counts.partitions, counts.approximate) == (2, 3, False)


@pytest.mark.parametrize("key", ["id", "none"])
def test_people_are_approximate_unless_the_source_is_keyed_by_them(key: str) -> None:
    (counts,) = read(plan(configured(key=key)), [log([complaint(1)])]).counts()
    assert counts.approximate


def test_one_event_may_show_two_harms() -> None:
    both = complaint(1, text=f"{FIRE}. {BURN}")
    (chunk,) = read(WIDE, [log([both])]).counts()
    assert [trigger.harm for trigger in chunk.triggers] == ["fire", "injury"]
