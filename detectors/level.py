"""The level of a series of counts: a gamma posterior that forgets.

The rate per bucket has the density Gamma(a, b) with mean a/b and relative variance 1/a. A bucket
with y events and exposure x (seasonal profile times known event) turns it into
Gamma(rho a + y, rho b + x). The memory is about 30 events, within 14 and 180 days.
"""

from dataclasses import dataclass
from math import log
from typing import Annotated

import numpy as np

from detectors.columns import Columns, Floats, Floats32, column

EVENTS = 30.0
SHORTEST_DAYS = 14.0
LONGEST_DAYS = 180.0
PRIOR_EVENTS = 0.5
"""Jeffreys' prior of a Poisson rate, spread over `PRIOR_BUCKETS` of exposure."""
PRIOR_BUCKETS = 1.0
LIMIT = 2.5
"""Standard deviations above the mean from which on a count is cut before it is learnt."""
SKEW = (LIMIT * LIMIT - 1.0) / 6.0


@dataclass(slots=True)
class Level(Columns):
    """`a` in events, `b` in buckets of average exposure."""

    a: Annotated[Floats, column(np.float64, PRIOR_EVENTS)]
    b: Annotated[Floats, column(np.float64, PRIOR_BUCKETS)]

    @property
    def rate(self) -> Floats:
        """Events per bucket of average exposure."""
        return self.a / self.b

    def learn(self, *, events: Floats, exposure: Floats, weight: Floats, day: int) -> None:
        """Take in one bucket (`day` of them make a day) as far as `weight`, in [0, 1], trusts it.

        What is forgotten returns to the prior, not to nothing.
        """
        lost = forgetting(self.rate, day=day)
        self.a += weight * (lost * (PRIOR_EVENTS - self.a) + events)
        self.b += weight * (lost * (PRIOR_BUCKETS - self.b) + exposure)


def forgetting(rate: Floats, *, day: int) -> Floats:
    """Share of the past that one bucket forgets: ln 2 over the half-life 30 ln 2 / rate."""
    slowest, fastest = (log(2) / (days * day) for days in (LONGEST_DAYS, SHORTEST_DAYS))
    lost: Floats = np.minimum(np.maximum(rate / EVENTS, slowest), fastest)
    return lost


def winsorised(
    counts: Floats, *, mean: Floats, level_variance: Floats, phi: Floats | Floats32
) -> Floats:
    """Counts cut at about their 99 % quantile, so that an incident does not become the baseline.

    The limit is the Cornish-Fisher quantile of a count with variance phi m + q m^2.
    """
    sd = np.sqrt(mean * (phi + level_variance * mean))
    limit = mean + LIMIT * sd
    limit += phi * (2.0 * SKEW) + (0.5 - SKEW)
    return np.minimum(counts, limit)
