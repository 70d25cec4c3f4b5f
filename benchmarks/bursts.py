"""Busy series in which nothing is planted: does burst keep the budget that it is given?

    python -m benchmarks.bursts --seed 3
    python -m benchmarks.bursts --seed 3 --times 1

Posts in buckets of five minutes, of series that flare up all the time: a level of 1 to 30, a
rhythm of the day, noise of the level that lasts for hours, negative binomial counts, and flares of
Pareto's sizes that die down within an hour. The first week is for learning. By the false alarms a
week and series that are asked for: the threshold, and the alarms a week of the series that are
given to burst (`detectors.burstiness`), with `--times` as of `detection.thresholds`. What keeps
the budget was chosen on seeds 1 and 2. Prints one JSON object last.
"""

import argparse
import json
from typing import Any, Final, NamedTuple

import numpy as np

from alerts.colour import LEVELS, LIMITS, Colour
from benchmarks.nab import fired
from detectors import budget
from detectors.burst import KEEPS, THRESHOLD, Burst, BurstState, Verdict, threshold
from detectors.burstiness import Burstiness
from detectors.columns import Bools, Floats, Ints

DAY, WEEK = 288, 2016
ASKED: Final = (0.3, 0.25, 0.1, 0.03, 0.01)
"""False alarms a week and series."""
POINTS: Final = next(least for least, colour in LEVELS if colour is Colour.ORANGE)


def simulated(seed: int, *, series: int, weeks: int) -> Ints:
    """Counts by bucket (rows) and series."""
    rng = np.random.default_rng(seed)
    buckets = weeks * WEEK
    level = 10.0 ** rng.uniform(0.0, 1.5, series)
    phase, depth = rng.uniform(0, 2 * np.pi, series), rng.uniform(0.2, 0.9, series)
    day = np.exp(depth * np.cos(2 * np.pi * np.arange(buckets)[:, None] / DAY - phase))
    noise = _noise(rng, buckets, lasts=rng.uniform(12, 144, series))
    mean = level * day * np.exp(noise * rng.uniform(0.1, 0.4, series))
    mean *= 1.0 + _flares(rng, buckets, series)
    scatter = rng.uniform(0.05, 0.5, series)
    return rng.poisson(rng.gamma(mean / scatter) * scatter)


def _noise(rng: np.random.Generator, buckets: int, *, lasts: Floats) -> Floats:
    """Of variance 1; its correlation falls to 1/e in `lasts` buckets."""
    kept = np.exp(-1.0 / lasts)
    noise = rng.normal(size=(buckets, lasts.size)) * np.sqrt(1.0 - kept * kept)
    for bucket in range(1, buckets):
        noise[bucket] += kept * noise[bucket - 1]
    return noise


def _flares(rng: np.random.Generator, buckets: int, series: int) -> Floats:
    """How many times the level they add."""
    often = 10.0 ** rng.uniform(-0.5, 1.0, series) / DAY
    begin = rng.random((buckets, series)) < often
    index = rng.uniform(1.5, 3.0, series)
    added = np.where(begin, rng.pareto(index, (buckets, series)) + 0.5, 0.0)
    kept = np.exp(-1.0 / rng.uniform(0.5, 6.0, series))
    for bucket in range(1, buckets):
        added[bucket] += kept * added[bucket - 1]
    return added


class Judged(NamedTuple):
    """By bucket and series; `orange` is what would be so by itself (`alerts.colour`)."""

    scores: Floats
    given: Bools
    orange: Bools


def judged(counts: Ints) -> Judged:
    burst, n = Burst(), counts.shape[1]
    state, burstiness, unmasked = BurstState.empty(n), Burstiness.empty(n), np.zeros(n, np.bool_)
    scores, given = np.zeros(counts.shape), np.zeros(counts.shape, np.bool_)
    orange = given.copy()
    for bucket, row in enumerate(counts):
        state, verdict = burst.step(state, burst.expect(state, bucket=bucket), row)
        scores[bucket], given[bucket] = verdict.score, burstiness.bursty
        orange[bucket] = _points(verdict) >= POINTS
        burstiness.learn(row, unmasked)
    return Judged(scores, given, orange)


def _points(verdict: Verdict) -> Ints:
    speed, people = (
        np.searchsorted(LIMITS[name], figure, side="right")
        for name, figure in zip(("speed", "people"), verdict.size, strict=True)
    )
    points: Ints = speed + people
    return points


def figures(scores: Floats, given: Bools, orange: Bools, *, times: float) -> dict[str, Any]:
    """From the second week on; `called` as shipped."""
    weeks = given[WEEK:].sum() / WEEK
    told: dict[str, Any] = {"weeks": round(float(weeks), 1), "asked": {}}
    told["called"] = _called(np.where(given, scores, 0.0)[WEEK:], orange[WEEK:])
    for asked in ASKED:
        limit = threshold(budget.HOURS / asked, times=times)
        above = np.where(given, scores, -np.inf)[WEEK:]
        alarms = sum(fired(column, limit).size for column in above.T)
        told["asked"][f"{asked:g}"] = {
            "threshold": round(limit, 2), "alarms": alarms, "allowed": round(asked * weeks, 1),
            "ratio": round(alarms / (asked * weeks), 2),
        }  # fmt: skip
    return told


def _called(scores: Floats, orange: Bools) -> dict[str, int]:
    """How many alarms, and how many of them are orange at any time."""
    alarms = urgent = 0
    for column, so in zip(scores.T, orange.T, strict=True):
        rows = fired(column, THRESHOLD)
        at = np.flatnonzero((column >= THRESHOLD) & so)
        alarms += rows.size
        urgent += np.unique(np.searchsorted(rows, at, side="right")).size
    return {"alarms": alarms, "orange": urgent}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--series", type=int, default=800, help="of which a quarter burst (800)")
    parser.add_argument("--weeks", type=int, default=9)
    parser.add_argument("--times", type=float, default=KEEPS, help=f"of the threshold ({KEEPS:g})")
    options = parser.parse_args()
    made = simulated(options.seed, series=options.series, weeks=options.weeks)
    told = figures(*judged(made), times=options.times)
    print(json.dumps({"seed": options.seed, "times": options.times} | told))


if __name__ == "__main__":
    main()
