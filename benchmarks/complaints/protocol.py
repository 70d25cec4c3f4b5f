"""What counts as an alarm, as a threshold and as found: the rules of the complaint simulation."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.complaint_simulation import TYPES, WARMUP, Realisation
from benchmarks.onsets import onsets
from detectors.columns import Bools, Floats32, Ints

BUDGET = 26
"""False alarms over the 26 weeks of test and all series: one a week."""
GRACE = 6
QUIET = 24
LOWEST, HIGHEST, STEP = 0.01, 1e12, 1.002
"""Thresholds that are looked at: these bounds, and how finely."""


def alarms(above: Bools) -> int:
    """First hours above the threshold after a day below it, over all series."""
    return int(onsets(above, quiet=QUIET).sum())


def lowest_threshold(clean: Sequence[Floats32]) -> float:
    """The lowest threshold that holds the budget over these clean realisations together.

    One alone has 26 alarms give or take five by chance, and its threshold with it.
    """
    tests = [scores[WARMUP:] for scores in clean]
    low, high = np.log(LOWEST), np.log(HIGHEST)
    while high - low > np.log(STEP):
        middle = (low + high) / 2
        enough = sum(alarms(test >= np.exp(middle)) for test in tests) <= BUDGET * len(tests)
        low, high = (low, middle) if enough else (middle, high)
    return float(np.exp(high))


def found(made: Realisation, above: Bools) -> tuple[Bools, Ints]:
    """Which incidents are found, and how many of their events had happened by then."""
    hits, events = [], []
    for series, start, length, _ in made.incidents.tolist():
        until = above[start : start + length + GRACE + 1, series]
        hits.append(bool(until.any()) and not above[start - QUIET : start, series].any())
        events.append(int(made.excess[start : start + int(until.argmax()) + 1, series].sum()))
    return np.array(hits), np.array(events)


def beside(made: Realisation, above: Bools) -> int:
    """Alarms of the test that begin outside every incident of their series, `GRACE` included."""
    begun = onsets(above, quiet=QUIET)
    begun[:WARMUP] = False
    for series, start, length, _ in made.incidents.tolist():
        begun[start : start + length + GRACE + 1, series] = False
    return int(begun.sum())


def shares(made: Realisation, above: Bools) -> dict[str, Any]:
    """The shares found that the protocol asks for."""
    hit, events = found(made, above)
    size, kind = made.sizes(), made.incidents["type"]
    types = {name: _share(hit[(size >= 5) & (kind == name)]) for name in TYPES}
    return {
        "within_10": _share((hit & (events <= 10))[size >= 10]),
        "within_20": _share((hit & (events <= 20))[size >= 20]),
        "batches": types["batch"],
        "types": types,
    }


def _share(hits: Bools) -> float:
    return round(float(hits.mean()), 4)
