"""The detector of slow drift, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

from detectors import weekly
from detectors.columns import Bools, Floats, Ints
from detectors.drift import Drift, DriftState

DRIFT = Drift(threshold=100.0)


@dataclass(slots=True)
class DriftCase:
    """The buckets that the contract calls hours are weeks."""

    hours: ClassVar[int] = 130
    many: ClassVar[int] = 4099
    state: DriftState

    @classmethod
    def of(cls, n: int) -> "DriftCase":
        return cls(DriftState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def mean(self, *, hour: int) -> Floats:
        return DRIFT.expect(self.state, bucket=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> weekly.Verdict:
        return DRIFT.judge(self.state, DRIFT.expect(self.state, bucket=hour), counts)

    def step(
        self,
        counts: Ints,
        *,
        hour: int,
        total: int = 0,
        masked: Bools | None = None,
    ) -> weekly.Verdict:
        expectation = DRIFT.expect(self.state, bucket=hour)
        self.state, verdict = DRIFT.step(self.state, expectation, counts, masked)
        return verdict

    def restored(self) -> "DriftCase":
        return DriftCase(DriftState.of(self.state.columns()))
