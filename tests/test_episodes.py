"""What counts as a false alarm on real data, and what is told of an alarm."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.incident import IncidentState, Reason
from benchmarks.episodes import FalseAlarms, Opening, Span, openings
from benchmarks.real import CASES, Case, called, told
from tests.alerts.samples import NOON, incident, silence, surge

WHOLE = Span.of("2016-01-01", "2016-01-22")
STORM = Span.of("2016-01-08T12:00", "2016-01-15T12:00")
HOUR = timedelta(hours=1)


def test_an_incident_is_a_false_alarm_outside_the_episodes_alone() -> None:
    times = [STORM.since - HOUR, STORM.since, STORM.until - HOUR, STORM.until]
    opened = [Opening(str(at), at) for at in times]
    assert FalseAlarms.of(opened, WHOLE, [STORM]) == FalseAlarms(2, 1.0, 0)  # in two weeks
    assert FalseAlarms.of(opened, WHOLE, []) == FalseAlarms(4, round(4 / 3, 2), 0)


def test_an_incident_that_another_took_over_is_counted_beside() -> None:
    opened = [
        Opening(name, STORM.until, into=into) for name, into in (("a", "b"), ("b", ""), ("c", "a"))
    ]
    assert FalseAlarms.of(opened, WHOLE, [STORM]) == FalseAlarms(1, 0.5, 2)


def test_one_that_an_incident_within_an_episode_took_over_is_a_false_alarm() -> None:
    before = Opening("a", STORM.since - HOUR, into="b")
    assert FalseAlarms.of([before, Opening("b", STORM.since)], WHOLE, [STORM]).incidents == 1


def test_an_incident_opens_once_at_the_local_time_of_its_first_line() -> None:
    first = incident("a", surge())
    later = incident("a", surge(hours=3), reason=Reason.REVISED, revision=1)
    zone = ZoneInfo("America/New_York")
    at = NOON.astimezone(zone).replace(tzinfo=None)
    assert openings([first, first, later], zone) == [Opening(first.id, at)]
    merged = incident("a", surge(), reason=Reason.MERGED, state=IncidentState.MERGED, into="b")
    assert openings([first, merged], zone) == [Opening(first.id, at, into="b")]


def test_an_alarm_is_told_with_how_many_people_it_took() -> None:
    found = told(surge(observed=23.0, multiple=4.567), NOON)
    assert (found["observed"], found["multiple"]) == (23, 4.57)
    assert found["at"] == NOON.isoformat()


def test_every_alarm_is_told_with_its_method_and_silences_are_among_them() -> None:
    fired = [surge(at=NOON + HOUR), silence(at=NOON)]
    found = called(fired, ZoneInfo("America/New_York"))
    assert [one["kind"] for one in found] == ["silence", "surge"]
    assert found[0]["at"] == "2026-03-02T07:00:00-05:00"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_episodes_lie_apart_within_the_time_a_set_covers(case: Case) -> None:
    ends = [moment for one in case.episodes for moment in one]
    assert [case.whole.since, *ends, case.whole.until] == sorted(
        [case.whole.since, *ends, case.whole.until]
    )
    assert all(one.until > one.since + HOUR for one in case.episodes)
