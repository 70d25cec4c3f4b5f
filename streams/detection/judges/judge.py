"""What a judge is, and what it is shown: the place where a method of detection is put in.

A judge watches the closed buckets of some series of a stream: it judges, then learns, and says
what it found as signals. All that it does is a function of what it is shown, in that order, and
of what it was restored from; it reads no clock and no event.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from alerts.gates import Gate
from alerts.signal import Kind, Scope, Signal
from detectors import budget
from detectors.calendar import ORDINARY, Known
from detectors.columns import Bools, Ints
from detectors.surge import Expectation, Verdict
from streams.configuration.sections import MINUTES, Cut
from streams.counts.cells import Counts
from streams.detection import signals
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Contribution, Series
from streams.settings import Settings

NEVER = -(2**62)
KINDS = {"batches": "batch"}  # of the signals of a method, where it has another name
NOBODY = np.empty(0, np.int64)


def kind_of(method: str) -> str:
    """The kind of a method's signals, by which its threshold is set."""
    return KINDS.get(method, method)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a judge sits: what is set for one stream's part of a shard.

    Attributes:
        stream: its name.
        settings: of the installation.
        cuts: of the stream, by whose places the keys of its series go.
        zone: of the hours and weekdays.
        threshold: the score from which on series alarm, by the part of the budget that each has,
            in buckets of an hour.
        times: what calibration has multiplied it by; in it already.
        speaks_for: whether this shard tells of what all shards judge alike, by a family, such as
            the name of a cut, and a value of it.
        asked: whether somebody watches, who may ask for gates; what only they need is kept then.
    """

    stream: str
    settings: Settings
    cuts: Sequence[Cut]
    zone: ZoneInfo
    threshold: float
    speaks_for: Callable[[str, str], bool]
    times: float = 1.0
    asked: bool = True

    def under(self, method: str) -> "Seat":
        """The seat of one method, with the threshold that calibration has found for it."""
        thresholds, kind = self.settings.detection.thresholds, kind_of(method)
        times = thresholds[Kind(kind)] if kind in thresholds else 1.0
        return replace(self, threshold=self.threshold * times, times=times)

    def threshold_in(self, buckets_per_week: int) -> float:
        """The threshold where buckets are longer or shorter than an hour."""
        return self.threshold * buckets_per_week / budget.HOURS

    def of(self, method: str) -> frozenset[int]:
        """The places of the cuts that a method is to judge."""
        return frozenset(place for place, cut in enumerate(self.cuts) if method in cut.methods)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the counts log, taken in by the series.

    Attributes:
        counts: as it came.
        series: all there are.
        placed: what it adds to the series, people by the hour.
        replaces: it stands for all that earlier records of its chunk brought.
        passed: the minute, since the epoch, up to which buckets are closed; NEVER for none.
        approximate: as of a closed bucket.
        expected: what the surge expects of the open hour, by life; None where none lived.
        masked: an outage hides the open hour, as far as is known.
    """

    counts: Counts
    series: Series
    placed: Contribution
    replaces: bool
    passed: int
    approximate: bool
    expected: Expectation | None = None
    masked: bool = False

    @property
    def after(self) -> int:
        """The hour closed last, which with those before it takes nothing any more."""
        return self.passed // MINUTES - 1

    def seen(self, bucket: int) -> datetime:
        """When what it shows of an hour was to be known: the end of its latest minute."""
        minutes = [trigger.minute for trigger in self.counts.triggers]
        if self.counts.of_total is not None:
            minutes += self.counts.of_total.numbers().minutes.tolist()
        latest = signals.moment(max(minutes) + 1, minutes=1)
        return min(latest, signals.moment(bucket + 1))


class Usual(NamedTuple):
    """What the surge makes of series, by life.

    Attributes:
        expectation: of the hour, as it was frozen when the one before it closed, of those that
            lived then; None where none did.
        verdict: on the hour, of the same; None in a finer bucket, which ends before its hour.
        learning: of all, whether it is still to learn what is usual.
        known: what known events make of the hour, beside an ordinary one, of those that lived.
    """

    expectation: Expectation | None
    verdict: Verdict | None
    learning: Bools
    known: Known


@dataclass(frozen=True, slots=True)
class Closed:
    """A bucket whose end every source partition has passed.

    Series go by their life: those that lived before the bucket, then those that were born of it.
    A life keeps its place until lives are retired (`Judge.retire`).

    Attributes:
        bucket: its number since the epoch, in steps of `minutes`.
        minutes: its length.
        hour: the local hour since the epoch in which it begins; modulo 168 that of the week.
        next_hour: that of the bucket after it: a local day ends where `hour // 24` changes.
        masked: an outage of the sources hides what came, or holds it back.
        series: all that live.
        born: the life from which on they were born of this bucket.
        people: of the hour, by life; none for a finer bucket (`ledger.Ledger` counts those).
        usual: what the surge, which judges first, makes of the hour.
        approximate: persons are unknown in a source, so that each event was counted as one.
        known: what the calendar says of the stream as a whole.
        week: how many weeks had ended when it began.
    """

    bucket: int
    minutes: int
    hour: int
    next_hour: int
    masked: bool
    series: Series
    born: int
    people: Ints
    usual: Usual
    approximate: bool
    known: Known = ORDINARY
    week: int = 0

    def ends(self, hours: int, *, offset: int = 0) -> bool:
        """Whether a local stretch of so many hours ends with it: 24 a day, 168 a week.

        `offset` moves the stretches: the epoch was a Thursday, so weeks from Monday have 72.
        """
        return (self.hour + offset) // hours != (self.next_hour + offset) // hours


class Judge(ABC):
    """A method, and all that it knows of a stream's series.

    Attributes:
        minutes: length of its buckets: an hour, or a part of one.
        places_each: of the budget, that each of its series takes.
        terms: what its state stands on, beside the cuts that it is to judge; under other terms,
            after a change of the settings, it begins anew.
    """

    minutes: int = MINUTES
    places_each: int = 1
    terms: str = ""

    def take(self, record: Record) -> Iterator[Signal]:
        """See a record before the buckets that it closes; yields what must be said at once."""
        yield from ()

    @abstractmethod
    def close(self, closed: Closed) -> Iterator[Signal]:
        """Judge the bucket, then learn it; every bucket comes once, in order."""

    def foresee(self, record: Record) -> Iterator[Signal]:
        """Judge the oldest open hour as it stands, for verdicts that more events only confirm."""
        yield from ()

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        """What it made of a scope in the bucket that it has just closed, step by step."""
        return ()

    def holds(self, series: Series) -> Ints:
        """The lives that must not be retired: an alarm of its own stands, in whatever shard.

        Those of cuts without a family are the same in all shards, and so must these be.
        """
        return NOBODY

    @abstractmethod
    def retire(self, retirement: Retirement, series: Series) -> None:
        """Follow the lives that stay; `series` are those alone. What has gone has no state.

        It comes between a bucket that ends a week and the next.
        """

    def claims(self, series: Series) -> Ints:
        """The lives of which it speaks in the surge's stead."""
        return NOBODY

    def judged(self, series: Series) -> int:
        """How many series it judges, has learnt and tells of here: they share the budget."""
        return 0

    @property
    def threshold(self) -> float | None:
        """The score from which on it alarms; None: it goes by none."""
        return None

    @property
    def fullness(self) -> float:
        """Share that it has taken of a bound of its own."""
        return 0.0

    @abstractmethod
    def snapshot(self) -> dict[str, Any]: ...

    @abstractmethod
    def restore(self, held: dict[str, Any]) -> None:
        """Go on where `snapshot` was taken."""


class Roster:
    """The living series of some cuts, by the places that they have in a judge's state.

    It follows from the series, and is in no snapshot.

    Attributes:
        lives: by place; ascending.
    """

    def __init__(self, cuts: Collection[int]) -> None:
        self.lives = np.empty(0, np.int64)
        self._cuts, self._seen = frozenset(cuts), 0

    def follow(self, series: Series) -> int:
        """Take in those that are new; returns how many there are."""
        fresh = range(self._seen, len(series.lives))
        own = [life for life in fresh if series.lives[life].cut in self._cuts]
        if own:
            self.lives = np.append(self.lives, np.array(own, np.int64))
        self._seen = fresh.stop
        return self.lives.size

    def retire(self, retirement: Retirement) -> Ints:
        """Returns the places that stay."""
        lives = retirement.lives(self.lives)
        places = np.flatnonzero(lives != UNBORN)
        self.lives, self._seen = lives[places], retirement.left(self._seen)
        return places
