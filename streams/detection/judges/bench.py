"""All judges of a stream, in the order in which they speak."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec
import numpy as np
from msgspec.structs import replace as restated

from alerts.gates import Gate
from alerts.signal import Scope, Signal, SignalState
from detectors.columns import Ints
from streams.configuration.sections import MINUTES
from streams.detection import signals
from streams.detection.judges.batches import batch_judge
from streams.detection.judges.burst import burst_judge
from streams.detection.judges.judge import Closed, Judge, Record, Seat, kind_of
from streams.detection.judges.novelty import novelty_judge
from streams.detection.judges.rules import rule_judges
from streams.detection.judges.share import share_judge
from streams.detection.judges.silence import SilenceJudge
from streams.detection.judges.spatial import spatial_judge
from streams.detection.judges.surge import SurgeJudge
from streams.detection.judges.trace import TraceJudge
from streams.detection.judges.trigger import TriggerJudge
from streams.detection.judges.weekly import drift_judge, weekly_judge
from streams.detection.retirement import Retirement
from streams.detection.series import Series

# Further methods, by their names in a snapshot: what makes the judge of a stream. They speak after
# the surge, on which they build. None: it has nothing to judge there.
Makers = Mapping[str, Callable[[Seat], Judge | None]]
MAKERS: Final[Makers] = {
    "silence": SilenceJudge,
    "burst": burst_judge,
    "weekly": weekly_judge,
    "batches": batch_judge,
    "novelty": novelty_judge,
    "spatial": spatial_judge,
    "share": share_judge,
    "drift": drift_judge,
}
GONE = "it is no longer judged so: the settings changed"
ENDS: Final = {
    SignalState.PROVISIONAL: SignalState.WITHDRAWN, SignalState.CONFIRMED: SignalState.CLEARED
}  # fmt: skip


class Bench:
    """The judges of one stream.

    Args:
        seat: where they sit.
        surge: judges first.
        makers: of those between it and the rules, which the triggers follow.

    Attributes:
        finer: lengths, in minutes, of buckets shorter than an hour that some want closed.
    """

    def __init__(self, seat: Seat, surge: SurgeJudge, makers: Makers) -> None:
        self._surge, self._trace = surge, TraceJudge(seat)
        made = {name: make(seat.under(name)) for name, make in makers.items()}
        self._judges: dict[str, Judge] = {
            "trace": self._trace,
            "surge": surge,
            **{name: judge for name, judge in made.items() if judge is not None},
            **rule_judges(seat),
            "trigger": TriggerJudge(seat),
        }
        self._terms = {name: _terms(seat, name, judge) for name, judge in self._judges.items()}
        self._live: dict[str, dict[str, Signal]] = {name: {} for name in self._judges}
        self._gone: list[Signal] = []
        self._restored = False  # and no bucket was closed since
        lengths = {judge.minutes for judge in self._judges.values()}
        self.finer = sorted(lengths - {MINUTES})

    def take(self, record: Record) -> Iterator[Signal]:
        for judge in self._judges.values():
            yield from judge.take(record)

    def close(self, closed: Closed) -> Iterator[Signal]:
        yield from self._leave(closed)
        for name, judge in self._judges.items():
            if judge.minutes == closed.minutes:
                passed = (closed.bucket + 1) * closed.minutes
                yield from self._read(name, judge.close(closed), closed.series, passed=passed)
            if judge is self._surge:
                closed = replace(closed, usual=self._surge.usual)
        if closed.minutes == MINUTES:  # so that it leaves the same alone in all of the next hour
            claimed = [judge.claims(closed.series) for judge in self._judges.values()]
            self._surge.left = np.concatenate(claimed)

    def foresee(self, record: Record) -> Iterator[Signal]:
        for name, judge in self._judges.items():
            said = judge.foresee(record)
            yield from self._read(name, said, record.series, passed=record.passed)

    def holds(self, series: Series) -> Ints:
        """The lives that none may retire."""
        return np.concatenate([judge.holds(series) for judge in self._judges.values()])

    def retire(self, retirement: Retirement, series: Series) -> None:
        for judge in self._judges.values():
            judge.retire(retirement, series)

    def gates(self, scope: Scope, closed: Closed) -> list[Gate]:
        """What each that judges buckets of such a length made of a scope in the one just closed."""
        judges = (one for one in self._judges.values() if one.minutes == closed.minutes)
        return [gate for judge in judges for gate in judge.gates(scope, closed)]

    def judged(self, series: Series) -> dict[str, int]:
        """How many series of this shard each judges and has learnt, by the kind of its signals."""
        return {kind_of(name): judge.judged(series) for name, judge in self._judges.items()}

    def places(self, series: Series) -> int:
        """How many places of the budget they take."""
        return sum(judge.judged(series) * judge.places_each for judge in self._judges.values())

    @property
    def silent(self) -> int:
        """How many sources, and channels in them, are silent."""
        judges = self._judges.values()
        return sum(judge.silent for judge in judges if isinstance(judge, SilenceJudge))

    @property
    def thresholds(self) -> dict[str, float | None]:
        """The score from which on each alarms, by method; None: it goes by none."""
        return {name: judge.threshold for name, judge in self._judges.items()}

    @property
    def fullness(self) -> float:
        """The largest share of a bound that a judge has taken."""
        return max(judge.fullness for judge in self._judges.values())

    def snapshot(self) -> dict[str, Any]:
        return {
            "judges": {name: judge.snapshot() for name, judge in self._judges.items()},
            "terms": self._terms, "live": self._live, "gone": self._gone,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        """A judge that the snapshot does not know, or under other terms, begins now.

        What it had called, and one that sits here no more, ends when the next bucket closes; so
        does what the surge had called of cuts that it is no more to judge.
        """
        live = msgspec.convert(held["live"], dict[str, dict[str, Signal]])
        self._gone = msgspec.convert(held["gone"], list[Signal])
        for name, judge in self._judges.items():
            if held["terms"].get(name) == self._terms[name]:
                judge.restore(held["judges"][name])
                self._live[name] = live.pop(name, {})
        self._gone += [signal for told in live.values() for signal in told.values()]
        self._restored = True

    def _read(
        self, name: str, said: Iterable[Signal], series: Series, *, passed: int
    ) -> Iterator[Signal]:
        """What a judge says, with what the trace knows of it."""
        for signal in said:
            read = self._trace.read(
                signal, series, passed=passed, usual=self._surge.usual.expectation,
                before=self._live[name].get(signal.id),
            )  # fmt: skip
            self._note(name, read)
            yield read

    def _note(self, name: str, signal: Signal) -> None:
        """Remember what is to be cleared, or withdrawn."""
        told = self._live[name]
        if signal.live and not signal.event:
            told[signal.id] = signal
        else:
            told.pop(signal.id, None)

    def _leave(self, closed: Closed) -> Iterator[Signal]:
        """End what was called and is judged so no more."""
        if self._restored:
            self._gone += self._muted(closed.series)
            self._restored = False
        gone, self._gone = self._gone, []
        start, end = (signals.moment(closed.bucket + n, closed.minutes) for n in (0, 1))
        for signal in gone:
            yield restated(
                signal, state=ENDS[signal.state], revision=0, bucket=start, at=end, reason=GONE
            )

    def _muted(self, series: Series) -> list[Signal]:
        """What the surge had called of cuts that were taken from it; it goes on with all."""
        told = self._live["surge"]
        muted = [one for one in told.values() if not self._surge.tells_of(one, series)]
        self._live["surge"] = {one.id: one for one in told.values() if one not in muted}
        return muted


def _terms(seat: Seat, name: str, judge: Judge) -> str:
    """What its state stands on. That of surges is of all cuts, whichever are told of."""
    cuts = () if isinstance(judge, SurgeJudge) else sorted(seat.of(name))
    return f"{judge.terms} {[seat.cuts[cut].name for cut in cuts]}"
