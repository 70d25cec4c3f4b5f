"""Bursts, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

from detectors import burst
from detectors.burst import Burst, BurstState
from detectors.columns import Bools, Floats, Ints

BURST = Burst(level=48, tail=96, shortest_learning=24, prior=100)


@dataclass(slots=True)
class BurstCase:
    """The detector of bursts, to which a bucket is a bucket."""

    hours: ClassVar[int] = 120
    many: ClassVar[int] = 8195
    state: BurstState

    @classmethod
    def of(cls, n: int) -> "BurstCase":
        return cls(BurstState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def mean(self, *, hour: int) -> Floats:
        return BURST.expect(self.state, bucket=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> burst.Verdict:
        return BURST.judge(self.state, BURST.expect(self.state, bucket=hour), counts)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> burst.Verdict:
        expectation = BURST.expect(self.state, bucket=hour)
        self.state, verdict = BURST.step(self.state, expectation, counts, masked)
        return verdict

    def restored(self) -> "BurstCase":
        return BurstCase(BurstState.of(self.state.columns()))
