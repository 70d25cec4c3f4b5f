"""The complaint simulation: how soon is an incident found at one false alarm a week?

`python -m benchmarks.complaints --data DIR` scores the method on a stored realisation,
`--seed N` on one made here; the threshold comes from other realisations (`--threshold` overrides
it). Prints one JSON object last.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.complaint_simulation import TYPES, WARMUP, Realisation, read, simulated
from detectors import budget
from detectors.columns import Bools, Floats, Floats32, Ints
from detectors.outage import Outages
from detectors.season import DAY, WEEK, Profiles
from detectors.surge import Surge, SurgeState

FACTORS = {"holiday": 0.5, "campaign": 1.9}
"""Factor of a known event before the day itself corrects it."""
GRACE = 6
QUIET = 24


def scores(made: Realisation, counts: Iterator[Ints]) -> Floats32:
    """Score of each series (columns) in each hour (rows), online over all hours."""
    surge = Surge(threshold=budget.threshold(series=made.groups.size))
    n_groups = int(made.groups.max()) + 1
    places = np.concatenate([made.groups, n_groups + made.sources])
    rows = np.tile(np.arange(made.groups.size), 2)
    profiles = Profiles.empty(int(places.max()) + 1)
    outages = Outages.empty(profiles.size)
    state = SurgeState.empty(made.groups.size)
    state.group[...] = made.groups
    out = np.empty((made.hours, made.groups.size), np.float32)
    for hour, y in enumerate(counts):
        totals = np.bincount(places, weights=y[rows]).astype(np.int64)
        rhythm = profiles.expect(hour=hour, event_factor=FACTORS.get(made.known(hour), 1.0))
        blind = outages.step(totals, rhythm, bucket=hour)
        expectation = surge.expect(state, rhythm, bucket=hour)
        state, verdict = surge.step(state, expectation, y, blind[n_groups + made.sources])
        profiles.learn(totals, rhythm, bucket=hour, masked=_touched(blind, n_groups))
        out[hour] = verdict.score
    return out


def _touched(blind: Bools, n_groups: int) -> Bools:
    """A group is masked when any source is, for it draws on all; a source when it is itself."""
    return np.concatenate([np.full(n_groups, blind[n_groups:].any()), blind[n_groups:]])


def alarms(above: Bools) -> Bools:
    """First hours above after a day below, by series."""
    fired = above.copy()
    since = np.full(above.shape[1], QUIET)
    for hour, now in enumerate(above):
        fired[hour] = now & (since >= QUIET)
        since = np.where(now, 0, since + 1)
    return fired


def lowest_threshold(clean: Floats32, *, allowed: int) -> float:
    """The lowest threshold with at most `allowed` alarms in the clean test."""
    low, high = 0.0, 30.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        too_many = alarms(clean[WARMUP:] >= np.exp(middle)).sum() > allowed
        low, high = (middle, high) if too_many else (low, middle)
    return float(np.exp(high))


def found(made: Realisation, above: Bools) -> tuple[Bools, Ints]:
    """Which incidents are found, and how many of their events had happened by then."""
    hits, events = [], []
    for series, start, length in made.incidents[["series", "start", "length"]].tolist():
        end = start + length + GRACE
        after = above[start : end + 1, series]
        hit = bool(after.any()) and not above[start - QUIET : start, series].any()
        until = start + int(after.argmax()) + 1 if hit else end
        hits.append(hit)
        events.append(int(made.excess[start:until, series].sum()))
    return np.array(hits), np.array(events)


def figures(made: Realisation, above: Bools) -> dict[str, Any]:
    hit, events = found(made, above)
    size, kind = made.incidents["excess"], made.incidents["type"]
    enough = size >= 5
    shares = {t: _share(hit[enough & (kind == t)]) for t in TYPES}
    return {
        "within_10": _share((hit & (events <= 10))[size >= 10]),
        "within_20": _share((hit & (events <= 20))[size >= 20]),
        "batches": shares["batch"],
        "types": shares,
    }


def _share(hits: Bools) -> float:
    return round(float(hits.mean()), 4)
