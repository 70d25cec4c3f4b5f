"""Complaints that grow by a few percent a week: after how many weeks is it called?

    python -m benchmarks.drift --seed 11
    python -m benchmarks.drift --seed 11 --series 100

Weekly series of 5, 20 and 100 a week: a yearly season, negative binomial counts, a trend of a tenth
a year up or down, and a level that walks by 1 % a week, which no model here knows of. After one
year of history, and after two, each grows in copies of its own by 2, 3 and 5 % a week; another
copy stays as it was.

`weekly` and `drift` run at the threshold that the budget guarantees, one false alarm a week over
1,000 series. `known mean` is the score of the drift on series without season, trend and walk, with
their mean and dispersion known: no method can call sooner. `weeks` are medians, `none` where less
than half are called within `HORIZON` weeks. Prints one JSON object last.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.noufaily import verdicts
from benchmarks.onsets import onsets
from detectors import budget
from detectors.columns import Bools, Floats, Ints
from detectors.drift import MULTIPLES, Drift, DriftState
from detectors.shiryaev import Likelihood, mean_of
from detectors.weekly import QUIET, WEEKS, Weekly, WeeklyState

LEVELS = (5.0, 20.0, 100.0)
GROWTH = (0.02, 0.03, 0.05)
HISTORIES = (52, 104)
HORIZON = 78
TREND, WALK = 0.1, 0.01
THRESHOLD = budget.threshold(buckets_per_week=1)


@dataclass(frozen=True, slots=True)
class Realisation:
    """Counts by week (rows) and series after `history` weeks; `level` is a place in `LEVELS`."""

    history: int
    level: Ints
    phi: Floats
    clean: Ints
    grown: dict[float, Ints]


def simulated(seed: int, *, series: int, history: int, plain: bool = False) -> Realisation:
    """So many series of each level; plain ones have neither season nor trend nor walk."""
    rng = np.random.default_rng([seed, history])
    level = np.repeat(np.arange(len(LEVELS)), series)
    weeks, phi = history + HORIZON, rng.uniform(1.05, 1.6, level.size)
    moved = _moved(rng, weeks, level.size) * (not plain)
    logs = np.log(np.array(LEVELS))[level] + moved - moved[history]
    age = np.maximum(np.arange(weeks) - history + 1, 0)[:, None]
    clean = _counts(rng, np.exp(logs), phi)
    grown = {rate: _counts(rng, np.exp(logs) * (1.0 + rate) ** age, phi) for rate in GROWTH}
    for counts in grown.values():
        counts[:history] = clean[:history]
    return Realisation(history, level, phi, clean, grown)


def _moved(rng: np.random.Generator, weeks: int, n: int) -> Floats:
    """Logarithms of what season, trend and walk multiply the level by."""
    week = np.arange(weeks)[:, None]
    season = rng.uniform(0.0, 0.4, n) * np.cos(
        2.0 * np.pi * (week / WEEKS + rng.uniform(0.0, 1.0, n))
    )
    trend = rng.normal(0.0, TREND, n) * week / WEEKS
    moved: Floats = season + trend + rng.normal(0.0, WALK, (weeks, n)).cumsum(axis=0)
    return moved


def _counts(rng: np.random.Generator, means: Floats, phi: Floats) -> Ints:
    return rng.poisson(rng.gamma(means / (phi - 1.0)) * (phi - 1.0))


Method = Callable[[Realisation, Ints], Bools]
"""Alarms by week after the history, and series."""


def online(detector: Weekly | Drift, empty: Callable[[int], Any]) -> Method:
    """A detector that judges week by week, the history too; `empty` is its state at first."""

    def alarms(made: Realisation, counts: Ints) -> Bools:
        said = verdicts(detector, empty(made.level.size), counts, first=0)
        return np.array([verdict.above for verdict in said])[made.history :]

    return alarms


def of_known_mean(made: Realisation, counts: Ints) -> Bools:
    mean = np.array(LEVELS)[made.level]
    likelihood = Likelihood.of(dispersion=made.phi, level_variance=np.zeros_like(mean))
    kept, above = np.zeros((len(MULTIPLES), mean.size), np.float32), []
    for row in counts[made.history :]:
        kept, _ = likelihood.ratios(
            kept, row.astype(np.float64), mean, rho=2.0 ** (-1.0 / 26.0), kappas=MULTIPLES
        )
        above.append(mean_of(kept) >= THRESHOLD)
        kept[:, above[-1]] = 0.0
    return np.array(above)


def figures(method: Method, made: Realisation) -> dict[str, Any]:
    clean = method(made, made.clean)
    return {
        "false_alarms": _by_level(made, onsets(clean, quiet=QUIET).sum(axis=0), np.sum),
        "weeks": {
            f"{rate:.0%}": _by_level(made, _first(method(made, counts)), np.median)
            for rate, counts in made.grown.items()
        },
    }


def _first(above: Bools) -> Floats:
    """Weeks of growth when it is called."""
    first: Floats = np.where(above.any(axis=0), above.argmax(axis=0) + 1.0, np.inf)
    return first


def _by_level(
    made: Realisation, numbers: Ints | Floats, of: Callable[..., Any]
) -> dict[str, float | None]:
    found = {
        f"{rate:g}": float(of(numbers[made.level == place])) for place, rate in enumerate(LEVELS)
    }
    return {rate: n if np.isfinite(n) else None for rate, n in found.items()}


METHODS: dict[str, Method] = {
    "weekly": online(Weekly(threshold=THRESHOLD), WeeklyState.empty),
    "drift": online(Drift(threshold=THRESHOLD), DriftState.empty),
}


def result(*, seed: int, series: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for history in HISTORIES:
        made = simulated(seed, series=series, history=history)
        found[f"after {history} weeks"] = {
            "allowed": round(made.level.size * HORIZON / THRESHOLD, 1),
            **{name: figures(method, made) for name, method in METHODS.items()},
        }
    plain = simulated(seed, series=series, history=1, plain=True)
    return {"seed": seed, "series": series, **found, "known mean": figures(of_known_mean, plain)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--series", type=int, default=300, help="of each level (300)")
    options = parser.parse_args()
    print(json.dumps(result(seed=options.seed, series=options.series)))


if __name__ == "__main__":
    main()
