"""Two thousand hourly complaint series with incidents: a stored realisation, or another one.

A log rate per series, a group profile by hour of week, own deviations, a weekly random walk, a
trend, known days, autocorrelated noise, negative binomial counts, outages of sources; on top of
it incidents of eight types. Eight weeks of warm-up without incidents, 26 weeks of test.
"""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from detectors.columns import Floats, Ints

SERIES, BATCHES, LARGE, GROUPS, SOURCES = 2000, 600, 10, 8, 4
WEEKS, WARMUP_WEEKS = 34, 8
HOURS, WARMUP = WEEKS * 168, WARMUP_WEEKS * 168
MULTIPLES = {"x2": 2.0, "x3": 3.0, "x5": 5.0, "x10": 10.0}
TYPES = (*MULTIPLES, "ramp6h", "ramp24h", "viral", "batch")
LENGTHS = {"ramp24h": 120, "batch": 72}
"""Hours of an incident; 24 where none are named."""
SPANS = ((2, 7), (10, 15), (18, 23))
"""Test weeks in which the three incidents of a series begin."""
INCIDENT = np.dtype([("series", "i8"), ("start", "i8"), ("length", "i8"), ("type", "U8")])


class Outage(NamedTuple):
    """Hours of a source, the last one excluded."""

    source: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Realisation:
    """`ordinary` and `excess` are counts by hour (rows) and series; `days` the known days.

    `kin` is the cut of a series: 1 for batches, 0 for others. In an outage what is ordinary is
    lost, and what is excess is not.
    """

    ordinary: NDArray[np.int32]
    excess: NDArray[np.int32]
    groups: Ints
    sources: Ints
    kin: Ints
    incidents: NDArray[np.void]
    days: dict[int, str]
    outages: list[Outage]

    def sizes(self) -> Ints:
        """Events of each incident."""
        return np.array(
            [
                self.excess[i["start"] : i["start"] + i["length"], i["series"]].sum()
                for i in self.incidents
            ]
        )


def read(folder: Path) -> Realisation:
    """The stored realisation."""
    with gzip.open(folder / "counts.csv.gz", "rt") as file:
        hour, place, *both = np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.int64).T
    counts = np.zeros((2, HOURS, SERIES), np.int32)
    counts[:, hour, place] = both
    series = _rows(folder / "series.csv.gz")
    incidents = [
        (int(r["series"]), int(r["start_hour"]), int(r["length_hours"]), r["type"])
        for r in _rows(folder / "incidents.csv.gz")
    ]
    return Realisation(
        ordinary=counts[0],
        excess=counts[1],
        groups=np.array([int(r["group"]) for r in series]),
        sources=np.array([int(r["source"]) for r in series]),
        kin=np.array([int(r["is_batch"]) for r in series]),
        incidents=np.array(incidents, INCIDENT),
        days={int(r["day"]): r["kind"] for r in _rows(folder / "calendar.csv.gz")},
        outages=_outages(_rows(folder / "outages.csv.gz")),
    )


def _outages(rows: list[dict[str, str]]) -> list[Outage]:
    """Hours on end of one source are one outage."""
    found: list[Outage] = []
    for source, hour in sorted((int(row["source"]), int(row["hour"])) for row in rows):
        if found and (found[-1].source, found[-1].end) == (source, hour):
            found[-1] = found[-1]._replace(end=hour + 1)
        else:
            found.append(Outage(source, hour, hour + 1))
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


def simulated(seed: int) -> Realisation:
    """Another realisation of the same model."""
    rng = np.random.default_rng(seed)
    groups, sources = rng.integers(0, GROUPS, SERIES), rng.integers(0, SOURCES, SERIES)
    rates = _rates(rng)
    days, factors = _known_days(rng)
    log_mean = (_profiles(rng)[:, groups] + _own(rng))[np.arange(HOURS) % 168]
    log_mean += np.log(rates) + _drift(rng) + factors[:, groups]
    mean = np.exp(log_mean)
    ordinary = _counts(rng, mean * np.exp(noise(rng, HOURS, SERIES)))
    outages = _lose(rng, ordinary, sources)
    incidents = _incidents(rng)
    return Realisation(
        ordinary,
        _excess(rng, incidents, mean, rates),
        groups,
        sources,
        (np.arange(SERIES) < BATCHES).astype(np.int64),
        incidents,
        days,
        outages,
    )


def _rates(rng: Generator) -> Floats:
    batches = np.exp(rng.normal(np.log(0.1 / 24), 0.4, BATCHES))
    others = 10 ** rng.normal(-1.5, 0.85, SERIES - BATCHES - LARGE)
    large = np.exp(rng.uniform(np.log(60), np.log(400), LARGE))
    rates: Floats = np.clip(np.concatenate([batches, others, large]), 0.001, 400)
    return rates


def _profiles(rng: Generator) -> Floats:
    """Log profile by hour of week (rows) and group."""
    hour, day = np.arange(168)[:, None] % 24, np.arange(168)[:, None] // 24
    peak = rng.normal(14, 2, GROUPS)
    daily = rng.uniform(0.5, 1.2, GROUPS) * np.cos(2 * np.pi * (hour - peak) / 24)
    second = rng.uniform(0, 0.4, GROUPS) * np.cos(4 * np.pi * (hour - peak) / 24)
    weekend = rng.uniform(0, 0.9, GROUPS) * (day >= 5)
    noise = np.repeat(rng.normal(0, 0.08, (7, GROUPS)), 24, axis=0)
    profile: Floats = daily + second - weekend + noise
    centred: Floats = profile - np.log(np.exp(profile).mean(axis=0))
    return centred


def _own(rng: Generator) -> Floats:
    by_hour = rng.normal(0, 0.15, (24, SERIES))
    smooth = sum(np.roll(by_hour, shift, axis=0) for shift in (-1, 0, 1)) / 3
    by_day = rng.normal(0, 0.08, (7, SERIES))
    return np.tile(smooth, (7, 1)) + np.repeat(by_day, 24, axis=0)


def _drift(rng: Generator) -> Floats:
    walk = np.cumsum(rng.normal(0, 0.03, (WEEKS, SERIES)), axis=0)
    trend = np.linspace(0, 1, HOURS)[:, None] * rng.normal(0, 0.3, SERIES)
    drift: Floats = np.repeat(walk, 168, axis=0) + trend
    return drift


def _known_days(rng: Generator) -> tuple[dict[int, str], Floats]:
    """Sixteen days, half of each kind, and their log factors by hour and group."""
    days = rng.choice(np.arange(7 * WARMUP_WEEKS - 7, 7 * WEEKS), 16, replace=False)
    factors, kinds = np.zeros((7 * WEEKS, GROUPS)), {}
    for place, day in enumerate(days.tolist()):
        holiday = place % 2 == 0
        low, high, sd = (0.35, 0.7, 0.10) if holiday else (1.4, 2.5, 0.15)
        kinds[day] = "holiday" if holiday else "campaign"
        factors[day] = np.log(rng.uniform(low, high)) + rng.normal(0, sd, GROUPS)
    return kinds, np.repeat(factors, 24, axis=0)


def noise(rng: Generator, hours: int, series: int) -> Floats:
    """Of each series an AR(1) that remembers 4 to 24 hours."""
    sd, memory = rng.uniform(0.05, 0.25, series), np.exp(-1 / rng.uniform(4, 24, series))
    noise = np.empty((hours, series))
    noise[0] = rng.normal(0, sd)
    fresh = sd * np.sqrt(1 - memory**2)
    for hour in range(1, hours):
        noise[hour] = memory * noise[hour - 1] + rng.normal(0, fresh)
    return noise


def _counts(rng: Generator, mean: Floats) -> NDArray[np.int32]:
    excess = np.maximum(rng.exponential(0.1, SERIES), 1e-3)
    return rng.poisson(rng.gamma(mean / excess) * excess).astype(np.int32)


def _lose(rng: Generator, counts: NDArray[np.int32], sources: Ints) -> list[Outage]:
    """Two outages a source; after every other one 30 % arrive in the hour after."""
    outages = []
    for source in range(SOURCES):
        for late in (False, True):
            start, length = int(rng.integers(WARMUP, HOURS - 20)), int(rng.integers(4, 13))
            lost = counts[start : start + length, sources == source].sum(axis=0)
            counts[start : start + length, sources == source] = 0
            counts[start + length, sources == source] += rng.binomial(lost, 0.3 * late)
            outages.append(Outage(source, start, start + length))
    return outages


def _incidents(rng: Generator) -> NDArray[np.void]:
    made = []
    for series in range(SERIES):
        for first, last in SPANS:
            start = WARMUP + int(rng.integers(first * 168, (last + 1) * 168))
            kind = _kind(rng, batch=series < BATCHES)
            made.append((series, start, LENGTHS.get(kind, 24), kind))
    return np.array(made, INCIDENT)


def _kind(rng: Generator, *, batch: bool) -> str:
    if batch:
        return "batch" if rng.random() < 0.7 else "viral"
    return str(rng.choice(TYPES[:-1]))


def _excess(
    rng: Generator, incidents: NDArray[np.void], mean: Floats, rates: Floats
) -> NDArray[np.int32]:
    counts = np.zeros(mean.shape, np.int32)
    for incident in incidents:
        series, start, length = (int(incident[name]) for name in ("series", "start", "length"))
        hours = slice(start, start + length)
        kind = str(incident["type"])
        if kind == "batch":
            events = rng.integers(0, length, rng.integers(5, 16))
            counts[hours, series] += np.bincount(events, minlength=length).astype(np.int32)
        else:
            shape = _shape(kind, np.arange(1.0, length + 1), mean[hours, series], rates[series])
            counts[hours, series] += rng.poisson(shape).astype(np.int32)
    return counts


def _shape(kind: str, age: Floats, mean: Floats, rate: float) -> Floats:
    """Expected extra events by hour of an incident."""
    if kind == "viral":
        rise = 0.5 * 2 ** (np.minimum(age, 12.0) / 2)
        viral: Floats = rise * np.exp(-np.maximum(age - 12.0, 0.0) / 6) * max(1.0, rate**0.5)
        return viral
    if kind.startswith("ramp"):
        ramp: Floats = mean * (2 ** (age / float(kind[4:-1])) - 1)
        return ramp
    steady: Floats = mean * (MULTIPLES[kind] - 1)
    return steady
