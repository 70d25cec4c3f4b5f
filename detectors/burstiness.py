"""Which method judges a series: burst, or surge, which suits all others?

In a busy series of mentions a count jumps from one bucket to the next, again and again; in one
of complaints, however busy, it follows its rhythm and its incidents rise over hours. With y after
x, a pair of neighbouring buckets is *telling* if y + x >= 16, and a *jump* if y > x and

    (y - x)^2 / (y + x) >= 16

which is 4 standard deviations of two Poisson counts of one mean. Whatever the rhythm, it cancels.
A share q of the telling pairs of a bursty series are jumps, and a share p of those of another; of
n telling pairs k were jumps, and the likelihood ratio (Wald 1945) is

    k ln(q/p) + (n - k) ln((1 - q)/(1 - p)),  q = 0.8 %, p = 0.05 %

Burst judges from a ratio of 1000 on, which takes three jumps; until then, and where too few
events come to tell, surge does. Buckets are those of burst, of 1 to 5 minutes: over an hour the
rhythm of a large series jumps by itself.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.columns import Array, Bools, Columns, Floats, Ints, column

TELLING = 16.0
"""Events in a pair of buckets; with fewer it could not be a jump."""
JUMP = 16.0
BURSTY, OTHER = 0.008, 0.0005
"""Shares of jumps. Seen at 5 minutes: in five series of tweets 0.6 % (the first week of one) to
20 %; in the busiest complaint series of a simulation up to 0.05 %, incidents included."""
RATIO = 1000.0
MOST = 100_000
"""Telling pairs of memory (a year of 5 minutes): beyond it both numbers are halved."""


@dataclass(slots=True)
class Burstiness(Columns):
    """`last` is the count of the bucket before, -1 for none."""

    last: Annotated[Ints, column(np.int64, -1)]
    pairs: Annotated[Ints, column(np.int64)]
    jumps: Annotated[Ints, column(np.int64)]

    def learn(self, counts: Ints, masked: Bools) -> None:
        """Take in a closed bucket; a masked one has no neighbours."""
        known = (self.last >= 0) & ~masked
        before, now = self.last.astype(np.float64), counts.astype(np.float64)
        both = (before + now) * known
        telling = both >= TELLING
        self.pairs += telling
        self.jumps += telling & (now > before) & ((now - before) ** 2 >= JUMP * both)
        full = self.pairs > MOST
        self.pairs[full] //= 2
        self.jumps[full] //= 2
        self.last[...] = np.where(masked, -1, counts)

    @property
    def bursty(self) -> Bools:
        """Whether burst judges the series."""
        enough: Bools = log_ratio(pairs=self.pairs, jumps=self.jumps) >= np.log(RATIO)
        return enough


def log_ratio(*, pairs: Array, jumps: Array) -> Floats:
    """Log likelihood ratio of a bursty series to another."""
    for_each = np.log(BURSTY / OTHER)
    against = np.log((1.0 - BURSTY) / (1.0 - OTHER))
    ratio: Floats = jumps * for_each + (pairs - jumps) * against
    return ratio
