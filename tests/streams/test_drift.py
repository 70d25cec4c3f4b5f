"""Slow drift against two months ago, judged through a stream as the detector would by itself."""

from zoneinfo import ZoneInfo

import pytest

from alerts.signal import Kind
from detectors.drift import Drift, DriftState
from streams.detection.judges.judge import Seat
from streams.detection.judges.weekly import DriftJudge, drift_judge
from tests.streams.weeks import (
    ByWeek,
    assert_as_alone,
    assert_explained,
    assert_goes_on,
    planned,
    played,
    restored,
)

METHOD = ByWeek(Kind.DRIFT, ("drift",), Drift(threshold=100.0), DriftState, DriftJudge)


def test_four_percent_a_week_are_called_by_their_week_with_what_the_detector_alone_says() -> None:
    _, found = played(METHOD)
    assert {signal.kind for signal in found} == {Kind.DRIFT}
    assert {signal.scope["category"] for signal in found} == {"billing"}
    assert_as_alone(METHOD)
    for signal in found:
        assert signal.at.astimezone(ZoneInfo("Asia/Tokyo")).weekday() == 0


def test_the_numbers_that_are_shown_of_a_week_give_its_score_again() -> None:
    assert_explained(METHOD)


@pytest.mark.parametrize("at", [1, 3])
def test_restored_in_mid_week_it_goes_on_to_the_same_bytes(at: int) -> None:
    assert_goes_on(*restored(METHOD, at=at), at=at)


def test_no_cut_asks_for_it_and_there_is_no_such_judge() -> None:
    plan = planned("surge", "weekly")
    seat = Seat("complaints", plan, plan.cuts, ZoneInfo("UTC"), 1.0, lambda *_: True)
    assert drift_judge(seat) is None
