"""Daily and weekly rhythm: profiles of groups, and what a series has of its own.

A group's profile is made of its counts by hour of the week: an hour-of-day factor, on top of it
one of working days or weekends, a weekday factor, and a factor of the single slot, each (n + c)/
(M + c) with n observed and M expected by the factors below it. So it holds from the first day and
grows finer by itself: a Monday not seen yet is expected to be like the working days before, and not
like the weekend. Its relative variance is the sum of 1/(n + c) of hour, weekday and slot.

From the second year on the season of the year multiplies the profile (`detectors.yearly`).

A known event (campaign, holiday) multiplies the profile by a factor from the calendar, corrected
by the ratio of observed to expected of the group since midnight, as far as the factor is in doubt.
A day that is lived like another weekday takes that one's profile, and enters none.

`hour` is the local hour since the epoch: hour % 24 is the hour of the day, hour // 24 the day.
"""

from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np

from detectors.calendar import DAY, ORDINARY, Known, bounded
from detectors.columns import Bools, Columns, Floats, Floats32, Ints, column
from detectors.dispersion import Dispersion
from detectors.level import Level, winsorised
from detectors.yearly import Year

F = TypeVar("F", Floats, Floats32)
WEEK = 168
HALF_LIFE_WEEKS = 26.0
FORGETTING = 2.0 ** (-1.0 / HALF_LIFE_WEEKS)
"""Share of a slot that is left after its next visit, a week later."""
WEEKEND = np.arange(7) // 2 == 1
"""Saturday and Sunday, of the weekdays from Thursday on: so the epoch began."""
HOUR, KIND, WEEKDAY, SLOT = 3.0, 30.0, 30.0, 40.0
"""Events, times phi, that the prior of a group's factor is worth."""
OWN_HOUR, OWN_WEEKDAY = 20.0, 40.0
"""Events, times phi, that the prior of a series' own factor is worth."""


@dataclass(slots=True)
class Profiles(Columns):
    """One column a group; `unit` is what the profile is divided by, in events per bucket."""

    level: Level
    dispersion: Dispersion
    events: Annotated[Floats, column(np.float64, rows=WEEK)]
    buckets: Annotated[Floats, column(np.float64, rows=WEEK)]
    unit: Annotated[Floats, column(np.float64)]
    seen: Annotated[Ints, column(np.int64)]
    today: Annotated[Ints, column(np.int64, -1)]
    today_events: Annotated[Floats, column(np.float64, rows=DAY)]
    today_buckets: Annotated[Floats, column(np.float64, rows=DAY)]
    today_observed: Annotated[Floats, column(np.float64)]
    today_expected: Annotated[Floats, column(np.float64)]
    year: Year

    def expect(self, *, hour: int, known: Known = ORDINARY) -> "Rhythm":
        """What the hour is worth, by what the calendar knows of it, of all groups or of each."""
        phi = self.dispersion.single(rate=self.level.rate)
        slot = known.slot(hour)
        shape, variance = _shape(self.events, self.buckets, hour=slot, phi=phi)
        correction, doubt = self._correction(np.asarray(known.doubt), day=hour // DAY)
        event = known.factor * correction
        year = self.year.factor(hour=hour)
        factor = np.where(self.unit > 0, shape / np.maximum(self.unit, 1e-9), 1.0) * event * year
        return Rhythm(
            hour=hour,
            slot=slot,
            factor=factor,
            variance=variance + doubt,
            doubt=doubt,
            event=event,
            lift=event if slot == hour % WEEK else event * self._lived(shape, hour=hour, phi=phi),
            year=year,
            correction=correction,
            mean=self.level.rate * factor,
            level_variance=1.0 / self.level.a + variance + doubt,
            phi=phi,
        )

    def learn(self, counts: Ints, rhythm: "Rhythm", *, bucket: int, masked: Bools) -> None:
        """Take in the closed bucket; masked groups learn nothing."""
        keep = ~masked
        self._begin(rhythm.hour // DAY)
        events = self._cut(counts.astype(np.float64), rhythm) * keep
        mean = rhythm.mean * keep
        if rhythm.slot == rhythm.hour % WEEK:
            self.today_events[rhythm.hour % DAY] += events
            self.today_buckets[rhythm.hour % DAY] += rhythm.event * rhythm.year * keep
        self.year.learn(events, rhythm.event * keep, hour=rhythm.hour)
        self.today_observed += counts * keep
        self.today_expected += mean / rhythm.correction
        self.level.learn(
            events=events, exposure=rhythm.factor, weight=keep.astype(np.float64), day=DAY
        )
        known = keep & (self.seen >= WEEK)
        residual = (events - mean) / np.sqrt(1.0 + rhythm.level_variance * mean)
        self.dispersion.learn(residual=residual * known, mean=mean * known, bucket=bucket)
        self.seen += keep

    def _lived(self, shape: Floats, *, hour: int, phi: Floats) -> Floats:
        """What the profile that an hour takes has of that of its own weekday."""
        own, _ = _shape(self.events, self.buckets, hour=hour, phi=phi)
        return np.where(own > 0, shape / np.maximum(own, 1e-9), 1.0)

    def _correction(self, doubt: Floats, *, day: int) -> tuple[Floats, Floats]:
        """Observed over expected since midnight where an event is known, and its variance."""
        known = doubt > 0
        if not known.any():
            return np.ones(self.size), np.zeros(self.size)
        same = self.today == day
        worth = 1.0 / np.where(known, doubt, 1.0)
        observed = np.where(same, self.today_observed, 0.0) + worth
        expected = np.where(same, self.today_expected, 0.0) + worth
        correction = bounded(observed / expected, doubt=doubt)
        return np.where(known, correction, 1.0), np.where(known, 1.0 / observed, 0.0)

    def _cut(self, events: Floats, rhythm: "Rhythm") -> Floats:
        cut = winsorised(
            events, mean=rhythm.mean, level_variance=rhythm.level_variance, phi=rhythm.phi
        )
        return np.where(self.seen < WEEK, events, cut)

    def _begin(self, day: int) -> None:
        """At midnight the day that ended enters the profile; a day is never its own baseline."""
        over = self.today != day
        if not over.any():
            return
        ended = over & (self.today >= 0)
        before = _mean(self.events, self.buckets)
        for weekday in np.unique(self.today[ended] % 7):
            self._fold(int(weekday), ended & (self.today % 7 == weekday))
        self._follow(before, ended)
        self.today[over] = day
        for rows in (
            self.today_events,
            self.today_buckets,
            self.today_observed,
            self.today_expected,
        ):
            rows[..., over] = 0.0

    def _fold(self, weekday: int, groups: Bools) -> None:
        slots = slice(weekday * DAY, (weekday + 1) * DAY)
        visited = groups & (self.today_buckets > 0)
        forget = np.where(visited, FORGETTING, 1.0)
        self.events[slots] = self.events[slots] * forget + self.today_events * groups
        self.buckets[slots] = self.buckets[slots] * forget + self.today_buckets * groups

    def _follow(self, before: Floats, groups: Bools) -> None:
        """Keep the unit fixed from the first day to the end of the first week.

        Meanwhile the mean moves because more of the week is seen, not because there is more.
        """
        now = _mean(self.events, self.buckets)
        moved = np.where(self.seen >= WEEK, now / np.maximum(before, 1e-12), 1.0)
        self.unit[groups] = np.where(self.unit == 0, now, self.unit * moved)[groups]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Frozen expectation of all groups for one bucket.

    `slot` is the hour of the week whose profile it takes: its own, on an ordinary day.
    `factor` multiplies a series' level (profile times event times the season of the year),
    `variance` is its relative variance, of which `doubt` is that of a known `event`, which with the
    rhythm that its day takes makes `lift` times of an ordinary hour of the weekday. `mean`,
    `level_variance` and `phi` are of the group's own total.
    """

    hour: int
    slot: int
    factor: Floats
    variance: Floats
    doubt: Floats
    event: Floats
    lift: Floats
    year: Floats
    correction: Floats
    mean: Floats
    level_variance: Floats
    phi: Floats


@dataclass(slots=True)
class OwnSeason(Columns):
    """A series' own hour-of-day and weekday factors, shrunk to 1."""

    hour_events: Annotated[Floats32, column(np.float32, rows=24)]
    hour_expected: Annotated[Floats32, column(np.float32, rows=24)]
    weekday_events: Annotated[Floats32, column(np.float32, rows=7)]
    weekday_expected: Annotated[Floats32, column(np.float32, rows=7)]
    today_events: Annotated[Floats32, column(np.float32)]
    today_expected: Annotated[Floats32, column(np.float32)]

    def factors(self, *, hour: int, phi: Floats32) -> tuple[Floats32, Floats32]:
        """By hour of the day, and by weekday."""
        h, d = hour % DAY, hour // DAY % 7
        return (
            _ratio(self.hour_events[h], self.hour_expected[h], OWN_HOUR * phi),
            _ratio(self.weekday_events[d], self.weekday_expected[d], OWN_WEEKDAY * phi),
        )

    def learn(
        self,
        *,
        hour: int,
        events: Floats32,
        mean: Floats32,
        by_hour: Floats32,
        by_weekday: Floats32,
    ) -> None:
        """`mean` is what all factors together expected, these two of the bucket among them."""
        h, d = hour % DAY, hour // DAY % 7
        self.hour_events[h] += events
        self.hour_expected[h] += mean / by_hour
        self.today_events += events
        self.today_expected += mean / by_weekday
        if h == DAY - 1:
            self.weekday_events[d] += self.today_events
            self.weekday_expected[d] += self.today_expected
            self.today_events[...] = self.today_expected[...] = 0.0


def _ratio(events: F, expected: F, prior: F) -> F:
    return (events + prior) / (expected + prior)


def _shape(events: Floats, buckets: Floats, *, hour: int, phi: Floats) -> tuple[Floats, Floats]:
    """Expected events per bucket of the slot, and their relative variance."""
    slot, h, d = hour % WEEK, hour % DAY, hour // DAY % 7
    mean = _mean(events, buckets)
    hours = _by_hour(events)
    by_hour = _ratio(hours, mean * _by_hour(buckets), HOUR * phi)
    seen = _by_day(events)
    usual = mean * _by_day(buckets.reshape(7, DAY, -1) * by_hour)
    alike = WEEKEND[d] == WEEKEND
    by_kind = _ratio(_sum(seen[alike]), _sum(usual[alike]), KIND * phi)
    by_weekday = _ratio(seen[d], by_kind * usual[d], WEEKDAY * phi)
    below = mean * by_hour[h] * by_kind * by_weekday
    by_slot = _ratio(events[slot], below * buckets[slot], SLOT * phi)
    variance = (
        1.0 / (hours[h] / phi + HOUR)
        + 1.0 / (seen[d] / phi + WEEKDAY)
        + 1.0 / (events[slot] / phi + SLOT)
    )
    return below * by_slot, variance


def _mean(events: Floats, buckets: Floats) -> Floats:
    return _sum(events) / np.maximum(_sum(buckets), 1e-9)


def _by_hour(rows: Floats) -> Floats:
    return _sum(rows.reshape(7, DAY, -1))


def _by_day(rows: Floats) -> Floats:
    return _sum(rows.reshape(7, DAY, -1).swapaxes(0, 1))


def _sum(rows: Floats) -> Floats:
    """Sum over the first axis in its order, whatever the number of groups."""
    total: Floats = np.add.accumulate(rows, axis=0)[-1]
    return total
