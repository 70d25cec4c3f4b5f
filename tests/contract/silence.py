"""Silence, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

from detectors import silence
from detectors.columns import Bools, Floats, Ints
from detectors.silence import Silence, SilenceState

SILENCE = Silence(threshold=1000.0)


@dataclass(slots=True)
class SilenceCase:
    """The detector of silence; it has its profiles itself, and no mask."""

    hours: ClassVar[int] = 14 * 24
    many: ClassVar[int] = 203
    state: SilenceState

    @classmethod
    def of(cls, n: int) -> "SilenceCase":
        return cls(SilenceState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def mean(self, *, hour: int) -> Floats:
        return SILENCE.expect(self.state, bucket=hour, hour=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> silence.Verdict:
        expectation = SILENCE.expect(self.state, bucket=hour, hour=hour)
        return SILENCE.judge(self.state, expectation, counts)

    def step(
        self,
        counts: Ints,
        *,
        hour: int,
        total: int = 0,
        masked: Bools | None = None,
    ) -> silence.Verdict:
        expectation = SILENCE.expect(self.state, bucket=hour, hour=hour)
        self.state, verdict = SILENCE.step(self.state, expectation, counts)
        return verdict

    def restored(self) -> "SilenceCase":
        return SilenceCase(SilenceState.of(self.state.columns()))
