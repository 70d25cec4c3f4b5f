"""What is read of excesses that were called: of one series or of two, bucket by bucket."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from benchmarks.outbreaks import DISPERSION, PER_HOUR
from detectors.columns import Floats, Ints

MINUTES: Final = 60 // PER_HOUR


@dataclass(frozen=True, slots=True)
class Seen:
    """A series by bucket: what came and what was expected; `begins` is where the excess does."""

    name: str
    counts: Ints
    expected: Floats
    begins: int


@dataclass(frozen=True, slots=True)
class Curve:
    """What is said by bucket, NaN for nothing, with an interval or without."""

    middle: Floats
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is drawn.

    Attributes:
        seen: one above the other.
        curves: of each series, in the lowest panel.
        label: of what they show.
        true: what was planted, by bucket; NaN where nothing is to be said. None: not drawn.
        told: what is said in the end.
        said: the same by number: middle, and the two ends of the interval.
        planted: the same as it was planted.
    """

    seen: tuple[Seen, ...]
    curves: tuple[Curve, ...]
    label: str
    true: Floats | None
    told: str
    said: tuple[float, float, float]
    planted: float

    @property
    def figures(self) -> dict[str, float]:
        """What tells this reading from another."""
        return dict(zip(("middle", "low", "high"), self.said, strict=True))


def scattered(rng: Generator, rates: Floats) -> Ints:
    """Negative binomial counts in buckets of five minutes; rates are an hour's."""
    mean = np.maximum(rates / PER_HOUR, 1e-9)
    return rng.negative_binomial(mean / (DISPERSION - 1), 1 / DISPERSION)
