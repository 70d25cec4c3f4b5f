"""A mixture of Shiryaev-Roberts statistics over multiples of an expected count.

    c = (1 + (v - 1) kappa)/v
    L = y ln(kappa/c) - m (1 + sqrt q)/(v - 1) ln c     negative binomial log likelihood ratio
    R <- min((rho R + 1) exp(min(L, 40)), ceiling),  A = mean of R over kappa

y is observed and m expected, v the dispersion, q the relative variance of what m was estimated
from. Under a right model E[R_n] <= n. Shiryaev (1963), Roberts (1966), Pollak (1987).
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.columns import Array, Columns, Floats, Floats32, Ints, column

KAPPAS = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
LARGEST = 40.0
"""Log likelihood ratio that one bucket counts for at most."""


@dataclass(slots=True)
class Evidence(Columns):
    """R by multiple; and what was observed and expected in the excursion since its onset."""

    ratios: Annotated[Floats32, column(np.float32, rows=len(KAPPAS))]
    onset: Annotated[Ints, column(np.int64, -1)]
    observed: Annotated[Ints, column(np.int64)]
    expected: Annotated[Floats, column(np.float64)]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Of a negative binomial count: its dispersion v, and its size per expected event."""

    dispersion: Floats
    size: Floats

    @classmethod
    def of(cls, *, dispersion: Floats, level_variance: Floats) -> "Likelihood":
        return cls(dispersion, (1.0 + np.sqrt(level_variance)) / (dispersion - 1.0))

    def log_ratio(self, observed: Array, expected: Floats, kappa: Floats | float) -> Floats:
        """L of these sums at a multiple."""
        log_c = np.log(kappa + (1.0 - kappa) / self.dispersion)
        gain: Floats = observed * np.log(kappa) - (observed + expected * self.size) * log_c
        return gain

    def ratios(
        self, kept: Floats32, observed: Floats, expected: Floats, *, rho: float, ceiling: float
    ) -> tuple[Floats, Floats]:
        """R by multiple after the bucket, and the multiple that fits best."""
        ratios = np.empty(kept.shape)
        best, top = np.ones_like(expected), np.zeros_like(expected)
        for row, kappa in enumerate(KAPPAS):
            gain = np.exp(np.minimum(self.log_ratio(observed, expected, kappa), LARGEST))
            np.minimum((rho * kept[row] + 1.0) * gain, ceiling, out=ratios[row])
            best = np.where(ratios[row] > top, kappa, best)
            top = np.maximum(ratios[row], top)
        return ratios, best


def score(ratios: Floats) -> Floats:
    """A: the mean over multiples, added in their order."""
    total: Floats = np.add.accumulate(ratios, axis=0)[-1]
    return total / len(KAPPAS)
