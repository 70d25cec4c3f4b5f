"""A yearly season: does it make false alarms, and does knowing it find more?

    python -m benchmarks.yearly --seed 1 --amplitude 1.6

Three years of hourly complaint series of four groups, each with a season of its own: at its peak
`--amplitude` times the yearly mean, and a second wave of half the year. Weekly random walks, a
trend, overdispersed counts; in the second and third year incidents of 24 hours. The series run
twice, without and with them. By what is made of the year: false alarms and the share of incidents
found, by year, at `--threshold`. Prints one JSON object last.
"""

import argparse
import json
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.complaint_simulation import MULTIPLES
from benchmarks.onsets import onsets
from detectors.columns import Array, Floats, Ints
from detectors.season import Profiles, Rhythm
from detectors.surge import Surge, SurgeState

YEARS: Final = (2, 3)
YEAR, WEEKS, GROUPS = 8766, 157, 4
HOURS = WEEKS * 168
QUIET, LENGTH, GRACE = 24, 24, 6
EACH = 4  # incidents of a series in a year
VARIANTS = ("none", "learnt", "known")
THRESHOLD = 6000.0


class Incidents(NamedTuple):
    """By incident."""

    series: Ints
    start: Ints
    kind: Array


class Traffic(NamedTuple):
    """Counts by hour (rows) and series, and by hour and group the true season."""

    ordinary: Array
    excess: Array
    groups: Ints
    season: Floats
    incidents: Incidents


def traffic(seed: int, *, amplitude: float, series: int) -> Traffic:
    rng = np.random.default_rng([seed, 11])
    groups = rng.integers(0, GROUPS, series)
    rates = np.clip(10 ** rng.normal(-1.2, 0.8, series), 0.002, 60.0)
    season = _season(rng, amplitude)
    own = rng.normal(1.0, 0.25, series)
    log_week = np.cumsum(rng.normal(0, 0.025, (WEEKS, series)), axis=0)
    log_week += np.linspace(-0.5, 0.5, WEEKS)[:, None] * rng.normal(0, 0.3, series)
    log_week += np.log(rates) + np.log(season[84::168][:, groups]) * own
    shape = _profile(rng)
    excess_sd = np.maximum(rng.exponential(0.1, series), 1e-3)
    ordinary = np.empty((HOURS, series), np.int32)
    for week in range(WEEKS):
        mean = np.exp(log_week[week]) * shape[:, groups]
        ordinary[week * 168 : week * 168 + 168] = rng.poisson(
            rng.gamma(mean / excess_sd) * excess_sd
        )
    incidents = _incidents(rng, series)
    excess = np.zeros_like(ordinary)
    for at, start, kind in zip(*incidents, strict=True):
        hours = np.arange(start, start + LENGTH)
        mean = np.exp(log_week[hours // 168, at]) * shape[hours % 168, groups[at]]
        excess[hours, at] = rng.poisson(mean * (MULTIPLES[str(kind)] - 1.0))
    return Traffic(ordinary, excess, groups, season, incidents)


def _season(rng: np.random.Generator, amplitude: float) -> Floats:
    angle = 2 * np.pi * np.arange(HOURS)[:, None] / YEAR
    first, second = rng.uniform(0, 2 * np.pi, (2, GROUPS))
    season: Floats = np.exp(
        np.log(amplitude) * (np.cos(angle - first) + 0.3 * np.cos(2 * angle - second))
    )
    centred: Floats = season / season[:YEAR].mean(axis=0)
    return centred


def _profile(rng: np.random.Generator) -> Floats:
    hour = np.arange(168)[:, None]
    daily = rng.uniform(0.5, 1.2, GROUPS) * np.cos(2 * np.pi * (hour - rng.normal(14, 2)) / 24)
    shape: Floats = np.exp(daily - rng.uniform(0, 0.7, GROUPS) * (hour >= 120))
    centred: Floats = shape / shape.mean(axis=0)
    return centred


def _incidents(rng: np.random.Generator, series: int) -> Incidents:
    n = series * EACH * len(YEARS)
    places = np.repeat(np.arange(series), EACH * len(YEARS))
    slots = np.tile(np.arange(EACH * len(YEARS)), series)
    span = (HOURS - YEAR) // (EACH * len(YEARS))
    starts = YEAR + slots * span + rng.integers(168, span - 168, n)
    return Incidents(places, starts, rng.choice(list(MULTIPLES)[1:], n))


def scores(made: Traffic, variant: str, *, threshold: float) -> Array:
    """By hour and series, first without and then with incidents, side by side."""
    surge = Surge(threshold=threshold)
    both = np.hstack([made.ordinary, made.ordinary + made.excess]).astype(np.int64)
    places = np.concatenate([made.groups, made.groups + GROUPS])
    profiles, state = Profiles.empty(2 * GROUPS), SurgeState.empty()
    state = state.grow(born=-1, groups=places)
    unmasked = np.zeros(2 * GROUPS, np.bool_)
    out = np.zeros(both.shape, np.float32)
    season = np.tile(made.season, 2)
    for hour, row in enumerate(both):
        rhythm = profiles.expect(hour=hour)
        if variant == "known":
            rhythm = with_factor(rhythm, season[hour])
        expectation = surge.expect(state, rhythm, bucket=hour)
        state, verdict = surge.step(state, expectation, row)
        out[hour] = verdict.score
        totals = np.bincount(places, weights=row, minlength=2 * GROUPS).astype(np.int64)
        profiles.learn(totals, rhythm, bucket=hour, masked=unmasked)
        if variant != "learnt":
            profiles.year.seen[...] = 0
    return out


def with_factor(rhythm: Rhythm, factor: Floats) -> Rhythm:
    return replace(
        rhythm, factor=rhythm.factor * factor, event=rhythm.event * factor,
        mean=rhythm.mean * factor,
    )  # fmt: skip


def figures(made: Traffic, seen: Array, *, threshold: float) -> dict[str, Any]:
    above = seen >= threshold
    series = made.groups.size
    wrong = onsets(above[:, :series], quiet=QUIET)
    where = made.incidents
    inside = where.start[:, None] + np.arange(LENGTH + GRACE)
    hits = above[np.minimum(inside, HOURS - 1), series + where.series[:, None]]
    before = where.start[:, None] - 1 - np.arange(QUIET)
    fresh = ~above[before, series + where.series[:, None]].any(axis=1)
    found = hits.any(axis=1) & fresh
    events = np.array(
        [
            made.excess[s : s + LENGTH, p].sum()
            for p, s in zip(where.series, where.start, strict=True)
        ]
    )
    told = {}
    for year in YEARS:
        hours = slice((year - 1) * YEAR, year * YEAR)
        own = (where.start // YEAR == year - 1) & (events >= 5)
        told[f"year {year}"] = {
            "false": int(wrong[hours].sum()), "found": round(float(found[own].mean()), 4),
        }  # fmt: skip
    return told


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--amplitude", type=float, default=1.6, help="peak over the mean (1.6)")
    parser.add_argument("--series", type=int, default=600)
    parser.add_argument("--threshold", type=float, nargs="+", default=[THRESHOLD])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    options = parser.parse_args()
    made = traffic(options.seed, amplitude=options.amplitude, series=options.series)
    told = {}
    for variant in options.variants:
        seen = scores(made, variant, threshold=min(options.threshold))
        told[variant] = {f"{t:g}": figures(made, seen, threshold=t) for t in options.threshold}
        print(json.dumps({variant: told[variant]}), flush=True)
    print(json.dumps({"seed": options.seed, "amplitude": options.amplitude} | told))


if __name__ == "__main__":
    main()
