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
from detectors.novelty import Before, Combinations, Novelty, Verdict, Why
from streams.detection import signals
from streams.detection.judges.combinations import Index, People, Subjects
from streams.detection.judges.judge import Closed, Judge, Seat
from streams.detection.retirement import Retirement
from streams.detection.series import Series

ENOUGH: Final = 2
"""People within three days: one may have pressed the wrong button."""


class NoveltyJudge(Judge):
    """Its state is of as many combinations as there may be series."""

    def __init__(self, seat: Seat) -> None:
        self._novelty, self._judged = Novelty(people=ENOUGH), seat.of("novelty")
        self._index = Index(seat.cuts, self._judged)
        self._state, self._subjects = Combinations.empty(), Subjects.empty()
        self._groups, self._faults = People.empty(), People.empty()
        self._begun = False
        self._verdict: tuple[Before, Verdict] | None = None  # on the bucket closed last

    def close(self, closed: Closed) -> Iterator[Signal]:
        self._grow(closed)
        people, bucket = closed.people[self._index.lives], closed.bucket
        sums = self._subjects, self._groups.people, self._faults.people
        before = self._index.before(self._state, *sums, bucket=bucket)
        self._state, verdict = self._novelty.step(self._state, people, before, bucket=bucket)
        self._index.count(closed.people, *sums, bucket=bucket)
        self._verdict = before, verdict
        for place in np.flatnonzero(verdict.news).tolist():
            life = int(self._index.lives[place])
            if closed.series.own[life]:
                yield signals.first_ever(
                    closed.series.scope(life), people=int(verdict.people[place]),
                    before=int(before.people[place]), share=float(before.share[place]),
                    first=int(self._state.first[place]), bucket=bucket, enough=ENOUGH,
                    approximate=closed.approximate,
                )  # fmt: skip

    def holds(self, series: Series) -> Ints:
        """All: who forgets that a product had a fault calls it new the next time."""
        return self._index.all_lives

    def retire(self, retirement: Retirement, series: Series) -> None:
        self._index.retire(retirement)

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        key = closed.series.key_of(scope)
        if key is None or key.cut not in self._judged or self._verdict is None:
            return ()
        place, (before, verdict) = self._index.place(closed.series.life(key)), self._verdict
        if place is None:
            return (Gate(Step.NOVELTY, open=False, numbers={"why": named(Why.NOT_SEEN)}),)
        numbers: dict[str, Number] = {
            "why": named(Why(int(verdict.why[place]))),
            **grounds.of_novelty(self._novelty, before, verdict, place),
        }
        return (Gate(Step.NOVELTY, open=bool(verdict.news[place]), numbers=numbers),)

    def snapshot(self) -> dict[str, Any]:
        return {
            "state": self._state.columns(), "subjects": self._subjects.columns(),
            "groups": self._groups.columns(), "faults": self._faults.columns(),
            "begun": self._begun,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._state = Combinations.of(held["state"])
        self._subjects = Subjects.of(held["subjects"])
        self._groups, self._faults = People.of(held["groups"]), People.of(held["faults"])
        self._begun = held["begun"]

    def _grow(self, closed: Closed) -> None:
        """With what was born; where it begins in the middle, what lives already is no news."""
        self._state = self._state.grown(self._index.follow(closed.series))
        subjects, groups, faults = self._index.sizes
        self._subjects = self._subjects.grown(subjects)
        self._groups, self._faults = self._groups.grown(groups), self._faults.grown(faults)
        if not self._begun:
            self._state.told[self._index.lives < closed.born] = True
            self._begun = True


def named(why: Why) -> str:
    """As gates name it."""
    return why.name.lower().replace("_", "-")


def novelty_judge(seat: Seat) -> NoveltyJudge | None:
    """None where no cut asks for it."""
    return NoveltyJudge(seat) if seat.of("novelty") else None
