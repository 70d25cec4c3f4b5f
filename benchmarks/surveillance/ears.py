"""EARS C1, C2 and C3 (Hutwagner et al., 2003), as `earsC` of R surveillance 1.20 computes them.

    C1: y > mean + z sd of the 7 weeks before;  C2: of the 7 weeks that end 3 weeks before
    C3: max(0, C2(t-1) - 1) + max(0, C2(t-2) - 1) > z

with C2(t) = (y - mean)/sd. (As published C3 adds C2(t) itself; the package's upper bound does not.)
All are peers to compare with, not part of the product.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from detectors.columns import Floats, Ints

BASELINE = 7
FIRST = {"C1": BASELINE, "C2": BASELINE + 2, "C3": BASELINE + 4}
"""Rows before the first week that a method judges."""


def baselines(counts: Ints, *, lag: int) -> tuple[Floats, Floats]:
    """Mean and sd of the 7 weeks that end `lag` weeks before each week from row 6 + `lag` on."""
    windows = sliding_window_view(counts[:-lag], BASELINE, axis=0)
    return windows.mean(axis=-1), windows.std(axis=-1, ddof=1)


def deviations(counts: Ints, *, lag: int) -> Floats:
    """(y - mean)/sd; where sd is 0, infinite above the mean and below it, not a number at it."""
    mean, sd = baselines(counts, lag=lag)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores: Floats = (counts[BASELINE + lag - 1 :] - mean) / sd
    return scores


def c1(counts: Ints) -> Floats:
    """Of each week (row) from the 8th on and each series: an alarm is a score above z."""
    return np.nan_to_num(deviations(counts, lag=1), posinf=np.inf, neginf=-np.inf)


def c2(counts: Ints) -> Floats:
    """As `c1`, from the 10th week on."""
    return np.nan_to_num(deviations(counts, lag=3), posinf=np.inf, neginf=-np.inf)


def c3(counts: Ints) -> Floats:
    """As `c1`, from the 12th week on.

    There is no alarm without a case, nor where a baseline without scatter leaves the package
    without an answer.
    """
    over = np.maximum(deviations(counts, lag=3) - 1.0, 0.0)
    _, sd = baselines(counts, lag=3)
    scores = over[1:-1] + over[:-2]
    may = (sd[2:] > 0) & (counts[FIRST["C3"] :] > 0) & ~np.isnan(scores)
    return np.where(may, scores, 0.0)


METHODS: dict[str, Callable[[Ints], Floats]] = {"C1": c1, "C2": c2, "C3": c3}
