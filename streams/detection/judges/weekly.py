"""Weekly and drift: people by the local week, against trend and yearly season.

They are for what rises so slowly that a baseline of hours learns it as it comes: weekly for what
is there within a few weeks, drift for what grows by a few percent from each week to the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from alerts.gates import Gate, Number, Step
from alerts.signal import Kind, Scope, Signal
from detectors import drift, grounds, weekly
from detectors.alarm import Hysteresis
from detectors.calendar import ORDINARY, Known
from detectors.columns import Bools, Columns, Floats, Ints, column
from detectors.drift import Drift, DriftState
from detectors.season import WEEK
from detectors.weekly import SHORTEST, Expectation, Verdict, Weekly, WeeklyState
from streams.configuration.sections import MINUTES
from streams.detection import signals
from streams.detection.judges.judge import Closed, Judge, Roster, Seat
from streams.detection.judges.standing import Standing
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Series
from streams.detection.signals import Change
from streams.detection.weeks import MONDAY, WHOLE
from streams.events.event import EPOCH


@dataclass(slots=True)
class Running(Columns):
    """The week that runs: its people, and its hours that nothing hid since the series lives.

    `usual` is what it was worth without known events, in hours of average exposure, `event` with
    them, and `doubt` the standard deviation of that.
    """

    people: Annotated[Ints, column(np.int64)]
    hours: Annotated[Ints, column(np.int64)]
    usual: Annotated[Floats, column(np.float64)]
    event: Annotated[Floats, column(np.float64)]
    doubt: Annotated[Floats, column(np.float64)]

    def add(
        self, people: Ints, *, hidden: bool, exposure: Floats | float = 0.0, known: Known = ORDINARY
    ) -> None:
        """Take in an hour, which with what is known of it is worth its exposure."""
        self.people += people
        self.hours += not hidden
        self.usual += exposure / known.factor
        self.event += exposure
        self.doubt += exposure * np.sqrt(known.doubt)

    @property
    def known(self) -> Known:
        """What known events make of the week; they are in doubt alike in all of its hours."""
        worth, usual = np.maximum(self.event, 1e-12), np.maximum(self.usual, 1e-12)
        return Known(worth / usual, (self.doubt / worth) ** 2)

    @property
    def whole(self) -> Bools:
        """Whether so little is missing that the week may be judged."""
        return self.hours >= WHOLE


S = TypeVar("S", WeeklyState, DriftState)


class Detector(Protocol[S]):
    """What judges the weeks."""

    @property
    def threshold(self) -> float: ...

    def expect(self, state: S, *, bucket: int, known: Known = ORDINARY) -> Expectation: ...

    def step(
        self, state: S, expectation: Expectation, counts: Ints, masked: Bools
    ) -> tuple[S, Verdict]: ...


class ByWeek(Judge, Generic[S]):
    """Its weeks are counted from `MONDAY`; a week that is not whole is masked.

    Args:
        seat: where it sits.
        detector: of the weeks.
        weekly: the model that it judges by, which may be itself.
        state: of no series.
    """

    kind: ClassVar[Kind]
    gate: ClassVar[Step]
    quiet: ClassVar[int]

    def __init__(self, seat: Seat, detector: Detector[S], weekly: Weekly, state: S) -> None:
        self.terms = f"weeks of {seat.zone}"
        self._zone, self._roster = seat.zone, Roster(seat.of(self.kind))
        self._detector: Detector[S] = detector
        self._weekly = weekly
        self._state: S = state
        self._running, self._alarms = Running.empty(), Standing(Hysteresis(quiet=self.quiet))
        self._verdict: Verdict | None = None  # on the week that ended last
        self._ended: tuple[Expectation, Ints] | None = None  # the same week, and its people
        self._stood = np.empty(0, np.int64)  # by place, the one that it had then

    def close(self, closed: Closed) -> Iterator[Signal]:
        n = self._roster.follow(closed.series)
        self._running = self._running.grown(n)
        self._add(closed)
        if closed.ends(WEEK, offset=MONDAY):
            yield from self._end(closed)
            self._running = Running.empty(n)

    def _add(self, closed: Closed) -> None:
        """An hour counts for what it is worth, with what is known of it and without."""
        lives, expected = self._roster.lives, closed.usual.expectation
        exposure = np.zeros(lives.size)
        if expected is not None:
            living = lives < expected.exposure.size
            exposure[living] = expected.exposure[lives[living]]
        self._running.add(
            closed.people[lives], hidden=closed.masked, exposure=exposure,
            known=closed.usual.known.at(lives),
        )  # fmt: skip

    def holds(self, series: Series) -> Ints:
        return self._roster.lives[self._alarms.places]

    def retire(self, retirement: Retirement, series: Series) -> None:
        places = self._roster.retire(retirement)
        self._running, self._state = self._running.take(places), self._state.take(places)
        self._alarms.keep(places)
        self._stood = self._stood[places]

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key, verdict = closed.series.key_of(scope), self._verdict
        life = UNBORN if key is None else closed.series.life(key)
        place = int(np.searchsorted(self._roster.lives, life))
        if life not in self._roster.lives:
            return ()
        stands: Sequence[Gate] = self._alarms.gates(
            place, self.kind, minutes=WEEK * MINUTES, starts=self.starts
        )  # fmt: skip
        if verdict is None or self._ended is None or place >= self._stood.size:
            return (Gate(self.gate, open=False), *stands)
        if (weeks := int(self._state.seen[place])) < SHORTEST:
            numbers: dict[str, Number] = {"weeks": weeks, "needed": SHORTEST}
            return (Gate(self.gate, open=False, numbers=numbers), *stands)
        place, (expected, people) = int(self._stood[place]), self._ended
        since = self.starts(int(verdict.onset[place]))
        numbers = {
            **signals.figures(verdict, place, threshold=self._detector.threshold, since=since),
            **grounds.of_week(self._weekly, expected, verdict, people, place),
        }
        return (Gate(self.gate, open=bool(verdict.above[place]), numbers=numbers), *stands)

    def judged(self, series: Series) -> int:
        own = series.own[self._roster.lives[: self._state.size]]
        return int(np.count_nonzero(own & (self._state.seen >= SHORTEST)))

    @property
    def threshold(self) -> float:
        return self._detector.threshold

    def snapshot(self) -> dict[str, Any]:
        return {
            "running": self._running.columns(), "state": self._state.columns(),
            "alarms": self._alarms.snapshot(),
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._running = Running.of(held["running"])
        self._state = type(self._state).of(held["state"])
        self._alarms.restore(held["alarms"])

    def _end(self, closed: Closed) -> Iterator[Signal]:
        week, people = (closed.hour + MONDAY) // WEEK, self._running.people
        self._state = self._state.grown(people.size)
        known = self._running.known
        expectation = self._detector.expect(self._state, bucket=week, known=known)
        masked = ~self._running.whole
        self._state, verdict = self._detector.step(self._state, expectation, people, masked)
        self._verdict, self._ended = verdict, (expectation, people)
        self._stood = np.arange(people.size)
        for change in self._alarms.step(verdict, bucket=week):
            if closed.series.own[self._roster.lives[change.place]]:
                usual = float(expectation.mean[change.place])
                yield self._signal(verdict, change, closed, week=week, usual=usual)

    def _signal(
        self, verdict: Verdict, change: Change, closed: Closed, *, week: int, usual: float
    ) -> Signal:
        people = self._running.people[change.place]
        said = f"week of {monday(week):%Y-%m-%d}: {people} where {usual:.3g} were expected"
        return signals.alarm(
            self.kind, closed.series.scope(int(self._roster.lives[change.place])), verdict,
            change, bucket=week, threshold=self._detector.threshold, starts=self.starts,
            reason=said, approximate=closed.approximate,
        )  # fmt: skip

    def starts(self, week: int) -> datetime:
        """The moment a week begins at."""
        return monday(week).replace(tzinfo=self._zone).astimezone(UTC)


class WeeklyJudge(ByWeek[WeeklyState]):
    """Against all weeks before."""

    kind, gate, quiet = Kind.WEEKLY, Step.WEEKLY, weekly.QUIET

    def __init__(self, seat: Seat) -> None:
        method = Weekly(threshold=seat.threshold_in(1))
        super().__init__(seat, method, method, WeeklyState.empty())


class DriftJudge(ByWeek[DriftState]):
    """Against what was two months ago."""

    kind, gate, quiet = Kind.DRIFT, Step.DRIFT, drift.QUIET

    def __init__(self, seat: Seat) -> None:
        method = Drift(threshold=seat.threshold_in(1))
        super().__init__(seat, method, method.weekly, DriftState.empty())


def monday(week: int) -> datetime:
    """Its first midnight, as the clocks of a place show it."""
    return EPOCH - timedelta(hours=MONDAY) + timedelta(weeks=week)


def weekly_judge(seat: Seat) -> WeeklyJudge | None:
    """None where no cut asks for it."""
    return WeeklyJudge(seat) if seat.of("weekly") else None


def drift_judge(seat: Seat) -> DriftJudge | None:
    """The same."""
    return DriftJudge(seat) if seat.of("drift") else None
