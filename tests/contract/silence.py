"""Silence, as the contract drives it."""

from typing import Any, ClassVar

from alerts.signal import Kind
from detectors import grounds
from detectors.columns import Bools, Ints
from detectors.grounds import Grounds
from detectors.silence import Silence, SilenceState
from tests.contract import again
from tests.contract.plain import PlainCase
from tests.contract.verdicts import Scored


class SilenceCase(PlainCase):
    """The detector of silence; it has its profiles itself.

    It takes no mask: what a mask hides from the others, an outage of the sources, is what it is to
    call. An outage of ours is no bucket at all, for the time of the counts stands meanwhile
    (`tests/streams/test_sources.py`). So what the contract hides is counted here.
    """

    kind = Kind.SILENCE
    hours, many = 14 * 24, 203
    method = Silence(threshold=1000.0)
    states = SilenceState
    again: ClassVar = staticmethod(again.of_silence)

    def expect(self, hour: int) -> Any:
        return self.method.expect(self.state, bucket=hour, hour=hour)

    def judge(self, counts: Ints, *, hour: int, masked: Bools | None = None) -> Scored:
        found: Scored = self.method.judge(self.state, self.expect(hour), counts)
        return found

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Scored:
        verdict: Scored
        self.state, verdict = self.method.step(self.state, self.expect(hour), counts)
        return verdict

    def grounds(self, expected: Any, verdict: Any, counts: Ints, place: int) -> Grounds:
        return grounds.of_silence(verdict, place)
