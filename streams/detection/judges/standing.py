"""The alarms of a judge that has one for each of its places, as changes that are to be told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from alerts.gates import Gate, Step
from alerts.signal import Kind, SignalState
from detectors.alarm import NEVER, Alarms, Hysteresis, Part, Verdict
from detectors.calendar import DAY
from detectors.columns import Bools, Ints
from streams.configuration.sections import MINUTES
from streams.detection import signals
from streams.detection.signals import Change

NOWHERE = -1


class Standing:
    """Fired, grown and ended by `detectors.alarm`; states count buckets of one length.

    Few places have an alarm, so nothing is held of the others.

    Attributes:
        places: those with an alarm; ascending.
    """

    def __init__(self, hysteresis: Hysteresis) -> None:
        self._hysteresis = hysteresis
        self.places, self._alarms = np.empty(0, np.int64), Alarms.empty()

    def keep(self, places: Ints) -> None:
        """Of present places those that they had before; nothing stands at -1.

        Nothing is said of an open bucket when a week ends.
        """
        at = self._at(places)
        self.places = np.flatnonzero(at != NOWHERE)
        self._alarms = self._alarms.take(at[self.places])

    def step(self, verdict: Verdict, *, bucket: int, news: Bools | None = None) -> list[Change]:
        """Take in a closed bucket: first what fired, grew or is `news`, then what is over."""
        places = np.union1d(self.places, np.flatnonzero(verdict.above))
        if not places.size:
            return []
        alarms, part = self._of(places), Part.of(verdict, places)
        fired = np.where(alarms.fired == NEVER, bucket, alarms.fired)
        news = None if news is None else news[places]
        alarms, changes = self._hysteresis.step(alarms, part, bucket=bucket, news=news)
        told = [(at, SignalState.CONFIRMED, int(alarms.revision[at]))
                for at in (*changes.fired.tolist(), *changes.updated.tolist())]  # fmt: skip
        told += [(at, SignalState.CLEARED, 0) for at in changes.cleared.tolist()]
        stand = np.flatnonzero(alarms.fired != NEVER)
        self.places, self._alarms = places[stand], alarms.take(stand)
        return [
            Change(int(places[at]), state, revision, int(fired[at]))
            for at, state, revision in told
        ]  # fmt: skip

    def of(self, place: int) -> tuple[int, int] | None:
        """The buckets in which the alarm that stands there fired, and was above last."""
        alarm = self._of(np.array([place]))
        fired, above = int(alarm.fired[0]), int(alarm.above[0])
        return None if fired == NEVER else (fired, above)

    def _of(self, places: Ints) -> Alarms:
        """Those that stand at these places, and fresh ones where none does."""
        return self._alarms.rearranged(self._at(places))

    def _at(self, places: Ints) -> Ints:
        """Where the alarms at these places are held; NOWHERE without one."""
        if not self.places.size:
            return np.full(places.size, NOWHERE)
        at = np.minimum(np.searchsorted(self.places, places), self.places.size - 1)
        return np.where(self.places[at] == places, at, NOWHERE)

    def gates(
        self, place: int, kind: Kind, *, minutes: int = MINUTES,
        starts: Callable[[int], datetime] | None = None,
    ) -> Sequence[Gate]:  # fmt: skip
        """That an alarm stands there, if one does: what is above meanwhile is told no more.

        Its buckets are in steps of `minutes`; they begin there, or where `starts` says.
        """
        if (standing := self.of(place)) is None:
            return ()
        fired, above = map(starts or partial(signals.moment, minutes=minutes), standing)
        hours = self._hysteresis.quiet * minutes / MINUTES
        quiet = {"days": hours / DAY} if hours > 2 * DAY else {"quiet": hours}
        numbers = {"kind": kind.value, "fired": fired, "above": above, **quiet}
        return (Gate(Step.ALARM, open=True, numbers=numbers),)

    def snapshot(self) -> dict[str, Any]:
        return {"places": self.places, **self._alarms.columns()}

    def restore(self, held: dict[str, Any], places: Ints | None = None) -> None:
        """`places` are those that the present ones had then, -1 where one is new."""
        self.places, self._alarms = stood(held)
        if places is not None:
            self.keep(places)


def stood(held: dict[str, Any]) -> tuple[Ints, Alarms]:
    """The alarms in a snapshot, and their places."""
    alarms = {name: column for name, column in held.items() if name != "places"}
    return held["places"], Alarms.of(alarms)


class Foretelling(Standing):
    """Some of them are said before their bucket closes, and withdrawn where they do not fire."""

    def __init__(self, hysteresis: Hysteresis) -> None:
        super().__init__(hysteresis)
        self._said: set[int] = set()

    def step(self, verdict: Verdict, *, bucket: int, news: Bools | None = None) -> list[Change]:
        """As of all; last come those that were said of the bucket in vain."""
        changes = super().step(verdict, bucket=bucket, news=news)
        borne_out = {change.place for change in changes if change.fired == bucket}
        said, self._said = self._said, set()
        return changes + [
            Change(place, SignalState.WITHDRAWN, 0, bucket) for place in sorted(said - borne_out)
        ]

    def foretell(self, verdict: Verdict, places: Ints, *, bucket: int) -> list[tuple[int, Change]]:
        """Which of these places fire if the bucket closes as it stands; each is said once.

        A change names where the verdict, which is on them alone, has its place.
        """
        fire = self._hysteresis.would_fire(self._of(places), verdict).tolist()
        news = [(int(places[at]), at) for at in fire if int(places[at]) not in self._said]
        self._said |= {place for place, _ in news}
        return [(place, Change(at, SignalState.PROVISIONAL, 0, bucket)) for place, at in news]

    def snapshot(self) -> dict[str, Any]:
        return {"alarms": super().snapshot(), "provisional": sorted(self._said)}

    def restore(self, held: dict[str, Any], places: Ints | None = None) -> None:
        super().restore(held["alarms"], places)
        said = held["provisional"]
        if places is not None:
            now = {place: n for n, place in enumerate(places.tolist())}
            said = [now[place] for place in said if place in now]
        self._said = set(said)
