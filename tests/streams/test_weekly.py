"""Slow rises: weeks of people, judged through a stream as the detector would by itself."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.signal import Kind, SignalState
from detectors.weekly import Weekly, WeeklyState
from streams.detection.judges.judge import Seat
from streams.detection.judges.weekly import Running, WeeklyJudge, weekly_judge
from tests.streams.logs import START
from tests.streams.weeks import (
    FLAT,
    WEEK,
    ByWeek,
    assert_as_alone,
    assert_goes_on,
    planned,
    played,
    restored,
)

METHOD = ByWeek(Kind.WEEKLY, ("surge", "weekly"), Weekly(threshold=100.0), WeeklyState, WeeklyJudge)
PLAN = planned(*METHOD.methods)


def test_a_slow_rise_is_called_by_the_weekly_judge_and_not_by_the_surge() -> None:
    _, found = played(METHOD)
    assert {signal.kind for signal in found} == {Kind.WEEKLY}
    assert {signal.scope["category"] for signal in found} == {"billing"}
    first = found[0]
    assert first.state is SignalState.CONFIRMED
    assert first.at.timestamp() * 1000 > START + FLAT * WEEK
    assert first.observed > 1.1 * first.expected
    assert first.threshold == 100.0
    assert first.learning  # of a yearly season little has been seen


def test_its_weeks_begin_on_mondays_by_the_clocks_of_the_zone() -> None:
    _, found = played(METHOD)
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
    assert_as_alone(METHOD)


@pytest.mark.parametrize("at", [1, 3])
def test_restored_in_mid_week_it_goes_on_to_the_same_bytes(at: int) -> None:
    before, after = restored(METHOD, at=at)
    assert METHOD.held(before)["running"]["people"].any()
    assert_goes_on(before, after, at=at)
    assert METHOD.held(after)["state"]["seen"].all()


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
