"""Busy series: which judge speaks of them, and that it says what the detector by itself would."""

from datetime import timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.doorman import Doorman
from alerts.gates import Step
from alerts.signal import Kind, Signal, SignalState
from detectors import budget
from detectors.burst import PLACES, THRESHOLD, Burst, BurstState, affordable
from detectors.burstiness import Burstiness
from detectors.columns import Ints
from streams.configuration.methods import Method
from streams.configuration.sections import Cut, Detection
from streams.counts.cells import Counts
from streams.detection import signals
from streams.detection.judges.burst import burst_judge
from streams.detection.judges.judge import Seat
from streams.detection.packing import freeze, thaw
from streams.detection.stream import Stream
from streams.events.event import Mention
from streams.settings import Settings
from tests.contract import again
from tests.streams.counts import emitted, records
from tests.streams.logs import MINUTE, START, mention, settings
from tests.streams.shown import Shown

FIVE = 5 * MINUTE
BUCKETS = 288
DAYS = 5
BIG = 4 * BUCKETS + 100
"""The bucket in which both products are posted of far more than ever."""
PRODUCTS = ("iron", "kettle")


def plan(*methods: Method) -> Settings:
    cut = Cut(stream="mentions", by=("product",), methods=methods)
    plain = settings()
    return plain.model_copy(update={"cuts": (cut,), "sources": plain.sources[::-1]})


BOTH: tuple[Method, ...] = ("surge", "burst")
SURGE: tuple[Method, ...] = ("surge",)


@cache
def counts() -> Ints:
    """The kettle bursts nine times a day; the iron never does, but rises for two hours."""
    chance = np.random.default_rng(3)
    held = chance.poisson(1.5, (DAYS * BUCKETS, 2)).astype(np.int64)
    held[0] = 1  # both are born of the first bucket
    held[20::32, 1] += 25
    held[BIG : BIG + 24, 0] += np.linspace(1, 12, 24).astype(np.int64)
    held[BIG : BIG + 3, 1] += 80
    return held


@cache
def log(methods: tuple[Method, ...]) -> list[Counts]:
    return told_of(counts(), plan(*methods))


def told_of(held: Ints, which: Settings) -> list[Counts]:
    posts: list[Mention] = []
    for bucket, row in enumerate(held):
        for product, n in zip(PRODUCTS, row.tolist(), strict=True):
            at = START + bucket * FIVE
            posts += [mention(f"{product}{at}{k}", at, product=product) for k in range(n)]
    sent = emitted(which, records(posts, ends=START + len(held) * FIVE), every=200)
    return [one for (one,) in sent]


@cache
def _run(methods: tuple[Method, ...]) -> tuple[Stream, list[Signal], Shown]:
    shown = Shown(Step.BURST, {"product": "kettle"})
    stream = Stream("mentions", plan(*methods), 0, watch=shown)
    return stream, [signal for one in log(methods) for signal in stream.apply(one)], shown


def played(methods: tuple[Method, ...]) -> tuple[Stream, list[Signal]]:
    stream, found, _ = _run(methods)
    return stream, found


def said(found: list[Signal], kind: Kind, product: str, *, since: int) -> list[Signal]:
    begin = (START + since * FIVE) / 1000
    return [
        s for s in found
        if s.kind is kind and s.scope["product"] == product and s.at.timestamp() > begin
        and s.state in (SignalState.PROVISIONAL, SignalState.CONFIRMED)
    ]  # fmt: skip


def test_what_is_rare_in_a_bursty_series_is_told_by_burst_within_its_minutes() -> None:
    _, found = played(BOTH)
    first, *_ = said(found, Kind.BURST, "kettle", since=BIG)
    assert first.at.timestamp() * 1000 == START + (BIG + 1) * FIVE
    assert first.threshold == THRESHOLD
    assert first.observed >= 80
    assert "minutes where" in first.reason


def test_the_surge_leaves_a_bursty_series_to_it_and_speaks_of_it_where_it_does_not_judge() -> None:
    _, with_burst = played(BOTH)
    _, without = played(SURGE)
    assert said(without, Kind.SURGE, "kettle", since=BIG)
    assert not said(with_burst, Kind.SURGE, "kettle", since=BIG)


def test_a_series_that_rises_once_is_left_to_the_surge() -> None:
    _, found = played(BOTH)
    assert {signal.scope["product"] for signal in found if signal.kind is Kind.BURST} == {"kettle"}
    assert said(found, Kind.SURGE, "iron", since=BIG)


def test_the_stream_gives_the_scores_of_the_detector_alone() -> None:
    stream, found = played(BOTH)
    burst, state, burstiness = Burst(), BurstState.empty(2), Burstiness.empty(2)
    scores: dict[float, float] = {}
    for bucket, row in enumerate(counts(), START // FIVE):
        state, verdict = burst.step(state, burst.expect(state, bucket=bucket), row)
        burstiness.learn(row, np.zeros(2, np.bool_))
        scores[bucket * FIVE / 1000] = float(verdict.score[1])
    held = stream.judges.snapshot()["judges"]["burst"]
    assert freeze(held["state"]) == freeze(state.columns())
    assert freeze(held["burstiness"]) == freeze(burstiness.columns())
    for signal in found:
        if signal.kind is Kind.BURST:
            assert signal.score == scores[signal.bucket.timestamp()]


def test_the_numbers_that_are_shown_at_the_end_of_an_hour_give_the_score_again() -> None:
    _, _, shown = _run(BOTH)
    shown.assert_adds_up(again.of_burst)


def shown_of(held: Ints) -> Shown:
    """What is shown of the kettle, bucket by bucket."""
    shown = Shown(Step.BURST, {"product": "kettle"})
    stream = Stream("mentions", plan(*BOTH), 0, watch=shown)
    for one in told_of(held, plan(*BOTH)):
        list(stream.apply(one))
    return shown


def test_one_that_bursts_and_still_learns_says_until_when() -> None:
    _, _, shown = _run(BOTH)
    learning = [numbers["earliest"] for numbers in shown.numbers if "earliest" in numbers]
    first = next(numbers for numbers in shown.numbers if "score" in numbers)
    assert len(learning) > 100
    assert set(learning) == {first["at"] - timedelta(milliseconds=FIVE)}
    held = np.zeros((50, 2), np.int64)
    held[0], held[10:50:10, 1] = 1, 100
    learning = [numbers["earliest"] for numbers in shown_of(held).numbers if numbers]
    assert learning[0] == signals.moment(START // FIVE + 31 + 288, 5)
    assert learning[-1] == signals.moment(START // FIVE + 40 + 288, 5)


def test_an_outage_that_masks_a_bursty_series_is_named() -> None:
    held = np.tile(counts(), (2, 1))[: 8 * BUCKETS]
    held[:, 0] = 12
    held[-24:] = 0
    *_, before, last = shown_of(held).gates[11::12]  # that it is out shows an hour on
    assert (before.numbers["judged"], last.numbers["judged"]) == (1.0, 0.0)
    said = "An outage of the sources masks them: nothing is judged."
    assert said in Doorman("en").told(last)
    assert said not in Doorman("en").told(before)


def shipped(*, risen: Ints, **detection: Any) -> tuple[Stream, list[Signal]]:
    """Under the default budget; of the kettle so much is posted from `BIG` on."""
    held = counts().copy()
    held[BIG : BIG + 24] = 1
    held[BIG : BIG + risen.size, 1] = risen
    which = plan(*BOTH).model_copy(update={"detection": Detection(shards=1, **detection)})
    stream = Stream("mentions", which, 0)
    return stream, [signal for one in told_of(held, which) for signal in stream.apply(one)]


def test_what_it_calls_beyond_the_budget_says_so_and_is_told_again_once_it_is_within() -> None:
    stream, found = shipped(risen=np.array([42, 36]))
    first, second = said(found, Kind.BURST, "kettle", since=BIG)
    assert first.threshold == THRESHOLD < first.score < first.told_from
    assert second.score >= second.told_from == first.told_from == affordable(budget.threshold())
    assert second.observed - second.expected < 2 * (first.observed - first.expected)
    assert (second.revision, second.at - first.at) == (1, timedelta(minutes=5))
    judged = stream.judges.judged(stream.series)
    assert judged["burst"] == 1
    assert stream.judges.places(stream.series) == sum(judged.values()) - 1 + PLACES


def test_a_threshold_that_somebody_set_is_taken_to_keep_the_budget() -> None:
    _, found = shipped(risen=np.array([42, 36]), thresholds={Kind.BURST: 1.0})
    (first,) = said(found, Kind.BURST, "kettle", since=BIG)
    assert first.told_from == first.threshold == THRESHOLD
    assert first.rarity > 1.0


@pytest.mark.parametrize("at", [3, 11, 14])
def test_restored_in_mid_bucket_it_goes_on_to_the_same_bytes(at: int) -> None:
    before, after = (Stream("mentions", plan(*BOTH), 0) for _ in range(2))
    for one in log(BOTH)[:at]:
        list(before.apply(one))
    after.restore(thaw(freeze(before.snapshot())))
    for one in log(BOTH)[at : at + 3]:
        assert list(after.apply(one)) == list(before.apply(one))
        assert freeze(after.snapshot()) == freeze(before.snapshot())


def test_a_snapshot_of_before_channels_had_a_score_of_their_own_is_taken() -> None:
    before, after = (Stream("mentions", plan(*BOTH), 0) for _ in range(2))
    for one in log(BOTH)[:14]:
        list(before.apply(one))
    held = thaw(freeze(before.snapshot()))
    del held["judges"]["judges"]["burst"]["loud"]
    after.restore(held)
    assert list(after.apply(log(BOTH)[14])) == list(before.apply(log(BOTH)[14]))


def test_it_keeps_no_closed_bucket() -> None:
    stream, _ = played(BOTH)
    held = stream.judges.snapshot()["judges"]["burst"]
    assert held["ledger"]["open"] == {}
    assert held["state"]["onset"].shape == (2,)
    assert held["bursty_for"].shape == (2,)


def test_no_cut_asks_for_it_and_no_bucket_is_so_short() -> None:
    stream, which = played(SURGE)[0], plan(*SURGE)
    assert stream.judges.finer == []
    assert burst_judge(Seat("mentions", which, which.cuts, ZoneInfo("UTC"), 1.0, _anywhere)) is None


def _anywhere(_family: str, _value: str) -> bool:
    return True
