"""Series that have had nobody for long leave their places, and nobody else notices."""

from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts.signal import Kind, Signal, SignalState
from streams.configuration.sections import Cut, Detection
from streams.counts.cells import SEPARATOR, CellNumbers, Cells
from streams.detection.groups import Groups
from streams.detection.judges.ledger import Ledger
from streams.detection.judges.novelty import novelty_judge
from streams.detection.judges.share import Pairs, Trio
from streams.detection.packing import freeze, thaw
from streams.detection.retirement import Retirement, retirement
from streams.detection.series import UNBORN, Key, Series
from streams.detection.stream import Stream
from streams.detection.weeks import WHOLE, Weeks
from streams.events.event import Complaint
from streams.settings import Settings
from tests.streams.counts import (
    decided,
    emitted,
    learnt,
    merged,
    played,
    records,
)
from tests.streams.logs import HOUR, START, complaint, settings
from tests.streams.silences import CUTS, ENDS, WEEK, course, gone, known, logs, plan, read, stream

HELD = Key(3, f"adapter{SEPARATOR}a1")
"""Whose rate is still called when its people have been gone for a week."""
BATCHES = {(3, "adapter", "a1"), (3, "adapter", "a2"), (3, "kettle", "k0")}
"""They are in the table, and keep their places."""
EMPTY = {"left", "concerned"}
"""What may be known of none at times."""


@cache
def retires() -> int:
    """How many records there are until the first after which somebody is retired."""
    return [thaw(frozen)["retired"] > 0 for frozen in course(1).frozen].index(True)


def restored(at: int, *, after: int = 1, taken: int = 1) -> Stream:
    """One that goes on from the snapshot that one with `taken` has then."""
    one = stream(plan(after=after))
    one.restore(thaw(course(taken).frozen[at]))
    return one


@cache
def just(after: int) -> dict[str, Any]:
    """What is known as soon as they are retired, or would be."""
    one = restored(retires() - 1, after=after)
    read(one, course(1).records[retires() - 1 : retires()])
    return known(one)


def said(after: int, since: int = 0) -> list[Signal]:
    return [signal for told in course(after).told[since:] for signal in told]


def names(one: Stream) -> set[Key]:
    return set(one.series.lives)


def test_who_had_nobody_for_a_week_is_gone_when_it_ends_and_no_other_is() -> None:
    before, after = restored(retires() - 1), restored(retires())
    left = names(before) - names(after)
    assert left == {key for key in names(before) if gone(key)} - {HELD}
    assert after.retired == len(left) == 8
    assert names(after) <= names(before)


def test_a_series_on_which_an_alarm_stands_stays() -> None:
    assert HELD in names(restored(retires()))
    cleared = [s for s in said(1, retires()) if s.scope.get("batch") == "a1"]
    assert cleared[0].state is SignalState.CLEARED


def test_what_is_said_of_all_others_is_the_same() -> None:
    others = [[s for s in said(after) if not gone(s.scope)] for after in (0, 1)]
    assert others[0] == others[1]
    later = {s.kind for s in others[1] if s.bucket.timestamp() * 1000 >= ENDS}
    assert later == {Kind.SURGE, Kind.BATCH, Kind.RULE}


def test_those_that_are_gone_and_come_back_learn_anew() -> None:
    def surges(after: int) -> set[str]:
        found = said(after, retires())
        return {" ".join(s.scope.values()) for s in found if gone(s.scope) and s.kind is Kind.SURGE}

    assert "complaints adapter" in surges(0)
    assert surges(1) == set()
    assert Key(1, "adapter") in names(restored(-1))


@pytest.mark.parametrize("when", ["when they go", "days later"])
def test_all_that_is_known_of_the_others_is_the_same_to_the_bit(when: str) -> None:
    later = when == "days later"
    without, after = (course(n).last if later else just(n) for n in (0, 1))
    assert without.keys() == after.keys()
    for part, held in without.items():
        own = {name: one for name, one in held.items() if not gone(name)}
        assert own or part in EMPTY
        found = {name: one for name, one in after[part].items() if not gone(name)}
        assert found == own, part


def test_of_those_that_are_gone_nothing_is_kept_but_the_faults_of_a_product_that_lives() -> None:
    left = {part: {name for name in held if gone(name)} for part, held in just(1).items()}
    fault = Key(4, f"kettle{SEPARATOR}k0{SEPARATOR}billing")
    assert left.pop("faults") == {fault}
    assert just(1)["faults"][fault] == just(0)["faults"][fault]
    assert {part: found for part, found in left.items() if found} == {
        "surge": {HELD}, "borrowed": {HELD}, "left": {HELD}, "kin": {HELD},
        "concerned": {HELD},
        "batch": BATCHES, "fleet": BATCHES, "products": {(3, "adapter")},
    }  # fmt: skip
    assert just(1)["batch"][3, "kettle", "k0"] is None


def test_what_the_surge_leaves_to_others_moves_too() -> None:
    one: Any = restored(retires() - 1)
    retire, seen = one._retire, []

    def left() -> set[Key]:
        return {one.series.lives[life] for life in one.judges._surge.left}

    def watched() -> None:
        before = left()
        retire()
        seen.append((before, left()))

    one._retire = watched
    read(one, course(1).records[retires() - 1 : retires()])
    ((before, after),) = seen
    assert after == before & names(one) < before


def test_who_comes_in_the_record_that_ends_the_week_is_foreseen_all_the_same() -> None:
    hours = 2 * WEEK
    often = [complaint(n, START + n * HOUR, category="staff") for n in range(hours)]
    once = [complaint(f"o{n}", START + n, category="odd") for n in range(3)]
    rise = [complaint(f"r{n}", ENDS + n * 80_000, category="staff") for n in range(30)]
    known_so_far = sorted([*often, *once], key=lambda event: event.time)
    found = []
    for after in (0, 1):
        detection = Detection(shards=1, series=100, retire_after=after)
        which = settings(records=4096).model_copy(update={"detection": detection})
        read_at_once = len(known_so_far)
        said = records([*known_so_far, *rise], ends=ENDS + 2 * HOUR)
        found.append(played(which, emitted(which, said, every=30, after=read_at_once)))
    (without, _), (told, (shard,)) = found
    assert told == without
    assert {s.state for s in told} == {SignalState.PROVISIONAL, SignalState.CONFIRMED}
    assert shard.retired == 2


@given(st.integers(-4, 6))
@searched(max_examples=6, deadline=None)
def test_a_snapshot_before_or_after_the_week_ends_goes_on_with_the_same_bytes(moved: int) -> None:
    at, whole = retires() + moved, course(1)
    one = restored(at)
    assert freeze(one.snapshot()) == whole.frozen[at]
    for n in range(at, at + 6):
        assert list(one.apply(whole.records[n])) == whole.told[n]
        assert freeze(one.snapshot()) == whole.frozen[n + 1]


def test_it_may_be_set_at_any_time_and_takes_effect_when_the_week_ends() -> None:
    at = retires() - 3
    one = restored(at, taken=0)
    assert read(one, course(1).records[at:]) == said(1, at)
    assert freeze(one.snapshot()) == course(1).frozen[-1]


def slow(which: Settings) -> Settings:
    """By the hour alone, so that it is cheap."""
    cuts = tuple(cut.model_copy(update={"methods": ("surge",)}) for cut in which.cuts)
    return which.model_copy(update={"cuts": cuts, "rules": ()})


@cache
def whole() -> tuple[list[Any], dict[str, Any], int]:
    """What one shard decides, and knows in the end, and how many it has retired."""
    found, (shard,) = played(slow(plan()), *logs())
    return decided(found), learnt(shard), shard.retired


def test_the_order_in_which_partitions_are_read_retires_no_other() -> None:
    which, parts = slow(plan(partitions=2)), logs(partitions=2)
    found = []
    for order in (merged(parts, Random(3)), [*parts[0], *parts[1]]):
        told, (shard,) = played(which, order)
        found.append((decided(told), learnt(shard), shard.retired))
    assert found[0] == found[1]
    assert (found[0][0], found[0][2]) == (whole()[0], whole()[2])


@pytest.mark.parametrize("shards", [2, 5])
def test_any_number_of_shards_retires_the_same(shards: int) -> None:
    told, state, retired = whole()
    found, made = played(slow(plan(shards=shards)), *logs(shards=shards))
    assert decided(found) == told
    assert sum(one.retired for one in made) == retired > 0
    held = [learnt(one)["complaints"]["lives"] for one in made]
    for key, known_alone in state["complaints"]["lives"].items():
        own = [lives[key] for lives in held if key in lives]
        assert len(own) == (shards if CUTS[key.cut].family is None else 1)
        assert all({**one, "group": 0} == {**known_alone, "group": 0} for one in own)


def brief(weeks: int, *, each: int) -> list[Complaint]:
    """Batches of which people write for a week, so many new ones in each."""
    every = WEEK * HOUR // (3 * each)
    return [
        complaint(f"{week} {n}", START + week * WEEK * HOUR + n * every, batch=f"{week}.{n % each}")
        for week in range(weeks)
        for n in range(3 * each)
    ]


@pytest.mark.parametrize(("after", "weeks"), [(1, 12), (0, 4)])
def test_batches_that_come_and_go_are_all_watched_though_the_bound_is_of_those_that_live(
    after: int, weeks: int
) -> None:
    each = 4
    cut = Cut(stream="complaints", by=("product", "batch"), family="product")
    most = 3 * each  # of this week, and of the two that it takes to know that the first is over
    detection = Detection(shards=1, series=100, max_series=most, retire_after=after)
    which = settings(records=8).model_copy(update={"cuts": (cut,), "detection": detection})
    log = emitted(which, records(brief(weeks, each=each), ends=START + weeks * WEEK * HOUR))
    _, (shard,) = played(which, log)
    if after:
        assert weeks * each == 4 * most
        assert (sum(shard.refused.values()), shard.retired) == (0, (weeks - 1) * each)
    else:
        assert (sum(shard.refused.values()), shard.retired) == (3 * each, 0)


def test_a_week_counts_that_is_whole_and_brings_somebody() -> None:
    def ended(*, people: int, masked: int, hours: int = WEEK) -> int:
        weeks = Weeks()
        for hour in range(hours):
            weeks.add(people=people if hour == 5 else 0, masked=hour < masked)
        weeks.end()
        assert (weeks.hours, weeks.came) == (0, False)
        return weeks.ended

    assert ended(people=1, masked=0) == ended(people=1, masked=WEEK - WHOLE) == 1
    assert ended(people=1, masked=WEEK - WHOLE + 1) == ended(people=0, masked=0) == 0
    assert ended(people=1, masked=0, hours=100) == 0


@given(
    st.lists(st.integers(0, 9), max_size=30), st.integers(0, 9), st.integers(1, 9), st.data()
)  # fmt: skip
def test_those_move_together_that_were_seen_or_are_held(
    last: list[int], ended: int, after: int, data: st.DataObject
) -> None:
    held = data.draw(st.sets(st.sampled_from(range(len(last))))) if last else set[int]()
    lives = np.array([UNBORN, *sorted(held)], np.int64)
    found = retirement(np.array(last, np.int64), lives, ended=ended, after=after)
    stay = [n for n, week in enumerate(last) if n in held or week >= ended - after]
    assert np.flatnonzero(found.kept).tolist() == stay
    moved = found.lives(np.arange(len(last)))
    assert moved[stay].tolist() == list(range(len(stay)))
    assert (np.delete(moved, stay) == UNBORN).all()
    assert found.lives(np.array([UNBORN])).tolist() == [UNBORN]
    assert found.left(len(last)) == len(stay)


SHARES = (
    Cut(stream="complaints", by=("category",)),
    Cut(
        stream="complaints", by=("category",), where={"sentiment": "negative"}, methods=("share",)
    ),
    Cut(stream="complaints", by=("category",), where={"sentiment": "unknown"}, methods=()),
)  # fmt: skip


def shares() -> Series:
    return Series(SHARES, most=100, tells=lambda _: True)


def come(series: Series, bucket: int, *keys: Key) -> None:
    """One person each."""
    cells = [
        Cells.pack(names, CellNumbers(places, minutes, ones, ones, ones * 0, ones * 0))
        for cut in range(len(SHARES))
        for names in [[key.fields for key in keys if key.cut == cut]]
        for places, ones in [(np.arange(len(names)), np.ones(len(names), np.int64))]
        for minutes in [ones * 60 * bucket]
    ]
    series.add(series.place(cells), sign=1, after=bucket - 1)
    series.bear(bucket)
    series.forget(bucket)


@pytest.mark.parametrize("last", [0, 1, 2])
def test_a_pair_knows_its_part_whichever_of_the_three_could_be_watched_last(last: int) -> None:
    series, pairs = shares(), Pairs([Trio.of(1, SHARES)])
    trio = [Key(cut, "billing") for cut in range(3)]
    for bucket, keys in enumerate(([key for key in trio if key.cut != last], [trio[last]]), 1):
        come(series, bucket, *keys)
        pairs.follow(series)
    after = Pairs([Trio.of(1, SHARES)])
    after.follow(series)
    assert [series.lives[life] for life in pairs.lives[:, 0]] == [trio[1], trio[0], trio[2]]
    np.testing.assert_array_equal(pairs.lives, after.lives)


def test_a_pair_stays_without_its_part_and_goes_with_its_whole() -> None:
    series, pairs = shares(), Pairs([Trio.of(1, SHARES)])
    kept = [Key(0, "billing"), Key(0, "staff"), Key(1, "staff"), Key(2, "staff")]
    come(series, 1, Key(1, "billing"), Key(0, "odd"), Key(1, "odd"), *kept)
    pairs.follow(series)
    found = Retirement(np.array([key in kept for key in series.lives]), 0)
    series.retire(found.kept)
    assert pairs.retire(found).tolist() == [0, 2]
    again = Pairs([Trio.of(1, SHARES)])
    again.follow(series)
    np.testing.assert_array_equal(pairs.lives, again.lives)
    assert pairs.place(Key(1, "odd")) is None
    come(series, 2, Key(1, "billing"), Key(0, "odd"))
    for one in (pairs, again):
        one.follow(series)
    np.testing.assert_array_equal(pairs.lives, again.lives)
    assert pairs.lives[0].tolist()[0] == series.life(Key(1, "billing"))


def test_a_ledger_keeps_what_lives_and_what_something_came_of_lately() -> None:
    series, ledger = shares(), Ledger({0}, minutes=60)
    come(series, 1, Key(0, "living"))
    names = ["repeats", "over", "living", "open", "never"]
    numbers = np.zeros((2, 5), np.int64)
    numbers[0, 3] = 1
    part = (np.array([1, 2, 3]), np.array([7, 7, 9]), np.ones((2, 3), np.int64))
    ledger.restore(
        {
            "names": [Key(0, name) for name in names], "row_of": np.array([2, 0, 1]),
            "last": np.array([0, 5, 4]), "open": {9: numbers}, "held": {"complaints": {0: part}},
        }
    )  # fmt: skip
    places = ledger.retire(Retirement(np.ones(1, np.bool_), 5), series)
    assert places.tolist() == [0, 1]
    assert ledger.keys == [Key(0, "living"), Key(0, "repeats")]
    held = ledger.snapshot()
    assert held["names"] == [Key(0, name) for name in ("repeats", "living", "open")]
    assert held["open"][9].tolist() == [[0, 0, 1], [0, 0, 0]]
    assert held["held"]["complaints"][0].rows.tolist() == [1, 2]
    assert held["last"].tolist() == [0, 5]


def test_who_borrows_the_profile_of_what_has_gone_has_that_of_the_whole() -> None:
    cuts = plan().cuts
    series, groups = (
        Series(cuts, most=100, tells=lambda _: True),
        Groups(cuts, zone=ZoneInfo("UTC")),
    )
    born = [Key(0, name) for name in ("billing", "odd", "staff")]
    groups.bear(born)
    groups.freeze(0)
    series.restore(
        series.snapshot() | {
            "cuts": np.array([len(cuts), 0, 0]), "fields": ["", "billing", "staff"],
            "row_of": np.array([1, 2]), "last": np.zeros(2, np.int64),
        }
    )  # fmt: skip
    assert groups.retire(series).tolist() == [0, 1, 0, 2]
    assert groups.scopes == [{}, {"category": "billing"}, {"category": "staff"}]
    groups.bear([Key(0, "odd")])
    assert groups.place(Key(2, f"iron{SEPARATOR}odd")) == 3


def test_of_first_evers_the_same_is_told_and_places_are_free() -> None:
    methods = {2: ("novelty",)}
    cuts = tuple(
        cut.model_copy(update={"methods": methods.get(n, ())}) for n, cut in enumerate(CUTS)
    )
    found = []
    for after in (0, 1):
        which = plan(after=after).model_copy(update={"cuts": cuts, "rules": ()})
        one = Stream("complaints", which, 0, makers={"novelty": novelty_judge})
        told = read(one, [counts for (counts,) in logs()[0]])
        assert one.retired == 10 * after
        found.append(told)
    assert found[0] == found[1]
