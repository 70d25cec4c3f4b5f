"""Where the generated traffic takes place, its rhythm, and how things are said there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from detectors.columns import Floats, Ints
from streams.configuration.sections import Stream
from streams.events.event import milliseconds, moment
from streams.traffic.draws import named, picked, restless
from streams.traffic.population import Book, Language, Population

HOUR: Final = 3_600_000  # ms
HOURS: Final = 24
DAY: Final = HOURS * HOUR
PEOPLE: Final = 200_000
ENGLISH: Final = 0.25
LANGUAGES: Final[tuple[Language, Language]] = ("zh", "en")

# Coefficients of variation of what varies beyond chance.
UNREST_DAY: Final = 0.06
UNREST_HOUR: Final = 0.10
UNREST_SHARES: Final = 0.08


class Scene(NamedTuple):
    """Where the traffic takes place; `per_day` counts first contacts and original posts."""

    population: Population
    book: Book
    per_day: Mapping[Stream, float]


class Turn(NamedTuple):
    """How something is said; `which` of the phrases is taken modulo their number."""

    language: Language
    which: int
    digit: int


def moments(rng: Generator, scene: Scene, stream: Stream, start: int) -> Ints:
    """Times (ms) within the 24 hours from `start`, ascending hour by hour."""
    hours = start + HOUR * np.arange(HOURS)
    rates = expected(scene, stream, hours) * restless(rng, HOURS, unrest=UNREST_HOUR)
    return _scattered(rng, hours, rates * restless(rng, 1, unrest=UNREST_DAY))


def added(
    rng: Generator, scene: Scene, stream: Stream, begins: datetime, lasts: timedelta, *,
    lift: float,
) -> Ints:  # fmt: skip
    """Times (ms), ascending hour by hour, of what comes beside the stream: `lift` times as much."""
    within = hours(begins, lasts)
    return _scattered(rng, within, lift * expected(scene, stream, within))


def _scattered(rng: Generator, hours: Ints, rates: Floats) -> Ints:
    """Times (ms) within the hours that begin then, in each as many as its rate makes by chance."""
    counts = rng.poisson(rates)
    times: Ints = np.repeat(hours, counts) + rng.integers(0, HOUR, counts.sum())
    return times


def expected(scene: Scene, stream: Stream, hours: Ints) -> Floats:
    """Events in the hours that begin then (ms)."""
    begins = map(moment, hours.tolist())
    return scene.per_day[stream] * scene.population.rhythms[stream].shares(begins)


def hours(begins: datetime, lasts: timedelta) -> Ints:
    """When (ms) the hours of a time begin, of which there is at least one."""
    return milliseconds(begins) + HOUR * np.arange(max(1, lasts // timedelta(hours=1)))


def within(
    rng: Generator, scene: Scene, stream: Stream, begins: datetime, lasts: timedelta, *, n: int
) -> Ints:
    """`n` times (ms), ascending, at hours when people write."""
    possible = hours(begins, lasts)
    weights = expected(scene, stream, possible)
    at = picked(rng, dict(zip(map(str, possible.tolist()), weights, strict=True)), n)
    times: Ints = np.sort(possible[at] + rng.integers(0, HOUR, n))
    return times


def turns(rng: Generator, n: int) -> list[Turn]:
    """How each of `n` events is said."""
    language = named(dict.fromkeys(LANGUAGES), (rng.random(n) < ENGLISH).astype(np.int64))
    which, digit = rng.integers(0, 1 << 20, n).tolist(), rng.integers(2, 10, n).tolist()
    return list(map(Turn, language, which, digit))


def told(
    rng: Generator, scene: Scene, phrases: Mapping[Language, list[str]], *,
    product: str, regions: Sequence[str], batch: str | None = None,
) -> list[str]:  # fmt: skip
    """What is said of one product, once in each of the regions given."""
    return [
        spoken(scene, phrases, turn, product=product, region=region, batch=batch)
        for turn, region in zip(turns(rng, len(regions)), regions, strict=True)
    ]


def somewhere(rng: Generator, scene: Scene, n: int) -> list[str]:
    """`n` regions, drawn by share."""
    regions = scene.population.region_shares
    return named(regions, picked(rng, regions, n))


def spoken(
    scene: Scene, phrases: Mapping[Language, list[str]], turn: Turn, *,
    product: str | None, region: str | None, batch: str | None = None,
) -> str:  # fmt: skip
    said = phrases[turn.language]
    return scene.population.words(
        said[turn.which % len(said)], turn.language,
        product=product, region=region, n=turn.digit, batch=batch,
    )  # fmt: skip
