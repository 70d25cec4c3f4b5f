"""How much more a weekly series scatters than a Poisson process: a slow mean of squares.

    phi = (sum w r^2/V + v0 B)/(sum w + B),  r = y - m,  V = m (1 + q m/phi),  w = min(4 m, 1)

with m expected and q its relative variance. Sums forget over 1,000 buckets. The prior v0 = 1.5 +
0.01 m (large counts are off by a tenth) is worth B = 10 buckets: without the second part a model of
thousands of events a week trusts its first weeks so much that it loses the series.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.columns import Bools, Columns, Floats, column
from detectors.dispersion import LEAST
from detectors.dynamic import Forecast

PRIOR, SHARE = 1.5, 0.01
BUCKETS = 10.0
MEMORY = 1000.0


@dataclass(slots=True)
class Scatter(Columns):
    """Sums of squared deviations over expected ones, and of their weights."""

    squares: Annotated[Floats, column(np.float64)]
    weight: Annotated[Floats, column(np.float64)]

    def phi(self, mean: Floats) -> Floats:
        """Variance of a count over its mean."""
        squares = self.squares + (PRIOR + SHARE * mean) * BUCKETS
        phi: Floats = np.maximum(squares / (self.weight + BUCKETS), LEAST)
        return phi

    def learn(self, counts: Floats, forecast: Forecast, *, phi: Floats, known: Bools) -> None:
        """A bucket with less than a quarter of an event expected says the less."""
        mean, residual = forecast.mean, counts - forecast.mean
        weight = known * np.minimum(4.0 * mean, 1.0)
        expected = mean * (1.0 + forecast.level_variance * mean / phi)
        kept = 1.0 - known / MEMORY
        self.squares[...] = kept * self.squares + weight * residual * residual / expected
        self.weight[...] = kept * self.weight + weight
