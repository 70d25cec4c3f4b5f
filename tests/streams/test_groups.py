"""Which rhythm a series borrows, and by which clock."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR
from streams.detection.groups import WHOLE, Groups
from streams.detection.series import Key
from tests.streams.logs import CUTS, HOUR, START

MONDAY = START // HOUR
JULY = 1_719_792_000_000 // HOUR  # Monday 2024-07-01, midnight UTC
FORWARD = 1_711_846_800_000 // HOUR  # 2024-03-31 01:00 UTC, when Berlin's clocks go forward


def groups(cuts: Sequence[Cut] = CUTS, zone: str = "UTC") -> Groups:
    return Groups(cuts, zone=ZoneInfo(zone))


def hour(bucket: int, zone: str) -> int:
    held = groups(zone=zone)
    held.freeze(bucket)
    return held.rhythm.hour


@pytest.mark.parametrize(
    ("bucket", "zone", "ahead"),
    [
        (MONDAY, "UTC", 0),
        (MONDAY, "Asia/Shanghai", 8),
        (MONDAY, "America/New_York", -5),
        (JULY, "America/New_York", -4),
        (MONDAY, "Asia/Kolkata", 5),
        (FORWARD - 1, "Europe/Berlin", 1),
        (FORWARD, "Europe/Berlin", 2),
    ],
)
def test_the_rhythm_follows_local_time_and_its_summer(bucket: int, zone: str, ahead: int) -> None:
    assert hour(bucket, zone) == bucket + ahead


def test_a_series_borrows_from_its_group_once_that_has_lived() -> None:
    held, series = groups(), Key(1, f"kettle{SEPARATOR}billing")
    assert held.place(series) == WHOLE
    held.bear([Key(0, "billing"), series])
    assert held.place(series) == 1
    assert held.place(Key(1, f"kettle{SEPARATOR}staff")) == WHOLE


def test_a_group_itself_borrows_from_the_whole() -> None:
    held = groups()
    held.bear([Key(0, "billing")])
    assert held.place(Key(0, "billing")) == WHOLE


def test_a_group_that_is_counted_nowhere_is_the_whole() -> None:
    cut = Cut(stream="complaints", by=("product", "category"), family="product", group="category")
    held, series = groups([cut]), Key(0, f"kettle{SEPARATOR}billing")
    held.bear([series])
    assert held.place(series) == WHOLE


def test_profiles_are_kept_for_groups_and_not_for_those_that_borrow() -> None:
    held = groups()
    held.bear([Key(1, f"kettle{SEPARATOR}billing")])
    held.bear([Key(0, "billing"), Key(0, "staff")])
    held.freeze(MONDAY)
    assert held.rhythm.mean.shape == (3,)
