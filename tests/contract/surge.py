"""The surge, as the contract drives it: on ordinary days and on known ones, by year, in outages."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

import numpy as np

from alerts.signal import Kind
from detectors import grounds, surge
from detectors.calendar import DAY, Account, Known, Learnt, Uplift
from detectors.columns import Array, Bools, Floats, Ints
from detectors.outage import Outages
from detectors.season import WEEK, Profiles, Rhythm
from detectors.surge import SLICE, Surge, SurgeState
from detectors.yearly import WHOLE, Year
from tests.contract import again
from tests.contract.plain import copied
from tests.contract.verdicts import Explained

SURGE = Surge(threshold=1000.0, shortest_learning=24, longest_learning=48, shown=True)
NOTHING, BEGUN = Learnt(), Account()


@dataclass(slots=True)
class SurgeCase:
    """The surge detector with one group's profile, as the contract drives it.

    `hours` are enough to see it alarm, `many` are more series than it works on at a time.
    """

    kind: ClassVar = Kind.SURGE
    hours: ClassVar[int] = 120
    many: ClassVar[int] = SLICE + 3
    again: ClassVar = staticmethod(again.of_surge)
    state: SurgeState
    profiles: Profiles

    @classmethod
    def of(cls, n: int) -> Self:
        return cls(SurgeState.empty(n), Profiles.empty(1))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grow(born=born, groups=np.zeros(n, np.int64))

    def rhythm(self, hour: int) -> Rhythm:
        return self.profiles.expect(hour=hour)

    def expect(self, hour: int) -> surge.Expectation:
        return SURGE.expect(self.state, self.rhythm(hour), bucket=hour)

    def mean(self, *, hour: int) -> Floats:
        """What the hour should hold."""
        return self.expect(hour).mean

    def judge(
        self, counts: Ints, *, hour: int, masked: Bools | None = None
    ) -> surge.Verdict:  # fmt: skip
        return SURGE.judge(self.state, self.expect(hour), counts, masked)

    def step(
        self, counts: Ints, *, hour: int, total: int, masked: Bools | None = None
    ) -> surge.Verdict:
        rhythm = self.rhythm(hour)
        self.state, verdict = SURGE.step(self.state, self.expect(hour), counts, masked)
        hidden = np.zeros(1, np.bool_) if masked is None else masked[:1]
        self.profiles.learn(np.array([total]), rhythm, bucket=hour, masked=hidden)
        return verdict

    def explained(
        self, counts: Ints, *, hour: int, total: int, masked: Bools | None = None
    ) -> Explained:
        expected = self.expect(hour)
        verdict = self.step(counts, hour=hour, total=total, masked=masked)
        return verdict, [
            grounds.of_surge(SURGE, expected, verdict, counts, place)
            for place in range(counts.size)
        ]

    def restored(self) -> Self:
        return type(self)(
            SurgeState.of(copied(self.state)), Profiles.of(copied(self.profiles))
        )  # fmt: skip


@dataclass(slots=True)
class CalendarCase(SurgeCase):
    """The same where every other day is one of an event, of which each teaches the next.

    The calendar calls nothing itself: what it knows is a factor of what the surge expects.
    """

    many: ClassVar[int] = 203
    learnt: Learnt = NOTHING
    account: Account = BEGUN

    def uplift(self, hour: int) -> Uplift:
        return self.account.at(hour // DAY).corrected(self.learnt.next(1.5), today=False)

    def rhythm(self, hour: int) -> Rhythm:
        known = Known(*self.uplift(hour)) if hour // DAY % 2 else Known()
        return self.profiles.expect(hour=hour, known=known)

    def step(
        self, counts: Ints, *, hour: int, total: int, masked: Bools | None = None
    ) -> surge.Verdict:
        """What came of the event is noted once the hour is judged, and learnt when it is over."""
        usual = float(self.rhythm(hour).mean[0]) / self.uplift(hour).factor
        verdict = SurgeCase.step(self, counts, hour=hour, total=total, masked=masked)
        if hour // DAY % 2:
            self.account = self.account.add(
                observed=float(total), expected=usual, day=hour // DAY
            )  # fmt: skip
            if (hour + 1) % DAY == 0:
                expected = self.learnt.next(1.5)
                self.learnt = self.learnt.after(self.account, expected=expected)
                self.account = BEGUN
        return verdict

    def restored(self) -> Self:
        """What is learnt is read back from lists, as snapshots hold it."""
        total, past, today, day = self.account
        account = Account.of([list(total), list(past), list(today), day])
        return type(self)(
            SurgeState.of(copied(self.state)), Profiles.of(copied(self.profiles)),
            Learnt(*list(self.learnt)), account,
        )  # fmt: skip


LATER = WHOLE * WEEK + 100
"""A year and a quarter, and a part of a week: one ends while the contract looks."""


@cache
def years() -> dict[str, Array]:
    """The season of a group that has seen `WHOLE` weeks, of which the tenth was the busiest."""
    year, whole = Year.empty(1), np.full(1, float(WEEK))
    for week in range(WHOLE + 1):
        events = 3000.0 * 1.5 ** np.cos(2 * np.pi * (week - 10) / 52)
        year.learn(np.full(1, events), whole, hour=week * WEEK)
    return copied(year)


@dataclass(slots=True)
class YearCase(SurgeCase):
    """The same from the second year on, with what is then known of the season of the year."""

    many: ClassVar[int] = 203

    @classmethod
    def of(cls, n: int) -> Self:
        made = cls(SurgeState.empty(n), Profiles.empty(1))
        made.profiles.year = Year.of({name: column.copy() for name, column in years().items()})
        return made

    def rhythm(self, hour: int) -> Rhythm:
        rhythm = self.profiles.expect(hour=hour + LATER)
        assert rhythm.year[0] != 1.0
        return rhythm


SILENT = range(180, 186)
REST = 1000
"""What comes of other series each hour, but for those of the outage."""


@dataclass(slots=True)
class OutageCase(SurgeCase):
    """The same where the total says which hours an outage hides, beside those that are given."""

    hours: ClassVar[int] = 240
    many: ClassVar[int] = 203
    outages: Outages

    @classmethod
    def of(cls, n: int) -> Self:
        return cls(SurgeState.empty(n), Profiles.empty(1), Outages.empty(1))

    def out(self, total: int, *, hour: int) -> bool:
        return bool(self.outages.step(np.array([total]), self.rhythm(hour), bucket=hour)[0])

    def judge(
        self, counts: Ints, *, hour: int, masked: Bools | None = None
    ) -> surge.Verdict:  # fmt: skip
        out = self.restored().out(_whole(int(counts.sum()), hour), hour=hour)
        hidden = np.full(counts.size, out) if masked is None else masked | out
        return SURGE.judge(self.state, self.expect(hour), counts, hidden)

    def step(
        self, counts: Ints, *, hour: int, total: int, masked: Bools | None = None
    ) -> surge.Verdict:
        whole = _whole(total, hour)
        out = self.out(whole, hour=hour)
        hidden = np.full(counts.size, out) if masked is None else masked | out
        verdict = SurgeCase.step(self, counts, hour=hour, total=whole, masked=hidden)
        assert verdict.masked.all() or hour not in SILENT
        return verdict

    def restored(self) -> Self:
        return type(self)(
            SurgeState.of(copied(self.state)), Profiles.of(copied(self.profiles)),
            Outages.of(copied(self.outages)),
        )  # fmt: skip


def _whole(total: int, hour: int) -> int:
    return total + REST * (hour not in SILENT)
