"""What a detector of excess says of many series in a bucket."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Self

import numpy as np

from detectors.columns import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Excess:
    """Base of their verdicts; observed and expected are sums since the onset bucket."""

    score: Floats
    above: Bools
    observed: Ints | Floats
    expected: Floats
    onset: Ints
    learning: Bools
    masked: Bools

    @property
    def size(self) -> tuple[Floats, Floats]:
        """Observed over expected, and observed less expected, since the onset."""
        expected = np.maximum(self.expected, 1e-9)
        return self.observed / expected, self.observed - self.expected

    @classmethod
    def joined(cls, verdicts: Sequence[Self]) -> Self:
        """Of the series of all, in their order; at least one."""
        if len(verdicts) == 1:
            return verdicts[0]
        return cls(
            **{
                f.name: np.concatenate([getattr(one, f.name) for one in verdicts], axis=-1)
                for f in fields(cls)
            }
        )


def slices(size: int, *, most: int) -> Iterator[slice]:
    """Series worked on at a time, so that what is in between stays in the processor's cache.

    As alike in length as may be: a short one costs nearly as many calls as a long one.
    """
    pieces = -(-size // most) or 1
    ends = [size * piece // pieces for piece in range(pieces + 1)]
    return (slice(start, end) for start, end in pairwise(ends))
