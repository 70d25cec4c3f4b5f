"""Who led, as an incident hears of it: pairs of excesses through the product's own streams.

Each pair is a product of its own that both streams count. The surge calls its excesses, the trace
reads when they began, from what the surge expects after weeks of learning, and an incident compares
the two (`alerts.precedence`). One that is not called in both streams has no reading.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from alerts.precedence import Led, led
from alerts.signal import Signal
from benchmarks import outbreaks, streamed
from benchmarks.outbreaks import MINUTES, PER_HOUR, SHAPES
from benchmarks.streamed import LEARNS, MONDAY, PRODUCTS, SLICE, STREAMS, TESTED
from detectors import lead
from detectors.columns import Floats, Ints
from detectors.lead import Lead

SEEN: Final = 15
QUIET: Final = 6
"""Hours before a pair that are read, by a bare reading."""


class Pair(NamedTuple):
    """Hours after its beginning at which people of both excesses come, and when it is read."""

    begins: float
    times: tuple[Floats, Floats]
    shapes: tuple[str, str]
    read: float

    @property
    def lag(self) -> float:
        """Minutes from the first complaint to the first post."""
        return float(self.times[1].min() - self.times[0].min()) * 60


class Read(NamedTuple):
    """What an incident says of a pair, and what is said of its counts where the mean is known."""

    pair: Pair
    said: Led | None
    bare: Lead

    @property
    def covered(self) -> bool:
        return self.said is not None and self.said.low <= self.pair.lag <= self.said.high

    @property
    def bare_covered(self) -> bool:
        return self.bare.low * MINUTES <= self.pair.lag <= self.bare.high * MINUTES

    @property
    def wrong(self) -> bool:
        return self.said is not None and (self.said.chance > 0.5) != (self.pair.lag > 0)


def reads(rng: Generator) -> list[Read]:
    """One pair for each product, all through the same two streams."""
    pairs = [_pair(rng) for _ in range(PRODUCTS)]
    means = [streamed.means(rng) for _ in STREAMS]
    counts = [_counts(rng, mean, pairs, n) for n, mean in enumerate(means)]
    played = [streamed.played(name, own) for name, own in zip(STREAMS, counts, strict=True)]
    said = _said(played, pairs)
    bare = [_bare(rng, pair, n, counts, means) for n, pair in enumerate(pairs)]
    return list(map(Read, pairs, said, bare))


def _pair(rng: Generator) -> Pair:
    lag = 0.0 if rng.random() < 0.2 else float(rng.uniform(0, 6) * rng.choice((-1, 1)))
    first, second = (_excess(rng, max(later, 0.0)) for later in (-lag, lag))
    begins = float(rng.uniform(LEARNS, LEARNS + TESTED)) * 24
    latest = max(float(np.sort(times)[SEEN]) for times, _ in (first, second))
    read = begins + latest + float(rng.uniform(0, 4))
    return Pair(begins, (first[0], second[0]), (first[1], second[1]), read)


def _excess(rng: Generator, begins: float) -> tuple[Floats, str]:
    shape = str(rng.choice(list(SHAPES)))
    people, hours = round(np.exp(rng.uniform(np.log(20), np.log(300)))), rng.uniform(2, 12)
    return begins + SHAPES[shape](rng, people, hours), shape


def _counts(rng: Generator, means: Floats, pairs: list[Pair], n: int) -> Ints:
    counts = streamed.usual(rng, means)
    for product, pair in enumerate(pairs):
        excess = outbreaks.counted(pair.begins + pair.times[n], buckets=len(counts))
        counts[:, product] += excess
    return counts


def _said(played: list[Iterator[list[Signal]]], pairs: list[Pair]) -> list[Led | None]:
    """What an incident of each product says of it, by the last that was told when it is read."""
    known: list[dict[str, Signal]] = [{} for _ in pairs]
    found: list[Led | None] = [None] * len(pairs)
    reads = [int(np.ceil(pair.read * PER_HOUR / SLICE)) for pair in pairs]
    for n, told in enumerate(zip(*played, strict=True), 1):
        for signal in chain(*told):
            known[int(signal.scope["product"])][signal.id] = signal
        for product in np.flatnonzero(np.array(reads) == n).tolist():
            since = (MONDAY + (pairs[product].begins - QUIET) * 60) * 60
            own = known[product].values()
            found[product] = led(one for one in own if one.at.timestamp() > since)
    return found


def _bare(
    rng: Generator, pair: Pair, product: int, counts: list[Ints], means: list[Floats]
) -> Lead:
    """The same counts, where the level is known to 15 %."""
    window = slice(int((pair.begins - QUIET) * PER_HOUR), int(np.ceil(pair.read * PER_HOUR)))
    known = [own[window, product] * np.exp(rng.normal(0, outbreaks.WRONG)) for own in means]
    first, second = (
        lead.draws(lead.beginning(own[window, product], usual, minutes=MINUTES))
        for own, usual in zip(counts, known, strict=True)
    )
    return lead.lead(first, second)
