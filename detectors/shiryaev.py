"""A mixture of Shiryaev-Roberts statistics over multiples of an expected count.

    c = (1 + (v - 1) kappa)/v
    L = y ln(kappa/c) - m (1 + 0.7 sqrt q)/(v - 1) ln c   negative binomial log likelihood ratio
    R <- (rho R + s) exp(min(L, 40)),  A = mean of R over kappa

y is observed and m expected, v the dispersion, q the relative variance of what m was estimated
from, s the share of the false alarms. Under a right model E[R_n] <= s n. What is carried into the
next bucket has a ceiling: all R of a series shrink together where A passes it, so that they still
say which multiple fits. Shiryaev (1963), Roberts (1966), Pollak (1987).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np

from detectors.columns import Array, Bools, Columns, Floats, Floats32, Ints, column, summed
from detectors.verdict import Excess

R = TypeVar("R", Floats, Floats32)
KAPPAS = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0)
DOUBT = 0.7
"""Standard deviations of its level by which an expectation is raised."""
LARGEST = 40.0
"""Log likelihood ratio that one bucket counts for at most."""


@dataclass(slots=True)
class Excursion(Columns):
    """What was observed and expected since its onset."""

    onset: Annotated[Ints, column(np.int64, -1)]
    observed: Annotated[Ints, column(np.int64)]
    expected: Annotated[Floats, column(np.float64)]

    def after(
        self, counts: Ints, mean: Floats, *, lasts: Bools, masked: Bools, bucket: int
    ) -> tuple[Ints, Ints, Floats]:
        """Onset, observed and expected with the bucket in; one that does not last begins in it.

        Products, as a choice without a pattern costs the processor four times as much.
        """
        if masked.any():
            counts, mean = counts * ~masked, mean * ~masked
        return (
            bucket + (self.onset - bucket) * lasts,
            self.observed * lasts + counts,
            self.expected * lasts + mean,
        )

    def keep(self, verdict: Excess) -> None:
        self.onset[...] = verdict.onset
        self.observed[...] = verdict.observed
        self.expected[...] = verdict.expected

    def end(self, over: Bools | Ints) -> None:
        """The account of those that are over starts anew."""
        self.observed[over] = 0
        self.expected[over] = 0.0


@dataclass(slots=True)
class Evidence(Excursion):
    """R by multiple, and the excursion."""

    ratios: Annotated[Floats32, column(np.float32, rows=len(KAPPAS))]

    def end(self, over: Bools | Ints) -> None:
        """R starts anew as well."""
        Excursion.end(self, over)
        self.ratios[:, over] = 0.0


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Of a negative binomial count: the inverse of its dispersion, its size per expected event."""

    inverse: Floats
    size: Floats

    @classmethod
    def of(cls, *, dispersion: Floats, level_variance: Floats) -> "Likelihood":
        return cls(1.0 / dispersion, (1.0 + DOUBT * np.sqrt(level_variance)) / (dispersion - 1.0))

    def log_ratio(self, observed: Array, expected: Floats, kappa: Array | float) -> Floats:
        """L of these sums at a multiple."""
        return self._gain(observed, observed + expected * self.size, kappa)

    def speaks(self, observed: Array, expected: Floats, kappa: Floats32) -> Bools:
        """Whether L of these sums is above 0, for which half the precision is enough."""
        seen, inverse = observed.astype(np.float32), self.inverse.astype(np.float32)
        total = seen + (expected * self.size).astype(np.float32)
        log_c = np.log(kappa + (1.0 - kappa) * inverse)
        speaks: Bools = seen * np.log(kappa) > total * log_c
        return speaks

    def ratios(
        self,
        kept: Floats32,
        observed: Floats,
        expected: Floats,
        *,
        rho: float,
        kappas: Sequence[Floats | float] = KAPPAS,
        share: Floats32 | float = 1.0,
        out: Floats32 | None = None,
    ) -> tuple[Floats32, Floats32]:
        """R by multiple after the bucket, and the multiple that fits best; `kappas` ascend.

        R has the precision that it is kept in; the sum of logarithms, of which it is the power,
        has twice that. `out`, which may be what was kept, takes R.
        """
        ratios, total = np.multiply(rho, kept, out=out), observed + expected * self.size
        ratios += np.float32(share)
        best, top = np.ones(expected.shape, np.float32), np.zeros(expected.shape, np.float32)
        for now, kappa in zip(ratios, kappas, strict=True):
            gain = self._gain(observed, total, kappa).astype(np.float32)
            np.minimum(gain, LARGEST, out=gain)
            np.multiply(now, np.exp(gain, out=gain), out=now)
            np.maximum(best, (now > top) * np.float32(kappa), out=best)
            np.maximum(now, top, out=top)
        return ratios, best

    def _gain(self, observed: Array, total: Floats, kappa: Array | float) -> Floats:
        """In place: it is asked for each multiple, and fresh arrays are out of the cache."""
        log_c = (1.0 - kappa) * self.inverse
        log_c += kappa
        gain: Floats = observed * np.log(kappa)
        gain -= np.multiply(total, np.log(log_c, out=log_c), out=log_c)
        return gain


def mean_of(ratios: Floats | Floats32) -> Floats:
    """A."""
    mean: Floats = summed(ratios).astype(np.float64) / len(ratios)
    return mean


def limited(ratios: R, mean: Floats, *, ceiling: float) -> R:
    """What is carried on of R: in their proportions, their mean at most the ceiling."""
    if max(mean.max(initial=0.0), 1.0) <= ceiling:
        return ratios
    scale = np.minimum(ceiling / np.maximum(mean, 1.0), 1.0).astype(ratios.dtype)
    return ratios * scale
