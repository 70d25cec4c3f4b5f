"""A source that falls silent: its buckets are masked, not learnt as a quiet day.

A source's total below 35 % of what was expected and more than 6 standard deviations low masks
its bucket and the 3 after, in which what was held back may arrive at once. What is not known of a
campaign or a holiday does not count into the deviation: no such day ends a source.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.columns import Bools, Columns, Ints, column
from detectors.season import Rhythm

SHARE = 0.35
DEVIATIONS = 6.0
AFTER = 3
"""Buckets masked after the last one that was low."""


@dataclass(slots=True)
class Outages(Columns):
    """`until` is the first bucket of a source that counts again."""

    until: Annotated[Ints, column(np.int64)]

    def step(self, counts: Ints, rhythm: Rhythm, *, bucket: int) -> Bools:
        """Which sources are masked in the bucket that closes; `rhythm` is of their totals."""
        mean = rhythm.mean
        level_variance = rhythm.level_variance - rhythm.doubt
        sd = np.sqrt(mean * (rhythm.phi + level_variance * mean))
        low = (counts < SHARE * mean) & (mean - counts > DEVIATIONS * sd)
        self.until[low] = bucket + 1 + AFTER
        return self.until > bucket
