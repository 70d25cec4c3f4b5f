"""Posts whose negative share rises while no more are written: how soon is it called?

    python -m benchmarks.shift --seed 11
    python -m benchmarks.shift --seed 11 --series 50

Series of four volumes over fourteen weeks, by the hour: a daily rhythm, noise that lasts for
hours, negative binomial counts. A fifth of the posts are negative; the logarithm of those odds has
noise of its own, with a deviation of 0.05 to 0.25 that lasts 4 to 24 hours, a wave by the hour of
the day, and a walk of 0.02 a week. Eight weeks are the test. In it each series has a week in which
the share is 0.3, 0.4 or 0.6, each in a copy of its own, and in another copy a day with three times
the posts and the usual share, which is no shift.

Beside the share stand the surge on the negative posts alone, and the z-score of two proportions,
the last 24 hours against the 28 days before. `budget` takes the threshold that the budget
guarantees, one false alarm a week over 1,000 series; `calibrated` the lowest with as many false
alarms as that on the seeds of `--calibrate`, where the one that is scored never is. `found` is
within the week of the shift; `hours` and `posts` until then are medians of those found. Prints one
JSON object last.
"""

import argparse
import json
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from benchmarks.complaint_simulation import noise
from benchmarks.onsets import onsets
from detectors import budget
from detectors.columns import Bools, Floats, Floats32, Ints
from detectors.season import Profiles
from detectors.share import Share, ShareState
from detectors.surge import Surge, SurgeState

VOLUMES = (0.2, 1.0, 5.0, 25.0)
"""Posts an hour."""
USUAL, SHIFTED = 0.2, (0.3, 0.4, 0.6)
WEEK, DAY = 168, 24
WARMUP, HOURS = 6 * WEEK, 14 * WEEK
LASTS = WEEK
"""Hours of a shift."""
CROWD, TIMES = DAY, 3
"""Hours of a day with more posts, and how many times as many they are."""
SCATTER = 0.3
"""Of the volume, relative to its mean: variance of a negative binomial's gamma."""
MONTH = 28 * DAY
FEW = 10
"""Posts within 24 hours below which two proportions are not compared."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Posts and negative ones by hour (rows) and series; `starts` are hours of what is planted."""

    posts: Ints
    negative: Ints
    starts: Ints


@dataclass(frozen=True, slots=True)
class Realisation:
    """`level` is the place of a series' volume in `VOLUMES`."""

    level: Ints
    clean: Counts
    shifted: dict[float, Counts]
    crowded: Counts


def simulated(seed: int, *, series: int) -> Realisation:
    """So many series of each volume."""
    rng = np.random.default_rng(seed)
    level = np.repeat(np.arange(len(VOLUMES)), series)
    n = level.size
    rates = _rhythm(rng, n) * np.array(VOLUMES)[level] * np.exp(noise(rng, HOURS, n))
    posts = rng.poisson(rng.gamma(1.0 / SCATTER, SCATTER, rates.shape) * rates)
    logit = np.log(USUAL / (1.0 - USUAL)) + _mood(rng, n)
    starts = rng.integers(WARMUP, HOURS - LASTS, size=n)
    clean = Counts(posts, rng.binomial(posts, _share(logit)), starts)
    shifted = {share: _shifted(rng, clean, logit, share) for share in SHIFTED}
    return Realisation(level, clean, shifted, _crowded(rng, clean, logit))


def _rhythm(rng: np.random.Generator, n: int) -> Floats:
    hour = np.arange(HOURS)[:, None] % DAY
    wave = 0.9 * np.cos(2.0 * np.pi * (hour - rng.normal(15.0, 1.0, n)) / DAY)
    rhythm = np.exp(wave)
    mean: Floats = rhythm / rhythm.mean(axis=0)
    return mean


def _mood(rng: np.random.Generator, n: int) -> Floats:
    """What the log odds of negative differ from usual by."""
    hour, weeks = np.arange(HOURS)[:, None], HOURS // WEEK
    wave = rng.uniform(0.0, 0.2, n) * np.cos(2.0 * np.pi * (hour - rng.uniform(0, DAY, n)) / DAY)
    walk = np.repeat(rng.normal(0.0, 0.02, (weeks, n)).cumsum(axis=0), WEEK, axis=0)
    mood: Floats = noise(rng, HOURS, n) + wave + walk
    return mood


def _share(logit: Floats) -> Floats:
    share: Floats = 1.0 / (1.0 + np.exp(-logit))
    return share


def _during(starts: Ints, length: int) -> Bools:
    hour = np.arange(HOURS)[:, None]
    during: Bools = (hour >= starts) & (hour < starts + length)
    return during


def _shifted(rng: np.random.Generator, clean: Counts, logit: Floats, share: float) -> Counts:
    """The same posts, of which others are negative while the shift lasts."""
    moved = logit + np.log(share / (1.0 - share) * (1.0 - USUAL) / USUAL)
    other = rng.binomial(clean.posts, _share(moved))
    during = _during(clean.starts, LASTS)
    return Counts(clean.posts, np.where(during, other, clean.negative), clean.starts)


def _crowded(rng: np.random.Generator, clean: Counts, logit: Floats) -> Counts:
    """More posts for a day, of which as many as ever are negative."""
    posts = np.where(_during(clean.starts, CROWD), TIMES * clean.posts, clean.posts)
    more = rng.binomial(posts - clean.posts, _share(logit))
    return Counts(posts, clean.negative + more, clean.starts)


ALLOWED = budget.threshold()
SCORES = np.geomspace(1.0, 1e7, 400) * (10.0 * ALLOWED) / 1e7
DEVIATIONS = np.linspace(1.0, 20.0, 400)


class Method(NamedTuple):
    """`score` is by hour and series; one of the `thresholds` is that of its calibration.

    Only a score that is a mean time between false alarms is given a threshold by the budget.
    """

    score: Callable[[Counts], Floats32]
    thresholds: Floats
    budgeted: bool


def of_share(counts: Counts, *, threshold: float = ALLOWED) -> Floats32:
    share, state = Share(threshold=threshold), ShareState.empty(counts.starts.size)
    scores = np.empty(counts.posts.shape, np.float32)
    for hour, (posts, negative) in enumerate(zip(counts.posts, counts.negative, strict=True)):
        expected = share.expect(state, bucket=hour)
        state, verdict = share.step(state, expected, negative, posts)
        scores[hour] = verdict.score
    return scores


def of_surge(counts: Counts) -> Floats32:
    """The negative posts alone; they share the rhythm of all series together."""
    surge, profiles, n = Surge(threshold=ALLOWED), Profiles.empty(1), counts.starts.size
    state = SurgeState.empty().grow(born=-1, groups=np.zeros(n, np.int64))
    scores, unmasked = np.empty(counts.posts.shape, np.float32), np.zeros(1, np.bool_)
    for hour, negative in enumerate(counts.negative):
        rhythm = profiles.expect(hour=hour)
        expected = surge.expect(state, rhythm, bucket=hour)
        state, verdict = surge.step(state, expected, negative)
        profiles.learn(negative.sum(keepdims=True), rhythm, bucket=hour, masked=unmasked)
        scores[hour] = verdict.score
    return scores


def of_proportions(counts: Counts) -> Floats32:
    """Z of the last 24 hours against the 28 days before them."""
    (n, y), (m, x) = (_sums(counts, *span) for span in ((DAY, 0), (MONTH, DAY)))
    share, usual = y / np.maximum(n, 1), x / np.maximum(m, 1)
    pooled = (y + x) / np.maximum(n + m, 1)
    variance = pooled * (1.0 - pooled) * (1.0 / np.maximum(n, 1) + 1.0 / np.maximum(m, 1))
    z = (share - usual) / np.sqrt(np.maximum(variance, 1e-12))
    return np.where((n >= FEW) & (m >= MONTH // DAY), z, 0.0).astype(np.float32)


def _sums(counts: Counts, length: int, delay: int) -> tuple[Ints, Ints]:
    """Posts and negative ones of so many hours that end so many before each."""
    return _trailing(counts.posts, length, delay), _trailing(counts.negative, length, delay)


def _trailing(rows: Ints, length: int, delay: int) -> Ints:
    whole = np.vstack([np.zeros((1, rows.shape[1]), np.int64), rows.cumsum(axis=0)])
    end = np.maximum(np.arange(1, HOURS + 1) - delay, 0)
    trailing: Ints = whole[end] - whole[np.maximum(end - length, 0)]
    return trailing


METHODS = {
    "share": Method(of_share, SCORES, budgeted=True),
    "surge_on_negative": Method(of_surge, SCORES, budgeted=True),
    "two_proportions": Method(of_proportions, DEVIATIONS, budgeted=False),
}


def alarms(scores: Floats32, limit: float) -> Bools:
    """Where an alarm fires in the test: above the limit, and not for a day before."""
    return onsets(scores >= limit, quiet=DAY)[WARMUP:]


def allowed(series: int) -> float:
    """False alarms that the budget allows in the test."""
    return series * (HOURS - WARMUP) / ALLOWED


def calibrated(scores: list[Floats32], thresholds: Floats, *, most: float) -> float:
    """The lowest of these thresholds with at most so many false alarms in each on average."""

    def enough(threshold: float) -> bool:
        return bool(np.mean([alarms(one, float(threshold)).sum() for one in scores]) <= most)

    return float(thresholds[bisect_left(thresholds[:-1], True, key=enough)])


def figures(
    made: Realisation, clean: Floats32, planted: dict[float, Floats32],
    crowded: Floats32, *, limit: float,
) -> dict[str, Any]:  # fmt: skip
    wrong = alarms(clean, limit).sum(axis=0)
    by_level = [int(wrong[made.level == place].sum()) for place in range(len(VOLUMES))]
    hits = (crowded >= limit) & _during(made.crowded.starts, 2 * CROWD)
    called: Bools = np.asarray(hits.any(axis=0))
    return {
        "threshold": round(limit, 2),
        "false_alarms": int(wrong.sum()),
        "false_alarms_by_volume": dict(zip(map(str, VOLUMES), by_level, strict=True)),
        "crowd_called": _by_volume(made, called),
        "shifts": {
            str(share): _found(made, made.shifted[share], scores, limit)
            for share, scores in planted.items()
        },
    }


def _by_volume(made: Realisation, called: Bools) -> dict[str, float]:
    return {
        str(volume): round(float(called[made.level == place].mean()), 3)
        for place, volume in enumerate(VOLUMES)
    }


def _found(made: Realisation, counts: Counts, scores: Floats32, limit: float) -> dict[str, Any]:
    hits = (scores >= limit) & _during(counts.starts, LASTS)
    found: Bools = np.asarray(hits.any(axis=0))
    first = hits.argmax(axis=0)
    delay = first - counts.starts + 1
    total = counts.posts.cumsum(axis=0)
    place = np.arange(found.size)
    posts = total[first, place] - total[counts.starts - 1, place]
    return {
        str(volume): {
            "found": round(float(found[made.level == n].mean()), 3),
            "hours": _median(delay[found & (made.level == n)]),
            "posts": _median(posts[found & (made.level == n)]),
        }
        for n, volume in enumerate(VOLUMES)
    }


def _median(numbers: Ints) -> float | None:
    return float(np.median(numbers)) if numbers.size else None


def result(*, seed: int, calibrate: list[int], series: int) -> dict[str, Any]:
    made = simulated(seed, series=series)
    tuned = [simulated(other, series=series).clean for other in calibrate]
    most = allowed(made.level.size)
    found: dict[str, Any] = {}
    for name, method in METHODS.items():
        clean, crowded = method.score(made.clean), method.score(made.crowded)
        planted = {share: method.score(counts) for share, counts in made.shifted.items()}
        limit = calibrated([method.score(one) for one in tuned], method.thresholds, most=most)
        limits = {"calibrated": limit} | ({"budget": ALLOWED} if method.budgeted else {})
        found[name] = {
            kind: figures(made, clean, planted, crowded, limit=one) for kind, one in limits.items()
        }
    return {"seed": seed, "calibrated_on": calibrate, "allowed": round(most, 1), **found}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--calibrate", type=int, nargs="+", default=[1, 2], metavar="SEED")
    parser.add_argument("--series", type=int, default=250, help="of each volume (250)")
    options = parser.parse_args()
    if options.seed in options.calibrate:
        parser.error(f"the seed must not be among those of the threshold, got {options.seed}")
    print(json.dumps(result(seed=options.seed, calibrate=options.calibrate, series=options.series)))


if __name__ == "__main__":
    main()
