"""What a method made of one simulated series, bucket by bucket."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from detectors.columns import Bools, Floats, Ints

HOURS = np.arange(168)
DAYLIGHT = 1.0 + 0.8 * np.sin(2 * np.pi * (HOURS % 24 - 8) / 24)
WORKDAYS = np.where(HOURS // 24 < 5, 1.15, 0.6)
RHYTHM = DAYLIGHT * WORKDAYS / (DAYLIGHT * WORKDAYS).mean()
"""By hour of the week, with mean 1: busy at noon, quiet at night and on weekends."""


class Said(Protocol):
    """The part of a verdict that is drawn."""

    @property
    def score(self) -> Floats: ...

    @property
    def above(self) -> Bools: ...

    @property
    def learning(self) -> Bools: ...


@dataclass(slots=True)
class Track:
    """Of one series, by bucket; lists of equal length.

    Attributes:
        unit: of a bucket, such as "hours".
        counts: what came.
        line: what the counts are held against, by name.
        expected: the same by number: of what is usual, when the bucket before it closed.
        score: of the bucket.
        threshold: from which on it alarms.
        planted: first and last bucket of what was planted there.
    """

    unit: str
    threshold: float
    planted: tuple[int, int]
    line: str = "expected"
    counts: list[float] = field(default_factory=list)
    expected: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    above: list[bool] = field(default_factory=list)
    learning: list[bool] = field(default_factory=list)

    def note(self, counts: float, expected: float, said: Said) -> None:
        """One more bucket, of a verdict on one series."""
        self.add(counts, expected, said.score[0], above=said.above[0], learning=said.learning[0])

    def add(
        self, counts: float, expected: float, score: float, *, above: bool, learning: bool
    ) -> None:
        """One more bucket."""
        self.counts.append(float(counts))
        self.expected.append(float(expected))
        self.score.append(float(score))
        self.above.append(bool(above))
        self.learning.append(bool(learning))

    @property
    def called(self) -> int | None:
        """The first bucket above the threshold from what was planted on."""
        first, _ = self.planted
        return next((n for n in range(first, len(self.above)) if self.above[n]), None)

    @property
    def figures(self) -> dict[str, float]:
        """What tells this track from another: sums, and where it was called (-1: nowhere)."""
        scores = np.log1p(np.maximum(self.score, 0.0))
        return {
            "counts": sum(self.counts), "expected": sum(self.expected),
            "scores": float(scores.sum()), "called": -1 if self.called is None else self.called,
        }  # fmt: skip

    def since(self, start: int) -> "Track":
        """Without the buckets before `start`."""
        first, last = self.planted
        return Track(
            self.unit, self.threshold, (first - start, last - start), self.line,
            self.counts[start:], self.expected[start:], self.score[start:],
            self.above[start:], self.learning[start:],
        )  # fmt: skip


def scattered(mean: Floats | Iterable[float], *, seed: int, dispersion: float = 1.2) -> Ints:
    """Negative binomial counts about these means, of variance dispersion x mean."""
    chance, mean = np.random.default_rng(seed), np.maximum(np.asarray(mean, np.float64), 1e-9)
    return chance.poisson(chance.gamma(mean / (dispersion - 1.0), dispersion - 1.0))
