"""What a newborn series takes from its kin: a gamma prior of its rate, by empirical Bayes.

Kin are series of the same cut (and family), such as the batches of a product. Their rates r have
mean mu and variance s^2 = var(r) - mean(r^2/a), less what is chance in each; by moments the prior
is Gamma(mu^2/s^2, mu/s^2). Where rates lie orders of magnitude apart its shape is below 2, the
prior says nothing, and the series learns as one without kin. Robbins (1956), Morris (1983).
"""

from dataclasses import dataclass

import numpy as np

from detectors.columns import Bools, Floats, Ints
from detectors.level import PRIOR_BUCKETS, PRIOR_EVENTS, Level

ENOUGH = 20
"""Kin that have learnt their level before they say anything of another."""
LEAST, MOST = 2.0, 10.0
"""Shape, in events, below which rates lie too far apart, and above which none is believed."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Gamma(a, b) of the rate of each newborn series; `known` where its kin say it."""

    a: Floats
    b: Floats
    known: Bools

    @classmethod
    def none(cls, n: int) -> "Prior":
        """Of series without kin."""
        return cls(np.full(n, PRIOR_EVENTS), np.full(n, PRIOR_BUCKETS), np.zeros(n, np.bool_))

    @classmethod
    def of(cls, level: Level, *, settled: Bools, kin: Ints, born: Ints) -> "Prior":
        """For series of the kin `born`, from living ones; `settled` ones have learnt theirs."""
        rate, shape = level.rate[settled], level.a[settled]
        n = 1 + max(int(ints.max(initial=0)) for ints in (kin, born))
        size, sum_, squares, chance = (
            np.bincount(kin[settled], weights=column, minlength=n)[born]
            for column in (np.ones_like(rate), rate, rate**2, rate**2 / shape)
        )
        count = np.maximum(size, 1.0)
        mean = sum_ / count
        spread = np.maximum((squares - chance) / count - mean**2, mean**2 / MOST)
        a = mean**2 / np.maximum(spread, 1e-300)
        known = (size >= ENOUGH) & (a >= LEAST)
        none = cls.none(born.size)
        b = a / np.maximum(mean, 1e-300)
        return cls(np.where(known, a, none.a), np.where(known, b, none.b), known)
