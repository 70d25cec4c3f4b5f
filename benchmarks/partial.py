"""Partial outages of sources: what is called falsely in the week after, and missed meanwhile?

    python -m benchmarks.partial --seed 5

The complaint simulation without and with partial outages: about every two weeks a source loses 30
to 70 % of its events, incidents included, for 6 to 48 hours. False alarms in them, in the week
after and in all, and the share found of the incidents with at least five events that begin in
them and in the week after. Prints one JSON object last.
"""

import argparse
import json
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.complaint_simulation import HOURS, SOURCES, WARMUP, Realisation, simulated
from benchmarks.complaints.protocol import QUIET, alarms, found
from benchmarks.complaints.surge import judged
from detectors.columns import Bools, Ints

WEEK = 168
AFTER: Final = 3  # hours after its end that count as of it
LEAST: Final = 5  # events of an incident that is counted
THRESHOLD: Final = 13_000.0
"""About the one that `benchmarks.complaints` finds."""


class Partial(NamedTuple):
    """Hours of a source, the last one excluded, and the share of its events that is kept."""

    source: int
    start: int
    end: int
    kept: float


def partials(rng: np.random.Generator) -> list[Partial]:
    made = []
    for source in range(SOURCES):
        start = WARMUP + int(rng.integers(300))
        while start < HOURS - 12 * 24:
            end = start + int(rng.integers(6, 49))
            made.append(Partial(source, start, end, float(rng.uniform(0.3, 0.7))))
            start = end + 10 * 24 + int(rng.integers(96))
    return made


def thinned(rng: np.random.Generator, made: Realisation, outages: list[Partial]) -> Realisation:
    ordinary, excess = made.ordinary.copy(), made.excess.copy()
    for source, start, end, kept in outages:
        own = np.flatnonzero(made.sources == source)
        for counts in (ordinary, excess):
            counts[start:end, own] = rng.binomial(counts[start:end, own], kept)
    return replace(made, ordinary=ordinary, excess=excess)


def above(made: Realisation) -> tuple[Bools, Bools]:
    """By hour and series whether the score is, without and with incidents."""
    counts = made.ordinary, made.ordinary + made.excess
    clean, both = (judged(made, one, threshold=THRESHOLD).score >= THRESHOLD for one in counts)
    return clean, both


def figures(
    made: Realisation, called: tuple[Bools, Bools], sizes: Ints, outages: list[Partial]
) -> dict[str, Any]:
    """`called` is `above`; `sizes` are the events of the incidents, had nothing been lost."""
    clean, both = called
    hit, _ = found(made, both)
    start, source = made.incidents["start"], made.sources[made.incidents["series"]]
    told: dict[str, Any] = {"false": alarms(clean[WARMUP:])}
    for name, spans in _spans(outages).items():
        own, wrong = np.zeros(start.size, np.bool_), 0
        for feed, first, end in spans:
            own |= (source == feed) & (start >= first) & (start < end)
            wrong += _fired(clean[:, made.sources == feed], first, end)
        own &= sizes >= LEAST
        told[name] = {
            "false": wrong,
            "incidents": int(own.sum()),
            "found": round(float(hit[own].mean()), 4),
        }
    return told


def _spans(outages: list[Partial]) -> dict[str, list[tuple[int, int, int]]]:
    """By name: source, and hours, the last one excluded, that outages may have a part in."""
    return {
        "in them": [(out.source, out.start, out.end + AFTER) for out in outages],
        "in the week after": [
            (out.source, out.end + AFTER, out.end + AFTER + WEEK) for out in outages
        ],
    }


def _fired(called: Bools, start: int, end: int) -> int:
    """Alarms that begin within these hours."""
    before = called[start - QUIET : start]
    return alarms(called[start - QUIET : end]) - alarms(before)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng([options.seed, 99])
    made, outages = simulated(options.seed), partials(rng)
    told = {
        name: figures(one, above(one), made.sizes(), outages)
        for name, one in (("without", made), ("with", thinned(rng, made, outages)))
    }
    print(json.dumps({"seed": options.seed, "outages": len(outages)} | told))


if __name__ == "__main__":
    main()
