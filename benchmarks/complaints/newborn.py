"""Batches that come into being during the test: half of them, each with an incident of its own.

A batch begins at a random hour; before it nothing is counted of it. Its incident, 10 to 15 events
spread evenly over 72 hours, begins within the 14 days after: before it could have learnt alone.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.complaint_simulation import (
    BATCHES,
    HOURS,
    INCIDENT,
    LENGTHS,
    WARMUP,
    Realisation,
)  # fmt: skip
from benchmarks.complaints.protocol import alarms, found
from benchmarks.complaints.surge import judged
from detectors.columns import Ints

DAY = 24
FORTNIGHT, LAST = 14 * DAY, HOURS - 35 * DAY


def with_newborn(made: Realisation, *, seed: int) -> tuple[Realisation, Ints]:
    """The realisation with these incidents alone, and the batches that they befall."""
    rng = np.random.default_rng([seed, BATCHES])
    ordinary, excess = made.ordinary.copy(), np.zeros_like(made.excess)
    newborn = np.flatnonzero(rng.random(BATCHES) < 0.5)
    incidents, length = [], LENGTHS["batch"]
    for batch in newborn.tolist():
        begins = int(rng.integers(WARMUP, LAST))
        ordinary[:begins, batch] = 0
        start = begins + int(rng.integers(FORTNIGHT))
        events = rng.integers(start, start + length, rng.integers(10, 16))
        excess[:, batch] = np.bincount(events, minlength=HOURS)
        incidents.append((batch, start, length, "batch"))
    changed = replace(
        made, ordinary=ordinary, excess=excess, incidents=np.array(incidents, INCIDENT)
    )
    return changed, newborn


def figures(made: Realisation, *, seed: int, threshold: float, calendar: str) -> dict[str, Any]:
    """How many of them are found, and how often the newborn are wrongly called."""
    changed, newborn = with_newborn(made, seed=seed)
    clean, both = (
        judged(changed, counts, threshold=threshold, calendar=calendar).score >= threshold
        for counts in (changed.ordinary, changed.ordinary + changed.excess)
    )
    hit, events = found(changed, both)
    return {
        "batches": len(newborn),
        "found": round(float(hit.mean()), 4),
        "within_10": round(float((hit & (events <= 10)).mean()), 4),
        "false_alarms_of_newborn": alarms(clean[WARMUP:, newborn]),
        "false_alarms": alarms(clean[WARMUP:]),
    }
