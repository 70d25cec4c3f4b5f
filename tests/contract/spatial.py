"""The spatial scan, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from alerts.signal import Kind
from detectors import grounds, spatial
from detectors.columns import Bools, Floats, Ints
from detectors.spatial import SIZE, Spatial, SpatialState, Usual, Zones
from tests.contract import again
from tests.contract.plain import copied
from tests.contract.verdicts import Explained


@dataclass(slots=True)
class SpatialCase:
    """What the contract calls a series is a zone of two regions, which share its people evenly.

    What is usual is the surge's to learn: it is one person an hour in each region here.
    """

    kind: ClassVar = Kind.SPATIAL
    hours: ClassVar[int] = 120
    many: ClassVar[int] = 501
    again: ClassVar = staticmethod(again.of_zone)
    state: SpatialState

    @classmethod
    def of(cls, n: int) -> "SpatialCase":
        return cls(SpatialState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    @property
    def scan(self) -> Spatial:
        n = self.state.size
        members = np.full((SIZE, n), 2 * n)
        members[:2] = np.arange(2 * n).reshape(n, 2).T
        return Spatial(zones=Zones(members, 2 * n), threshold=1000.0)

    def usual(self, *, hour: int) -> Usual:
        one = np.ones(2 * self.state.size)
        return Usual(hour, one, 1.2 * one, 0.02 * one, one > 0)

    def mean(self, *, hour: int) -> Floats:
        return np.full(self.state.size, 2.0)

    def judge(self, counts: Ints, *, hour: int) -> spatial.Verdict:
        return self.scan.judge(self.state, self.usual(hour=hour), halves(counts))

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> spatial.Verdict:
        usual = self.usual(hour=hour)
        hidden = None if masked is None else np.repeat(masked, 2)
        self.state, verdict = self.scan.step(self.state, usual, halves(counts), hidden)
        return verdict

    def explained(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Explained:
        usual, verdict = self.usual(hour=hour), self.step(counts, hour=hour, masked=masked)
        return verdict, [
            grounds.of_zone(self.scan, usual, verdict, halves(counts), zone)
            for zone in range(counts.size)
        ]  # fmt: skip

    def restored(self) -> "SpatialCase":
        return SpatialCase(SpatialState.of(copied(self.state)))


def halves(counts: Ints) -> Ints:
    both: Ints = np.stack([counts - counts // 2, counts // 2], axis=1).ravel()
    return both
