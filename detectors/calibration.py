"""How much stricter a method must be, so that on a history it keeps its part of the budget.

Thresholds are multiplied by k ("times"). Over the history the budget allows A false alarms, and at
k there were n(k), which never rises with k and between the k that were tried is read linearly in
log k. The k sought has n(k) = A. It is believed as far as there is evidence: with

    log k' = m / (m + c) log k + c / (m + c) log k_0,   m = max(A, n(k_0))

(a normal prior of log k about log k_0 with variance 1/c; the log of a count of m has about 1/m).
k_0 is what theory asks for: 1, where the threshold is made of the budget. So a
history that allowed, or had, c alarms moves a threshold half as far as it says, on the scale of
factors, and none at all leaves it where theory has it. How often the method will then alarm
falsely, in parts of what is allowed, has the gamma posterior of a Poisson rate (Gelman et al.
2013, section 2.6) whose prior, worth c alarms too, has the mean 1:

    r(k) ~ Gamma(n(k) + c, A + c)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy import optimize, stats

PRIOR: Final = 1.0
"""c, in allowed alarms: theory is taken to be off by a factor of e or so."""
LEAST, MOST = 1.0 / 64.0, 1024.0
"""How far a threshold is moved."""
STEP: Final = 4.0
"""Between the k that are tried first."""
ENOUGH: Final = 1.0
"""Allowed alarms from which on a history tells, or else so many that chance is out of question."""
DOUBT: Final = 0.05


class Interval(NamedTuple):
    """A mean, and between what it lies with 90 %."""

    mean: float
    low: float
    high: float

    def scaled(self, factor: float) -> "Interval":
        return Interval(*(factor * value for value in self))


@dataclass(frozen=True)
class Evidence:
    """What a method did in a history.

    Args:
        allowed: A, false alarms that the budget allows over it.
        counts: n by the k that were tried, k_0 among them.
        theory: k_0.
    """

    allowed: float
    counts: Mapping[float, int]
    theory: float = 1.0

    @property
    def tells(self) -> bool:
        """Whether the history says anything: it is long enough, or alarms are far too many."""
        many = stats.poisson.sf(self._by_theory - 1, self.allowed) < DOUBT
        return self.allowed >= ENOUGH or bool(self.allowed > 0 and many)

    @property
    def wanted(self) -> float | None:
        """A further k that is to be tried, because the one sought is beyond those that were."""
        low, high = min(self.counts), max(self.counts)
        if self._excess(np.log(low)) < 0 and low > LEAST:
            return max(low / STEP, LEAST)
        if self._excess(np.log(high)) > 0 and high < MOST:
            return min(high * STEP, MOST)
        return None

    @property
    def sought(self) -> float:
        """The k at which there were as many as are allowed, or the one nearest to it tried."""
        low, high = np.log(min(self.counts)), np.log(max(self.counts))
        if self._excess(low) <= 0:
            return float(np.exp(low))
        if self._excess(high) >= 0:
            return float(np.exp(high))
        return float(np.exp(optimize.brentq(self._excess, low, high, xtol=1e-4)))

    @property
    def times(self) -> float:
        """What is believed of it; 1 where the history tells nothing."""
        known = max(self.allowed, self._by_theory)
        weight = known / (known + PRIOR)
        believed = self.sought**weight * self.theory ** (1.0 - weight)
        return float(believed) if self.tells else 1.0

    def expected(self, times: float) -> Interval:
        """What r is at this k."""
        shape, rate = self._seen(np.log(times)) + PRIOR, self.allowed + PRIOR
        low, high = stats.gamma.ppf([DOUBT, 1.0 - DOUBT], shape) / rate
        return Interval(shape / rate, float(low), float(high))

    @property
    def _by_theory(self) -> float:
        return self._seen(np.log(self.theory))

    def _seen(self, log: float) -> float:
        """n, read between those that were tried."""
        tried = np.array(sorted(self.counts))
        seen = np.array([self.counts[k] for k in tried], np.float64)
        falling = np.maximum.accumulate(seen[::-1])[::-1]
        return float(np.interp(log, np.log(tried), falling))

    def _excess(self, log: float) -> float:
        """What there is too many; falls with k."""
        return self._seen(log) - self.allowed


def rate(seen: int, weeks: float) -> Interval:
    """Events a week after so many in so many weeks: the exact interval (Garwood 1936)."""
    low = stats.chi2.ppf(DOUBT, 2 * seen) / 2 if seen else 0.0
    high = stats.chi2.ppf(1.0 - DOUBT, 2 * seen + 2) / 2
    return Interval(float(seen), float(low), float(high)).scaled(1.0 / weeks)
