"""What judges are shown: buckets of any length, in order, once, however the counts came about."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts.signal import Signal, SignalState
from detectors.columns import Ints
from streams.counts.cells import Counts
from streams.detection.judges.judge import Closed, Judge, Record, Seat
from streams.detection.judges.ledger import Ledger
from streams.detection.packing import freeze, thaw
from streams.detection.retirement import Retirement
from streams.detection.series import Key, Series
from streams.detection.snapshots import Frozen, SnapshotError
from streams.detection.stream import Stream
from streams.settings import Settings
from tests.streams.counts import SURGE, busy, emitted, merged, parted, records
from tests.streams.logs import DAY, HOUR, MINUTE, START, settings

CHANCE = st.randoms(use_true_random=False)
TWO = settings(partitions=2, records=64)
FIVE = 5 * MINUTE


class Clerk(Judge):
    """Writes down what it is shown of the first cut in buckets of five minutes."""

    minutes = 5

    def __init__(self, seat: Seat) -> None:
        self.ledger = Ledger({0}, minutes=5)
        self.people: Counter[tuple[int, str]] = Counter()
        self.buckets: list[int] = []

    def take(self, record: Record) -> Iterator[Signal]:
        self.ledger.take(record)
        yield from ()

    def close(self, closed: Closed) -> Iterator[Signal]:
        tally = self.ledger.close(closed)
        for key, people in zip(self.ledger.keys, tally.people.tolist(), strict=True):
            if people:
                self.people[closed.bucket, key.fields] += people
        self.buckets.append(closed.bucket)
        yield from ()

    def retire(self, retirement: Retirement, series: Series) -> None:
        self.ledger.retire(retirement, series)

    def snapshot(self) -> dict[str, Any]:
        return {"ledger": self.ledger.snapshot(), "people": list(self.people.items())}

    def restore(self, held: dict[str, Any]) -> None:
        self.ledger.restore(held["ledger"])
        self.people = Counter({tuple(key): people for key, people in held["people"]})


class Diary(Judge):
    """Writes down the local hours."""

    def __init__(self, seat: Seat) -> None:
        self.seen: list[Closed] = []

    def close(self, closed: Closed) -> Iterator[Signal]:
        self.seen.append(closed)
        yield from ()

    def retire(self, retirement: Retirement, series: Series) -> None: ...

    def snapshot(self) -> dict[str, Any]:
        return {}

    def restore(self, held: dict[str, Any]) -> None: ...


class Watched:
    """A stream with a clerk and a diary."""

    def __init__(self, which: Settings = TWO) -> None:
        self.stream = Stream(
            "complaints", which, 0, makers={"clerk": self.hire, "diary": self.keep}
        )

    def hire(self, seat: Seat) -> Judge:
        self.clerk = Clerk(seat)
        return self.clerk

    def keep(self, seat: Seat) -> Judge:
        self.diary = Diary(seat)
        return self.diary

    def read(self, log: Sequence[Counts]) -> list[Signal]:
        return [signal for counts in log for signal in self.stream.apply(counts)]


def log(chance: Random | None = None, *, every: int = 25) -> list[Counts]:
    sent = [emitted(TWO, records(own), n, every=every) for n, own in enumerate(parted(TWO, busy()))]
    return [counts for (counts,) in merged(sent, chance)]


PLAIN = log()


def came() -> Counter[tuple[int, str]]:
    """By five minutes."""
    return Counter((event.time // FIVE, str(event.category)) for event in busy())


@given(CHANCE, st.integers(1, 60))
@searched(max_examples=8, deadline=None)
def test_finer_buckets_hold_what_came_in_them_however_it_was_read(
    chance: Random, every: int
) -> None:
    watched = Watched()
    watched.read(log(chance, every=every))
    assert watched.clerk.people == came()


def test_every_finer_bucket_is_closed_once_in_order_and_before_its_hour() -> None:
    watched = Watched()
    watched.read(PLAIN)
    buckets = watched.clerk.buckets
    assert buckets == list(range(buckets[0], buckets[0] + len(buckets)))
    assert buckets[-1] * FIVE == START + 6 * DAY - FIVE
    hours = [closed.bucket for closed in watched.diary.seen]
    assert hours == list(range(hours[0], hours[0] + len(hours)))
    assert buckets[0] == hours[0] * 12


@cache
def course() -> list[tuple[list[Signal], Frozen]]:
    """What a stream that never stopped says to each record, and its snapshot then."""
    return _course(Watched().stream)


def _course(stream: Stream) -> list[tuple[list[Signal], Frozen]]:
    begun: tuple[list[Signal], Frozen] = [], freeze(stream.snapshot())
    return [begun, *((list(stream.apply(one)), freeze(stream.snapshot())) for one in PLAIN)]


@given(st.integers(0, len(PLAIN)))
@searched(max_examples=12, deadline=None)
def test_a_ledger_restored_at_any_offset_goes_on_to_the_same_bytes(at: int) -> None:
    after = Watched()
    after.stream.restore(thaw(course()[at][1]))
    for counts, (said, snapshot) in zip(PLAIN[at:], course()[at + 1 :], strict=True):
        assert after.read([counts]) == said
        assert freeze(after.stream.snapshot()) == snapshot


@cache
def without() -> list[tuple[list[Signal], Frozen]]:
    """The same of a stream without clerk and diary."""
    return _course(Stream("complaints", TWO, 0))


@given(st.integers(1, len(PLAIN) - 1))
@searched(max_examples=8, deadline=None)
def test_a_judge_that_the_snapshot_does_not_know_begins_with_what_comes_then(at: int) -> None:
    after = Watched()
    after.stream.restore(thaw(without()[at][1]))
    for counts, (said, _) in zip(PLAIN[at:], without()[at + 1 :], strict=True):
        assert after.read([counts]) == said
    totals = [one for counts in PLAIN[:at] if (one := counts.of_total) is not None]
    fresh = max(int(one.numbers().minutes.max()) for one in totals) // 5 + 1
    held = {key: n for key, n in after.clerk.people.items() if key[0] >= fresh}
    assert held == {key: n for key, n in came().items() if key[0] >= fresh}


def test_what_came_for_hours_before_is_shown_with_the_surges_verdict_on_them() -> None:
    watched = Watched()
    watched.read(PLAIN)
    last = watched.diary.seen[-1]
    assert last.usual.verdict is not None
    assert last.usual.expectation is not None
    assert last.usual.expectation.bucket == last.bucket
    assert last.usual.verdict.score.size == last.people.size == len(last.series.lives)
    assert not last.masked


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_local_days_and_weeks_end_where_the_clocks_say(zone: str) -> None:
    watched = Watched(_in(zone))
    watched.read(PLAIN)
    offset = {"UTC": 0, "America/New_York": 5}[zone]
    ends = [closed.bucket for closed in watched.diary.seen if closed.ends(24)]
    assert {(bucket + 1 - offset) % 24 for bucket in ends} == {0}
    assert len(ends) == 6
    sundays = [c for c in watched.diary.seen if c.ends(168, offset=72)]
    assert [c.hour // 24 % 7 for c in sundays] == ([3] if zone != "UTC" else [])


def test_a_cut_that_the_surge_is_not_to_judge_is_counted_and_not_told() -> None:
    told, muted = Watched(), Watched(_without_surge(TWO))
    found = told.read(PLAIN)
    assert {signal.scope.get("product") for signal in found} == {None, "kettle"}
    assert muted.read(PLAIN) == [s for s in found if "product" not in s.scope]
    assert Key(1, "kettle\x1fbilling") in muted.stream.series.lives


@pytest.mark.parametrize("other", [3, 4, 6])
def test_a_snapshot_of_another_form_is_refused_by_name(other: int) -> None:
    stream = Stream("complaints", TWO, 0)
    held = thaw(freeze(stream.snapshot())) | {"form": other}
    with pytest.raises(SnapshotError, match=rf"must be of form 5, got {other}: .*tocsin rebuild"):
        stream.restore(held)


def _in(zone: str) -> Settings:
    detection = TWO.detection.model_copy(update={"zone": zone})
    return TWO.model_copy(update={"detection": detection})


def _without_surge(which: Settings) -> Settings:
    first, second, *others = which.cuts
    muted = second.model_copy(update={"methods": ()})
    return which.model_copy(update={"cuts": (first, muted, *others)})


def test_what_a_judge_had_called_is_cleared_when_it_is_restored_under_other_terms() -> None:
    before, after = Watched(), Watched()
    fired = 0
    for at, counts in enumerate(PLAIN):
        if any(signal.state is SignalState.CONFIRMED for signal in before.read([counts])):
            fired = at + 1
            break
    held = thaw(freeze(before.stream.snapshot()))
    live = {name for told in held["judges"]["live"].values() for name in told}
    assert live
    held["judges"]["terms"]["surge"] = "other"
    after.stream.restore(held)
    cleared = [s for s in after.read(PLAIN[fired:]) if s.state is SignalState.CLEARED]
    assert {signal.id for signal in cleared} == live
    assert len(cleared) == len(live)


@pytest.mark.parametrize(
    ("said", "end"),
    [
        (SignalState.PROVISIONAL, SignalState.WITHDRAWN),
        (SignalState.CONFIRMED, SignalState.CLEARED),
    ],
)
def test_what_the_surge_has_called_ends_where_it_is_no_more_to_judge_its_cut(
    said: SignalState, end: SignalState
) -> None:
    before, after = Watched(), Watched(_without_surge(TWO))
    at, called = next(
        (at, signal.id)
        for at, counts in enumerate(PLAIN)
        for signal in before.read([counts])
        if signal.state is said and "product" in signal.scope
    )
    after.stream.restore(thaw(freeze(before.stream.snapshot())))
    found = [s for s in after.read(PLAIN[at + 1 :]) if "product" in s.scope]
    assert [(s.id, s.state) for s in found] == [(called, end)]


def test_what_was_foreseen_under_other_terms_is_withdrawn() -> None:
    before, after = Watched(), Watched()
    at, called = next(
        (at, signal.id)
        for at, counts in enumerate(PLAIN)
        for signal in before.read([counts])
        if signal.state is SignalState.PROVISIONAL
    )
    held = thaw(freeze(before.stream.snapshot()))
    held["judges"]["terms"]["surge"] = "other"
    after.stream.restore(held)
    ends = [signal.state for signal in after.read(PLAIN[at + 1 :]) if signal.id == called]
    assert ends == [SignalState.WITHDRAWN]


class Claimant(Diary):
    """Speaks of all series in the surge's stead, once it has seen the hour before the surge."""

    def claims(self, series: Series) -> Ints:
        late = self.seen and self.seen[-1].bucket >= START // HOUR + SURGE - 1
        return np.arange(len(series.lives) if late else 0)


def test_what_another_judge_claims_is_not_foreseen_by_the_surge_and_then_withdrawn() -> None:
    stream = Stream("complaints", TWO, 0, makers={"claimant": Claimant})
    assert [signal for counts in PLAIN for signal in stream.apply(counts)] == []
