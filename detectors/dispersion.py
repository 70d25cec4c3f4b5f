"""How much more a series scatters than a Poisson process, over 1, 8 and 24 buckets.

v = (sum w x + v0 W)/(sum w + W) with x = (R^2 - sum t^2 r)/sum t^2 m, R = sum t r over a block of
buckets, r = observed - expected, m = expected, and t in [0, 1] how far a bucket is trusted to be
ordinary; w = sum t^2 m min(4, 1/sum t m), so of one trusted fully min(4 m, 1). The mean of r is 0;
of a rare series r^2 is about the number of its events, which its level has told already, and
r^2 - r tells which of them came together (Dean, JASA 87 (1992) 451). A lone event is t^2 in R^2 and
as much is subtracted: what is distrusted says less, and never that a series scatters less.

So single buckets show it soon: their prior v0 = u = 1.1, people who come in small groups, is worth
W = 100. Longer blocks of a rare series are taken for what its single buckets are like; those of a
busy one are not, for they scatter by what is not known of its rhythm. All have an expectation that
is off by 15 % for hours on end:

    v0 = u + 0.02 M, at most max(u, 1.25),   u = 1.1 + (v(1) - 1.1)/(1 + rate) of longer blocks,

whose prior is worth W = clip(60/rate, 50, 2000).
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.columns import Columns, Floats, Floats32, column

BLOCKS = (1, 8, 24)
"""Lengths in buckets, aligned to the bucket's number."""
SCATTER = 1.1
DRIFT = 0.02
MOST = 1.25
SINGLE = 100.0
"""W of single buckets: 25 events of a rare series, what a prior of 1.1 give or take 0.1 says."""
LEAST = 1.001
"""Least dispersion used: the negative binomial likelihood divides by v - 1."""


@dataclass(slots=True)
class Blocks(Columns):
    """Rows are the lengths of `BLOCKS`; the open blocks are those of 8 and 24 buckets."""

    squares: Annotated[Floats32, column(np.float32, rows=len(BLOCKS))]
    weight: Annotated[Floats32, column(np.float32, rows=len(BLOCKS))]
    residual: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]
    expected: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]

    def _over(self, block: int, prior: Floats32, weight: Floats32 | float) -> Floats32:
        dispersion = prior * weight
        dispersion += self.squares[block]
        dispersion /= self.weight[block] + weight
        np.maximum(dispersion, LEAST, out=dispersion)
        return dispersion

    def _add(self, block: int, square: Floats32, *, expected: Floats32, worth: Floats32) -> None:
        """Uses the square up. Of one precision, as a sum of two takes four times as long."""
        per_event = np.maximum(expected, 0.25)
        np.divide(1.0, per_event, out=per_event)
        square *= per_event
        self.squares[block] += square
        per_event *= worth
        self.weight[block] += per_event


@dataclass(slots=True)
class Dispersion(Blocks):
    """`alone` and `worth` are the sums of t^2 r and t^2 m of the open blocks."""

    alone: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]
    worth: Annotated[Floats32, column(np.float32, rows=len(BLOCKS) - 1)]

    def single(self, *, rate: Floats) -> Floats:
        """Dispersion of single buckets of a series with `rate` events a bucket."""
        return self._single(rate.astype(np.float32)).astype(np.float64)

    def over_all(self, *, rate: Floats) -> list[Floats32]:
        """The same over each of `BLOCKS`."""
        short = rate.astype(np.float32)
        single, weight, longer = self._single(short), _worth(short), range(1, len(BLOCKS))
        alike = single - SCATTER
        alike /= short + 1.0
        alike += SCATTER
        return [single, *(self._over(b, _drifting(alike, b, short), weight) for b in longer)]

    def _single(self, rate: Floats32) -> Floats32:
        return self._over(0, _drifting(SCATTER, 0, rate), SINGLE)

    def learn(
        self,
        *,
        residual: Floats | Floats32,
        mean: Floats | Floats32,
        bucket: int,
        trust: Floats32 | float = 1.0,
    ) -> None:
        """Take in one bucket: observed - expected, and expected, as far as `trust`, in [0, 1]."""
        part = np.float32(trust)
        trusted = part * residual.astype(np.float32, copy=False)
        expected = part * mean.astype(np.float32, copy=False)
        alone, worth = part * trusted, part * expected
        self._add(0, trusted * trusted - alone, expected=expected, worth=worth)
        self.residual += trusted
        self.expected += expected
        self.alone += alone
        self.worth += worth
        for row, length in enumerate(BLOCKS[1:]):
            if (bucket + 1) % length == 0:
                self._end(row)

    def _end(self, row: int) -> None:
        square = self.residual[row] * self.residual[row] - self.alone[row]
        self._add(row + 1, square, expected=self.expected[row], worth=self.worth[row])
        for open_ in (self.residual, self.expected, self.alone, self.worth):
            open_[row] = 0.0


def _drifting(steady: Floats32 | float, block: int, rate: Floats32) -> Floats32:
    """v0 of a block, by u: what it would be where nothing is off for hours."""
    dispersion = rate * (DRIFT * BLOCKS[block])
    dispersion += steady
    np.minimum(dispersion, np.maximum(np.float32(steady), MOST), out=dispersion)
    return dispersion


def _worth(rate: Floats32) -> Floats32:
    """W: how many buckets the prior counts for."""
    weight: Floats32 = np.clip(60.0 / rate, 50.0, 2000.0)
    return weight


class Shortfall(Blocks):
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
        short = rate.astype(np.float32)
        dispersion = self._over(block, _drifting(SCATTER, block, short), _worth(short))
        return dispersion.astype(np.float64)

    def learn(self, *, residual: Floats, mean: Floats, bucket: int) -> None:
        """Take in one bucket: observed - expected, and expected."""
        missed, expected = residual.astype(np.float32), mean.astype(np.float32)
        self._missed(0, missed, expected)
        self.residual += missed
        self.expected += expected
        for row, length in enumerate(BLOCKS[1:]):
            if (bucket + 1) % length == 0:
                self._missed(row + 1, self.residual[row], self.expected[row])
                self.residual[row] = self.expected[row] = 0.0

    def _missed(self, block: int, residual: Floats32, mean: Floats32) -> None:
        square = np.minimum(residual, 0.0) ** 2
        square *= 2.0
        self._add(block, square, expected=mean, worth=mean)
