"""How fast does an excess grow, and does it still?

What comes of a series in a bucket of the last hours is Poisson with mean

    m_t + N exp(g t)/sum over s of exp(g s)

where m_t was expected, g is the rate of growth and N the excess of these hours; both are unknown,
with a flat prior, and N is summed out on a grid. With nothing expected that is the likelihood of
the times given their number, so that a wrong N costs nothing. From the posterior of g come its
median and the 5 % and 95 % points, and from those the doubling times ln 2/g. Counts that spread
more than a Poisson count's weigh 1/v of their likelihood.

The mean age of an excess estimates 1/g too, but takes what is usual for part of it and everything
before the window for nothing; at 20 people it reads a doubling time of 2 h as 1.2 to 2.9 h. Nothing
is said below `ENOUGH` people.

The hours begin when the excess surely has: an exponential has no beginning, and a fit that is shown
the quiet before a step takes the step for growth. The shortest of `SPANS` that holds enough people
is taken, for what counts is now.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from detectors.columns import Floats, Ints

DISPERSION = 1.1
ENOUGH = 50.0
"""People more than expected."""
SPANS = (6.0, 12.0, 24.0)
"""Hours that are looked at."""
SHORTEST = 1.0
"""Hours of which at least something can be said."""
FASTEST = 4.0
"""Greatest rate of growth, an hour: ten minutes to double."""
RATES = FASTEST * np.sinh(np.linspace(-5, 5, 201)) / np.sinh(5)
"""The grid of g: close about 0."""
DEVIATIONS = np.linspace(-3.5, 3.5, 15)
"""The grid of N, in standard deviations about the excess that was seen."""


class Pace(StrEnum):
    """What can be said of the growth."""

    GROWING = "growing"
    OPEN = "open"
    OVER = "over"


class Growth(NamedTuple):
    """Rates of growth, an hour: the 5 %, 50 % and 95 % points."""

    low: float
    rate: float
    high: float

    @property
    def pace(self) -> Pace:
        """Whether it grows: open where the interval says neither."""
        if self.low > 0:
            return Pace.GROWING
        return Pace.OVER if self.high <= 0 else Pace.OPEN

    @property
    def doubling(self) -> tuple[float, float, float]:
        """Hours to double, the shortest first; of what grows."""
        return np.log(2) / self.high, np.log(2) / self.rate, np.log(2) / self.low


def growth(observed: Ints, expected: Floats, *, minutes: int) -> Growth | None:
    """The growth as of the last bucket; None where too few came more than expected.

    Args:
        observed: people, by bucket of so many minutes, from when the excess had surely begun.
        expected: the same.
        minutes: of a bucket.
    """
    per_hour = 60 / minutes
    for hours in SPANS:
        last = slice(-round(hours * per_hour), None)
        came, usual = observed[last], expected[last]
        excess = float(came.sum() - usual.sum())
        if excess >= ENOUGH and came.size >= SHORTEST * per_hour:
            return _fitted(came, usual, excess, per_hour=per_hour)
    return None


def _fitted(observed: Ints, expected: Floats, excess: float, *, per_hour: float) -> Growth:
    ages = np.arange(1 - observed.size, 1) / per_hour
    logs = RATES[:, None] * ages
    shapes = np.exp(logs - logs.max(axis=1, keepdims=True))
    shapes /= shapes.sum(axis=1, keepdims=True)
    spread = np.sqrt(DISPERSION * max(float(observed.sum()), 1.0))
    sizes = np.maximum(excess + spread * DEVIATIONS, 1.0)
    came = np.flatnonzero(observed)  # the others add only to the total
    means = expected[came] + sizes[:, None, None] * shapes[:, came]
    log_likelihood = (observed[came] * np.log(means + 1e-300)).sum(axis=-1) - sizes[:, None]
    weights = np.exp((log_likelihood - log_likelihood.max()) / DISPERSION).sum(axis=0)
    return Growth(*_points(weights * np.gradient(RATES)))


def _points(weights: Floats) -> tuple[float, float, float]:
    """The 5 %, 50 % and 95 % points of g; each weight lies evenly about its place of the grid."""
    edges = np.concatenate([RATES[:1], (RATES[1:] + RATES[:-1]) / 2, RATES[-1:]])
    ends = np.append(0.0, np.cumsum(weights)) / weights.sum()
    low, middle, high = np.interp((0.05, 0.5, 0.95), ends, edges)
    return float(low), float(middle), float(high)
