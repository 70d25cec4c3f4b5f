"""The detector of batches, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from alerts.signal import Kind
from detectors import batches, grounds
from detectors.batches import Batches, BatchState
from detectors.columns import Bools, Floats, Ints
from detectors.mixture import DEFAULT
from tests.contract import again
from tests.contract.plain import copied
from tests.contract.verdicts import Explained

BATCHES = Batches(threshold=1000.0)


def explained(verdict: batches.Verdict) -> Explained:
    places = range(verdict.score.size)
    return verdict, [grounds.of_batch(BATCHES, verdict, place) for place in places]


@dataclass(slots=True)
class BatchCase:
    """The detector of batches; each should bring an event in ten hours, whatever its rate is."""

    kind: ClassVar = Kind.BATCH
    hours: ClassVar[int] = 120
    many: ClassVar[int] = 203
    again: ClassVar = staticmethod(again.of_batch)
    state: BatchState

    @classmethod
    def of(cls, n: int) -> "BatchCase":
        return cls(BatchState.empty(n))

    def exposure(self, masked: Bools | None) -> Floats:
        """Nothing is known of what is hidden."""
        return np.where(np.zeros(self.state.size) if masked is None else masked, np.nan, 0.1)

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def judge(
        self, counts: Ints, *, hour: int, masked: Bools | None = None
    ) -> batches.Verdict:  # fmt: skip
        return BATCHES.judge(self.state, DEFAULT, counts, self.exposure(masked), bucket=hour)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> batches.Verdict:
        exposure = self.exposure(masked)
        self.state, verdict = BATCHES.step(self.state, DEFAULT, counts, exposure, bucket=hour)
        return verdict

    def explained(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Explained:
        return explained(self.step(counts, hour=hour, masked=masked))

    def restored(self) -> "BatchCase":
        return BatchCase(BatchState.of(copied(self.state)))
