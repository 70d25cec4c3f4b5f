"""Farrington flexible (Noufaily et al., 2013), as `farringtonFlexible` of R surveillance 1.20 does.

A quasi-Poisson regression on the past `years`, with a trend and a factor of ten periods of the
year, fitted twice: the second time weeks with an Anscombe residual s > 2.58 weigh s^-2. The last 26
weeks are left out. The count is compared with the negative binomial of the fitted mean and
dispersion ("nbPlugin"). A trend that would carry the mean above all that was seen is dropped.

The regression is iterated by the rules of R's `glm` (start, stop, and which weights the dispersion
takes), because a period without a single case has no finite coefficient, and how far it runs off
depends on them. All series are fitted at once; ours to compare with, not part of the product.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import betainc, gammainc, xlogy
from scipy.stats import nbinom, poisson

from detectors.columns import Bools, Floats, Ints

YEAR = 52
HALF_WINDOW = 3
PERIODS = 10
LEFT_OUT = 26
OUTLIER = 2.58
ENOUGH = (5, 4)
"""Cases in so many weeks, this one included, without which there is no alarm."""
TOLERANCE, ROUNDS = 1e-8, 25
SLICE = 256
"""Series fitted at a time, so that their weeks stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Design:
    """The weeks fitted (rows), ordered by period; `starts` are the first rows of the periods."""

    rows: Ints
    starts: Ints
    sizes: Ints

    @classmethod
    def of(cls, week: int, references: list[int]) -> "Design":
        """`references` are the same week of the years before, the latest first."""
        period = np.zeros(week + 1, np.int64)
        period[week - HALF_WINDOW :] = PERIODS
        for year, reference in zip([week, *references], references, strict=False):
            _share_out(period, reference + HALF_WINDOW + 1, year - HALF_WINDOW)
            period[reference - HALF_WINDOW : reference + HALF_WINDOW + 1] = PERIODS
        period[week - LEFT_OUT :] = 0
        rows = np.argsort(period, kind="stable")[(period == 0).sum() :]
        _, starts, sizes = np.unique(period[rows], return_index=True, return_counts=True)
        return cls(rows, starts, sizes)

    def sums(self, values: Floats) -> Floats:
        """Over the weeks of each period."""
        sums: Floats = np.add.reduceat(values, self.starts, axis=0)
        return sums

    def spread(self, by_period: Floats) -> Floats:
        """A value of each period given to its weeks."""
        return np.repeat(by_period, self.sizes, axis=0)


def _share_out(period: Ints, first: int, last: int) -> None:
    """The weeks between two windows in nine periods, the first of them the longer ones."""
    between = np.arange(last - first)
    length, rest = divmod(between.size, PERIODS - 1)
    cut = rest * (length + 1)
    period[first:last] = 1 + np.where(
        between < cut, between // (length + 1), rest + (between - cut) // max(length, 1)
    )


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted means and leverages by week and series; the dispersion, and where it converged.

    `now` is the linear predictor of the week judged, `slope` that of a week.
    """

    means: Floats
    leverage: Floats
    dispersion: Floats
    now: Floats
    slope: Floats
    converged: Bools


@dataclass(frozen=True, slots=True)
class Prediction:
    """Mean and dispersion of the week judged, by series; `slope` is not a number without trend."""

    mean: Floats
    dispersion: Floats
    slope: Floats

    def upper(self, alpha: float) -> Floats:
        """The quantile above which `alpha` lies."""
        size, prob = self.mean / np.maximum(self.dispersion - 1.0, 1e-12), 1.0 / self.dispersion
        wide: Floats = nbinom.ppf(1.0 - alpha, np.maximum(size, 1e-300), prob)
        return np.where(self.dispersion > 1.0, wide, poisson.ppf(1.0 - alpha, self.mean))

    def p_value(self, counts: Ints) -> Floats:
        """Chance of as many or more."""
        n, mean = np.maximum(counts, 1), self.mean
        over = np.maximum(self.dispersion - 1.0, 1e-12)
        wide = betainc(n, np.maximum(mean / over, 1e-300), 1.0 - 1.0 / self.dispersion)
        tail: Floats = np.where(self.dispersion > 1.0, wide, gammainc(n, mean))
        return np.where(counts > 0, tail, 1.0)


def enough(counts: Ints, week: int) -> Bools:
    """Series with five cases in the last four weeks."""
    least, weeks = ENOUGH
    some: Bools = counts[week - weeks + 1 : week + 1].sum(axis=0) >= least
    return some


def predict(
    counts: Ints, week: int, *, years: int = 5, references: list[int] | None = None
) -> Prediction:
    """The week (row) judged from the rows before it; `references` where years are not 52 weeks."""
    past = [week - YEAR * n for n in range(1, years + 1)] if references is None else references
    design = Design.of(week, past)
    parts = [
        _predicted(design, counts[design.rows, start : start + SLICE].astype(np.float64), week=week)
        for start in range(0, counts.shape[1], SLICE)
    ]
    return Prediction(*map(np.concatenate, zip(*parts, strict=True)))


def _predicted(design: Design, y: Floats, *, week: int) -> tuple[Floats, Floats, Floats]:
    steep = _fitted(design, y, week=week, trend=np.ones(y.shape[1], np.bool_))
    usable = np.isfinite(steep.slope) & (np.exp(steep.now) <= y.max(axis=0))
    flat = ~usable
    mean, dispersion, slope = np.exp(steep.now), steep.dispersion, steep.slope.copy()
    if flat.any():
        level = _fitted(design, y[:, flat], week=week, trend=np.zeros(int(flat.sum()), np.bool_))
        mean[flat], dispersion[flat], slope[flat] = np.exp(level.now), level.dispersion, np.nan
    return mean, np.maximum(dispersion, 1.0), slope


def _fitted(design: Design, y: Floats, *, week: int, trend: Bools) -> Fit:
    """Both fits; where the first does not converge with a trend, both go without."""
    first = regression(design, y, np.ones_like(y), week=week, trend=trend)
    if not first.converged.all():
        trend = trend & first.converged
        first = regression(design, y, np.ones_like(y), week=week, trend=trend)
    residual = 1.5 * (y ** (2 / 3) * first.means ** (-1 / 6) - np.sqrt(first.means))
    residual /= np.sqrt(np.maximum(first.dispersion, 1.0) * (1.0 - first.leverage))
    weights = np.where(residual > OUTLIER, np.maximum(residual, 1.0) ** -2.0, 1.0)
    return regression(design, y, weights * (len(y) / weights.sum(axis=0)), week=week, trend=trend)


def regression(design: Design, y: Floats, weights: Floats, *, week: int, trend: Bools) -> Fit:
    """The quasi-Poisson fit of each series, iterated until its own deviance stands still."""
    time = (design.rows - week).astype(np.float64)[:, None]
    eta = np.log(y + 0.1)
    mu = np.exp(eta)
    deviance = _deviance(y, eta, mu, weights)
    running = np.arange(y.shape[1])
    means, work = np.empty_like(y), np.empty_like(y)
    now, slope = np.empty(y.shape[1]), np.empty(y.shape[1])
    part, share, steep = y, weights, trend
    for _ in range(ROUNDS):
        step = _Step.of(design, share * mu, eta + part / mu - 1.0, time, steep)
        eta, mu, before = step.eta, np.exp(step.eta), deviance
        deviance = _deviance(part, eta, mu, share)
        still = np.abs(deviance - before) / (np.abs(deviance) + 0.1) < TOLERANCE
        done = running[still]
        means[:, done], work[:, done] = mu[:, still], step.work[:, still]
        now[done], slope[done] = step.now[still], step.slope[still]
        if still.any():
            going = ~still
            running, steep, deviance = running[going], steep[going], deviance[going]
            eta, mu, part, share = (rows[:, going] for rows in (eta, mu, part, share))
        if not running.size:
            break
    converged = np.ones(y.shape[1], np.bool_)
    converged[running] = False
    means[:, running], work[:, running] = mu, share * mu
    now[running] = slope[running] = np.nan
    freedom = len(y) - design.sizes.size - trend
    dispersion = (work * ((y - means) / means) ** 2).sum(axis=0) / freedom
    leverage = _leverage(design, work, time, trend)
    return Fit(means, leverage, dispersion, now, np.where(trend, slope, np.nan), converged)


class _Step(NamedTuple):
    """Of an iteration: linear predictor and weights by week, the predictor of the week judged."""

    eta: Floats
    work: Floats
    now: Floats
    slope: Floats

    @classmethod
    def of(cls, design: Design, work: Floats, z: Floats, time: Floats, trend: Bools) -> "_Step":
        """Weighted least squares of z on period and time, the periods eliminated."""
        mass = design.sums(work)
        z_mean, t_mean = design.sums(work * z) / mass, design.sums(work * time) / mass
        centred = time - design.spread(t_mean)
        pull = work * centred
        slope = np.where(trend, (pull * z).sum(axis=0) / (pull * centred).sum(axis=0), 0.0)
        eta = design.spread(z_mean) + slope * centred
        return cls(eta, work, z_mean[-1] - slope * t_mean[-1], slope)


def _leverage(design: Design, work: Floats, time: Floats, trend: Bools) -> Floats:
    """The diagonal of the hat matrix, by week."""
    mass = design.sums(work)
    centred = time - design.spread(design.sums(work * time) / mass)
    pull = work * centred * centred
    leverage: Floats = work / design.spread(mass) + pull * (trend / pull.sum(axis=0))
    return leverage


def _deviance(y: Floats, eta: Floats, mu: Floats, weights: Floats) -> Floats:
    total: Floats = 2.0 * (weights * (xlogy(y, y) - y * eta - y + mu)).sum(axis=0)
    return total
