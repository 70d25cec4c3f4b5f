"""First-ever combinations, as the contract drives them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from alerts.signal import Kind
from detectors import grounds, novelty
from detectors.columns import Bools, Ints
from detectors.novelty import Before, Combinations, Novelty
from tests.contract import again
from tests.contract.plain import copied
from tests.contract.verdicts import Explained

NOVELTY = Novelty(threshold=1000.0, people=2, patience=24, days=1)


@dataclass(slots=True)
class NoveltyCase:
    """A series is one fault of a product of its own, of which two people an hour complain.

    It takes no mask: who came in spite of an outage came, and no time is asked how many should
    have.
    """

    kind: ClassVar = Kind.NOVELTY
    hours: ClassVar[int] = 120
    many: ClassVar[int] = 203
    again: ClassVar = staticmethod(again.of_novelty)
    state: Combinations

    @classmethod
    def of(cls, n: int) -> "NoveltyCase":
        return cls(Combinations.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def before(self, counts: Ints, hour: int) -> Before:
        """Others have the fault or not, of old or since a while, and the product is at times busy.

        By hour, for a series is judged alike in every place.
        """
        one, busy = np.ones(self.state.size, np.int64), 2 + hour % 3 * hour
        share, known = ((0.1, 0), (0.0, -1), (0.4, hour // 2))[hour // 2 % 3]
        return Before(
            2 * hour + self.state.people, coming=busy + counts, since=0 * one,
            singles=hour % 4 * one, others=50 * hour * one,
            share=np.full(one.size, share), known=known * one,
        )  # fmt: skip

    def judge(
        self, counts: Ints, *, hour: int, masked: Bools | None = None
    ) -> novelty.Verdict:  # fmt: skip
        return NOVELTY.judge(self.state, counts, self.before(counts, hour), bucket=hour)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> novelty.Verdict:
        known = self.before(counts, hour)
        self.state, verdict = NOVELTY.step(self.state, counts, known, bucket=hour)
        return verdict

    def explained(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Explained:
        verdict = self.step(counts, hour=hour)
        places = range(counts.size)
        return verdict, [grounds.of_novelty(NOVELTY, verdict, place) for place in places]

    def restored(self) -> "NoveltyCase":
        return NoveltyCase(Combinations.of(copied(self.state)))
