"""Batches: people by batch, against its units in the field and its neighbours of equal age.

It judges the batches of the table `batches` alone. As soon as the rate of a batch's neighbours is
known well enough it speaks of that batch in the surge's stead, so that the two share one budget and
one voice. Of the others the surge goes on to speak, and their rate is unknown.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from msgspec import convert
from msgspec.structs import replace

from alerts.gates import Gate, Number, Step
from alerts.signal import Kind, Scope, Signal, SignalState
from detectors.alarm import NEVER, Hysteresis
from detectors.columns import Ints
from detectors.surge import Expectation
from detectors.verdict import Excess
from streams.detection import signals
from streams.detection.batches import Batches as Table
from streams.detection.batches import load
from streams.detection.judges.fleet.faults import Faults
from streams.detection.judges.fleet.rates import KNOWN, Due, Fleet
from streams.detection.judges.fleet.register import Register, Row
from streams.detection.judges.judge import Closed, Judge, Record, Seat
from streams.detection.judges.standing import Foretelling, stood
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Series
from streams.detection.signals import Change

GONE: Final = "the table of batches changed: what is known of this one begins anew"
ZERO, ONE = np.zeros(1), np.ones(1, np.bool_)
NOTHING: Final = Excess(ZERO, ~ONE, ZERO, ZERO, np.zeros(1, np.int64), ONE, ~ONE)


class BatchJudge(Judge):
    """Under another table a product goes on to which batches came; one with others begins anew.

    Args:
        seat: where it sits.
        table: which says what is in the field.
    """

    def __init__(self, seat: Seat, table: Table) -> None:
        self._threshold, self._judged = seat.threshold, seat.of("batches")
        self._register = Register(seat, table)
        self._fleet = Fleet(self._register, threshold=seat.threshold)
        self._faults = Faults(seat.cuts, self._judged)
        self._alarms = Foretelling(Hysteresis())
        self._due: Due | None = None
        self._verdict: Excess | None = None  # on the bucket closed last
        self._lost: list[tuple[Row, Change]] = []  # what was said of batches that began anew

    def close(self, closed: Closed) -> Iterator[Signal]:
        yield from self._lose(closed)
        if not self._register.rows:
            return
        self._register.follow(closed.series)
        self._faults.close(closed)
        due = self._expected(closed.bucket, closed.usual.expectation)
        people = self._register.people(closed.people)
        self._verdict = self._fleet.step(due, people, masked=closed.masked)
        for change in self._alarms.step(self._verdict, bucket=closed.bucket):
            if closed.series.tells(self._register.key(change.place)):
                yield self._signal(
                    self._verdict, change, change.place, closed.series, bucket=closed.bucket,
                    approximate=closed.approximate,
                )  # fmt: skip

    def foresee(self, record: Record) -> Iterator[Signal]:
        """The batches that the record adds to: their score can only rise as the hour fills."""
        bucket = record.after + 1
        if record.masked:
            return  # what was held back may arrive at once
        self._register.follow(record.series)
        places = self._register.placed(record.series.touched(record.placed, bucket))
        places = places[self._fleet.learnt[places]]
        if not places.size:
            return
        due = self._expected(bucket, record.expected)
        people = record.series.people_of(self._register.lives[places], bucket)
        verdict = self._fleet.foresee(due, people, places)
        for place, change in self._alarms.foretell(verdict, places, bucket=bucket):
            if record.series.tells(self._register.key(place)):
                yield self._signal(
                    verdict, change, place, record.series, bucket=bucket, at=record.seen(bucket),
                    approximate=record.approximate,
                )  # fmt: skip

    def holds(self, series: Series) -> Ints:
        lives: Ints = self._register.lives[self._alarms.places]
        return lives

    def retire(self, retirement: Retirement, series: Series) -> None:
        self._register.retire(retirement)
        self._faults.retire(retirement)

    def claims(self, series: Series) -> Ints:
        self._register.follow(series)
        lives: Ints = self._register.lives[self._fleet.learnt]
        known: Ints = lives[lives != UNBORN]
        return known

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key, verdict = closed.series.key_of(scope), self._verdict
        if key is None or key.cut not in self._judged:
            return ()
        place = self._register.place(key)
        if place is None or verdict is None:
            return (Gate(Step.BATCH, open=False),)
        stands = self._alarms.gates(place, Kind.BATCH)
        numbers: dict[str, Number] = {"units": float(self._register.rows[place].units)}
        if verdict.learning[place]:
            numbers |= {"complaints": float(self._fleet.others[place]), "needed": KNOWN}
            return (Gate(Step.BATCH, open=False, numbers=numbers), *stands)
        since = signals.moment(int(verdict.onset[place]))
        numbers |= signals.figures(verdict, place, threshold=self._threshold, since=since)
        numbers |= self._fleet.grounds(place)
        if (rate := self._fleet.rate(place)) is not None:
            numbers |= {"rate": rate.per_thousand, "neighbours": rate.neighbours}
        return (Gate(Step.BATCH, open=bool(verdict.above[place]), numbers=numbers), *stands)

    def judged(self, series: Series) -> int:
        return int(np.count_nonzero(self._fleet.learnt))

    @property
    def threshold(self) -> float:
        return self._threshold

    def snapshot(self) -> dict[str, Any]:
        return {
            "fleet": self._fleet.snapshot(), **self._alarms.snapshot(),
            "faults": self._faults.snapshot(), "lost": self._lost,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        places = self._fleet.restore(held["fleet"])
        self._alarms.restore(held, places)
        self._faults.restore(held["faults"])
        rows, kept = convert(held["fleet"]["rows"], list[Row]), set(places.tolist())
        self._lost = convert(held["lost"], list[tuple[Row, Change]])
        self._lost += [(rows[one.place], one) for one in _ends(held) if one.place not in kept]

    def _expected(self, bucket: int, expected: Expectation | None) -> Due:
        """What a bucket should hold, frozen when the one before it closed."""
        if self._due is None or self._due.bucket != bucket:
            self._due = self._fleet.expect(self._register.rhythm(expected), bucket=bucket)
        return self._due

    def _signal(
        self, verdict: Excess, change: Change, place: int, series: Series, *, bucket: int,
        approximate: bool, at: datetime | None = None,
    ) -> Signal:  # fmt: skip
        """Of the batch at `place`, which has another one in a verdict on some of them."""
        rate, beside = self._fleet.rate(place), ""
        if rate is not None:
            beside = f"; {rate.per_thousand:.3g} per 1000 units, neighbours {rate.neighbours:.3g}"
        fault, evidence = self._faults.of(self._register.rows[place]) or (None, None)
        said = signals.alarm(
            Kind.BATCH, series.scope_of(self._register.key(place)), verdict, change,
            bucket=bucket, at=at, threshold=self._threshold, approximate=approximate,
            beside=beside,
        )  # fmt: skip
        return replace(said, rate=rate, fault=fault, fault_evidence=evidence)

    def _lose(self, closed: Closed) -> Iterator[Signal]:
        """What stood of a batch of which nothing is known any more is over."""
        lost, self._lost = self._lost, []
        for row, change in lost:
            key = self._register.key_of(row)
            fired = closed.bucket if change.fired == NEVER else change.fired
            if closed.series.tells(key):
                yield signals.alarm(
                    Kind.BATCH, closed.series.scope_of(key), NOTHING,
                    change._replace(place=0, fired=fired), bucket=closed.bucket,
                    threshold=self._threshold, reason=GONE,
                )  # fmt: skip


def _ends(held: dict[str, Any]) -> Iterator[Change]:
    """How what stood ends and what was said of the open bucket, which has not fired yet."""
    places, alarms = stood(held["alarms"])
    for place, bucket in zip(places.tolist(), alarms.fired.tolist(), strict=True):
        yield Change(place, SignalState.CLEARED, 0, bucket)
    for place in held["provisional"]:
        yield Change(place, SignalState.WITHDRAWN, 0, NEVER)


def batch_judge(seat: Seat) -> BatchJudge | None:
    """None where no cut asks for it. Raises TableError."""
    return BatchJudge(seat, load(seat.settings.tables.batches)) if seat.of("batches") else None
