"""Draws from a random generator, many at a time."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.random import PCG64, Generator

from detectors.columns import Floats, Ints

ID_BITS: Final = 60  # two of a million events share an id once in two million seeds


def dice(*numbers: int) -> Generator:
    """A generator of its own for each row of numbers; the algorithm is pinned."""
    return Generator(PCG64(list(numbers)))


def picked(rng: Generator, shares: Mapping[str, float], n: int, *, unrest: float = 0.0) -> Ints:
    """`n` places in `shares`, drawn by share; `unrest` is the shares' coefficient of variation."""
    weights = np.fromiter(shares.values(), np.float64, len(shares))
    if unrest:
        weights = weights * restless(rng, len(shares), unrest=unrest)
    bounds = np.cumsum(weights)
    places: Ints = np.searchsorted(bounds[:-1], rng.random(n) * bounds[-1], side="right")
    return places


def one(rng: Generator, shares: Mapping[str, float]) -> str:
    """One of the names, drawn by share."""
    return list(shares)[int(picked(rng, shares, 1)[0])]


def share(shares: Mapping[str, float], name: str) -> float:
    return shares[name] / sum(shares.values())


def restless(rng: Generator, n: int, *, unrest: float) -> Floats:
    """`n` factors of mean 1 and coefficient of variation `unrest`."""
    return rng.gamma(unrest**-2, unrest**2, n)


def named(names: Mapping[str, object], places: Ints) -> list[Any]:
    """The names at these places."""
    found: list[Any] = np.array(list(names), dtype=object)[places].tolist()
    return found


def gapped(rng: Generator, values: list[Any], share: float) -> list[Any]:
    """The values, of which a share is missing."""
    missing = (rng.random(len(values)) < share).tolist()
    return [None if gap else value for value, gap in zip(values, missing, strict=True)]


def ids(rng: Generator, letter: str, n: int) -> list[str]:
    return [f"{letter}{number:015x}" for number in rng.integers(0, 1 << ID_BITS, n).tolist()]
