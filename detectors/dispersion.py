"""How much more a series scatters than a Poisson process, over 1, 8 and 24 buckets.

v = (sum w r^2/M + v0 W)/(sum w + W) with r = observed - expected and M = expected in a block,
w = min(4 M, 1) and W = clip(60/rate, 50, 2000): a prior that counts for much where events are few
and gives way where there are many. Its mean is v0 = 1.1 + 0.02 M: people who come in small
groups, and an expectation that is off by 15 % for hours on end;
at most 1.25, for large counts show their own soon.
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
LEAST = 1.001
"""Least dispersion used: the negative binomial likelihood divides by v - 1."""


@dataclass(slots=True)
class Dispersion(Columns):
    """Rows are the lengths of `BLOCKS`; the open blocks are those of 8 and 24 buckets."""

    squares: Annotated[Floats32, column(np.float32, rows=len(BLOCKS))]
    weight: Annotated[Floats32, column(np.float32, rows=len(BLOCKS))]
    residual: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]
    expected: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]

    def over(self, block: int, *, rate: Floats) -> Floats:
        """Dispersion over `BLOCKS[block]` buckets of a series with `rate` events a bucket."""
        return self._over(block, rate, _worth(rate))

    def over_all(self, *, rate: Floats) -> list[Floats]:
        """The same over each of `BLOCKS`."""
        weight = _worth(rate)
        return [self._over(block, rate, weight) for block in range(len(BLOCKS))]

    def _over(self, block: int, rate: Floats, weight: Floats) -> Floats:
        dispersion: Floats = np.minimum(SCATTER + DRIFT * BLOCKS[block] * rate, MOST)
        dispersion *= weight
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
        self.squares[block] += residual * residual * np.minimum(4.0, 1.0 / np.maximum(mean, 1e-9))
        self.weight[block] += np.minimum(4.0 * mean, 1.0)


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
        one, day = self.over(0, rate=rate), self.over(-1, rate=rate)
        share = np.minimum(expected / (BLOCKS[-1] * rate), 1.0)
        dispersion: Floats = one + (day - one) * share
        return dispersion

    def _add(self, block: int, residual: NDArray[Any], mean: NDArray[Any]) -> None:
        super()._add(block, np.minimum(residual, 0.0) * np.sqrt(2.0), mean)
