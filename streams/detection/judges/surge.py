"""The surge on the series of all cuts: it judges first, for others build on what it expects."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from alerts.gates import Gate, Number, Step
from alerts.signal import Kind, Scope, Signal
from detectors import grounds
from detectors.alarm import Hysteresis
from detectors.calendar import ORDINARY, Known
from detectors.columns import Ints
from detectors.kinship import Prior
from detectors.surge import Expectation, Surge, SurgeState, Verdict
from streams.detection import signals
from streams.detection.calendar import Calendar
from streams.detection.groups import Groups
from streams.detection.judges.judge import NOBODY, Closed, Judge, Record, Roster, Seat, Usual
from streams.detection.judges.standing import Foretelling
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Series
from streams.detection.signals import Change


class SurgeJudge(Judge):
    """Knows the series of every cut, and tells of those that are to be judged by it.

    Args:
        seat: where it sits.
        groups: whose rhythms the series borrow.
        calendar: of the stream.

    Attributes:
        left: lives that it leaves to judges which suit them better; set after each close.
    """

    def __init__(self, seat: Seat, groups: Groups, calendar: Calendar) -> None:
        self._groups, self._told = groups, seat.of("surge")
        detection = seat.settings.detection
        self._allowed = detection.false_alarms_per_week, detection.series
        self._times, self._roster = seat.times, Roster(self._told)
        self._surge = Surge(threshold=seat.threshold, shown=seat.asked)
        self._state, self.left = SurgeState.empty(), NOBODY
        self._alarms = Foretelling(Hysteresis())
        self._calendar, self._known, self._lift = calendar, ORDINARY, ORDINARY
        self._expectation: Expectation | None = None
        self._verdict: Verdict | None = None

    @property
    def usual(self) -> Usual:
        return Usual(self._expectation, self._verdict, self._state.learning, self._lift)

    def freeze(self, bucket: int) -> None:
        """What the next bucket to close should hold, by its groups' rhythm and the calendar."""
        self._expectation = self._verdict = None  # all have seen them
        self._known = self._calendar.of_lives(self._state.group)
        self._lift = ORDINARY
        if self._state.size:
            self._lift = self._lifted() if self._calendar.live else ORDINARY
            self._expectation = self._surge.expect(
                self._state, self._groups.rhythm, bucket=bucket, known=self._known
            )

    def _lifted(self) -> Known:
        """What known events do to each life, by its group and by itself."""
        rhythm, group, own = self._groups.rhythm, self._state.group, self._known
        return Known(rhythm.lift[group] * own.factor, rhythm.doubt[group] + own.doubt)

    def share(self, life: int) -> float:
        """What a life has of the whole stream."""
        return float(min(self._state.level.rate[life] / self._groups.rate, 1.0))

    def close(self, closed: Closed) -> Iterator[Signal]:
        """What the bucket gives birth to is judged from the next on."""
        if self._expectation is not None:
            people = closed.people[: closed.born]
            masked = np.full(people.size, closed.masked)
            self._state, self._verdict = self._surge.step(
                self._state, self._expectation, people, masked
            )
            yield from self._report(self._verdict, closed)
        self._bear(closed)

    def holds(self, series: Series) -> Ints:
        return self._alarms.places

    def retire(self, retirement: Retirement, series: Series) -> None:
        """Without an expectation until the next bucket is frozen."""
        kept = np.flatnonzero(retirement.kept)
        self._state.retain(kept)
        self._alarms.keep(kept)
        left = retirement.lives(self.left)
        self.left = left[left != UNBORN]
        self._roster.retire(retirement)
        self._expectation = self._verdict = None

    def regroup(self, places: Ints) -> None:
        """By the former place of a group's profile, the one that it has now."""
        self._state.group = places[self._state.group]

    def judged(self, series: Series) -> int:
        """Those of its own cuts that it leaves to nobody."""
        self._roster.follow(series)
        own = self._roster.lives[series.own[self._roster.lives]]
        return int(np.count_nonzero(~self._state.learning[own] & ~np.isin(own, self.left)))

    def _bear(self, closed: Closed) -> None:
        """Newborn series take a prior of their level from their kin."""
        lives, kin = closed.series.lives[closed.born :], closed.series.kin
        if not lives:
            return
        groups = np.array([self._groups.place(key) for key in lives], np.int64)
        prior = Prior.of(
            self._state.level, settled=~self._state.learning,
            kin=kin[: closed.born], born=kin[closed.born :],
        )  # fmt: skip
        self._state = self._state.grow(born=closed.bucket, groups=groups, prior=prior)

    def _report(self, verdict: Verdict, closed: Closed) -> Iterator[Signal]:
        verdict = self._spoken(verdict, np.arange(verdict.above.size))
        for change in self._alarms.step(verdict, bucket=closed.bucket):
            if self._tells(change.place, closed.series):
                yield self._signal(
                    verdict, change, change.place, closed.series, bucket=closed.bucket,
                    approximate=closed.approximate,
                )  # fmt: skip

    def foresee(self, record: Record) -> Iterator[Signal]:
        """The series that the record adds to: their score can only rise as the hour fills."""
        bucket = record.after + 1
        if self._expectation is None or record.masked:
            return  # what was held back may arrive at once
        lives = record.series.touched(record.placed, bucket)
        if not lives.size:
            return
        counts = record.series.people_of(lives, bucket)
        verdict = self._surge.judge(self._state, self._expectation, counts, series=lives)
        verdict = self._spoken(verdict, lives)
        for life, change in self._alarms.foretell(verdict, lives, bucket=bucket):
            if self._tells(life, record.series):
                yield self._signal(
                    verdict, change, life, record.series, bucket=bucket, at=record.seen(bucket),
                    approximate=record.approximate,
                )  # fmt: skip

    def _signal(
        self, verdict: Verdict, change: Change, life: int, series: Series, *, bucket: int,
        approximate: bool, at: datetime | None = None,
    ) -> Signal:  # fmt: skip
        """Of a life, which has another place in a verdict on some of them."""
        return signals.alarm(
            Kind.SURGE, series.scope(life), verdict, change, bucket=bucket, at=at,
            threshold=self._surge.threshold, approximate=approximate,
            beside=self._included(life),
        )  # fmt: skip

    def _included(self, life: int) -> str:
        """What of the hour's expectation is owed to known events."""
        if not (names := self._calendar.names(life)):
            return ""
        return f"; expected includes {', '.join(names)}: x{self._event(life):.2g}"

    def _event(self, life: int) -> float:
        """The factor of known events, and of how the day of its group goes so far."""
        event = self._groups.rhythm.event[self._state.group[life]]
        return float(event * np.broadcast_to(self._known.factor, self._state.size)[life])

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key = closed.series.key_of(scope)
        if key is None:
            return ()
        life = closed.series.life(key)
        if life == UNBORN:
            absence = closed.series.absent.get(key)
            return (Gate(Step.BORN, open=False, numbers={"why": absence} if absence else {}),)
        if life >= closed.born or self._expectation is None or self._verdict is None:
            people = {"people": float(closed.people[life])}
            return (Gate(Step.BORN, open=False, numbers=people),)
        born = {"born": signals.moment(int(self._state.born[life]))}
        return (
            Gate(Step.BORN, open=True, numbers=born),
            self._judges(life, key.cut),
            self._learnt(life, self._verdict),
            Gate(Step.OUTAGE, open=not closed.masked),
            self._scored(life, self._verdict, self._expectation, closed.people),
            *self._stands(life, key.cut),
        )

    def _judges(self, life: int, cut: int) -> Gate:
        if cut in self._told and life in self.left:
            return Gate(Step.JUDGED, open=False, numbers={"by": "another method"})
        return Gate(Step.JUDGED, open=cut in self._told)

    def _learnt(self, life: int, verdict: Verdict) -> Gate:
        state, surge = self._state, self._surge
        begun = int(state.begun[life])
        numbers: dict[str, Number] = {
            "events": float(state.level.a[life]), "needed": surge.events_to_learn,
            "latest": signals.moment(int(state.born[life]) + surge.longest_learning),
        }  # fmt: skip
        if begun >= 0:
            numbers["begun"] = signals.moment(begun)
            numbers["earliest"] = signals.moment(begun + surge.shortest_learning)
        return Gate(Step.LEARNING, open=not verdict.learning[life], numbers=numbers)

    def _scored(self, life: int, verdict: Verdict, expected: Expectation, people: Ints) -> Gate:
        """What was expected is the product of level, group's profile, own rhythm and events."""
        place, rhythm = self._state.group[life], self._groups.rhythm
        year, event = float(rhythm.year[place]), self._event(life)
        group = float(rhythm.factor[place] / (rhythm.event[place] * rhythm.year[place]))
        exposure, mean = float(expected.exposure[life]), float(expected.mean[life])
        numbers: dict[str, Number] = {
            **grounds.of_surge(self._surge, expected, verdict, people, life),
            "level": mean / exposure, "group": group,
            "year": year, "own": exposure / (group * year * event), "event": event,
            "since": signals.moment(int(verdict.onset[life])),
            "observed": float(verdict.observed[life]), "usual": float(verdict.expected[life]),
            "multiple": float(verdict.multiple[life]), "score": float(verdict.score[life]),
            "threshold": self._surge.threshold, "allowed": self._allowed[0],
            "series": self._allowed[1], "times": self._times,
        }  # fmt: skip
        return Gate(Step.SCORE, open=bool(verdict.above[life]), numbers=numbers)

    def _stands(self, life: int, cut: int) -> Sequence[Gate]:
        """None where it is not asked: whether others have an alarm is theirs to say."""
        if cut not in self._told:
            return ()
        stands = self._alarms.gates(life, Kind.SURGE)
        none = () if life in self.left else (Gate(Step.ALARM, open=False),)
        return stands or none

    def _spoken(self, verdict: Verdict, lives: Ints) -> Verdict:
        """Without an alarm in what it leaves to others; one that stands is over in a day."""
        if not self.left.size:
            return verdict
        return replace(verdict, above=verdict.above & ~np.isin(lives, self.left))

    def tells_of(self, signal: Signal, series: Series) -> bool:
        """Whether what it has called is of a cut that it is to judge."""
        key = series.key_of(signal.scope)
        return key is not None and key.cut in self._told

    def _tells(self, life: int, series: Series) -> bool:
        return bool(series.own[life]) and series.lives[life].cut in self._told

    @property
    def threshold(self) -> float:
        return self._surge.threshold

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs; the expectation is frozen anew from it."""
        return {
            "state": self._state.columns(), **self._alarms.snapshot(), "left": self.left,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._state = SurgeState.of(held["state"])
        self._alarms.restore(held)
        self.left = held["left"]
