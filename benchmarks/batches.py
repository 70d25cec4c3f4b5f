"""The batch cross-section: which defective batches are found, at how few complaints?

    python -m benchmarks.batches --seed 11

20,000 batches whose expected complaints are known and whose relative rates are not; Poisson counts
over 180 days, from the first of which they are judged. 4,000 get 5, 8, 10 or 15 complaints more,
each on one of 3 days that begin anywhere in the 180, and are found if above the threshold on one
of these. An alarm is the first day above the threshold after one below; allowed is one in 100,000
batch-days. The threshold is the median of the lowest that keep that on other realisations without
extra complaints (`--calibrate 1 2`, seeds).

`found` is by the number of extra complaints and over all; `found_5` and `found_8` are two of these.
What is asked for (97 %, better 99 %) can only be meant at 8: `ceiling` is what each number allows.
It is exact, for one who knows every batch's true rate, chooses each batch's own limit on its
3 days so that most batches with just that number are found, and needs no threshold from elsewhere;
at 5 that is 87 %. `settled` leaves out the batches whose extra complaints begin in the first 30
days, while the detector has hardly seen a batch. `budget` is the detector at the threshold that
it states itself, uncalibrated.

The peers score the sum of 3 days: the raw ratio of observed to expected, PRR, EB05 and IC025
(all from 3 complaints on), and the tail of the count under the prior of all batches
("gamma_poisson"). EB05 and the tail are given the prior that fits the first of those other
realisations over all its days. Prints one JSON object last.
"""

import argparse
import json
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betainc
from scipy.stats import poisson

from benchmarks.onsets import onsets
from detectors import disproportion
from detectors.batches import ROOM, Batches, BatchState
from detectors.columns import Bools, Floats, Ints
from detectors.mixture import DEFAULT, Prior

BATCHES, DAYS, WINDOW = 20_000, 180, 3
DEFECTIVE = 4_000
SIZES = (5, 8, 10, 15)
BATCH_DAYS = 100_000.0
"""For one false alarm."""
FEWEST = 3
SETTLED = 30
"""Days after which what is known before the first no longer matters."""
STEPS = 40
MOST = 40
"""Events of a window that the ceiling reckons with."""


@dataclass(frozen=True, slots=True)
class Realisation:
    """Counts by day (rows) and batch; `exposure` is what 3 days should bring at the rate 1.

    `defective` are places of batches, `sizes` their extra complaints from day `starts` on.
    """

    exposure: Floats
    rates: Floats
    ordinary: Ints
    extra: Ints
    defective: Ints
    sizes: Ints
    starts: Ints


Scores = Callable[[Ints, Floats, Prior], Floats]
"""From counts, exposure and a prior to scores, by day and batch."""


def made(seed: int) -> Realisation:
    rng = np.random.default_rng(seed)
    exposure = np.exp(rng.normal(np.log(0.3) - 0.32, 0.8, BATCHES))
    usual = rng.random(BATCHES) < 0.95
    rates = np.where(usual, rng.gamma(8, 1 / 8, BATCHES), rng.gamma(2, 1 / 2, BATCHES))
    ordinary = rng.poisson(exposure * rates / WINDOW, size=(DAYS, BATCHES))
    defective = rng.permutation(BATCHES)[:DEFECTIVE]
    sizes = np.resize(SIZES, DEFECTIVE)
    starts = rng.integers(0, DAYS - WINDOW + 1, DEFECTIVE)
    extra = np.zeros_like(ordinary)
    for day, more in enumerate(rng.multinomial(sizes, [1 / WINDOW] * WINDOW).T):
        extra[starts + day, defective] = more
    return Realisation(exposure, rates, ordinary, extra, defective, sizes, starts)


DAILY = Batches(threshold=BATCH_DAYS, day=1, block=1, windows=(WINDOW, 14))
"""The product's settings; a bucket is a day here, and so is a block."""


def detector(counts: Ints, exposure: Floats, _: Prior | None = None) -> Floats:
    """Those far above all thresholds are alike: a threshold is sought among those that occur."""
    scores = judged(DAILY, counts, np.broadcast_to(exposure / WINDOW, counts.shape))
    return np.minimum(scores, ROOM * BATCH_DAYS)


def judged(batches: Batches, counts: Ints, due: Floats, *, first: int = 0) -> Floats:
    """Scores by bucket, from `first` on, and batch; the prior is learnt on the way."""
    state, prior = BatchState.empty(counts.shape[1]), DEFAULT
    scores = np.empty(counts.shape)
    for place, (row, exposure) in enumerate(zip(counts, due, strict=True)):
        state, verdict = batches.step(state, prior, row, exposure, bucket=first + place)
        prior = batches.refitted(state, prior, bucket=first + place)
        scores[place] = verdict.score
    return scores


def trailing(counts: Ints) -> Ints:
    """Sums of each day and the two before."""
    sums = counts.copy()
    for back in range(1, WINDOW):
        sums[back:] += counts[:-back]
    return sums


def raw_ratio(counts: Ints, exposure: Floats, _: Prior) -> Floats:
    sums = trailing(counts)
    return np.where(sums >= FEWEST, sums / exposure, 0.0)


def prr(counts: Ints, exposure: Floats, _: Prior) -> Floats:
    def score(day: Ints) -> Floats:
        _, ratio, chi_squared = disproportion.ratios(day, exposure)
        return np.where(disproportion.evans(day, ratio, chi_squared), ratio, 0.0)

    return np.array([score(day) for day in trailing(counts)])


def ic025(counts: Ints, exposure: Floats, _: Prior) -> Floats:
    sums = trailing(counts).astype(np.float64)
    information = disproportion.information(sums, np.broadcast_to(exposure, sums.shape))
    return np.where(sums >= FEWEST, information, -np.inf)


def eb05(counts: Ints, exposure: Floats, prior: Prior) -> Floats:
    return _by_prior(counts, exposure, lambda n, due: prior.posterior(n, due).quantile(0.05))


def gamma_poisson(counts: Ints, exposure: Floats, prior: Prior) -> Floats:
    none = prior.posterior(np.zeros(1), np.zeros(1))

    def surprise(n: Floats, due: Floats) -> Floats:
        chances = none.weights * betainc(n, none.shapes, due / (none.rates + due))
        surprised: Floats = -np.log(chances.sum(axis=0))
        return surprised

    return _by_prior(counts, exposure, surprise)


def _by_prior(counts: Ints, exposure: Floats, score: Callable[[Floats, Floats], Floats]) -> Floats:
    sums = trailing(counts)
    scores, some = np.full(sums.shape, -np.inf), np.nonzero(sums >= FEWEST)
    scores[some] = score(sums[some].astype(np.float64), exposure[some[1]])
    return scores


METHODS: dict[str, Scores] = {
    "detector": detector, "gamma_poisson": gamma_poisson, "eb05": eb05, "ic025": ic025,
    "prr": prr, "raw_ratio": raw_ratio,
}  # fmt: skip


def alarms(above: Bools) -> int:
    """First days above the threshold after one below, over all batches."""
    return int(onsets(above, quiet=1).sum())


def lowest_threshold(clean: Floats) -> float:
    """The lowest with at most the alarms allowed, among the scores that occur."""
    known = np.unique(clean[np.isfinite(clean) & (clean > 0)])

    def enough(threshold: float) -> bool:
        return alarms(clean > threshold) <= clean.size / BATCH_DAYS

    return float(known[bisect_left(known[:-1], True, key=enough)])


def found(held: Realisation, above: Bools, among: Bools | None = None) -> dict[str, float]:
    """Share of the defective batches that are found, by extra complaints and over all."""
    among = np.ones(held.starts.shape, np.bool_) if among is None else among
    hit = np.any([above[held.starts + day, held.defective] for day in range(WINDOW)], axis=0)
    by_size = {str(size): _share(hit[among & (held.sizes == size)]) for size in SIZES}
    return by_size | {"all": _share(hit[among])}


def ceiling(held: Realisation) -> dict[str, float]:
    """What limits on the sum of 3 days can find at most, for each number by limits of its own."""
    due = held.exposure * held.rates
    false = np.array([_onset(limit, due) for limit in range(1, MOST)])
    return {str(size): _most_found(size, due, false) for size in SIZES}


def _onset(limit: int, due: Floats) -> Floats:
    """Probability that the sum reaches the limit on a day and had not on the one before."""
    both, day = np.arange(limit)[:, None], due / WINDOW
    kept = poisson.pmf(both, due - day)
    reached, before = poisson.sf(limit - both - 1, day), poisson.cdf(limit - both - 1, day)
    return np.asarray((kept * reached * before).sum(axis=0))


def _most_found(size: int, due: Floats, false: Floats) -> float:
    """Neyman and Pearson: limits of the least false alarms for what they find, by bisection."""
    limits, every = np.arange(1, MOST)[:, None], np.arange(due.size)
    finds = poisson.sf(limits - size - 1, due)
    low, high = 0.0, 30.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        best = (finds - np.exp(middle) * false).argmax(axis=0)
        enough = false[best, every].mean() <= 1.0 / BATCH_DAYS
        low, high = (low, middle) if enough else (middle, high)
    best = (finds - np.exp(high) * false).argmax(axis=0)
    return _share(finds[best, every])


def _share(hits: Bools | Floats) -> float:
    return round(float(hits.mean()), 4)


def compared(held: Realisation, scores: Scores, others: list[Realisation]) -> dict[str, Any]:
    known = others[0].ordinary.sum(axis=0).astype(np.float64)
    prior = Prior.fitted(known, others[0].exposure * DAYS / WINDOW)
    clean, *calm = [scores(made.ordinary, made.exposure, prior) for made in (held, *others)]
    busy = scores(held.ordinary + held.extra, held.exposure, prior)
    threshold = float(np.median([lowest_threshold(one) for one in calm]))
    shown = _shown(held, clean, busy, threshold) | {"threshold": float(f"{threshold:.4g}")}
    if scores is detector:
        shown["budget"] = _shown(held, clean, busy, BATCH_DAYS)
    return shown


def _shown(held: Realisation, clean: Floats, busy: Floats, threshold: float) -> dict[str, Any]:
    settled = held.starts >= SETTLED
    return {
        "found": found(held, busy > threshold),
        "settled": found(held, busy > threshold, settled),
        "false_alarms": alarms(clean > threshold),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, required=True, help="make the realisation with it")
    parser.add_argument("--calibrate", type=int, nargs="+", default=[1, 2], metavar="SEED")
    parser.add_argument("--only", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    if options.seed in options.calibrate:
        parser.error("the threshold must come from other seeds than --seed")
    held, others = made(options.seed), [made(seed) for seed in options.calibrate]
    methods = {}
    for name in options.only:
        methods[name] = compared(held, METHODS[name], others)
        print(name, json.dumps(methods[name]), flush=True)
    ours = methods.get("detector", {}).get("found", {})
    result = {
        "found_5": ours.get("5"), "found_8": ours.get("8"),
        "allowed": held.ordinary.size / BATCH_DAYS, "ceiling": ceiling(held),
        "threshold_from": f"seeds {options.calibrate}",
    }  # fmt: skip
    print(json.dumps(result | methods.pop("detector", {}) | {"peers": methods}))


if __name__ == "__main__":
    main()
