"""Three neighbours, of eight regions in a ring, that rise together, each too little by itself."""

import numpy as np

from benchmarks.pictures.track import RHYTHM, Track, scattered
from detectors import budget
from detectors.columns import Bools, Ints
from detectors.season import Profiles
from detectors.spatial import Country, Spatial, SpatialState, Usual, Zones
from detectors.surge import Surge, SurgeState

WEEKS, RATE, REGIONS = 6, 1.5, 8
STARTS, LASTS, TIMES = 5 * 168 + 2 * 24 + 9, 30, 2.2
RISING = [2, 3, 4]


def drawn() -> Track:
    """The people of the three, and the score of all sets of regions that share one of them."""
    zones = Zones.of([((n - 1) % REGIONS, (n + 1) % REGIONS) for n in range(REGIONS)])
    spatial = Spatial(zones=zones, threshold=budget.threshold())
    state, country, about = SpatialState.empty(zones.size), Country.empty(1), _about(zones)
    mean = np.tile(RATE * np.tile(RHYTHM, WEEKS)[:, None], (1, REGIONS))
    mean[STARTS : STARTS + LASTS, RISING] *= TIMES
    counts, expecting = scattered(mean, seed=3), _Regions()
    track = Track("hours", spatial.threshold, (STARTS, STARTS + LASTS - 1))
    for hour, row in enumerate(counts):
        held = expecting.usual(hour, row)
        usual = country.shared(held, row)
        state, verdict = spatial.step(state, usual, row)
        country.learn(held, row)
        rises = [rise for rise in spatial.rises(verdict) if about[rise.zone]]
        track.add(
            row[RISING].sum(), usual.mean[RISING].sum(), verdict.score[about].sum(),
            above=bool(rises), learning=not usual.known.all(),
        )  # fmt: skip
    return track.since(4 * 168)


class _Regions:
    """The surge of each region, which says what is usual there."""

    def __init__(self) -> None:
        self._surge, self._profiles = Surge(threshold=budget.threshold()), Profiles.empty(1)
        groups = np.zeros(REGIONS, np.int64)
        self._state = SurgeState.empty().grow(born=-1, groups=groups)

    def usual(self, hour: int, row: Ints) -> Usual:
        """Of an hour; its people are learnt."""
        rhythm = self._profiles.expect(hour=hour)
        held = self._surge.expect(self._state, rhythm, bucket=hour)
        known = ~self._state.learning
        self._state, _ = self._surge.step(self._state, held, row)
        total = row.sum(keepdims=True)
        self._profiles.learn(total, rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
        return Usual(hour, held.mean, held.dispersion, held.level_variance, known)


def _about(zones: Zones) -> Bools:
    """The zones that share a region with those that rise."""
    shared: Bools = np.logical_or.reduce(np.isin(zones.members, RISING))
    return shared
