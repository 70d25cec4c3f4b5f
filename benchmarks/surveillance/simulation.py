"""The simulation of Noufaily et al. (2013), Statistics in Medicine 32:1206, section 3.1.

Weekly means exp(theta + beta t + sum_j gamma1 cos(2 pi j t/52) + gamma2 sin(2 pi j t/52)), j up to
m, in weeks t = 1 to 624; negative binomial counts of variance phi times the mean. Weeks 1 to 312
are free of outbreaks; in weeks 313 to 575 each series has four past ones, of sizes k drawn from 2,
3, 5 and 10; weeks 576 to 624 are the test. An outbreak begins in a week drawn evenly, has
Poisson(k sd) cases, sd = sqrt(phi mean) in that week, and each case falls floor(X) weeks later,
ln X normal with mean 0 and sd 0.5: half of them in the first week, 42 % in the second.

Eight more weeks are simulated, and judged, so that an outbreak that begins in the last of the test
runs its course; past ones end before the test.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from detectors.columns import Floats, Ints

YEAR = 52
QUIET, HISTORY, TEST, COURSE = 312, 575, 49, 8
WEEKS = HISTORY + TEST + COURSE
PAST_SIZES = (2, 3, 5, 10)
SIZES = (1, 2, 3, 5, 7, 10)
"""k: cases of an outbreak in standard deviations of the week it begins in."""
SPREAD = 0.5


class Scenarios(NamedTuple):
    """Parameters, one entry a scenario; beta is 0 where there is no trend."""

    theta: Floats
    phi: Floats
    beta: Floats
    gamma1: Floats
    gamma2: Floats
    m: Floats

    def means(self) -> Floats:
        """By week (rows) and scenario."""
        week = np.arange(1, WEEKS + 1)[:, None]
        logs = self.theta + self.beta * week
        for j in (1, 2):
            angle = 2.0 * np.pi * j * week / YEAR
            wave = self.gamma1 * np.cos(angle) + self.gamma2 * np.sin(angle)
            logs = logs + np.where(self.m >= j, wave, 0.0)
        means: Floats = np.exp(logs)
        return means


@dataclass(frozen=True, slots=True)
class Outbreak:
    """Counts of the weeks from the test on, with one outbreak of size k in each series.

    It lasts from its `first` to its `last` row; one without a case ends before it begins.
    """

    k: int
    counts: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True, slots=True)
class Realisation:
    """`runs` series of each scenario, side by side; `test` are the weeks after the history."""

    runs: int
    means: Floats
    phi: Floats
    history: Ints
    test: Ints
    outbreaks: list[Outbreak]


def scenarios(file: Path) -> Scenarios:
    """Read the table of parameters; raises OSError where there is none."""
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return Scenarios(*(np.array([float(row[name]) for row in rows]) for name in Scenarios._fields))


def simulated(chosen: Scenarios, *, seed: int, runs: int) -> Realisation:
    rng = np.random.default_rng(seed)
    means, phi = np.repeat(chosen.means(), runs, axis=1), np.repeat(chosen.phi, runs)
    sd, counts = np.sqrt(phi * means), _counts(rng, means, phi)
    history, test = counts[:HISTORY], counts[HISTORY:]
    for _ in PAST_SIZES:
        begins = rng.integers(QUIET, HISTORY - COURSE, size=(phi.size,))
        _break_out(rng, history, begins, rng.choice(PAST_SIZES, phi.size) * _at(sd, begins))
    outbreaks = [_outbreak(rng, test, sd[HISTORY:], k) for k in SIZES]
    return Realisation(runs, means, phi, history, test, outbreaks)


def _counts(rng: np.random.Generator, means: Floats, phi: Floats) -> Ints:
    over = np.maximum(phi - 1.0, 1e-9)
    rates = np.where(phi > 1.0, rng.gamma(means / over) * over, means)
    return rng.poisson(rates)


def _outbreak(rng: np.random.Generator, test: Ints, sd: Floats, k: int) -> Outbreak:
    counts, first = test.copy(), rng.integers(0, TEST, size=(test.shape[1],))
    last = _break_out(rng, counts, first, k * _at(sd, first))
    return Outbreak(k, counts, first, last)


def _at(rows: Floats, week: Ints) -> Floats:
    at: Floats = rows[week, np.arange(week.size)]
    return at


def _break_out(rng: np.random.Generator, counts: Ints, begins: Ints, size: Floats) -> Ints:
    """Add the cases of one outbreak to each series; the row of its last case, or -1."""
    series = np.repeat(np.arange(begins.size), rng.poisson(size))
    delay = np.exp(SPREAD * rng.standard_normal(series.size)).astype(np.int64)
    week = np.minimum(begins[series] + delay, len(counts) - 1)
    np.add.at(counts, (week, series), 1)
    last = np.full(begins.size, -1)
    np.maximum.at(last, series, week)
    return last
