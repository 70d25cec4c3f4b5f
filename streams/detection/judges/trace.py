"""What came of series lately, by five minutes: for what a signal says beside its figures.

From it follow when an excess began, so that it can be told which stream led, and how fast it grows.
It holds the cuts by fields that both streams may be counted by, and so no batches: there are too
many, of too few people each.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec.structs import replace as restated

from alerts.signal import Kind, Signal
from detectors import lead
from detectors.columns import Bools, Floats, Floats32, Ints
from detectors.growth import growth
from detectors.surge import Expectation
from streams.configuration.sections import MINUTES, SHARED
from streams.detection.judges.judge import Closed, Judge, Record, Roster, Seat
from streams.detection.judges.ledger import Ledger
from streams.detection.retirement import Retirement
from streams.detection.series import NO_ROW, UNBORN, Key, Series
from streams.events.event import EPOCH

FINE: Final = 5  # minutes of a bucket here
PER_HOUR: Final = MINUTES // FINE
HOURS: Final = 36
MOST_SERIES: Final = 10_000
MOST_CELLS: Final = 1_000_000
"""Buckets with people that are kept; with more of them the oldest hours go sooner."""
TIMELY: Final = frozenset({Kind.SURGE, Kind.BURST})
"""Kinds whose excess is of hours."""
MINUTE: Final = timedelta(minutes=1)
BEFORE: Final = 360
"""Minutes before the onset of an alarm in which its excess may have begun."""
KNOWN: Final = 60
"""Minutes before the onset of which something must be known."""


class Hour(NamedTuple):
    """One closed hour: people by place of the ledger and bucket, and what was expected.

    `expected` is of the whole hour, by place of the roster. Nothing is known of a masked hour.
    """

    places: Ints
    buckets: Ints
    people: Ints
    expected: Floats32
    masked: Bools

    def kept(self, moved: Ints, places: Ints) -> "Hour":
        """By where each place of the ledger has moved to; `places` of the roster stay."""
        to = moved[self.places]
        at = to != NO_ROW
        return self._replace(
            places=to[at], buckets=self.buckets[at], people=self.people[at],
            expected=self.expected[places[places < self.expected.size]],
        )  # fmt: skip


class Trace(NamedTuple):
    """Of one series, by buckets of five minutes from `first` on."""

    first: int
    observed: Ints
    expected: Floats

    def since(self, minute: int) -> "Trace":
        """The part from this minute since the epoch on."""
        start = max(minute // FINE - self.first, 0)
        return Trace(self.first + start, self.observed[start:], self.expected[start:])


class TraceJudge(Judge):
    """Judges nothing: it keeps what the signals of others are read with.

    Of series past `MOST_SERIES` it knows nothing; they have no readings.
    """

    def __init__(self, seat: Seat) -> None:
        cuts = frozenset(n for n, cut in enumerate(seat.cuts) if SHARED.issuperset(cut.by))
        self.terms = str([seat.cuts[cut].name for cut in sorted(cuts)])
        self._cuts, self._roster = cuts, Roster(cuts)
        self._ledger = Ledger(cuts, minutes=FINE, most=MOST_SERIES)
        self._hours: dict[int, Hour] = {}

    def take(self, record: Record) -> Iterator[Signal]:
        self._ledger.take(record)
        yield from ()

    def close(self, closed: Closed) -> Iterator[Signal]:
        first = closed.bucket * PER_HOUR
        people = self._ledger.close_all(range(first, first + PER_HOUR), week=closed.week)
        buckets, places = np.nonzero(people)
        self._roster.follow(closed.series)
        self._hours[closed.bucket] = Hour(
            places=places, buckets=buckets, people=people[buckets, places],
            expected=self._means(closed.usual.expectation).astype(np.float32),
            masked=np.array(closed.masked),
        )  # fmt: skip
        self._forget(closed.bucket)
        yield from ()

    def retire(self, retirement: Retirement, series: Series) -> None:
        """Of the first so many series those that live are the first from now on."""
        moved = np.full(len(self._ledger.keys), NO_ROW)
        stay = self._ledger.retire(retirement, series)
        moved[stay] = np.arange(stay.size)
        places = self._roster.retire(retirement)
        self._hours = {n: hour.kept(moved, places) for n, hour in self._hours.items()}

    def read(
        self, signal: Signal, series: Series, *, passed: int, usual: Expectation | None,
        before: Signal | None,
    ) -> Signal:  # fmt: skip
        """The signal with when its excess may have begun, and how it grows.

        Args:
            signal: as its judge has made it.
            series: all there are.
            passed: the minute up to which buckets are closed.
            usual: of the hour that is open.
            before: what the alarm said last; it may know a beginning that is out of sight by now.
        """
        if signal.kind not in TIMELY:
            return signal
        if before:
            signal = restated(signal, began=_kept(before, onset=signal.onset))
        key = series.key_of(signal.scope)
        if not signal.live or key is None or key.cut not in self._cuts or not self._hours:
            return signal
        life = series.life(key)
        if life != UNBORN and self._at(life, series) >= MOST_SERIES:
            return signal
        return _read(signal, self._trace(key, series, passed=passed, usual=usual))

    def snapshot(self) -> dict[str, Any]:
        return {"ledger": self._ledger.snapshot(), "hours": self._hours}

    def restore(self, held: dict[str, Any]) -> None:
        self._ledger.restore(held["ledger"])
        self._hours = {hour: Hour(*arrays) for hour, arrays in held["hours"].items()}

    def _means(self, usual: Expectation | None) -> Floats:
        """What an hour was expected to hold, by place; of those that lived before it."""
        if usual is None:
            return np.empty(0)
        lives = self._roster.lives[:MOST_SERIES]
        means: Floats = usual.mean[lives[lives < usual.mean.size]]
        return means

    def _forget(self, bucket: int) -> None:
        self._hours.pop(bucket - HOURS, None)
        while sum(hour.places.size for hour in self._hours.values()) > MOST_CELLS:
            del self._hours[min(self._hours)]

    def _trace(self, key: Key, series: Series, *, passed: int, usual: Expectation | None) -> Trace:
        """Over the hours that are kept, and as much of the open one as is passed."""
        place, at = self._ledger.place(key), self._at(series.life(key), series)
        first, last = min(self._hours) * PER_HOUR, (max(self._hours) + 1) * PER_HOUR
        hours = self._hours.values()
        observed = [_of_place(hour, place) for hour in hours]
        observed.append(self._ledger.open(key, range(last, passed // FINE)))
        means = [_mean(hour.expected, at) * (not hour.masked) for hour in hours]
        means.append(_mean(self._means(usual), at))
        people = np.concatenate(observed)
        expected = np.repeat(np.array(means) / PER_HOUR, PER_HOUR)[: people.size]
        return Trace(first, people, expected)

    def _at(self, life: int, series: Series) -> int:
        """The place in the roster; past its end for a series that does not live yet."""
        size = self._roster.follow(series)
        return size if life == UNBORN else int(np.searchsorted(self._roster.lives, life))


def _kept(before: Signal, *, onset: datetime) -> tuple[int, ...]:
    """The moments that were told before, from another onset: an excursion may begin anew."""
    moved = (before.onset - onset) // MINUTE
    return tuple(minute + moved for minute in before.began)


def _read(signal: Signal, trace: Trace) -> Signal:
    onset = (signal.onset - EPOCH) // MINUTE
    if trace.first * FINE > onset - KNOWN:  # it may have begun before what is known
        return restated(signal, growth=growth(trace.observed, trace.expected, minutes=FINE))
    trace = trace.since(onset - BEFORE)
    if not trace.observed.any():
        return signal
    began = lead.draws(lead.beginning(trace.observed, trace.expected, minutes=FINE))
    sure = int(np.ceil(began[-1]))
    found = growth(trace.observed[sure:], trace.expected[sure:], minutes=FINE)
    minutes = np.rint((trace.first + began) * FINE).astype(np.int64) - onset
    return restated(signal, began=tuple(minutes.tolist()), growth=found)


def _of_place(hour: Hour, place: int) -> Ints:
    observed, mine = np.zeros(PER_HOUR, np.int64), hour.places == place
    observed[hour.buckets[mine]] = hour.people[mine] * ~hour.masked
    return observed


def _mean(means: Floats | Floats32, at: int) -> float:
    """Nothing was expected of a series that did not live yet."""
    return float(means[at]) if at < means.size else 0.0
