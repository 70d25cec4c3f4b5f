"""A dynamic generalised linear model: level, slope and yearly season of a series of counts.

    eta = g'theta,  q = g'P g,  m = e^eta                                forecast of a bucket
    theta <- G theta,  P <- G P G' / discount                            a bucket passes
    theta <- theta + P g delta/q,  P <- P - (P g)(P g)'/(phi/m + q)      a bucket is learnt
    delta = ln(1 + q y/phi) - ln(1 + q m/phi)

The conjugate updating of West, Harrison and Migon (1985), Journal of the American Statistical
Association 80:73, for a quasi-Poisson count: its mean has a gamma prior of relative variance q, its
variance is phi times its mean. theta is measured in standard deviations of its prior, so that P
starts as the identity; `Terms` turns it into logarithms. Forgetting stops at the prior, so that a
series of nothing but zeros does not lose all bounds.

A level that has moved for good shows in residuals that all lie on one side. Their smoothed sum is
watched, and past its bound the level becomes as uncertain as it has been off (an automatic
intervention in the sense of West and Harrison, 1997, Bayesian Forecasting and Dynamic Models).
"""

from dataclasses import dataclass, fields
from itertools import combinations
from typing import Annotated

import numpy as np

from detectors.columns import Bools, Columns, Floats, Ints, column

SIZE = 6
PAIRS = {pair: row for row, pair in enumerate(combinations(range(SIZE), 2))}
LEVEL_SD, SLOPE_SD, WAVE_SDS = 2.0, 0.25, (0.4, 0.2)
"""Of the prior, in logarithms: level, slope in a year, waves of a year and of half a year."""
HALF_LIFE_YEARS = 4.0
LOWEST, HIGHEST = -7.0, 22.0
"""Logarithms of the least and the largest mean."""
LIMIT = 2.58
"""Standard deviations above the mean from which on a count is cut before it is learnt."""
SMOOTHING = 0.9
SHIFTED = 10.0
"""Bound of the smoothed sum of residuals; reached after seven buckets two deviations off."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Of a bucket: its factors g of theta one bucket before, the step r of the slope, discount."""

    factors: tuple[float, ...]
    step: float
    discount: float

    @classmethod
    def of(cls, *, bucket: int, season: float) -> "Terms":
        """`season` is the number of buckets in a year."""
        angles = [2.0 * np.pi * n * bucket / season for n in (1, 2)]
        waves = [
            sd * float(wave(angle))
            for sd, angle in zip(WAVE_SDS, angles, strict=True)
            for wave in (np.cos, np.sin)
        ]
        slope = SLOPE_SD / season
        discount = 2.0 ** (-1.0 / (HALF_LIFE_YEARS * season))
        return cls((LEVEL_SD, slope, *waves), slope / LEVEL_SD, discount)


@dataclass(slots=True)
class Dynamic(Columns):
    """theta, the diagonal and the upper triangle of P, and the smoothed sum of residuals."""

    theta: Annotated[Floats, column(np.float64, rows=SIZE)]
    variance: Annotated[Floats, column(np.float64, 1.0, rows=SIZE)]
    covariance: Annotated[Floats, column(np.float64, rows=len(PAIRS))]
    shift: Annotated[Floats, column(np.float64)]

    def forecast(self, terms: Terms) -> "Forecast":
        """What the next bucket should hold. The model stays as it is."""
        known = self.variance.max(axis=0) < 1.0
        growth = np.where(known, 1.0 / terms.discount, 1.0)
        gain = np.array([self._row(i, terms.factors) for i in range(SIZE)])
        q = np.maximum(_product(terms.factors, gain) * growth, 1e-9)
        gain[0] += terms.step * gain[1]
        level = _product(terms.factors[:2], self.theta[:2])
        eta = np.clip(_product(terms.factors[2:], self.theta[2:], onto=level), LOWEST, HIGHEST)
        return Forecast(np.exp(eta), level, level_variance=q, gain=gain * growth, growth=growth)

    def _row(self, i: int, factors: tuple[float, ...]) -> Floats:
        """Row i of P times g."""
        total: Floats = factors[i] * self.variance[i]
        for j in range(SIZE):
            if j != i:
                total += factors[j] * self.covariance[PAIRS[min(i, j), max(i, j)]]
        return total

    def evolve(self, forecast: "Forecast", *, step: float) -> None:
        """A bucket passes."""
        row = [PAIRS[0, j] for j in range(1, SIZE)]
        below = [self.variance[1], *(self.covariance[PAIRS[1, j]] for j in range(2, SIZE))]
        self.theta[0] += step * self.theta[1]
        self.variance[0] += step * (2.0 * self.covariance[row[0]] + step * self.variance[1])
        for pair, other in zip(row, below, strict=True):
            self.covariance[pair] += step * other
        self.variance *= forecast.growth
        self.covariance *= forecast.growth

    def learn(self, forecast: "Forecast", counts: Floats, *, phi: Floats, known: Bools) -> None:
        """Take in a bucket's counts, already cut, of those series in which it is `known`."""
        q, odds = forecast.level_variance, forecast.mean / phi
        delta = np.log1p(q * counts / phi) - np.log1p(q * odds)
        gain, share = forecast.gain, known / (1.0 / odds + q)
        self.theta += gain * (known * delta / q)
        self.variance -= gain * gain * share
        for (i, j), row in PAIRS.items():
            self.covariance[row] -= gain[i] * gain[j] * share

    def watch(self, residual: Floats, relative_sd: Floats, *, known: Bools) -> None:
        """Widen the level that has moved; `residual` is in standard deviations of a count."""
        smoothed = SMOOTHING * self.shift + np.clip(residual, -LIMIT, LIMIT)
        self.shift[known] = smoothed[known]
        moved = np.abs(self.shift) >= SHIFTED
        off = self.shift * (1.0 - SMOOTHING) * relative_sd / LEVEL_SD
        wide = np.maximum(self.variance[0], np.minimum(self.variance[0] + off * off, 1.0))
        self.variance[0] = np.where(moved, wide, self.variance[0])
        self.shift[moved] = 0.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """Mean, the logarithm of the level that the season multiplies to it, its relative variance q.

    `gain` is G P g, `growth` that of P as a bucket passes.
    """

    mean: Floats
    level: Floats
    level_variance: Floats
    gain: Floats
    growth: Floats

    def take(self, series: Ints | slice) -> "Forecast":
        return Forecast(**{f.name: getattr(self, f.name)[..., series] for f in fields(self)})


def _product(
    factors: tuple[float, ...], rows: Floats, *, onto: Floats | float = 0.0
) -> Floats:  # fmt: skip
    """In a fixed order, so that a series has the same floats in any company; added to `onto`."""
    total: Floats = onto + factors[0] * rows[0]
    for factor, row in zip(factors[1:], rows[1:], strict=True):
        total += factor * row
    return total
