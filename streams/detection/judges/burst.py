"""Burst: the busy series of some cuts, in buckets of five minutes, by their own standards.

It steps all of them and tells of those that burst, by `detectors.burstiness`. After a day for
which one does it speaks in the surge's stead, whose hours are an alarm there every other day. Not
sooner: an incident that begins makes any series burst, and the surge is to call it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from alerts.gates import Gate, Number, Step
from alerts.signal import Kind, Scope, Signal
from detectors import burst, grounds
from detectors.alarm import Hysteresis
from detectors.burst import WINDOWS, Burst, BurstState, Expectation, Verdict
from detectors.burstiness import Burstiness
from detectors.calendar import ORDINARY, Known
from detectors.columns import Ints
from streams.detection import signals
from streams.detection.judges.judge import NOBODY, Closed, Judge, Record, Seat
from streams.detection.judges.ledger import Ledger
from streams.detection.judges.standing import Standing
from streams.detection.retirement import Retirement
from streams.detection.series import NO_ROW, Series
from streams.detection.signals import Change

DAY = 288
UNASKED = (0, 0)


class BurstJudge(Judge):
    """Of posts it counts originals, and of complaints people, as the surge does."""

    minutes = 5

    def __init__(self, seat: Seat) -> None:
        self._ledger = Ledger(seat.of("burst"), minutes=self.minutes)
        allowed = seat.threshold / seat.times
        self._burst = Burst(threshold=burst.threshold(allowed, times=seat.times))
        trusted = Kind.BURST in seat.settings.detection.thresholds
        self._told_from = self._burst.threshold if trusted else burst.affordable(allowed)
        self.places_each = burst.places(self._told_from, allowed)
        self._state, self._burstiness = BurstState.empty(), Burstiness.empty()
        self._bursty_for = np.empty(0, np.int64)  # buckets on end
        self._lives, self._asked = NOBODY, UNASKED  # by place, and of how many
        self._alarms = Standing(Hysteresis(quiet=burst.QUIET))
        self._loud = np.empty(0, np.bool_)  # the alarm there has been told as within the budget
        self._verdict: Verdict | None = None  # on the bucket closed last
        self._expectation: Expectation | None = None  # of the same

    def take(self, record: Record) -> Iterator[Signal]:
        self._ledger.take(record)
        yield from ()

    def close(self, closed: Closed) -> Iterator[Signal]:
        people = self._ledger.close(closed).people
        self._grow(people.size)
        masked = np.full(people.size, closed.masked)
        expectation = self._burst.expect(
            self._state, bucket=closed.bucket, known=self._known(closed)
        )  # fmt: skip
        self._state, verdict = self._burst.step(self._state, expectation, people, masked)
        verdict = replace(verdict, above=verdict.above & self._burstiness.bursty)
        self._burstiness.learn(people, masked)
        self._verdict, self._expectation = verdict, expectation
        self._bursty_for = np.where(self._burstiness.bursty, self._bursty_for + 1, 0)
        for change in self._changes(verdict, bucket=closed.bucket):
            if closed.series.tells(self._ledger.keys[change.place]):
                yield self._signal(verdict, change, closed)

    def _changes(self, verdict: Verdict, *, bucket: int) -> list[Change]:
        """What has come within the budget only now is news, whatever its size."""
        loud = verdict.above & (verdict.score >= self._told_from)
        changes = self._alarms.step(verdict, bucket=bucket, news=loud & ~self._loud)
        stands = np.zeros(loud.size, np.bool_)
        stands[self._alarms.places] = True
        self._loud = (self._loud | loud) & stands
        return changes

    def _known(self, closed: Closed) -> Known:
        """By place; who lives where is asked while events are on, and once an hour."""
        known, series, keys = closed.usual.known, closed.series, self._ledger.keys
        if known is not ORDINARY and self._asked != (now := (len(series.lives), len(keys))):
            self._lives = np.array([series.life(key) for key in keys], np.int64)
            self._asked = now
        return known.at(self._lives)

    def claims(self, series: Series) -> Ints:
        own = np.flatnonzero((self._bursty_for >= DAY) & ~self._state.learning)
        return self._ledger.lives(series, own)

    def holds(self, series: Series) -> Ints:
        return self._ledger.lives(series, self._alarms.places)

    def retire(self, retirement: Retirement, series: Series) -> None:
        places = self._ledger.retire(retirement, series)
        self._state, self._burstiness = self._state.take(places), self._burstiness.take(places)
        self._bursty_for, self._loud = self._bursty_for[places], self._loud[places]
        self._asked = UNASKED
        self._alarms.keep(places)

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key, verdict = closed.series.key_of(scope), self._verdict
        place = NO_ROW if key is None else self._ledger.place(key)
        if place == NO_ROW or verdict is None or self._expectation is None:
            return ()
        stands = self._alarms.gates(place, Kind.BURST, minutes=self.minutes)
        if not (verdict.above[place] or self._burstiness.bursty[place]):
            return (Gate(Step.BURST, open=False), *stands)
        if verdict.learning[place]:
            numbers: dict[str, Number] = {"earliest": self._earliest(place, closed.bucket)}
            return (Gate(Step.BURST, open=False, numbers=numbers), *stands)
        since = signals.moment(int(verdict.onset[place]), self.minutes)
        numbers = {
            "at": signals.moment(closed.bucket + 1, self.minutes),
            **signals.figures(verdict, place, threshold=self._burst.threshold, since=since),
            **grounds.of_burst(self._expectation, verdict, place),
            "minutes": tuple(float(length * self.minutes) for length in WINDOWS),
            "told_from": self._told_from,
        }
        gate = Gate(Step.BURST, open=bool(verdict.above[place]), numbers=numbers)
        return (gate, *stands)

    def _earliest(self, place: int, bucket: int) -> datetime:
        """When it is judged first; one that has not begun lacks some buckets with people."""
        begun, filled = int(self._state.begun[place]), int(self._state.full[place])
        first = begun if begun >= 0 else bucket + burst.BEGUN - filled
        return signals.moment(first + self._burst.shortest_learning, self.minutes)

    def judged(self, series: Series) -> int:
        """Only what bursts can alarm."""
        places = np.flatnonzero(self._burstiness.bursty & ~self._state.learning)
        return sum(series.tells(self._ledger.keys[place]) for place in places)

    @property
    def threshold(self) -> float:
        return self._burst.threshold

    def snapshot(self) -> dict[str, Any]:
        return {
            "ledger": self._ledger.snapshot(), "state": self._state.columns(),
            "burstiness": self._burstiness.columns(), "bursty_for": self._bursty_for,
            "alarms": self._alarms.snapshot(), "loud": self._loud,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._ledger.restore(held["ledger"])
        self._state = BurstState.of(held["state"])
        self._burstiness = Burstiness.of(held["burstiness"])
        self._bursty_for = held["bursty_for"]
        self._alarms.restore(held["alarms"])
        self._loud = held.get("loud", np.zeros(self._bursty_for.size, np.bool_))

    def _grow(self, n: int) -> None:
        if n > self._state.size:
            self._state, self._burstiness = self._state.grown(n), self._burstiness.grown(n)
            new = n - self._bursty_for.size
            self._bursty_for = np.append(self._bursty_for, np.zeros(new, np.int64))
            self._loud = np.append(self._loud, np.zeros(new, np.bool_))

    def _signal(self, verdict: Verdict, change: Change, closed: Closed) -> Signal:
        minutes = (closed.bucket + 1 - int(verdict.onset[change.place])) * self.minutes
        observed, expected = verdict.observed[change.place], verdict.expected[change.place]
        return signals.alarm(
            Kind.BURST, closed.series.scope_of(self._ledger.keys[change.place]), verdict, change,
            bucket=closed.bucket, minutes=self.minutes, threshold=self._burst.threshold,
            reason=f"{observed:.0f} in {minutes} minutes where {expected:.3g} were expected",
            approximate=closed.approximate, told_from=self._told_from,
        )  # fmt: skip


def burst_judge(seat: Seat) -> BurstJudge | None:
    """None where no cut asks for it: then no stream need close buckets so short."""
    return BurstJudge(seat) if seat.of("burst") else None
