"""Silence on the complaint simulation: which outages are called, how soon, and what falsely?

    python -m benchmarks.silence --data DIR    the stored realisation
    python -m benchmarks.silence --seed 7      one made here

Judged are the four sources, their parts by group as channels, and with `--series` each series as
if it were a channel (some minutes). In an outage a source brings nothing, incidents included.
Prints one JSON object last.
"""

import argparse
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.complaint_simulation import GROUPS, WARMUP, Outage, Realisation, read, simulated
from benchmarks.complaints.surge import MONDAY
from benchmarks.onsets import onsets
from detectors import budget
from detectors.columns import Bools, Floats, Ints
from detectors.silence import Silence, SilenceState, Verdict

WEEK = 168
NEAR = (-3, -2, -1, 1, 2, 3)
"""Weeks whose same hours say what an outage took."""
BANDS = (0.0, 15.0, 30.0, 60.0, np.inf)
"""Of events that an outage took from a feed."""


class Feeds(NamedTuple):
    """Counts by hour (rows) and feed, and the source of each."""

    counts: Ints
    sources: Ints


class Loss(NamedTuple):
    """Events an outage took from a feed: in all, and until it was `called`, with the hours."""

    events: float
    called: tuple[float, int] | None


def feeds(made: Realisation, places: Ints) -> Feeds:
    """The series added up by place; those of one place are of one source."""
    counts = np.zeros((made.ordinary.shape[0], int(places.max()) + 1), np.int64)
    np.add.at(counts.T, places, (made.ordinary + made.excess).T)
    sources = np.full(counts.shape[1], -1)
    sources[places] = made.sources
    for outage in made.outages:
        counts[outage.start : outage.end, sources == outage.source] = 0
    known = sources >= 0
    return Feeds(counts[:, known], sources[known])


def called(held: Feeds, *, threshold: float) -> Bools:
    """Hours (rows) in which a feed is called silent, judged online from the first hour."""
    return np.array([verdict.above for verdict in verdicts(held.counts, threshold=threshold)])


def verdicts(counts: Ints, *, threshold: float, start: int = MONDAY) -> Iterator[Verdict]:
    """By hour, of which the first is the local hour `start` since the epoch."""
    silence, state = Silence(threshold=threshold), SilenceState.empty(counts.shape[1])
    for hour, row in enumerate(counts, start):
        expectation = silence.expect(state, bucket=hour, hour=hour)
        state, verdict = silence.step(state, expectation, row)
        yield verdict


def losses(held: Feeds, above: Bools, outages: list[Outage]) -> list[Loss]:
    return [
        _loss(held.counts[:, feed], above[outage.start : outage.end, feed], outage)
        for outage in outages
        for feed in np.flatnonzero(held.sources == outage.source)
    ]


def _loss(counts: Ints, above: Bools, outage: Outage) -> Loss:
    taken, first = np.cumsum(_usual(counts, outage)), int(above.argmax())
    return Loss(float(taken[-1]), (float(taken[first]), first + 1) if above.any() else None)


def _usual(counts: Ints, outage: Outage) -> Floats:
    """Median of the same hours in the weeks around."""
    weeks = [
        counts[outage.start + n * WEEK : outage.end + n * WEEK]
        for n in NEAR
        if outage.end + n * WEEK <= len(counts)
    ]
    usual: Floats = np.median(np.array(weeks), axis=0)
    return usual


def false_alarms(held: Feeds, above: Bools, outages: list[Outage]) -> list[int]:
    """The hours of the test in which a feed that works is first called."""
    begins = onsets(above, quiet=1)
    for outage in outages:
        begins[outage.start : outage.end, held.sources == outage.source] = False
    begins[:WARMUP] = False
    return np.nonzero(begins)[0].tolist()


def figures(made: Realisation, places: Ints, *, threshold: float) -> dict[str, Any]:
    held = feeds(made, places)
    above = called(held, threshold=threshold)
    lost, wrong = losses(held, above, made.outages), false_alarms(held, above, made.outages)
    rates = np.quantile(held.counts.mean(axis=0), (0, 0.5, 1))
    return {
        "feeds": held.sources.size,
        "events_an_hour": [round(float(rate), 3) for rate in rates],
        "outages": {
            f"{low:g} to {high:g}": _called([one for one in lost if low <= one.events < high])
            for low, high in pairwise(BANDS)
        },
        "false_alarms": len(wrong),
        "false_on_known_days": sum(hour // 24 in made.days for hour in wrong),
        "allowed": round(held.sources.size * (len(held.counts) - WARMUP) / threshold, 1),
    }


def _called(band: list[Loss]) -> dict[str, Any]:
    found = [loss.called for loss in band if loss.called]
    medians = np.median(np.array(found), axis=0).tolist() if found else [None, None]
    return {"feeds": len(band), "called": len(found)} | dict(
        zip(("median_missing", "median_hours"), medians, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of the stored realisation")
    source.add_argument("--seed", type=int, help="make the realisation with this seed")
    parser.add_argument("--series", action="store_true", help="judge each series too")
    options = parser.parse_args()
    made = read(options.data) if options.data else simulated(options.seed)
    levels = {"sources": made.sources, "channels": made.sources * GROUPS + made.groups}
    if options.series:
        levels["series"] = np.arange(made.sources.size)
    found = {
        name: figures(
            made, places, threshold=budget.threshold(series=max(budget.SERIES, int(places.max())))
        )
        for name, places in levels.items()
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
