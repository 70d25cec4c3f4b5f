"""Triggers: events that are enough by themselves are told at once, and again at the close."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from alerts.gates import Gate, Step
from alerts.signal import Scope, Signal, SignalState, matter
from streams.configuration.sections import MINUTES
from streams.detection import signals
from streams.detection.judges.judge import Closed, Judge, Record, Seat
from streams.detection.judges.silence import Feed
from streams.detection.retirement import Retirement
from streams.detection.series import Series
from streams.detection.triggers import Report, Triggers

ENOUGH = {"complaints": 1, "mentions": 2}  # people whose report of harm is enough
QUIET = 24  # hours for which a report is remembered


class TriggerJudge(Judge):
    """Each shard is sent the triggers that it is to tell of."""

    def __init__(self, seat: Seat) -> None:
        self._stream = seat.stream
        self._triggers = Triggers.empty(enough=ENOUGH[seat.stream], quiet=QUIET)
        self._shown: dict[str, dict[int, list[str]]] = {}

    def take(self, record: Record) -> Iterator[Signal]:
        """Report what this record is the first of its chunk to show."""
        known = self._known(record)
        news = [trigger for trigger in record.counts.triggers if trigger.event not in known]
        for report in self._triggers.add(news, minutes=MINUTES, least=record.after + 1):
            yield self._signal(
                report, SignalState.PROVISIONAL, at=record.seen(report.bucket),
                approximate=record.approximate,
            )  # fmt: skip

    def close(self, closed: Closed) -> Iterator[Signal]:
        for report in self._triggers.close(closed.bucket):
            yield self._signal(
                report, SignalState.CONFIRMED, at=signals.moment(closed.bucket + 1),
                approximate=closed.approximate,
            )  # fmt: skip

    def retire(self, retirement: Retirement, series: Series) -> None:
        """What is reported is of no series."""

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        """Each harm that is reported of the same: a shared field is equal, and none differs."""
        if Feed.of(scope) is not None:
            return ()
        enough, wanted = float(self._triggers.enough), matter(scope)
        gates = [
            Gate(
                Step.TRIGGER, open=watch.last == closed.bucket and len(watch.people) >= enough,
                numbers={"harm": dict(about)["harm"], "people": float(len(watch.people)),
                         "enough": enough, "last": signals.moment(watch.last)},
            )
            for about, watch in sorted(self._triggers.watched.items())
            if _akin(wanted, dict(about))
        ]  # fmt: skip
        return gates or (Gate(Step.TRIGGER, open=False, numbers={"enough": enough}),)

    def _known(self, record: Record) -> frozenset[str]:
        """Triggers that an earlier record of this chunk has shown; from now on, of this one."""
        shown = self._shown.setdefault(record.counts.topic, {})
        before = shown.get(record.counts.partition, ()) if record.replaces else ()
        shown[record.counts.partition] = [one.event for one in record.counts.triggers]
        return frozenset(before)

    def _signal(
        self, report: Report, state: SignalState, *, at: datetime, approximate: bool
    ) -> Signal:
        return signals.trigger(
            self._stream, report, state=state, at=at, enough=self._triggers.enough,
            approximate=approximate,
        )  # fmt: skip

    def snapshot(self) -> dict[str, Any]:
        return {"triggers": self._triggers, "shown": self._shown}

    def restore(self, held: dict[str, Any]) -> None:
        self._triggers = msgspec.convert(held["triggers"], Triggers)
        self._shown = held["shown"]


def _akin(one: Scope, other: Scope) -> bool:
    shared = one.keys() & other.keys()
    return bool(shared) and all(one[field] == other[field] for field in shared)
