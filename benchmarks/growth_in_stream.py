"""Doubling times as signals tell them: excesses through the product's own stream.

Each product has one, which the surge calls or not; read is what its signal said last when the
excess had as many people as asked for, in the slice of the counts in which they came.
"""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from alerts.signal import Signal
from benchmarks import streamed
from benchmarks.outbreaks import DAY, PER_HOUR
from benchmarks.streamed import LEARNS, PRODUCTS, SLICE, STREAMS, TESTED
from detectors.columns import Floats, Ints


class Excess(NamedTuple):
    """People from bucket `begins` on, the last of them in the one in which it is read."""

    begins: int
    people: Ints

    @property
    def read(self) -> int:
        return (self.begins + self.people.size - 1) // SLICE


def excess(rng: Generator, rates: Floats, *, size: int) -> Excess:
    """Of rates an hour, by bucket, until so many have come."""
    begins = int(rng.integers(LEARNS * DAY, (LEARNS + TESTED) * DAY))
    people = rng.poisson(rates / PER_HOUR)
    reached = int(np.argmax(np.cumsum(people) >= size)) + 1
    return Excess(begins, people[:reached])


def told(rng: Generator, excesses: list[Excess]) -> list[Signal | None]:
    """The signal of each of up to `PRODUCTS`, None where there is none."""
    counts = streamed.usual(rng, streamed.means(rng))
    for product, one in enumerate(excesses):
        counts[one.begins : one.begins + one.people.size, product] += one.people
    known: list[Signal | None] = [None] * PRODUCTS
    found: list[Signal | None] = [None] * len(excesses)
    for n, said in enumerate(streamed.played(STREAMS[0], counts)):
        for signal in said:
            known[int(signal.scope["product"])] = signal
        for product, one in enumerate(excesses):
            if one.read == n:
                last = known[product]
                found[product] = last if last is not None and last.live else None
    return found
