"""All judges of a stream, in the order in which they speak."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from alerts.signal import Signal
from streams.judges.judge import Closed, Judge, Record, Seat
from streams.judges.silence import SilenceJudge
from streams.judges.surge import SurgeJudge
from streams.judges.trigger import TriggerJudge
from streams.sections import MINUTES

# Further methods: what makes the judge of a stream by its name in a snapshot, between the surge,
# on which they build, and the triggers. None: it has nothing to judge there.
Makers = Mapping[str, Callable[[Seat], Judge | None]]
MAKERS: Final[Makers] = {"silence": SilenceJudge}


class Bench:
    """The judges of one stream.

    Args:
        seat: where they sit.
        surge: judges first.
        makers: of those between it and the triggers.

    Attributes:
        finer: lengths, in minutes, of buckets shorter than an hour that some want closed.
    """

    def __init__(self, seat: Seat, surge: SurgeJudge, makers: Makers) -> None:
        self._surge = surge
        made = {name: make(seat) for name, make in makers.items()}
        self._judges: dict[str, Judge] = {
            "surge": surge,
            **{name: judge for name, judge in made.items() if judge is not None},
            "trigger": TriggerJudge(seat),
        }
        lengths = {judge.minutes for judge in self._judges.values()}
        self.finer = sorted(lengths - {MINUTES})

    def take(self, record: Record) -> Iterator[Signal]:
        for judge in self._judges.values():
            yield from judge.take(record)

    def close(self, closed: Closed) -> Iterator[Signal]:
        for judge in self._judges.values():
            if judge.minutes == closed.minutes:
                yield from judge.close(closed)
            if judge is self._surge:
                closed = replace(closed, usual=self._surge.usual)

    def foresee(self, record: Record) -> Iterator[Signal]:
        for judge in self._judges.values():
            yield from judge.foresee(record)

    @property
    def standing(self) -> dict[str, int]:
        """How many alarms stand, by method."""
        return {name: judge.standing for name, judge in self._judges.items()}

    @property
    def fullness(self) -> float:
        """The largest share of a bound that a judge has taken."""
        return max(judge.fullness for judge in self._judges.values())

    def snapshot(self) -> dict[str, Any]:
        return {name: judge.snapshot() for name, judge in self._judges.items()}

    def restore(self, held: dict[str, Any]) -> None:
        """A judge that the snapshot does not know begins now; one that sits no more is left out."""
        for name, judge in self._judges.items():
            if name in held:
                judge.restore(held[name])
