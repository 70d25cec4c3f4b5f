"""The score from which on each method alarms, under some settings."""

from collections.abc import Mapping
from typing import NamedTuple

from detectors import budget, burst
from streams.settings import Settings


class Threshold(NamedTuple):
    """A score, and the minutes of the buckets that it is reached in."""

    score: float
    minutes: int


def thresholds(settings: Settings) -> Mapping[str, Threshold]:
    """By the name of the method; one that is not there goes by no score."""
    detection = settings.detection
    hourly, weekly = (
        budget.threshold(
            false_alarms_per_week=detection.false_alarms_per_week, series=detection.series,
            buckets_per_week=buckets,
        )
        for buckets in (168, 1)
    )  # fmt: skip
    return {
        "surge": Threshold(hourly, 60),
        "burst": Threshold(burst.threshold(hourly), 5),
        "weekly": Threshold(weekly, 7 * 24 * 60),
        "silence": Threshold(hourly, 60),
    }
