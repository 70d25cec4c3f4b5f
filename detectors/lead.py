"""When did an excess begin, and which of two began first?

An excess begins in the bucket tau with the first person who belongs to it. What comes of a series
in a bucket is Poisson: before tau with the mean m_t that was expected, from then on with
m_t + lambda. How an excess goes on, whether as a step, a wave or ever faster, is nobody's guess, so
lambda changes from one block B to the next of those that follow tau, the first half an hour long
and each twice as long as the one before: a Markov chain over a grid about the most that came in an
hour. It mostly moves to a place near by, seldom to none at all, and as seldom rises from none.

    p(tau | y) ~ sum over chains lambda_B of  product over B of
                 p(lambda_B | the one before) exp( w L_B(lambda_B) ) a_B(lambda_B)
    L_B(lambda) = sum over t in B of  y_t ln(1 + lambda/m_t) - lambda

with a flat prior over the buckets of a window: a change-point posterior (Smith, Biometrika 62
(1975), section 2) whose nuisance is summed out by the forward pass of a hidden Markov model
(Rabiner, Proc. IEEE 77 (1989), eq. 20). In the first block a = 1 - (1 + lambda/m_tau)^(-y_tau),
the chance that one of those in tau belongs to the excess; in the others it is 1. The likelihood
weighs w = 1/2 of its own (a power posterior: Holmes and Walker, Biometrika 104 (2017)), for blocks
are no excess's true form and m_t is off; with 1/2 intervals of 90 % held nine true lags in ten
(`python -m benchmarks.lead`; chosen on seeds 1 to 3). Where next to nothing was expected one person
is no beginning yet: m_t is a person a day at least.

Two beginnings are independent given what came, so their lag is the difference of two draws.
"""

from typing import NamedTuple

import numpy as np

from detectors.columns import Floats, Ints

WEIGHT = 0.5
"""w."""
LEAST_EXPECTED = 1.0
"""People a day."""
FIRST = 30.0
"""Minutes of the first block."""
MULTIPLES = 2.0 ** np.arange(-4.0, 3.5, 0.5)
"""Of the most that came in an hour: the grid of lambda."""
NEAR = 2.0
"""Steps of the grid that lambda moves by, the scale of an exponential."""
NONE = 0.05
"""Chance that lambda falls to none from one block to the next, and that it rises from none."""
DRAWS = 20
"""Equally likely beginnings that stand for a posterior."""
SURE = 0.9
"""Chance from which on one is said to have led."""


class Lead(NamedTuple):
    """The first began `lag` before the second; below 0: after it. In the unit of the draws.

    `chance` is that of the first having begun first; `low` and `high` are the 5 % and 95 % points
    of the lag.
    """

    chance: float
    low: float
    lag: float
    high: float

    @property
    def told(self) -> bool:
        """Whether it can be told which led."""
        return max(self.chance, 1.0 - self.chance) >= SURE


def beginning(observed: Ints, expected: Floats, *, minutes: int) -> Floats:
    """The chance that the excess began in each bucket of so many minutes; sums to 1.

    Args:
        observed: people, by bucket; the excess is in them, and some of what was before it.
        expected: the same.
        minutes: of a bucket.

    Raises:
        ValueError: nobody came, so nothing began.
    """
    if not observed.any():
        raise ValueError("somebody must have come for an excess to begin, got only zeros")
    usual: Floats = np.maximum(expected, LEAST_EXPECTED * minutes / (24 * 60))
    extra = MULTIPLES * _most(observed.astype(np.float64) - usual, buckets=max(60 // minutes, 1))
    n, ratio = observed.size, np.log1p(extra[:, None] / usual)
    sums = np.zeros((extra.size + 1, n + 1))  # the first row is of no excess
    np.cumsum(WEIGHT * (observed * ratio - extra[:, None]), axis=1, out=sums[1:, 1:])
    ours = np.full(ratio.shape, -np.inf)  # ln a
    came = observed > 0
    ours[:, came] = np.log(-np.expm1(-observed[came] * ratio[:, came]))
    log_chance = _evidence(sums, ours, width=max(round(FIRST / minutes), 1))
    chance = np.exp(log_chance - log_chance.max())
    whole: Floats = chance / chance.sum()
    return whole


def draws(chance: Floats) -> Floats:
    """Equally likely beginnings, in buckets from the start of the first, ascending."""
    ends = np.append(0.0, np.cumsum(chance))
    at = (np.arange(DRAWS) + 0.5) / DRAWS
    found: Floats = np.interp(at * ends[-1], ends, np.arange(ends.size, dtype=np.float64))
    return found


def lead(first: Floats, second: Floats) -> Lead:
    """Which of two began first, from draws of either beginning on one scale of time."""
    lags = (second[None, :] - first[:, None]).ravel()
    chance = float(np.mean(lags > 0) + np.mean(lags == 0) / 2)
    low, lag, high = np.quantile(lags, (0.05, 0.5, 0.95))
    return Lead(chance, float(low), float(lag), float(high))


def _evidence(sums: Floats, ours: Floats, *, width: int) -> Floats:
    """The logarithm of the chance of what came, by the bucket in which it began.

    `sums` holds L before each bucket, `ours` ln a; `width` is of the first block, in buckets.
    """
    n = ours.shape[1]
    start, end = np.arange(n), np.minimum(np.arange(n) + width, n)
    chance = np.vstack([np.full(n, -np.inf), sums[1:, end] - sums[1:, start] + ours])
    chance, total = _shared(chance)
    moves = _moves(ours.shape[0])
    while end[0] < n:
        width *= 2
        start, end = end, np.minimum(end + width, n)
        reached = np.log(moves @ chance + 1e-300)
        chance, more = _shared(reached + sums[:, end] - sums[:, start])
        total += more
    return total


def _shared(logs: Floats) -> tuple[Floats, Floats]:
    """Chances of the rows that sum to 1, and the logarithm of what they summed to."""
    peak = np.maximum(logs.max(axis=0), -1e300)
    chance = np.exp(logs - peak)
    sums = chance.sum(axis=0)
    with np.errstate(divide="ignore"):  # where nobody came nobody was the first
        return chance / np.maximum(sums, 1e-300), peak + np.log(sums)


def _moves(grid: int) -> Floats:
    """Chances of lambda in a block (rows) by that in the one before; the first is of none."""
    steps = np.abs(np.subtract.outer(np.arange(grid), np.arange(grid)))
    near = np.exp(-steps / NEAR)
    moves = np.empty((grid + 1, grid + 1))
    moves[1:, 1:] = (1 - NONE) * near / near.sum(axis=0)
    moves[0, 1:], moves[1:, 0], moves[0, 0] = NONE, NONE / grid, 1 - NONE
    return moves


def _most(excess: Floats, *, buckets: int) -> float:
    """The mean excess of a bucket in the hour that had most; a person an hour at least."""
    width = min(buckets, excess.size)
    sums = np.append(0.0, np.cumsum(excess))
    return max(float((sums[width:] - sums[:-width]).max()), 1.0) / width
