"""Which day is lived like which, and when an event is on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.configuration.declared import Calendar, KnownEvent
from streams.detection.almanac import HOLIDAY, MAKE_UP, Almanac, Occasion

SHANGHAI = ZoneInfo("Asia/Shanghai")
THURSDAY, FRIDAY, SUNDAY = 0, 1, 3  # as hours of local time count weekdays


def almanac(*events: dict[str, Any], country: str = "", zone: ZoneInfo = SHANGHAI) -> Almanac:
    known = tuple(KnownEvent(**({"name": "sale"} | event)) for event in events)
    return Almanac(Calendar(country=country, events=known), zone=zone)


def bucket(*moment: int, zone: ZoneInfo = SHANGHAI) -> int:
    year, month, day, hour = (*moment, 0)[:4]
    at = datetime(year, month, day, hour, tzinfo=zone)
    return int(at.timestamp()) // 3600


def on(known: Almanac, *moment: int) -> list[Occasion]:
    return known.at(bucket(*moment))


CHINA = almanac(country="CN")


@pytest.mark.parametrize("day", [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)])
def test_weekend_days_worked_in_china_in_2026_are_like_a_friday(day: tuple[int, int]) -> None:
    (occasion,) = on(CHINA, 2026, *day, 12)
    assert (occasion.kind, occasion.weekday) == (MAKE_UP, FRIDAY)


@pytest.mark.parametrize("day", [(1, 1), (2, 17), (2, 20), (5, 4), (10, 1), (10, 7)])
def test_public_holidays_and_days_off_for_them_are_like_a_sunday(day: tuple[int, int]) -> None:
    (occasion,) = on(CHINA, 2026, *day, 12)
    assert (occasion.kind, occasion.weekday) == (HOLIDAY, SUNDAY)


@pytest.mark.parametrize("day", [(2, 13), (2, 21), (2, 24), (3, 7)])
def test_an_ordinary_day_is_itself(day: tuple[int, int]) -> None:
    assert on(CHINA, 2026, *day, 12) == []


def test_a_day_begins_and_ends_at_local_midnight() -> None:
    (occasion,) = on(CHINA, 2026, 2, 14)
    assert (occasion.since, occasion.until) == (bucket(2026, 2, 14), bucket(2026, 2, 15))
    assert occasion.since == bucket(2026, 2, 13, 16, zone=ZoneInfo("UTC"))


def test_where_the_weekend_ends_on_saturday_a_holiday_is_like_that() -> None:
    zone = ZoneInfo("Asia/Riyadh")
    known = almanac(country="SA", zone=zone)
    (occasion,) = known.at(bucket(2026, 9, 23, zone=zone))
    assert occasion.weekday == 2


def test_without_a_country_there_are_no_holidays() -> None:
    assert on(almanac(), 2026, 10, 1) == []


def test_a_last_day_is_a_whole_day_and_a_moment_is_an_end() -> None:
    days = almanac({"since": date(2026, 11, 1), "until": date(2026, 11, 11)})
    assert on(days, 2026, 11, 11, 23)
    assert not on(days, 2026, 11, 12)
    hours = almanac(
        {"since": datetime(2026, 11, 10, 20), "until": datetime(2026, 11, 11)}  # noqa: DTZ001
    )
    assert not on(hours, 2026, 11, 10, 19)
    assert on(hours, 2026, 11, 10, 20)
    assert on(hours, 2026, 11, 10, 23)
    assert not on(hours, 2026, 11, 11)


def test_a_moment_with_a_zone_of_its_own_is_taken_by_it() -> None:
    known = almanac(
        {"since": datetime(2026, 11, 10, 12, tzinfo=UTC), "until": "2026-11-11T00:00:00+08:00"}
    )
    assert not on(known, 2026, 11, 10, 19)
    assert on(known, 2026, 11, 10, 20)
    assert not on(known, 2026, 11, 11)


def test_an_event_of_every_year_takes_place_in_each_across_new_year_too() -> None:
    known = almanac({"since": date(2024, 12, 30), "until": date(2025, 1, 2), "yearly": True})
    for year in (2024, 2025, 2027):
        assert on(known, year, 12, 31)
        assert on(known, year + 1, 1, 2, 23)
        assert not on(known, year + 1, 1, 3)
    assert on(known, 2023, 12, 31), "also before the year it was written for"


def test_an_event_of_every_year_on_a_leap_day_is_on_the_last_of_february() -> None:
    known = almanac({"since": date(2024, 2, 29), "until": date(2024, 2, 29), "yearly": True})
    assert on(known, 2025, 2, 28)
    assert not on(known, 2025, 3, 1)


def test_events_are_of_the_streams_they_name() -> None:
    event = KnownEvent(
        name="show", since=date(2026, 5, 1), until=date(2026, 5, 1), streams=("mentions",)
    )
    for stream, found in (("mentions", 1), ("complaints", 0)):
        known = Almanac(Calendar(events=(event,)), zone=SHANGHAI, stream=stream)
        assert len(on(known, 2026, 5, 1)) == found


def test_another_uplift_is_the_same_occasion_and_another_time_is_not() -> None:
    first, again, moved = (
        almanac({"since": date(2026, 5, 1), "until": date(2026, 5, last), "uplift": uplift})
        .at(bucket(2026, 5, 1))[0]
        .identity
        for last, uplift in ((2, 1.5), (2, 2.0), (3, 1.5))
    )
    assert first == again != moved


@given(st.integers(0, 400), st.integers(0, 30), st.integers(-10, 500))
def test_an_event_is_on_from_its_first_hour_to_its_last(begin: int, days: int, ask: int) -> None:
    first = date(2026, 1, 1) + timedelta(days=begin)
    known = almanac({"since": first, "until": first + timedelta(days=days)})
    asked = date(2026, 1, 1) + timedelta(days=ask)
    at = on(known, asked.year, asked.month, asked.day, 12)
    assert bool(at) == (first <= asked <= first + timedelta(days=days))


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"since": "2026-05-02", "until": "2026-05-01"}, "until must be after since"),
        ({"since": "2026-05-01T10:00:00", "until": "2026-05-01T10:00:00"}, "must be after since"),
        ({"since": "2026-05-01", "until": "2027-06-01"}, "within a year"),
        ({"since": "2026-05-01", "until": "9999-12-31"}, "within a year"),
        ({"since": 5, "until": "2026-05-01"}, "must be a day or a moment"),
        ({"since": "soon", "until": "2026-05-01"}, "must be a day or a moment .* got 'soon'"),
        (
            {"since": "2026-05-01", "until": "2026-05-01", "scope": {"channel": "phone"}},
            "streams can leave mentions out",
        ),
        ({"since": "2026-05-01", "until": "2026-05-01", "uplift": 0}, "greater than or equal"),
    ],
)
def test_an_event_that_cannot_be_is_refused(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        KnownEvent(name="sale", **fields)


@pytest.mark.parametrize("code", ["XX", "DE-ZZ", "Atlantis", "utils", "HolidayBase", "cn"])
def test_a_country_without_known_holidays_is_refused(code: str) -> None:
    with pytest.raises(ValidationError, match='must be a country such as "CN"'):
        Calendar(country=code)


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    zone = ZoneInfo("Europe/Berlin")
    found = [len(almanac(country=code, zone=zone).at(bucket(2026, 6, 4, zone=zone)))
             for code in ("DE-BE", "DE-BY")]  # fmt: skip
    assert found == [0, 1]


def test_an_event_with_a_zone_of_its_own_is_known_from_its_first_hour() -> None:
    first, last = "2027-01-01T00:00:00+08:00", "2027-01-01T12:00:00+08:00"
    known = almanac({"name": "sale", "since": first, "until": last}, zone=ZoneInfo("UTC"))
    midnight = bucket(2026, 12, 31, 16, zone=ZoneInfo("UTC"))
    assert [one.name for one in known.at(midnight)] == ["sale"]
    assert not known.at(midnight - 1)


def test_an_event_may_have_the_name_and_the_kind_of_a_holiday_on_its_day() -> None:
    day = bucket(2026, 10, 1)
    (holiday,) = CHINA.at(day)
    same = {"name": holiday.name, "kind": holiday.kind, "since": "2026-10-01"}
    assert len(almanac(same | {"until": "2026-10-01"}, country="CN").at(day)) == 2
