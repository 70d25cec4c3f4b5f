"""Rules as they are set: what is called of a stream, when, by which shard, and when it is over."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts.doorman import Doorman
from alerts.gates import Step
from alerts.signal import Kind, Signal, SignalState
from streams.configuration.limits import Rule
from streams.configuration.sections import Cut
from streams.counts.cells import Counts
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed
from streams.detection.shards import Shard
from streams.detection.snapshots import Frozen
from streams.detection.stream import Stream
from streams.events.event import Event
from streams.settings import Settings
from tests.streams.counts import (
    applied,
    decided,
    emitted,
    merged,
    of_shard,
    parted,
    played,
    records,
)
from tests.streams.logs import DAY, HOUR, MINUTE, START, complaint, log, mention, settings
from tests.streams.test_backtest import history, outcomes, signals

CONFIRMED, CLEARED = SignalState.CONFIRMED, SignalState.CLEARED


def rule(**facts: Any) -> Rule:
    plain: dict[str, Any] = {"name": "r", "stream": "complaints", "by": ("category",)}
    return Rule(**(plain | {"people": 5} | facts))


def ruled(*rules: Rule, partitions: int = 1, shards: int = 1, **cuts: Any) -> Settings:
    plain = settings(partitions=partitions, shards=shards, records=64)
    negative = Cut(stream="mentions", by=("product",), where={"sentiment": "negative"})
    return plain.model_copy(update={"rules": rules, "cuts": (*plain.cuts, negative)})


def said(*minutes: float, **fields: Any) -> list[Event]:
    return [complaint(f"{fields}{n}", START + int(at * MINUTE), **fields)
            for n, at in enumerate(minutes)]  # fmt: skip


def called(which: Settings, events: Sequence[Event]) -> list[Signal]:
    ordered = sorted(events, key=lambda event: event.time)
    sent = emitted(which, records(ordered, ends=ordered[-1].time + 2 * DAY))
    found, _ = played(which, sent)
    return [signal for signal in found if signal.kind is Kind.RULE]


def told(found: Sequence[Signal]) -> list[tuple[SignalState, float, float]]:
    """State, minutes since START at which it was known, and people."""
    return [(s.state, s.at.timestamp() / 60 - START / MINUTE, s.observed) for s in found]


def test_so_many_within_a_time_are_called_in_a_series_first_hour_and_over_when_gone() -> None:
    found = called(ruled(rule(within="30m")), said(1, 2, 11, 12, 13))
    assert told(found) == [(CONFIRMED, 15, 5), (CLEARED, 35, 3)]
    first = found[0]
    assert first.scope == {"stream": "complaints", "category": "billing"}
    assert (first.rule, first.expected, first.multiple, first.learning) == ("r", 5.0, 1.0, False)
    assert first.onset.timestamp() * 1000 == START - 15 * MINUTE
    assert "r: 5 people within 30m, its limit is 5" in first.reason
    assert {signal.id for signal in found} == {first.id}


def test_one_too_few_or_too_far_apart_are_not_called() -> None:
    which = ruled(rule(within="30m"))
    assert called(which, said(1, 2, 11, 12)) == []
    assert called(which, said(1, 11, 21, 31, 41)) == []


def test_only_the_series_that_it_names_are_asked() -> None:
    which = ruled(rule(only={"category": "staff"}))
    events = [*said(1, 2, 3, 4, 5), *said(1, 2, 3, 4, 5, category="staff")]
    assert {s.scope["category"] for s in called(which, events)} == {"staff"}


def test_it_is_told_after_it_has_held_and_over_below_another_level() -> None:
    which = ruled(rule(within="1h", holds="30m", until=3))
    found = called(which, said(1, 2, 11, 12, 13, 14))
    assert told(found) == [(CONFIRMED, 40, 6), (CLEARED, 75, 0)]


def test_twice_as_many_are_worth_another_message() -> None:
    found = called(ruled(rule(within="1h")), said(*[1] * 5, *[11] * 6, *[21] * 3))
    assert told(found)[:2] == [(CONFIRMED, 5, 5), (CONFIRMED, 15, 11)]
    assert [s.revision for s in found[:2]] == [0, 1]


def posts(negative: int, others: int, *, product: str = "kettle") -> list[Event]:
    moods = ["negative"] * negative + ["neutral"] * others
    return [mention(f"{product}{n}", START + n * 1000, sentiment=mood, product=product)
            for n, mood in enumerate(moods)]  # fmt: skip


def shared(which: Settings, events: Sequence[Event]) -> list[Signal]:
    """Through a partition of mentions."""
    plan_of = which.model_copy(update={"sources": which.sources[::-1]})
    return called(plan_of, events)


SHARE = rule(
    stream="mentions", by=("product",), where={"sentiment": "negative"}, share=0.5, people=5
)


def test_a_share_is_of_all_by_the_same_fields() -> None:
    events = [*posts(8, 8), *posts(8, 9, product="iron")]
    found = [s for s in shared(ruled(SHARE), events) if s.state is CONFIRMED]
    assert [s.scope for s in found] == [
        {"stream": "mentions", "sentiment": "negative", "product": "kettle"}
    ]
    assert (found[0].observed, found[0].expected) == (8, 8)


def test_a_share_of_few_is_not_called() -> None:
    assert shared(ruled(SHARE), posts(4, 0)) == []


def test_as_many_times_as_a_week_before_is_asked_from_the_second_week_on() -> None:
    which = ruled(rule(times=3.0, than="7d", within="2h"))
    week = 7 * 24 * 60
    usual = said(*range(30, 20 * 24 * 60, 60))  # one an hour
    more = said(*(week * 2 + 10 + n for n in range(5)), product="iron")
    early = said(*(10 + n for n in range(9)), product="pan")
    found = called(which, [*usual, *more, *early])
    assert told(found)[0] == (CONFIRMED, week * 2 + 60, 7)
    assert found[0].expected == 6.0
    assert {s.id for s in found} == {found[0].id}


OUT = range(8 * 24 + 10, 8 * 24 + 16)
"""Hours, since START, in which nobody comes, where else two a minute do."""


def steady(which: Settings, *, hours: int) -> list[list[Counts]]:
    """The log of a source that is out for a while."""
    events = said(*(n / 2 for n in range(hours * 120) if n // 120 not in OUT))
    return emitted(which, records(events, ends=START + hours * HOUR), every=6000)


def with_an_outage(*asked: Rule, hours: int) -> list[Signal]:
    found, _ = played(ruled(*asked), steady(ruled(*asked), hours=hours))
    return [signal for signal in found if signal.kind is Kind.RULE]


def test_hours_in_which_the_source_was_out_are_no_yardstick_a_day_later() -> None:
    than = {"times": 2.0, "than": "1d"}
    asked = (rule(**than, within="1h"), rule(name="long", **than, within="6h", holds="2h"))
    assert with_an_outage(*asked, hours=10 * 24) == []


def test_why_says_how_many_buckets_of_a_rule_an_outage_hides() -> None:
    asked = rule(times=2.0, than="1d", within="6h")
    which, seen = ruled(asked), []
    scope = {"stream": "complaints", "category": "billing"}

    def watch(_: str, closed: Closed, judges: Bench) -> None:
        (gate,) = (one for one in judges.gates(scope, closed) if one.step is Step.RULE)
        seen.append(gate)

    stream = Stream("complaints", which, 0, watch=watch)
    for (counts,) in steady(which, hours=9 * 24 + 16):
        list(stream.apply(counts))
    last = seen[9 * 24 + 15]
    assert last.numbers["hidden"] == last.numbers["window"] == 6
    assert not last.open
    assert "hides 6 of 6 buckets of its window" in Doorman("en").told(last)
    assert "hidden" not in seen[8 * 24].numbers


def test_an_outage_ends_nothing_that_a_rule_has_called() -> None:
    found = with_an_outage(rule(people=100, within="2h"), hours=8 * 24 + 14)
    assert {signal.state for signal in found} == {CONFIRMED}


EVENTS = sorted(
    [*said(*range(0, 900, 7)), *said(*range(3, 900, 11), category="staff", product="iron"),
     *said(*range(300, 330), category="staff", product="pan")],
    key=lambda event: event.time,
)  # fmt: skip
BOTH = (
    rule(within="1h", people=8, until=6),
    rule(name="pairs", by=("product", "category"), within="2h", people=12, holds="10m"),
)


def logs(which: Settings, *, every: int = 25) -> list[list[list[Counts]]]:
    parts = parted(which, EVENTS)
    ends = START + 2 * DAY
    return [emitted(which, records(p, ends=ends), n, every=every) for n, p in enumerate(parts)]


TWO = ruled(*BOTH, partitions=2)
SIGNALS, _ = played(TWO, merged(logs(TWO)))


def test_each_rule_is_told_of_by_its_name() -> None:
    assert {s.rule for s in SIGNALS if s.kind is Kind.RULE} == {"r", "pairs"}


@given(st.randoms(use_true_random=False), st.integers(1, 60))
@searched(max_examples=8, deadline=None)
def test_the_order_of_reading_and_sending_changes_no_rule(chance: Random, every: int) -> None:
    found, _ = played(TWO, merged(logs(TWO, every=every), chance))
    assert decided(found) == decided(SIGNALS)


WHOLE = of_shard(0, merged(logs(TWO)))


@cache
def course() -> list[tuple[list[Signal], Frozen]]:
    """What a shard that never stopped says to each record, and its snapshot then."""
    shard = Shard(TWO, 0)
    return [([], shard.snapshot()), *((shard.apply(one), shard.snapshot()) for one in WHOLE)]


@given(st.integers(0, len(WHOLE)))
@searched(max_examples=10, deadline=None)
def test_a_shard_restored_at_any_offset_goes_on_with_its_rules(at: int) -> None:
    restored = Shard(TWO, 0)
    restored.restore(course()[at][1])
    said = applied(restored, WHOLE[at:])
    assert said == [signal for told, _ in course()[at + 1 :] for signal in told]
    assert restored.snapshot() == course()[-1][1]


@pytest.mark.parametrize("shards", [2, 5])
def test_a_rule_is_told_by_one_shard_however_many_there_are(shards: int) -> None:
    which = ruled(*BOTH, partitions=2, shards=shards)
    found, _ = played(which, merged(logs(which)))
    assert decided(found) == decided(SIGNALS)


def test_a_back_test_calls_what_workers_call(tmp_path: Path) -> None:
    held = history(tmp_path, EVENTS)
    which = ruled(*BOTH, partitions=3, shards=2)
    sent = [
        emitted(which, records(own, ends=held.ends["complaints"]), n, every=7)
        for n, own in enumerate(parted(which, EVENTS))
    ]
    by_workers, _ = played(which, merged(sent))
    found = signals(outcomes(which, held))
    assert {s.rule for s in found} >= {"r", "pairs"}
    assert decided(by_workers) == decided(found)


def test_a_rule_that_is_changed_begins_anew_and_clears_what_it_had_called() -> None:
    which = ruled(rule(within="6h"))
    other = ruled(rule(within="6h", people=6))
    events = log(said(1, 2, 3, 4, 5, 60, 61, 90))
    before, after = Shard(which, 0), Shard(other, 0)
    whole = iter([counts for (counts,) in emitted(which, events, every=1)])
    found: list[Signal] = []
    while not found:
        found = applied(before, [next(whole)])
    assert [s.state for s in found] == [CONFIRMED]
    after.restore(before.snapshot())
    rest = [s for s in applied(after, whole) if s.kind is Kind.RULE]
    assert [(s.id, s.state) for s in rest][:1] == [(found[0].id, CLEARED)]
    assert [s.state for s in rest if s.id == found[0].id] == [CLEARED]


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"by": ("region",)}, "none counts complaints by region"),
        ({"where": {"severity": "high"}}, "by category where severity=high"),
        ({"share": 0.5}, "of must be a part of where"),
        ({"share": 0.5, "times": 2.0}, "must not both be set"),
        ({"within": "7m"}, "within must be a multiple of 5m, got 7m"),
        ({"within": "390m"}, "within must be a multiple of 1h, got 390m"),
        ({"within": "8d"}, "within must be at most 7d, got 8d"),
        ({"times": 2.0, "than": "2d"}, "than must be 1d or 7d before, got 2d"),
        ({"until": 6}, "until must be at most 5, got 6"),
        ({"only": {"product": "kettle"}}, "only must name fields of by"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_refused_by_name(
    facts: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings(cuts=settings().cuts, rules=(rule(**facts),))


def test_a_share_of_series_that_lie_in_other_shards_is_refused() -> None:
    by, where = ("product", "category"), {"sentiment": "negative"}
    cuts = (
        Cut(stream="mentions", by=by, where=where),
        Cut(stream="mentions", by=by, family="product"),
    )
    asked = rule(stream="mentions", by=by, where=where, share=0.5)
    with pytest.raises(ValueError, match="cut product,category must have no family, or that"):
        Settings(cuts=cuts, rules=(asked,))
