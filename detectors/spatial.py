"""Adjacent regions that rise together: each a little, so that none is called by itself.

A scan over *zones*, small connected sets of neighbouring regions. Of each region the surge says
what to expect (`detectors.surge.Expectation`); the log likelihood ratios of its count, at one
multiple kappa for all, add up over a zone:

    R_zone <- (rho R_zone + 1) exp(min(sum of L_region(kappa), 40))

and the score is the regions' number times the mean of R over all zones and multiples. Under a right
model E[R_n] <= n, whatever the zones share, so E[score] <= regions n: the whole scan spends as much
of the budget as its regions do by themselves, however many zones there are. A mixture takes the
place of the maximum of Kulldorff's scan (Communications in Statistics 26 (1997) 1481), the
connected sets are those of Tango and Takahashi (International Journal of Health Geographics 4
(2005) 11), L and R are of `detectors.shiryaev`.

A zone whose evidence one region makes up is that region's surge and is not told here: no member
may carry more than `SHARE` of it. What all regions have too much is no cluster either: it is
expected of each (`Country`), as people seen over people expected of late, never below 1. The bucket
itself is in that as a covariate; it is taken in when it has been judged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, NamedTuple

import numpy as np

from detectors.columns import Bools, Columns, Floats, Floats32, Ints, column, summed
from detectors.shiryaev import LARGEST, Likelihood, limited, mean_of
from detectors.verdict import Excess

KAPPAS: Final = (1.5, 2.0, 3.0)
SIZE: Final = 4
"""Regions of a zone at most."""
MOST: Final = 8000
"""Zones at most; a map with more of them is scanned in smaller ones."""
SHARE: Final = 0.75
"""Part of a zone's evidence above which one region makes it up."""
LATELY: Final = 2.0 ** (-1.0 / 6.0)
"""Of what all regions had too much, that remains a bucket later: its half-life is 6."""
FIRM: Final = 50.0
"""People with which the ratio of all regions is drawn to 1."""
ROOM: Final = 10.0
"""A zone's evidence above this multiple of the threshold is told once, and then dropped."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Sets of regions: `members` (rows) by zone, filled up with the number of `regions`."""

    members: Ints
    regions: int

    @classmethod
    def of(cls, adjacent: Sequence[Sequence[int]], areas: Sequence[Sequence[int]] = ()) -> "Zones":
        """All connected sets of 2 to `SIZE` regions, and the areas of as many."""
        found = {tuple(sorted(area)) for area in areas if 2 <= len(area) <= SIZE}
        for larger in _connected(adjacent):
            if len(found | larger) > MOST:
                break
            found |= larger
        members = np.full((SIZE, len(found)), len(adjacent), np.int64)
        for zone, regions in enumerate(sorted(found)):
            members[: len(regions), zone] = regions
        return cls(members, len(adjacent))

    @property
    def size(self) -> int:
        return int(self.members.shape[1])

    def touching(self, zone: int) -> Bools:
        """The zones that share a region with it."""
        touching: Bools = np.logical_or.reduce(np.isin(self.members, self.regions_of(zone)))
        return touching

    def regions_of(self, zone: int) -> Ints:
        own = self.members[:, zone]
        regions: Ints = own[own < self.regions]
        return regions


def _connected(adjacent: Sequence[Sequence[int]]) -> Iterator[set[tuple[int, ...]]]:
    """The connected sets by their size, from 2 on."""
    sets: set[tuple[int, ...]] = {(region,) for region in range(len(adjacent))}
    for _ in range(2, SIZE + 1):
        sets = {
            tuple(sorted((*held, near)))
            for held in sets
            for region in held
            for near in adjacent[region]
            if near not in held
        }
        yield sets


@dataclass(slots=True)
class SpatialState(Columns):
    """By zone R by multiple, and what its members (rows) had since its onset."""

    ratios: Annotated[Floats32, column(np.float32, rows=len(KAPPAS))]
    onset: Annotated[Ints, column(np.int64, -1)]
    observed: Annotated[Ints, column(np.int64, rows=SIZE)]
    expected: Annotated[Floats, column(np.float64, rows=SIZE)]


@dataclass(frozen=True, slots=True)
class Usual:
    """What a bucket should hold, by region; `known` where that is known at all.

    `dispersion` and `level_variance` are those of the surge's expectation.
    """

    bucket: int
    mean: Floats
    dispersion: Floats
    level_variance: Floats
    known: Bools


@dataclass(slots=True)
class Country(Columns):
    """All regions together, in one place: what was seen and expected lately."""

    observed: Annotated[Floats, column(np.float64)]
    expected: Annotated[Floats, column(np.float64)]

    def shared(self, usual: Usual, counts: Ints | None = None) -> Usual:
        """Expect of each region in a bucket what all have too much. The state stays as it is.

        All that came in the bucket itself is a covariate of each region, as in a regression: it
        says how all are, and not who differs. Without `counts` it is as of the buckets before.
        """
        observed, expected = self._with(usual, counts)
        ratio = float((observed[0] + FIRM) / (expected[0] + FIRM))
        return replace(usual, mean=usual.mean * max(ratio, 1.0))

    def learn(self, usual: Usual, counts: Ints) -> None:
        """Take in the bucket; what is usual is so without what all have too much."""
        self.observed[...], self.expected[...] = self._with(usual, counts)

    def _with(self, usual: Usual, counts: Ints | None) -> tuple[Floats, Floats]:
        if counts is None:
            return self.observed, self.expected
        return (
            self.observed * LATELY + (counts * usual.known).sum(),
            self.expected * LATELY + (usual.mean * usual.known).sum(),
        )


@dataclass(frozen=True, slots=True)
class Verdict(Excess):
    """What a bucket says of each zone; observed and expected are sums since the onset bucket.

    `score` is the part that the zone has of the map's, which is over the zones whose regions are
    all known. `evidence` is L of those sums at the multiple that fits best, and `share` the largest
    that one member has of it; `observed_of` and `expected_of` are by member (rows). `ratios` are R
    by multiple, of whose mean the score is `weight` times as much; they come of those that were
    `carried` into the bucket.
    """

    multiple: Floats
    share: Floats
    evidence: Floats
    observed_of: Ints
    expected_of: Floats
    ratios: Floats
    carried: Floats32
    weight: Floats


class Rise(NamedTuple):
    """Regions that rise together: the zone that says so best, and the score of all about it."""

    zone: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spatial:
    """Settings; `memory` is the half-life of evidence in buckets."""

    zones: Zones
    threshold: float
    memory: float = 72.0

    def __post_init__(self) -> None:
        if not (self.threshold > 0 and self.memory > 0):
            raise ValueError(
                f"threshold and memory must be above 0, got {self.threshold} and {self.memory}"
            )

    @property
    def ceiling(self) -> float:
        """The highest score of a zone that is carried on."""
        return ROOM * self.threshold

    def judge(
        self, state: SpatialState, usual: Usual, counts: Ints, masked: Bools | None = None
    ) -> Verdict:
        """The verdict on these counts (by region, as `masked` is). The state stays as it is."""
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        members, heard = self.zones.members, _Heard.of(usual, counts, masked)
        judged: Bools = np.logical_and.reduce(heard.seen[members])
        learned: Bools = np.logical_and.reduce(heard.known[members])
        weight = usual.known.sum() / max(learned.sum(), 1)
        ratios, multiple = self._ratios(state.ratios, heard, judged)
        own = Likelihood(heard.likelihood.inverse[members], heard.likelihood.size[members])
        before = own.log_ratio(state.observed, state.expected, multiple)
        lasts = summed(before) > 0
        observed = np.where(lasts, state.observed, 0) + heard.people[members]
        expected = np.where(lasts, state.expected, 0.0) + heard.mean[members]
        evidence = own.log_ratio(observed, expected, multiple)
        share = _largest_share(evidence)
        score = mean_of(ratios) * weight
        return Verdict(
            score=score,
            above=(score >= self.threshold) & (share <= SHARE) & judged,
            observed=summed(observed),
            expected=summed(expected),
            onset=np.where(lasts, state.onset, usual.bucket),
            learning=~learned,
            masked=~judged,
            multiple=multiple,
            share=share,
            evidence=summed(evidence),
            observed_of=observed,
            expected_of=expected,
            ratios=ratios,
            carried=state.ratios.copy(),
            weight=np.full(score.shape, weight),
        )

    def step(
        self, state: SpatialState, usual: Usual, counts: Ints, masked: Bools | None = None
    ) -> tuple[SpatialState, Verdict]:
        """Judge, then remember. The state given is used up: its arrays live on in the one returned.

        What is usual is learnt by the surge alone.
        """
        verdict = self.judge(state, usual, counts, masked)
        state.ratios[...] = limited(verdict.ratios, verdict.score, ceiling=self.ceiling)
        state.onset[...] = verdict.onset
        state.observed[...] = verdict.observed_of
        state.expected[...] = verdict.expected_of
        return state, verdict

    def _ratios(self, kept: Floats32, heard: "_Heard", judged: Bools) -> tuple[Floats, Floats]:
        """R by multiple and zone after the bucket, and the multiple that fits best."""
        ratios, rho = np.empty(kept.shape), 2.0 ** (-1.0 / self.memory)
        for row, kappa in enumerate(KAPPAS):
            gains = heard.likelihood.log_ratio(heard.people, heard.mean, kappa)[self.zones.members]
            ratios[row] = (rho * kept[row] + 1.0) * np.exp(np.minimum(summed(gains), LARGEST))
        ratios = np.where(judged, ratios, kept)
        return ratios, np.array(KAPPAS)[ratios.argmax(axis=0)]

    def rises(self, verdict: Verdict) -> list[Rise]:
        """Those above the threshold, the strongest first; each takes all zones that touch it."""
        rest = np.where((verdict.share <= SHARE) & ~verdict.masked, verdict.score, 0.0)
        found: list[Rise] = []
        while rest.sum() >= self.threshold:
            # Near the ceiling many score alike; who adds nothing speaks against the zone.
            enough = min(float(rest.max()), self.ceiling) / 2
            best = np.where(rest >= enough, verdict.evidence, -np.inf)
            zone = int(best.argmax())
            near = self.zones.touching(zone)
            score = float(rest[near].sum())
            if score >= self.threshold:
                found.append(Rise(zone, score))
            rest[near] = 0.0
        return found


@dataclass(frozen=True, slots=True)
class _Heard:
    """A bucket by region; behind the last is one of nobody, with which zones are filled up."""

    people: Ints
    mean: Floats
    likelihood: Likelihood
    known: Bools
    seen: Bools

    @classmethod
    def of(cls, usual: Usual, counts: Ints, masked: Bools) -> "_Heard":
        seen = usual.known & ~masked
        likelihood = Likelihood.of(
            dispersion=np.append(usual.dispersion, 2.0),
            level_variance=np.append(usual.level_variance, 0.0),
        )
        return cls(
            people=np.append(counts * seen, 0),
            mean=np.append(usual.mean * seen, 0.0),
            likelihood=likelihood,
            known=np.append(usual.known, True),
            seen=np.append(seen, True),
        )


def _largest_share(evidence: Floats) -> Floats:
    """What the member (rows) with most evidence has of all that speaks for a rise.

    1 where there is none: members that speak against it take nothing from the others.
    """
    positive = np.maximum(evidence, 0.0)
    total = summed(positive)
    share: Floats = np.where(total > 0, positive.max(axis=0) / np.maximum(total, 1e-12), 1.0)
    return share
