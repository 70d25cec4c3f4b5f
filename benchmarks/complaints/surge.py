"""The A-score over a realisation, as a shard runs it: born when first seen, judged, then learnt."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.complaint_simulation import GROUPS, Realisation
from benchmarks.complaints.days import CALENDARS, Days
from detectors.columns import Bools, Floats32, Ints
from detectors.kinship import Prior
from detectors.outage import Outages
from detectors.season import WEEK, Profiles, Rhythm
from detectors.surge import Expectation, Surge, SurgeState, Verdict

Counts = NDArray[np.int32]
WHOLE = GROUPS
"""Place of all groups together."""
MONDAY = 4 * 24
"""The first hour of the simulation, whose weeks begin on Mondays, since an epoch on a Thursday."""


@dataclass(frozen=True, slots=True)
class Judged:
    """By hour (rows) and series: what was seen, what was expected of it, and the A-score.

    `quiet` buckets, of a series that is unborn, learning or masked, say nothing.
    """

    counts: Counts
    quiet: Bools
    mean: Floats32
    dispersion: Floats32
    level_variance: Floats32
    score: Floats32

    @classmethod
    def empty(cls, counts: Counts) -> "Judged":
        made = [np.zeros(counts.shape, np.float32) for _ in range(4)]
        return cls(counts, np.ones(counts.shape, np.bool_), *made)

    def note(self, hour: int, lives: NDArray[np.int64], before: Expectation, said: Verdict) -> None:
        self.quiet[hour, lives] = said.learning | said.masked
        self.mean[hour, lives] = before.mean
        self.dispersion[hour, lives] = before.dispersion
        self.level_variance[hour, lives] = before.level_variance
        self.score[hour, lives] = said.score


class Step(NamedTuple):
    """An hour: the series that lived before it, what was expected of them and what was said."""

    lives: Ints
    expectation: Expectation
    verdict: Verdict


def judged(
    made: Realisation, counts: Counts, *, threshold: float, start: int = MONDAY,
    calendar: str = CALENDARS[0],
) -> Judged:  # fmt: skip
    """All that is said of a realisation."""
    out = Judged.empty(counts)
    said = steps(made, counts, threshold=threshold, start=start, calendar=calendar)
    for hour, step in enumerate(said):
        out.note(hour, *step)
    return out


def steps(
    made: Realisation, counts: Counts, *, threshold: float, start: int = MONDAY,
    calendar: str = CALENDARS[0],
) -> Iterator[Step]:  # fmt: skip
    """Judged online from the first hour, which is bucket `start`.

    A series lives from the first bucket it has people in, which itself is not judged. What masks a
    bucket is an outage of the whole, as in a stream, whatever the source of a series.
    """
    surge, days = Surge(threshold=threshold), Days(made.days, calendar, start=start)
    places = np.concatenate([made.groups, np.full_like(made.groups, WHOLE)])
    profiles = Profiles.empty(int(places.max()) + 1)
    outages = Outages.empty(profiles.size)
    state, lives = SurgeState.empty(), np.empty(0, np.int64)
    unborn = np.ones(counts.shape[1], np.bool_)
    for hour, row in enumerate(counts.astype(np.int64)):
        bucket = start + hour
        totals = np.bincount(places, weights=np.tile(row, 2)).astype(np.int64)
        rhythm = profiles.expect(hour=bucket, known=days.known(bucket))
        out = outages.step(totals, rhythm, bucket=bucket)[WHOLE]
        expectation = surge.expect(state, rhythm, bucket=bucket)
        state, verdict = surge.step(state, expectation, row[lives], np.full(lives.size, out))
        yield Step(lives, expectation, verdict)
        profiles.learn(totals, rhythm, bucket=bucket, masked=np.full(profiles.size, out))
        seen = not out and profiles.seen[WHOLE] >= WEEK
        days.close(bucket, _whole(row, rhythm) if seen else None)
        born = np.flatnonzero(unborn & (row > 0))
        if born.size:
            prior = Prior.of(
                state.level, settled=~state.learning, kin=made.kin[lives], born=made.kin[born]
            )
            state = state.grow(born=bucket, groups=made.groups[born], prior=prior)
            unborn[born], lives = False, np.concatenate([lives, born])


def _whole(row: Ints, rhythm: Rhythm) -> tuple[float, float]:
    """What came of the whole, and what was expected before the day corrected it."""
    return float(row.sum()), float(rhythm.mean[WHOLE] / rhythm.correction[WHOLE])
