"""The surge, as the contract drives it, on ordinary days and on those of known events."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from alerts.signal import Kind
from detectors import grounds, surge
from detectors.calendar import DAY, Account, Known, Learnt, Uplift
from detectors.columns import Bools, Floats, Ints
from detectors.season import Profiles, Rhythm
from detectors.surge import Surge, SurgeState
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
    many: ClassVar[int] = 8195
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

    def judge(self, counts: Ints, *, hour: int) -> surge.Verdict:
        return SURGE.judge(self.state, self.expect(hour), counts)

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
