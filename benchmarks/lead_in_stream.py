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
from benchmarks import outbreaks
from benchmarks.outbreaks import DISPERSION, MINUTES, PER_HOUR, SHAPES
from detectors import lead
from detectors.columns import Floats, Ints
from detectors.lead import Lead
from streams.configuration.sections import Cut, Detection, counted
from streams.configuration.sections import Stream as Name
from streams.counts.cells import CellNumbers, Cells, Counts, layout
from streams.detection.stream import Stream
from streams.settings import Settings

STREAMS: Final[tuple[Name, ...]] = ("complaints", "mentions")
CUTS = tuple(Cut(stream=stream, by=("product",)) for stream in STREAMS)
PRODUCTS, LEARNS, TESTED, LAST = 100, 24, 8, 2
"""Days: of learning, in which pairs begin, and until the last is read."""
MONDAY: Final = 4 * 24 * 60
"""The first of the epoch, in minutes."""
SLICE: Final = 15 // MINUTES
"""Buckets of a record of the counts."""
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
    means = [_means(rng) for _ in STREAMS]
    counts = [_counts(rng, mean, pairs, n) for n, mean in enumerate(means)]
    said = _said([_played(name, own) for name, own in zip(STREAMS, counts, strict=True)], pairs)
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


def _means(rng: Generator) -> Floats:
    """By bucket and product: one rhythm of the day, which the stream learns."""
    hours = np.arange((LEARNS + TESTED + LAST) * outbreaks.DAY) / PER_HOUR
    rates = np.exp(rng.uniform(np.log(0.05), np.log(10), PRODUCTS))
    means: Floats = np.outer(1 + 0.7 * np.sin(2 * np.pi * hours / 24), rates) / PER_HOUR
    return means


def _counts(rng: Generator, means: Floats, pairs: list[Pair], n: int) -> Ints:
    spread = DISPERSION - 1
    counts = rng.negative_binomial(np.maximum(means / spread, 1e-9), 1 / DISPERSION)
    for product, pair in enumerate(pairs):
        excess = outbreaks.counted(pair.begins + pair.times[n], buckets=len(counts))
        counts[:, product] += excess
    return counts


def _played(name: Name, counts: Ints) -> Iterator[list[Signal]]:
    """What a stream says to each record of the counts."""
    plan = Settings(cuts=CUTS, detection=Detection(shards=1))
    stream, cuts = Stream(name, plan, 0), layout(counted(CUTS, name))
    for n, start in enumerate(range(0, len(counts), SLICE)):
        buckets, products = np.nonzero(counts[start : start + SLICE])
        people = counts[start : start + SLICE][buckets, products]
        minutes = MONDAY + (start + buckets) * MINUTES
        own = _cells(list(map(str, range(PRODUCTS))), products, minutes, people)
        whole = _cells([""], products * 0, minutes, people)
        yield list(stream.apply(Counts(
            version=plan.version, stream=name, topic=name, partition=0, partitions=1, start=n,
            end=n + 1, closed=True, first=n == 0, idle=0, approximate=False, late=0, layout=cuts,
            watermark=(MONDAY + (start + SLICE) * MINUTES) * 60_000, triggers=[],
            cells=[own, None, whole],
        )))  # fmt: skip


def _cells(keys: list[str], places: Ints, minutes: Ints, people: Ints) -> Cells:
    return Cells.pack(keys, CellNumbers(places, minutes, people, people, places * 0, places * 0))


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
