"""What is known of an event: learnt from those before, corrected by the day, never without end."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calendar import DAY, LIMIT, ORDINARY, Account, Known, Learnt
from detectors.columns import Ints
from detectors.season import WEEK, Profiles

SUNDAY, MONDAY = 3, 4  # the first day of local hours was a Thursday
CALM = np.zeros(1, np.bool_)
UPLIFTS = st.floats(0.1, 10)
COUNTS = st.floats(0, 1e6)


def lasted(observed: float, expected: float) -> Account:
    """An event of one day."""
    return Account().add(observed=observed, expected=expected, day=0)


def after(*uplifts: float, declared: float = 1.0) -> Learnt:
    """With events of a thousand people each."""
    learnt = Learnt()
    for uplift in uplifts:
        event = lasted(1000 * uplift, 1000)
        learnt = learnt.after(event, expected=learnt.next(declared))
    return learnt


def test_of_a_kind_never_seen_what_was_declared_is_expected() -> None:
    assert Learnt().next().factor == 1.0
    assert Learnt().next(1.8).factor == pytest.approx(1.8)
    assert Learnt().next(1.8).doubt < Learnt().next().doubt


def test_what_an_event_was_is_expected_of_the_next_and_shrunk_to_what_was_believed() -> None:
    once, often = after(1.8).next(), after(*[1.8] * 5).next()
    assert 1.5 < once.factor < often.factor < 1.8
    assert often.doubt < once.doubt < Learnt().next().doubt


def test_newer_events_count_the_more() -> None:
    assert after(1.2, 2.0).next().factor > after(2.0, 1.2).next().factor


def test_an_event_of_few_people_teaches_little() -> None:
    few = Learnt().after(lasted(4, 2), expected=Learnt().next())
    assert few.next().factor < after(2.0).next().factor - 0.3


def test_an_event_that_nothing_was_expected_of_teaches_nothing() -> None:
    assert Learnt().after(Account(), expected=Learnt().next()) == Learnt()


def test_an_incident_in_an_event_is_learnt_no_further_than_it_could_be_believed() -> None:
    most = 1.8 * math.exp(LIMIT * math.sqrt(Learnt().next(1.8).doubt))
    believed = after(most, declared=1.8).next(1.8).factor
    assert after(50.0, declared=1.8).next(1.8).factor == pytest.approx(believed, rel=0.01)


def test_the_day_corrects_what_was_expected() -> None:
    expected = Learnt().next(1.5)
    corrected = lasted(190, 100).corrected(expected, today=True)
    assert 1.7 < corrected.factor < 1.9
    assert corrected.doubt < expected.doubt
    assert lasted(190, 100).corrected(expected, today=False) == expected


@given(UPLIFTS, COUNTS, st.floats(0, 1e5), st.booleans())
def test_no_day_corrects_it_by_more_than_it_was_in_doubt(
    declared: float, observed: float, base: float, today: bool
) -> None:
    expected = Learnt().next(declared)
    corrected = lasted(observed, base).at(1).corrected(expected, today=today)
    assert abs(math.log(corrected.factor / expected.factor)) <= 2 * math.sqrt(expected.doubt) + 1e-9
    assert 0 < corrected.doubt <= expected.doubt


def test_of_a_long_event_the_newest_days_count_the_most() -> None:
    rising, falling = Account(), Account()
    for day in range(4):
        rising = rising.add(observed=100 + 50 * day, expected=100, day=day)
        falling = falling.add(observed=250 - 50 * day, expected=100, day=day)
    expected = Learnt().next()
    now = [one.at(4).corrected(expected, today=False).factor for one in (rising, falling)]
    assert now[0] > now[1] + 0.3
    assert rising.total == falling.total


@given(st.lists(st.tuples(COUNTS, COUNTS, st.integers(0, 2)), max_size=8))
def test_an_account_is_what_a_snapshot_of_it_makes_again(
    hours: list[tuple[float, float, int]],
) -> None:
    account, day = Account(), 0
    for observed, base, later in hours:
        day += later
        account = account.add(observed=observed, expected=base, day=day)
    total, past, today, at = account
    assert Account.of([list(total), list(past), list(today), at]) == account


def week() -> Ints:
    """A hundred an hour; on Sundays, forty."""
    rows = np.full(WEEK, 100)
    rows[SUNDAY * DAY : (SUNDAY + 1) * DAY] = 40
    return rows


def settled(weeks: int = 4) -> Profiles:
    profiles = Profiles.empty(1)
    for hour in range(weeks * WEEK):
        lived(profiles, hour, int(week()[hour % WEEK]))
    return profiles


def lived(profiles: Profiles, hour: int, count: int, known: Known = ORDINARY) -> float:
    """Returns what was expected."""
    rhythm = profiles.expect(hour=hour, known=known)
    profiles.learn(np.array([count]), rhythm, bucket=hour, masked=CALM)
    return float(rhythm.mean[0])


NEXT_MONDAY = 4 * WEEK + MONDAY * DAY
HOLIDAY = Known(1.0, Learnt().next().doubt, SUNDAY)


def until_monday() -> Profiles:
    profiles = settled()
    for hour in range(4 * WEEK, NEXT_MONDAY):
        lived(profiles, hour, int(week()[hour % WEEK]))
    return profiles


def test_a_holiday_is_expected_to_be_like_a_sunday() -> None:
    profiles = until_monday()
    usual = profiles.expect(hour=NEXT_MONDAY).mean[0]
    assert usual == pytest.approx(100, rel=0.1)
    assert lived(profiles, NEXT_MONDAY, 40, HOLIDAY) == pytest.approx(40, rel=0.15)


def test_a_holiday_is_as_much_less_than_its_own_weekday_as_a_sunday_is() -> None:
    profiles = until_monday()
    ordinary = profiles.expect(hour=NEXT_MONDAY)
    holiday = profiles.expect(hour=NEXT_MONDAY, known=HOLIDAY)
    assert ordinary.lift.tolist() == ordinary.event.tolist() == holiday.event.tolist() == [1.0]
    assert holiday.lift == pytest.approx(holiday.mean / ordinary.mean)


def test_a_day_that_is_lived_like_another_changes_no_weekday() -> None:
    profiles = until_monday()
    held = profiles.events.copy(), profiles.buckets.copy()
    for hour in range(NEXT_MONDAY, NEXT_MONDAY + DAY + 1):
        lived(profiles, hour, 40, HOLIDAY if hour < NEXT_MONDAY + DAY else ORDINARY)
    slots = slice(MONDAY * DAY, (MONDAY + 1) * DAY)
    assert (profiles.events[slots] == held[0][slots]).all()
    assert (profiles.buckets[slots] == held[1][slots]).all()


def test_the_level_is_the_same_after_a_holiday() -> None:
    profiles = until_monday()
    before = profiles.level.rate[0]
    for hour in range(NEXT_MONDAY, NEXT_MONDAY + DAY):
        lived(profiles, hour, 40, HOLIDAY)
    assert profiles.level.rate[0] == pytest.approx(before, rel=0.02)


def test_a_group_far_above_the_event_is_not_explained_by_it() -> None:
    profiles, doubt = until_monday(), Learnt().next(1.8).doubt
    for hour in range(NEXT_MONDAY, NEXT_MONDAY + 6):
        expected = lived(profiles, hour, 1000, Known(1.8, doubt))
    assert 180 < expected < 1.05 * 180 * math.exp(LIMIT * math.sqrt(doubt))


def test_of_places_that_it_does_not_know_the_calendar_says_nothing() -> None:
    known = Known(np.array([2.0, 3.0]), np.array([0.1, 0.2])).at(np.array([1, -1, 2, 0]))
    assert np.asarray(known.factor).tolist() == [3.0, 1.0, 1.0, 2.0]
    assert np.asarray(known.doubt).tolist() == [0.2, 0.0, 0.0, 0.1]
    assert ORDINARY.at(np.array([0])) is ORDINARY
