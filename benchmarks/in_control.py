"""How often the surge alarms where nothing happens, beside what theory allows it.

    python -m benchmarks.in_control --seed 601
    python -m benchmarks.in_control --seed 601 --series 100 --weeks 12

Series without an incident over a grid of level (events an hour) and dispersion (1 is Poisson, above
it negative binomial), with a rhythm of day and week; each cell is a group of its own, and learns as
a stream does, without kin. `ratio` holds by threshold, and by dispersion for each of `RATES`, the
alarms after the first eight weeks over what a threshold A allows by theory, one in A buckets: 1 is
as many, below 1 a threshold is cautious, above 1 it breaks its promise. `worst` is the largest with
at least `TELLING` alarms. The engine itself runs at one threshold, `ENGINE`, which the end of its
evidence, the ceiling and the new normal follow: that row alone is what it would say, the others
are crossings of the same scores. Prints one JSON object last.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from benchmarks.complaints.protocol import QUIET
from detectors import budget
from detectors.columns import Floats, Ints
from detectors.season import Profiles
from detectors.surge import Surge, SurgeState

RATES = (0.004, 0.012, 0.04, 0.15, 0.6, 3.0, 20.0)
DISPERSIONS = (1.0, 1.1, 1.25, 1.5)
ENGINE = 168_000.0
THRESHOLDS = (10_000.0, 42_000.0, 84_000.0, ENGINE, 336_000.0)
WARMUP = 8  # weeks
TELLING = 10
MONDAY = 4 * 24  # bucket of the first Monday since an epoch on a Thursday


class Grid:
    """So many series in each cell, cell after cell."""

    def __init__(self, *, series: int, seed: int) -> None:
        self.size = len(RATES) * len(DISPERSIONS)
        self.cells = np.repeat(np.arange(self.size), series)
        self._rng = np.random.default_rng(seed)
        self._rates = np.repeat(RATES, len(DISPERSIONS))[self.cells]
        self._excess = np.tile(DISPERSIONS, len(RATES))[self.cells] - 1.0
        self._rhythm = rhythm()

    def hour(self, hour: int) -> Ints:
        """Counts of all series."""
        mean = self._rates * self._rhythm[hour % budget.HOURS]
        scattered = self._excess > 0
        excess = self._excess[scattered]
        mean[scattered] = self._rng.standard_gamma(mean[scattered] / excess) * excess
        counts: Ints = self._rng.poisson(mean).astype(np.int64)
        return counts


def rhythm() -> Floats:
    """Of a week from Monday on, with the mean 1."""
    hour, day = np.arange(budget.HOURS) % 24, np.arange(budget.HOURS) // 24
    daily = 0.85 * np.cos(2 * np.pi * (hour - 14) / 24) + 0.2 * np.cos(4 * np.pi * (hour - 14) / 24)
    profile = np.exp(daily - 0.45 * (day >= 5))
    levelled: Floats = profile / profile.mean()
    return levelled


def scores(grid: Grid, *, weeks: int) -> Iterator[tuple[Ints, Floats]]:
    """By hour the series that are born, and their scores; 0 while they learn."""
    surge, profiles = Surge(threshold=ENGINE), Profiles.empty(grid.size)
    state, lives, unborn = SurgeState.empty(), np.empty(0, np.int64), np.ones(grid.cells.size, bool)
    for hour in range(weeks * budget.HOURS):
        row, bucket = grid.hour(hour), MONDAY + hour
        totals = np.bincount(grid.cells, weights=row, minlength=grid.size).astype(np.int64)
        usual = profiles.expect(hour=bucket)
        state, verdict = surge.step(state, surge.expect(state, usual, bucket=bucket), row[lives])
        yield lives, verdict.score
        profiles.learn(totals, usual, bucket=bucket, masked=np.zeros(grid.size, np.bool_))
        born = np.flatnonzero(unborn & (row > 0))
        state, unborn[born] = state.grow(born=bucket, groups=grid.cells[born]), False
        lives = np.concatenate([lives, born])


def alarms(grid: Grid, said: Iterable[tuple[Ints, Floats]]) -> Ints:
    """Alarms after the warm-up by threshold (rows) and cell, each after a day below."""
    found = np.zeros((len(THRESHOLDS), grid.size), np.int64)
    last = np.full((len(THRESHOLDS), grid.cells.size), -QUIET - 1)
    for hour, (lives, score) in enumerate(said):
        for row, threshold in enumerate(THRESHOLDS):
            above = lives[score >= threshold]
            fired = above[last[row, above] < hour - QUIET]
            if hour >= WARMUP * budget.HOURS:
                found[row] += np.bincount(grid.cells[fired], minlength=grid.size)
            last[row, above] = hour
    return found


def result(options: argparse.Namespace) -> dict[str, Any]:
    grid = Grid(series=options.series, seed=options.seed)
    found = alarms(grid, scores(grid, weeks=options.weeks))
    buckets = options.series * (options.weeks - WARMUP) * budget.HOURS
    ratios = found * np.array(THRESHOLDS)[:, None] / buckets
    telling = np.where(found >= TELLING, ratios, 0.0).max(axis=1)
    table = np.round(ratios, 2).reshape(len(THRESHOLDS), len(RATES), len(DISPERSIONS))
    return {
        "seed": options.seed, "series": options.series, "weeks": options.weeks, "rates": RATES,
        "ratio": {
            f"{threshold:g}": dict(zip(DISPERSIONS, cells.T.tolist(), strict=True))
            for threshold, cells in zip(THRESHOLDS, table, strict=True)
        },
        "worst": {f"{a:g}": round(float(w), 2) for a, w in zip(THRESHOLDS, telling, strict=True)},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=601, help="of the counts (601)")
    parser.add_argument("--series", type=int, default=800, help="of each cell (800)")
    parser.add_argument("--weeks", type=int, default=34, help="of each series, 8 for learning (34)")
    print(json.dumps(result(parser.parse_args())))


if __name__ == "__main__":
    main()
