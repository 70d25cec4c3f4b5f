"""Counts of products through the product's own streams, in buckets of five minutes.

One rhythm of the day, which the stream learns as it learns the levels; an excess may be added where
learning is over. What each record of the counts is answered with are the signals of an
installation: nothing is known but what came.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.random import Generator

from alerts.signal import Signal
from benchmarks import outbreaks
from benchmarks.outbreaks import DISPERSION, MINUTES, PER_HOUR
from detectors.columns import Floats, Ints
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


def means(rng: Generator) -> Floats:
    """By bucket and product: one rhythm of the day, which the stream learns."""
    hours = np.arange((LEARNS + TESTED + LAST) * outbreaks.DAY) / PER_HOUR
    rates = np.exp(rng.uniform(np.log(0.05), np.log(10), PRODUCTS))
    means_: Floats = np.outer(1 + 0.7 * np.sin(2 * np.pi * hours / 24), rates) / PER_HOUR
    return means_


def usual(rng: Generator, means: Floats) -> Ints:
    spread = DISPERSION - 1
    counts: Ints = rng.negative_binomial(np.maximum(means / spread, 1e-9), 1 / DISPERSION)
    return counts


def played(name: Name, counts: Ints) -> Iterator[list[Signal]]:
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
