"""The alarms of a judge that has one for each of its places, as changes that are to be told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from alerts.gates import Gate, Step
from alerts.signal import Kind, SignalState
from detectors.alarm import NEVER, Alarms, Hysteresis, Verdict
from detectors.calendar import DAY
from detectors.columns import Ints
from streams.configuration.sections import MINUTES
from streams.detection import signals
from streams.detection.signals import Change


class Standing:
    """Fired, grown and ended by `detectors.alarm`; states count buckets of one length."""

    def __init__(self, hysteresis: Hysteresis) -> None:
        self._hysteresis, self._alarms = hysteresis, Alarms.empty()

    @property
    def count(self) -> int:
        return self.places.size

    def grow(self, n: int) -> None:
        self._alarms = self._alarms.grown(n)

    @property
    def places(self) -> Ints:
        """Those with an alarm."""
        return np.flatnonzero(self._alarms.fired != NEVER)

    def keep(self, places: Ints) -> None:
        """These stay; nothing is said of an open bucket when a week ends."""
        self._alarms = self._alarms.take(places)

    def step(self, verdict: Verdict, *, bucket: int) -> list[Change]:
        """Take in a closed bucket: first what fired or grew, then what is over."""
        fired = np.where(self._alarms.fired == NEVER, bucket, self._alarms.fired)
        self._alarms, changes = self._hysteresis.step(self._alarms, verdict, bucket=bucket)
        told = [*changes.fired.tolist(), *changes.updated.tolist()]
        return [
            Change(at, SignalState.CONFIRMED, int(self._alarms.revision[at]), int(fired[at]))
            for at in told
        ] + [
            Change(at, SignalState.CLEARED, 0, int(fired[at])) for at in changes.cleared.tolist()
        ]  # fmt: skip

    def of(self, place: int) -> tuple[int, int] | None:
        """The buckets in which the alarm that stands there fired, and was above last."""
        fired, above = (int(one[place]) for one in (self._alarms.fired, self._alarms.above))
        return None if fired == NEVER else (fired, above)

    def gates(
        self, place: int, kind: Kind, *, minutes: int = MINUTES,
        starts: Callable[[int], datetime] | None = None,
    ) -> Sequence[Gate]:  # fmt: skip
        """That an alarm stands there, if one does: what is above meanwhile is told no more.

        Its buckets are in steps of `minutes`; they begin there, or where `starts` says.
        """
        if place >= self._alarms.size or (standing := self.of(place)) is None:
            return ()
        fired, above = map(starts or partial(signals.moment, minutes=minutes), standing)
        hours = self._hysteresis.quiet * minutes / MINUTES
        quiet = {"days": hours / DAY} if hours > 2 * DAY else {"quiet": hours}
        numbers = {"kind": kind.value, "fired": fired, "above": above, **quiet}
        return (Gate(Step.ALARM, open=True, numbers=numbers),)

    def snapshot(self) -> dict[str, Any]:
        return self._alarms.columns()

    def restore(self, held: dict[str, Any], places: Ints | None = None) -> None:
        """`places` are those that the present ones had then, -1 where one is new."""
        self._alarms = Alarms.of(held)
        if places is not None:
            self._alarms = self._alarms.rearranged(places)


class Foretelling(Standing):
    """Some of them are said before their bucket closes, and withdrawn where they do not fire."""

    def __init__(self, hysteresis: Hysteresis) -> None:
        super().__init__(hysteresis)
        self._said: set[int] = set()

    def step(self, verdict: Verdict, *, bucket: int) -> list[Change]:
        """As of all; last come those that were said of the bucket in vain."""
        changes = super().step(verdict, bucket=bucket)
        borne_out = {change.place for change in changes if change.fired == bucket}
        said, self._said = self._said, set()
        return changes + [
            Change(place, SignalState.WITHDRAWN, 0, bucket) for place in sorted(said - borne_out)
        ]

    def foretell(self, verdict: Verdict, places: Ints, *, bucket: int) -> list[tuple[int, Change]]:
        """Which of these places fire if the bucket closes as it stands; each is said once.

        A change names where the verdict, which is on them alone, has its place.
        """
        fire = self._hysteresis.would_fire(self._alarms.take(places), verdict).tolist()
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
