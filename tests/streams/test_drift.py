"""Slow drift against two months ago, judged through a stream as the detector would by itself."""

from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.signal import Kind, Signal
from detectors.alarm import Alarms
from detectors.columns import Ints
from detectors.drift import Drift, DriftState
from streams.judges.judge import Seat
from streams.judges.weekly import DriftJudge, Running, drift_judge
from streams.sections import Cut
from streams.snapshots import freeze, thaw
from streams.stream import Stream
from tests.streams.logs import START
from tests.streams.test_weekly import (
    FIRST,
    MATTERS,
    PAST,
    PLAN,
    WEEK,
    WEEKS,
    drift,
    log,
    past,
    week_of,
)  # fmt: skip

CUT = Cut(stream="complaints", by=("category",), methods=("drift",))
DRIFTING = PLAN.model_copy(update={"cuts": (CUT,)})


def alone(
    counts: Ints, *, first: int, state: DriftState, masked: int | None = None
) -> tuple[DriftState, dict[tuple[int, str], float]]:
    """The detector without a stream: its state, and all scores it gives."""
    method, scores = Drift(threshold=100.0), dict[tuple[int, str], float]()
    for week, row in enumerate(counts, first):
        expectation = method.expect(state, bucket=week)
        state, verdict = method.step(state, expectation, row, np.full(2, week == masked))
        scores |= {(week, name): float(verdict.score[n]) for n, name in enumerate(MATTERS)}
    return state, scores


def taught(seat: Seat) -> DriftJudge:
    state, _ = alone(past(), first=FIRST - PAST, state=DriftState.empty(2))
    judge = DriftJudge(seat)
    running, alarms = Running.empty(2).columns(), Alarms.empty(2).columns()
    judge.restore({"running": running, "state": state.columns(), "alarms": alarms})
    return judge


def stream() -> Stream:
    return Stream("complaints", DRIFTING, 0, makers={"drift": taught})


@cache
def played() -> tuple[Stream, list[Signal]]:
    one = stream()
    return one, [signal for counts in log() for signal in one.apply(counts)]


def test_four_percent_a_week_are_called_by_their_week_with_what_the_detector_alone_says() -> None:
    one, found = played()
    assert {signal.kind for signal in found} == {Kind.DRIFT}
    assert {signal.scope["category"] for signal in found} == {"billing"}
    end = week_of(START + WEEKS * WEEK)
    counts = np.zeros((end - FIRST, 2), np.int64)
    for event in drift():
        if (week := week_of(event.time)) < end:
            counts[week - FIRST, MATTERS.index(str(event.category))] += 1
    state, _ = alone(past(), first=FIRST - PAST, state=DriftState.empty(2))
    state, scores = alone(counts, first=FIRST, state=state, masked=FIRST)  # it has 159 hours
    held = one.judges.snapshot()["judges"]["drift"]["state"]
    assert freeze(held) == freeze(state.columns())
    for signal in found:
        week = week_of(int(signal.bucket.timestamp() * 1000))
        assert signal.score == scores[week, signal.scope["category"]]
        assert signal.at.astimezone(ZoneInfo("Asia/Tokyo")).weekday() == 0


@pytest.mark.parametrize("at", [1, 3])
def test_restored_in_mid_week_it_goes_on_to_the_same_bytes(at: int) -> None:
    before, after = stream(), stream()
    for counts in log()[:at]:
        list(before.apply(counts))
    after.restore(thaw(freeze(before.snapshot())))
    for counts in log()[at : at + 2]:
        assert list(after.apply(counts)) == list(before.apply(counts))
    assert freeze(after.snapshot()) == freeze(before.snapshot())


def test_no_cut_asks_for_it_and_there_is_no_such_judge() -> None:
    seat = Seat("complaints", PLAN, PLAN.cuts, ZoneInfo("UTC"), 1.0, lambda *_: True)
    assert drift_judge(seat) is None
