"""The surge, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors import surge
from detectors.columns import Bools, Floats, Ints
from detectors.season import Profiles, Rhythm
from detectors.surge import Surge, SurgeState

SURGE = Surge(threshold=1000.0, shortest_learning=24, longest_learning=48)


@dataclass(slots=True)
class SurgeCase:
    """The surge detector with one group's profile, as the contract drives it.

    `hours` are enough to see it alarm, `many` are more series than it works on at a time.
    """

    hours: ClassVar[int] = 120
    many: ClassVar[int] = 8195
    state: SurgeState
    profiles: Profiles

    @classmethod
    def of(cls, n: int) -> "SurgeCase":
        return cls(SurgeState.empty(n), Profiles.empty(1))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grow(born=born, groups=np.zeros(n, np.int64))

    def mean(self, *, hour: int) -> Floats:
        """What the hour should hold."""
        return SURGE.expect(self.state, self.profiles.expect(hour=hour), bucket=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> surge.Verdict:
        rhythm = self.profiles.expect(hour=hour)
        return SURGE.judge(self.state, SURGE.expect(self.state, rhythm, bucket=hour), counts)

    def step(
        self, counts: Ints, *, hour: int, total: int, masked: Bools | None = None
    ) -> surge.Verdict:
        rhythm: Rhythm = self.profiles.expect(hour=hour)
        expectation = SURGE.expect(self.state, rhythm, bucket=hour)
        self.state, verdict = SURGE.step(self.state, expectation, counts, masked)
        self.profiles.learn(np.array([total]), rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
        return verdict

    def restored(self) -> "SurgeCase":
        return SurgeCase(SurgeState.of(self.state.columns()), Profiles.of(self.profiles.columns()))
