"""Series with an excess whose beginning and growth are known, in buckets of five minutes."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from detectors.columns import Floats, Ints

MINUTES: Final = 5
PER_HOUR: Final = 60 // MINUTES
DAY: Final = 24 * PER_HOUR
DISPERSION: Final = 1.1
WRONG: Final = 0.15
"""Standard deviation of what the expectation is off by, in logarithms."""


class Usual(NamedTuple):
    """A series without an excess; `expected` is what a detector takes for its mean."""

    observed: Ints
    expected: Floats


def usual(rng: Generator, *, rate: float, buckets: int) -> Usual:
    """Counts with a daily rhythm that is known and a level that is nearly; `rate` is an hour's."""
    hours = (np.arange(buckets) + rng.integers(DAY)) / PER_HOUR
    mean = rate / PER_HOUR * (1 + 0.7 * np.sin(2 * np.pi * hours / 24))
    spread = DISPERSION - 1
    observed = rng.negative_binomial(np.maximum(mean / spread, 1e-9), 1 / DISPERSION)
    return Usual(observed, mean * np.exp(rng.normal(0, WRONG)))


def step(rng: Generator, n: int, hours: float) -> Floats:
    """Hours after the beginning: evenly over some hours."""
    return rng.random(n) * hours


def ramp(rng: Generator, n: int, hours: float) -> Floats:
    """More and more of them, in equal steps."""
    return hours * np.sqrt(rng.random(n))


def wave(rng: Generator, n: int, hours: float) -> Floats:
    """Soon at its highest, and long in ebbing away."""
    return rng.gamma(2.0, hours / 6, n)


SHAPES: Final[dict[str, Callable[[Generator, int, float], Floats]]] = {
    "step": step, "ramp": ramp, "wave": wave,
}  # fmt: skip


def counted(times: Floats, *, buckets: int) -> Ints:
    """How many of these hours lie in each bucket; those outside are left out."""
    places = np.floor(times * PER_HOUR).astype(np.int64)
    inside = places[(places >= 0) & (places < buckets)]
    return np.bincount(inside, minlength=buckets)
