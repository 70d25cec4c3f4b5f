"""The weekly detector, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

from detectors import weekly
from detectors.columns import Bools, Floats, Ints
from detectors.weekly import Weekly, WeeklyState

WEEKLY = Weekly(threshold=100.0)


@dataclass(slots=True)
class WeeklyCase:
    """The detector for weekly counts: the buckets that the contract calls hours are weeks."""

    hours: ClassVar[int] = 130
    many: ClassVar[int] = 4099
    state: WeeklyState

    @classmethod
    def of(cls, n: int) -> "WeeklyCase":
        return cls(WeeklyState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def mean(self, *, hour: int) -> Floats:
        return WEEKLY.expect(self.state, bucket=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> weekly.Verdict:
        return WEEKLY.judge(self.state, WEEKLY.expect(self.state, bucket=hour), counts)

    def step(
        self,
        counts: Ints,
        *,
        hour: int,
        total: int = 0,
        masked: Bools | None = None,
    ) -> weekly.Verdict:
        expectation = WEEKLY.expect(self.state, bucket=hour)
        self.state, verdict = WEEKLY.step(self.state, expectation, counts, masked)
        return verdict

    def restored(self) -> "WeeklyCase":
        return WeeklyCase(WeeklyState.of(self.state.columns()))
