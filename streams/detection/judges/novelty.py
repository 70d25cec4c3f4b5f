"""First-ever combinations of a product, or a batch, and a fault; each is told once, at the close.

It judges people by the hour. What lived before the judge began is known, and told of no more.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from alerts.gates import Gate, Number, Step
from alerts.signal import Scope, Signal
from detectors import grounds
from detectors.columns import Ints
from detectors.novelty import Novelty, Verdict, Why
from streams.detection import signals
from streams.detection.judges.judge import Closed, Judge, Seat
from streams.detection.judges.known import Known
from streams.detection.retirement import Retirement
from streams.detection.series import Series

ENOUGH: Final = 2
"""People within three days: one may have pressed the wrong button."""


class NoveltyJudge(Judge):
    """Its state is of as many combinations as there may be series, and as many names."""

    def __init__(self, seat: Seat) -> None:
        self._novelty = Novelty(people=ENOUGH, threshold=seat.threshold)
        self._known, self._judged = Known(seat), seat.of("novelty")
        self._verdict: Verdict | None = None  # on the bucket closed last
        self._places = 0

    def close(self, closed: Closed) -> Iterator[Signal]:
        known, bucket = self._known, closed.bucket
        known.follow(closed)
        lives, before = known.index.lives, known.before(closed)
        known.state, verdict = self._novelty.step(
            known.state, closed.people[lives], before, bucket=bucket
        )
        known.count(closed)
        self._verdict, self._places = verdict, self._old(closed)
        for place in np.flatnonzero(verdict.news).tolist():
            if closed.series.own[life := int(lives[place])]:
                yield signals.first_ever(
                    closed.series.scope(life), people=int(verdict.people[place]),
                    before=int(verdict.before[place]), share=float(verdict.share[place]),
                    first=int(known.state.first[place]), bucket=bucket,
                    score=float(verdict.score[place]), threshold=self._novelty.threshold,
                    approximate=closed.approximate,
                )  # fmt: skip

    def judged(self, series: Series) -> int:
        """Products and batches: each is a place, whatever faults it has."""
        return self._places

    @property
    def threshold(self) -> float:
        return self._novelty.threshold

    def holds(self, series: Series) -> Ints:
        return self._known.holds(series)

    def retire(self, retirement: Retirement, series: Series) -> None:
        self._known.retire(retirement, series)
        self._verdict = None

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key = closed.series.key_of(scope)
        if key is None or key.cut not in self._judged or self._verdict is None:
            return ()
        place = self._known.index.place(closed.series.life(key))
        if place is None:
            return (Gate(Step.NOVELTY, open=False, numbers={"why": named(Why.NOT_SEEN)}),)
        verdict = self._verdict
        numbers: dict[str, Number] = {"why": named(Why(int(verdict.why[place])))}
        if verdict.judged[place]:
            numbers |= grounds.of_novelty(self._novelty, verdict, place)
        return (Gate(Step.NOVELTY, open=bool(verdict.news[place]), numbers=numbers),)

    def snapshot(self) -> dict[str, Any]:
        return {**self._known.snapshot(), "places": self._places}

    def restore(self, held: dict[str, Any]) -> None:
        self._known.restore(held)
        self._places = held["places"]

    def _old(self, closed: Closed) -> int:
        """Subjects of which this shard might tell something."""
        subjects = self._known.subjects
        old = self._novelty.old(subjects.people, subjects.since, bucket=closed.bucket)
        return int(np.count_nonzero(old & self._known.index.own(closed.series)))


def named(why: Why) -> str:
    """As gates name it."""
    return why.name.lower().replace("_", "-")


def novelty_judge(seat: Seat) -> NoveltyJudge | None:
    """None where no cut asks for it."""
    return NoveltyJudge(seat) if seat.of("novelty") else None
