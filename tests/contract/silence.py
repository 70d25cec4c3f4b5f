"""Silence, as the contract drives it."""

from typing import Any

from detectors.columns import Bools, Ints
from detectors.silence import Silence, SilenceState
from tests.contract.plain import PlainCase
from tests.contract.verdicts import Verdict


class SilenceCase(PlainCase):
    """The detector of silence; it has its profiles itself, and no mask."""

    hours, many = 14 * 24, 203
    method = Silence(threshold=1000.0)
    states = SilenceState

    def expect(self, hour: int) -> Any:
        return self.method.expect(self.state, bucket=hour, hour=hour)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Verdict:
        verdict: Verdict
        self.state, verdict = self.method.step(self.state, self.expect(hour), counts)
        return verdict
