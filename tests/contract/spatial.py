"""The spatial scan, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from alerts.signal import Kind
from detectors import grounds, spatial
from detectors.columns import Array, Bools, Floats, Ints
from detectors.spatial import SIZE, Country, Spatial, SpatialState, Usual, Zones
from tests.contract import again
from tests.contract.plain import copied
from tests.contract.verdicts import Explained

NATION = 20.0


@dataclass(slots=True)
class Scanned:
    """What is remembered of zones, and of the country that they lie in."""

    zones: SpatialState
    country: Country

    @property
    def size(self) -> int:
        return self.zones.size

    def columns(self) -> dict[str, Array]:
        return self.zones.columns() | {f"country {n}": c for n, c in self.country.columns().items()}


@dataclass(slots=True)
class SpatialCase:
    """What the contract calls a series is a zone of two regions, which share its people evenly.

    What is usual is the surge's to learn: it is one person an hour in each region here, and twenty
    in the country, of whom `total` came. That is taken in when the hour has been judged; as a
    covariate of the hour it is left out here, for then no zone is the same in other company.
    """

    kind: ClassVar = Kind.SPATIAL
    hours: ClassVar[int] = 120
    many: ClassVar[int] = 501
    again: ClassVar = staticmethod(again.of_zone)
    state: Scanned

    @classmethod
    def of(cls, n: int) -> "SpatialCase":
        return cls(Scanned(SpatialState.empty(n), Country.empty(1)))

    def grow(self, n: int, *, born: int) -> None:
        self.state.zones = self.state.zones.grown(self.state.size + n)

    @property
    def scan(self) -> Spatial:
        n = self.state.size
        members = np.full((SIZE, n), 2 * n)
        members[:2] = np.arange(2 * n).reshape(n, 2).T
        return Spatial(zones=Zones(members, 2 * n), threshold=1000.0)

    def usual(self, *, hour: int) -> Usual:
        one = np.ones(2 * self.state.size)
        return self.state.country.shared(flat(hour, one))

    def mean(self, *, hour: int) -> Floats:
        return 2.0 * self.usual(hour=hour).mean[::2]

    def judge(
        self, counts: Ints, *, hour: int, masked: Bools | None = None
    ) -> spatial.Verdict:  # fmt: skip
        hidden = None if masked is None else np.repeat(masked, 2)
        return self.scan.judge(self.state.zones, self.usual(hour=hour), halves(counts), hidden)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> spatial.Verdict:
        usual = self.usual(hour=hour)
        hidden = None if masked is None else np.repeat(masked, 2)
        zones, verdict = self.scan.step(self.state.zones, usual, halves(counts), hidden)
        self.state.zones = zones
        if hidden is None or not hidden.any():
            self.state.country.learn(flat(hour, np.array([NATION])), np.array([total]))
        return verdict

    def explained(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Explained:
        usual = self.usual(hour=hour)
        verdict = self.step(counts, hour=hour, total=total, masked=masked)
        return verdict, [
            grounds.of_zone(self.scan, usual, verdict, halves(counts), zone)
            for zone in range(counts.size)
        ]  # fmt: skip

    def restored(self) -> "SpatialCase":
        zones, country = self.state.zones, self.state.country
        return SpatialCase(
            Scanned(SpatialState.of(copied(zones)), Country.of(copied(country)))
        )  # fmt: skip


def flat(hour: int, mean: Floats) -> Usual:
    return Usual(hour, mean, 1.2 * mean, 0.02 * mean, mean > 0)


def halves(counts: Ints) -> Ints:
    both: Ints = np.stack([counts - counts // 2, counts // 2], axis=1).ravel()
    return both
