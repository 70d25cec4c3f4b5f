"""How much more a series scatters than a Poisson process, over 1, 8 and 24 buckets.

v = (sum w (r^2 - r)/M + v0 W)/(sum w + W) with r = observed - expected and M = expected in a block,
w = min(4 M, 1). The mean of r is 0; of a rare series r^2 is about the number of its events, which
its level has told already, and r^2 - r tells which of them came together (Dean, JASA 87 (1992)
451). So single buckets show it soon: their prior v0 = 1.1, people who come in small groups, is
worth W = 100. Longer blocks of a rare series are taken for what its single buckets are like; those
of a busy one are not, for they scatter by what is not known of its rhythm. All have an expectation
that is off by 15 % for hours on end:

    v0 = u + 0.02 M, at most max(u, 1.25),   u = 1.1 + (v(1) - 1.1)/(1 + rate),

worth W = clip(60/rate, 50, 2000).
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Columns, Floats, Floats32, column

BLOCKS = (1, 8, 24)
"""Lengths in buckets, aligned to the bucket's number."""
SCATTER = 1.1
DRIFT = 0.02
MOST = 1.25
ALONE = 100.0
"""W of single buckets: 25 events of a rare series, what a prior of 1.1 give or take 0.1 says."""
LEAST = 1.001
"""Least dispersion used: the negative binomial likelihood divides by v - 1."""


@dataclass(slots=True)
class Dispersion(Columns):
    """Rows are the lengths of `BLOCKS`; the open blocks are those of 8 and 24 buckets."""

    squares: Annotated[Floats32, column(np.float32, rows=len(BLOCKS))]
    weight: Annotated[Floats32, column(np.float32, rows=len(BLOCKS))]
    residual: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]
    expected: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]

    def single(self, *, rate: Floats) -> Floats:
        """Dispersion of single buckets of a series with `rate` events a bucket."""
        return self._over(0, _drifting(SCATTER, 0, rate), ALONE)

    def over_all(self, *, rate: Floats) -> list[Floats]:
        """The same over each of `BLOCKS`."""
        single, weight, longer = self.single(rate=rate), _worth(rate), range(1, len(BLOCKS))
        alike = SCATTER + (single - SCATTER) / (1.0 + rate)
        return [single, *(self._over(b, _drifting(alike, b, rate), weight) for b in longer)]

    def _over(self, block: int, prior: Floats, weight: Floats | float) -> Floats:
        dispersion = prior * weight
        dispersion += self.squares[block]
        dispersion /= self.weight[block] + weight
        return np.maximum(dispersion, LEAST, out=dispersion)

    def learn(self, *, residual: Floats, mean: Floats, bucket: int) -> None:
        """Take in one bucket: observed - expected, and expected."""
        self._add(0, residual, mean)
        self.residual += residual
        self.expected += mean
        for row, length in enumerate(BLOCKS[1:]):
            if (bucket + 1) % length == 0:
                self._add(row + 1, self.residual[row], self.expected[row])
                self.residual[row] = self.expected[row] = 0.0

    def _add(self, block: int, residual: NDArray[Any], mean: NDArray[Any]) -> None:
        per_event = np.minimum(4.0, 1.0 / np.maximum(mean, 1e-9))
        self.squares[block] += self._square(residual) * per_event
        self.weight[block] += np.minimum(4.0 * mean, 1.0)

    def _square(self, residual: NDArray[Any]) -> NDArray[Any]:
        square: NDArray[Any] = residual * residual - residual
        return square


def _drifting(single: Floats | float, block: int, rate: Floats) -> Floats:
    """v0 of a block."""
    dispersion: Floats = np.minimum(single + DRIFT * BLOCKS[block] * rate, np.maximum(single, MOST))
    return dispersion


def _worth(rate: Floats) -> Floats:
    """W: how many buckets the prior counts for."""
    weight: Floats = np.clip(60.0 / rate, 50.0, 2000.0)
    return weight


class Shortfall(Dispersion):
    """The same of what is missing alone: how few may come by chance.

    A block above its mean counts as nothing, one below it twice, so that incidents, which are
    many events at once, do not excuse few.
    """

    __slots__ = ()

    def over_run(self, expected: Floats, *, rate: Floats) -> Floats:
        """Dispersion of a run in which so many are expected; it grows up to that of a day.

        What is off for hours on end, such as the weather, counts the more the longer the run.
        """
        one, day = (self.over(block, rate=rate) for block in (0, -1))
        share = np.minimum(expected / (BLOCKS[-1] * rate), 1.0)
        dispersion: Floats = one + (day - one) * share
        return dispersion

    def over(self, block: int, *, rate: Floats) -> Floats:
        """Each length by itself: what is missing comes in no groups."""
        return self._over(block, _drifting(SCATTER, block, rate), _worth(rate))

    def _square(self, residual: NDArray[Any]) -> NDArray[Any]:
        square: NDArray[Any] = 2.0 * np.minimum(residual, 0.0) ** 2
        return square
