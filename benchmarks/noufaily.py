"""Weekly counts with outbreaks in 42 scenarios: which are found at one false alarm in 100 weeks?

    python -m benchmarks.noufaily --runs 100 --seed 7

The protocol is that of Noufaily et al. (2013); benchmarks/surveillance/simulation.py describes the
series. The table of scenarios is theirs and not in this repository: --data names the folder that
holds noufaily/scenarios42.csv, else the variable TOCSIN_TEST_DATA, else ../shared/data.

1. Each method judges every week online, from the first on, with the same settings in all scenarios.
2. Its threshold is chosen on realisations of *other seeds* (`--calibrate`), before the one of
   `--seed` is made: the lowest with at most 1 % alarms among the 49 test weeks, pooled over all
   scenarios, without an outbreak in the test. It is one number for all scenarios.
3. `fpr` is the share of the test weeks of `--seed` with an alarm, without an outbreak in the test
   (but with four in the history); `worst_fpr` is the largest share in one scenario.
4. `pod` is the share of outbreaks with at least one alarm from the week they begin to that of their
   last case; an outbreak that drew no case counts as missed. One of each size k is added to the
   same test weeks, each alone; `pod` is the mean over k.

Beside the weekly detector stand EARS C1 to C3 and Farrington flexible (their own scores and rules,
thresholds as above), and `known mean`: one week's count against its true mean and dispersion, which
no method can know. `shipped` is the weekly detector at the threshold that the default budget gives
it, uncalibrated: one false alarm a week over a thousand series. Prints one JSON object last.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.surveillance import ears, farrington
from benchmarks.surveillance.simulation import (
    COURSE,
    HISTORY,
    QUIET,
    SIZES,
    TEST,
    YEAR,
    Realisation,
    Scenarios,
    scenarios,
    simulated,
)
from detectors import budget
from detectors.columns import Bools, Floats, Ints
from detectors.drift import Drift
from detectors.weekly import Verdict, Weekly, WeeklyState

BESIDE = Path(__file__).parents[2] / "shared" / "data"
RATE = 0.01
START = 14.0
"""Threshold under which the histories are run while one is looked for."""
SEARCH = (4.0, 60.0, 0.002)
"""Least and largest threshold, and the ratio at which the search ends."""

Judged = tuple[Bools, list[Bools]]
"""Alarms by test week and series: without an outbreak, and with each."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the protocol asks for."""

    pod_by_k: list[float]
    fpr: float
    worst_fpr: float

    @classmethod
    def of(cls, made: Realisation, judged: Judged) -> "Figures":
        clean, broken = judged
        week = np.arange(TEST + COURSE)[:, None]
        hits = [
            (above & (week >= one.first) & (week <= one.last)).any(axis=0)
            for above, one in zip(broken, made.outbreaks, strict=True)
        ]
        by_scenario = clean[:TEST].reshape(TEST, -1, made.runs).mean(axis=(0, 2))
        return cls(
            [float(hit.mean()) for hit in hits],
            float(clean[:TEST].mean()),
            float(by_scenario.max()),
        )

    def named(self) -> dict[str, Any]:
        by_k = zip(SIZES, self.pod_by_k, strict=True)
        return {
            "pod": round(float(np.mean(self.pod_by_k)), 4),
            "fpr": round(self.fpr, 5),
            "worst_fpr": round(self.worst_fpr, 4),
            "pod_by_k": {str(k): round(pod, 4) for k, pod in by_k},
        }


def trained(weekly: Weekly, made: Realisation) -> tuple[WeeklyState, Bools]:
    """The state after the history, and the alarms in it by week."""
    state = WeeklyState.empty(made.history.shape[1])
    above = [verdict.above for verdict in verdicts(weekly, state, made.history, first=1)]
    return state, np.array(above)


def judged(weekly: Weekly, state: WeeklyState, counts: Ints) -> Bools:
    """Alarms of the weeks after the history; the state given is used up."""
    said = verdicts(weekly, state, counts, first=HISTORY + 1)
    return np.array([verdict.above for verdict in said])


def verdicts(
    detector: Weekly | Drift, state: Any, counts: Ints, *, first: int
) -> Iterator[Verdict]:  # fmt: skip
    """By week, of which `first` is the number of the first; the state goes on with each."""
    for week, row in enumerate(counts, first):
        state, verdict = detector.step(state, detector.expect(state, bucket=week), row)
        yield verdict


def calibrated(weekly: Weekly, realisations: list[Realisation]) -> Weekly:
    """With the lowest threshold that keeps to the rate in the tests of these realisations.

    Their histories are run once, under the threshold given: an alarm in them starts the evidence
    anew, so that under the one found they would differ a little.
    """
    ready = [(trained(weekly, made)[0], made.test[:TEST]) for made in realisations]
    low, high, ratio = SEARCH
    while high / low > 1.0 + ratio:
        tried = replace(weekly, threshold=float(np.sqrt(low * high)))
        alarms = [judged(tried, state.take(np.arange(state.size)), test) for state, test in ready]
        low, high = (low, tried.threshold) if np.mean(alarms) <= RATE else (tried.threshold, high)
    return replace(weekly, threshold=high)


def of_weekly(weekly: Weekly, made: Realisation) -> tuple[Judged, Bools]:
    """All that the detector calls: in the test, and in the history."""
    state, past = trained(weekly, made)
    whole = np.arange(state.size)
    tests = [made.test, *(outbreak.counts for outbreak in made.outbreaks)]
    clean, *broken = [judged(weekly, state.take(whole), counts) for counts in tests]
    return (clean, broken), past


Score = Callable[[Ints], Floats]
"""Of the weeks after a realisation's history, by week and series."""


def of_ears(method: str, made: Realisation) -> Score:
    first = ears.FIRST[method]

    def score(counts: Ints) -> Floats:
        return ears.METHODS[method](np.vstack([made.history[-first:], counts]))

    return score


def of_farrington(made: Realisation) -> Score:
    """-ln p where there are cases enough, else 0.

    What is fitted leaves out the last 26 weeks, and an outbreak is over sooner: so one fit a week
    serves for the series with and without it.
    """
    whole = np.vstack([made.history, made.test])
    fitted = [farrington.predict(whole, HISTORY + week) for week in range(TEST + COURSE)]

    def score(counts: Ints) -> Floats:
        rows = np.vstack([made.history[-farrington.ENOUGH[1] :], counts])
        return np.array(
            [
                _surprise(fit.p_value(now)) * farrington.enough(rows, farrington.ENOUGH[1] + week)
                for week, (fit, now) in enumerate(zip(fitted, counts, strict=True))
            ]
        )

    return score


def of_known_mean(made: Realisation) -> Score:
    truth = farrington.Prediction(made.means[HISTORY:], made.phi, np.full(made.phi.size, np.nan))

    def score(counts: Ints) -> Floats:
        return _surprise(truth.p_value(counts))

    return score


def _surprise(p_value: Floats) -> Floats:
    surprise: Floats = -np.log(np.maximum(p_value, 1e-300))
    return surprise


def threshold(clean: list[Floats]) -> float:
    """The lowest that at most 1 % of these scores, in the test weeks, pass."""
    pooled = np.sort(np.concatenate([scores[:TEST].ravel() for scores in clean]))
    return float(pooled[-1 - int(RATE * pooled.size)])


def of_scores(
    peer: Callable[[Realisation], Score], tuned: list[Realisation], made: Realisation
) -> dict[str, Any]:
    limit = threshold([peer(one)(one.test) for one in tuned])
    score = peer(made)
    broken = [score(outbreak.counts) > limit for outbreak in made.outbreaks]
    figures = Figures.of(made, (score(made.test) > limit, broken))
    return figures.named() | {"threshold": round(limit, 3)}


PEERS: dict[str, Callable[[Realisation], Score]] = {
    "EARS C1": lambda made: of_ears("C1", made),
    "EARS C2": lambda made: of_ears("C2", made),
    "EARS C3": lambda made: of_ears("C3", made),
    "Farrington flexible": of_farrington,
    "known mean": of_known_mean,
}


def result(chosen: Scenarios, *, runs: int, seed: int, calibrate: list[int]) -> dict[str, Any]:
    tuned = [simulated(chosen, seed=other, runs=runs) for other in calibrate]
    weekly = calibrated(Weekly(threshold=START, season=YEAR), tuned)
    made = simulated(chosen, seed=seed, runs=runs)
    began = time.process_time()
    verdicts, past = of_weekly(weekly, made)
    spent = time.process_time() - began
    buckets = made.phi.size * (HISTORY + (1 + len(SIZES)) * (TEST + COURSE))
    shipped = replace(weekly, threshold=budget.threshold(buckets_per_week=1))
    years = [past[start : start + YEAR].mean() for start in range(0, QUIET, YEAR)]
    return Figures.of(made, verdicts).named() | {
        "threshold": round(weekly.threshold, 2),
        "threshold_from": f"seeds {calibrate}",
        "shipped": Figures.of(made, of_weekly(shipped, made)[0]).named()
        | {"threshold": shipped.threshold},
        "fpr_by_year": [round(float(share), 4) for share in years],
        "nanoseconds": round(spent / buckets * 1e9),
        "peers": {name: of_scores(score, tuned, made) for name, score in PEERS.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=100, help="series of each scenario")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--calibrate", type=int, nargs="+", default=[1, 2], metavar="SEED")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TOCSIN_TEST_DATA", BESIDE)),
        help="folder that holds noufaily/scenarios42.csv",
    )  # fmt: skip
    options = parser.parse_args()
    if options.seed in options.calibrate:
        parser.error(f"the seed must not be among those of the threshold, got {options.seed}")
    file = options.data / "noufaily" / "scenarios42.csv"
    if not file.exists():
        parser.error(f"needs {file}: name the folder with --data or TOCSIN_TEST_DATA")
    if options.runs < 1:
        parser.error(f"runs must be at least 1, got {options.runs}")
    chosen = scenarios(file)
    print(
        json.dumps(
            result(chosen, runs=options.runs, seed=options.seed, calibrate=options.calibrate)
        )
    )


if __name__ == "__main__":
    main()
