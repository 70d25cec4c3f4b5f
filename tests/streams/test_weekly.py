"""Slow drift: weeks of people, judged through a stream as the detector would by itself."""

from collections import Counter
from datetime import timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.signal import Kind, Signal, SignalState
from detectors.alarm import Alarms
from detectors.columns import Ints
from detectors.weekly import Weekly, WeeklyState
from streams.cells import Counts
from streams.events import Complaint
from streams.judges.judge import Seat
from streams.judges.weekly import MONDAY, Running, WeeklyJudge, weekly_judge
from streams.sections import Cut, Detection
from streams.snapshots import freeze, thaw
from streams.stream import Stream
from tests.streams.counts import emitted, records
from tests.streams.logs import DAY, HOUR, START, complaint, settings

WEEK = 7 * DAY
PAST, FLAT, RISING = 60, 3, 15
WEEKS = FLAT + RISING
RATE = 100.0
MATTERS = ("billing", "staff")


PLAN = settings().model_copy(
    update={
        "cuts": (Cut(stream="complaints", by=("category",), methods=("surge", "weekly")),),
        "detection": Detection(shards=1, series=100, zone="Asia/Tokyo"),
    }
)


def week_of(time: int) -> int:
    """Monday weeks of Tokyo, which is nine hours ahead all year."""
    return (time // HOUR + 9 + MONDAY) // 168


FIRST = week_of(START)


@cache
def drift() -> list[Complaint]:
    """About as many each week; then of one matter 4 % more from each week to the next."""
    chance = np.random.default_rng(11)
    means = np.full((WEEKS, 2), RATE)
    means[FLAT:, 0] *= 1.04 ** np.arange(1, RISING + 1)
    found = [(START, matter) for matter in MATTERS]  # both are born of the first hour
    found += [
        (START + week * WEEK + int(at), matter)
        for week, row in enumerate(chance.poisson(means))
        for matter, n in zip(MATTERS, row.tolist(), strict=True)
        for at in chance.integers(WEEK, size=n)
    ]
    return [complaint(n, at, category=matter) for n, (at, matter) in enumerate(sorted(found))]


@cache
def log() -> list[Counts]:
    sent = emitted(PLAN, records(drift(), ends=START + WEEKS * WEEK), every=120)
    return [counts for (counts,) in sent]


@cache
def past() -> Ints:
    """What came in the weeks before, by week and matter."""
    return np.random.default_rng(12).poisson(RATE, (PAST, 2))


def taught(seat: Seat) -> WeeklyJudge:
    """A judge that knows the past; to play a year of hours takes too long."""
    state, _ = alone(past(), first=FIRST - PAST, state=WeeklyState.empty(2))
    judge = WeeklyJudge(seat)
    running, alarms = Running.empty(2).columns(), Alarms.empty(2).columns()
    judge.restore({"running": running, "state": state.columns(), "alarms": alarms})
    return judge


def stream() -> Stream:
    return Stream("complaints", PLAN, 0, makers={"weekly": taught})


@cache
def played() -> tuple[Stream, list[Signal]]:
    one = stream()
    return one, [signal for counts in log() for signal in one.apply(counts)]


def alone(
    counts: Ints, *, first: int, state: WeeklyState, masked: int | None = None
) -> tuple[WeeklyState, dict[tuple[int, str], float]]:
    """The detector without a stream: its state, and all scores it gives."""
    weekly = Weekly(threshold=100.0)
    scores: dict[tuple[int, str], float] = {}
    for week, row in enumerate(counts, first):
        expectation = weekly.expect(state, bucket=week)
        state, verdict = weekly.step(state, expectation, row, np.full(2, week == masked))
        scores |= {(week, name): float(verdict.score[n]) for n, name in enumerate(MATTERS)}
    return state, scores


def test_a_slow_rise_is_called_by_the_weekly_judge_and_not_by_the_surge() -> None:
    _, found = played()
    assert {signal.kind for signal in found} == {Kind.WEEKLY}
    assert {signal.scope["category"] for signal in found} == {"billing"}
    first = found[0]
    assert first.state is SignalState.CONFIRMED
    assert first.at.timestamp() * 1000 > START + FLAT * WEEK
    assert first.observed > 1.1 * first.expected
    assert first.threshold == 100.0
    assert first.learning  # of a yearly season little has been seen


def test_its_weeks_begin_on_mondays_by_the_clocks_of_the_zone() -> None:
    _, found = played()
    zone = ZoneInfo("Asia/Tokyo")
    for signal in found:
        for moment in (signal.bucket, signal.onset, signal.at):
            local = moment.astimezone(zone)
            assert (local.weekday(), local.hour, local.minute) == (0, 0, 0)
        assert signal.at - signal.bucket == timedelta(weeks=1)
        assert signal.reason.startswith(f"week of {signal.bucket.astimezone(zone):%Y-%m-%d}: ")


def test_a_week_is_as_long_as_the_clocks_make_it() -> None:
    judge = WeeklyJudge(seat("America/New_York"))
    starts = [judge.starts(week) for week in range(2830, 2830 + 53)]
    lengths = Counter((end - start) // timedelta(hours=1) for start, end in pairwise(starts))
    assert lengths == {168: 50, 167: 1, 169: 1}


def test_the_stream_gives_the_scores_of_the_detector_alone() -> None:
    one, found = played()
    end = week_of(START + WEEKS * WEEK)
    counts = np.zeros((end - FIRST, 2), np.int64)
    for event in drift():
        if (week := week_of(event.time)) < end:
            counts[week - FIRST, MATTERS.index(str(event.category))] += 1
    state, _ = alone(past(), first=FIRST - PAST, state=WeeklyState.empty(2))
    state, scores = alone(counts, first=FIRST, state=state, masked=FIRST)  # it has 159 hours
    held = one.judges.snapshot()["judges"]["weekly"]["state"]
    assert freeze(held) == freeze(state.columns())
    for signal in found:
        week = week_of(int(signal.bucket.timestamp() * 1000))
        assert signal.score == scores[week, signal.scope["category"]]


@pytest.mark.parametrize("at", [1, 3])
def test_restored_in_mid_week_it_goes_on_to_the_same_bytes(at: int) -> None:
    before, after = stream(), stream()
    for counts in log()[:at]:
        list(before.apply(counts))
    after.restore(thaw(freeze(before.snapshot())))
    held = before.judges.snapshot()["judges"]["weekly"]
    assert held["running"]["people"].any()
    for counts in log()[at : at + 2]:
        assert list(after.apply(counts)) == list(before.apply(counts))
    assert freeze(after.snapshot()) == freeze(before.snapshot())
    assert after.judges.snapshot()["judges"]["weekly"]["state"]["seen"].all()


def seat(zone: str) -> Seat:
    return Seat("complaints", PLAN, PLAN.cuts, ZoneInfo(zone), 1.0, lambda *_: True)


def test_no_cut_asks_for_it_and_there_is_no_such_judge() -> None:
    assert weekly_judge(Seat("mentions", PLAN, [], ZoneInfo("UTC"), 1.0, lambda *_: True)) is None


def test_a_week_of_which_an_outage_hid_a_day_is_not_learnt() -> None:
    running = Running.empty(2)
    for hour in range(168):
        running.add(np.array([1, 2]), hidden=hour < 24)
    assert running.whole.tolist() == [False, False]
    for _ in range(16):
        running.add(np.array([0, 0]), hidden=False)
    assert running.whole.tolist() == [True, True]
    assert running.people.tolist() == [168, 336]
