"""The benchmark's own loop over a realisation is what a shard does with the same counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from alerts.signal import Kind, Signal, SignalState
from benchmarks.complaint_simulation import WARMUP, Realisation
from benchmarks.complaints.protocol import QUIET, beside
from benchmarks.complaints.surge import Judged, judged
from detectors import budget
from detectors.columns import Bools, Ints
from streams.configuration.declared import Calendar, KnownEvent
from streams.configuration.sections import Cut, Detection, Source, counted
from streams.counts.cells import CellNumbers, Cells, Counts, layout
from streams.detection.shards import Shard
from streams.settings import Settings
from tests.streams.logs import HOUR, START

SERIES, HOURS, LATE, OUTAGE = 30, 5 * 168, 400, 700
PARTIAL = range(560, 566)
FIRST = START // HOUR
MASKED = range(OUTAGE, OUTAGE + 6 + 3)
UPLIFTS = {"campaign": 1.9, "holiday": 0.5}
DAYS = dict.fromkeys((2, 19, 26, OUTAGE // 24, 33), "campaign") | {22: "holiday", 32: "holiday"}
"""One before what is usual is learnt, and one on the day of the outage."""


def known(day: int) -> KnownEvent:
    on = date(2024, 1, 1) + timedelta(days=day)
    return KnownEvent(name=DAYS[day], since=on, until=on, uplift=UPLIFTS[DAYS[day]])


SETTINGS = Settings(
    sources=(Source(topic="complaints", stream="complaints", key="person", partitions=1),),
    cuts=(Cut(stream="complaints", by=("category",)),),
    detection=Detection(shards=1, series=SERIES, false_alarms_per_week=1000),
    calendar=Calendar(events=tuple(map(known, DAYS))),
)
THRESHOLD = budget.threshold(series=SERIES, false_alarms_per_week=1000)
"""Low, so that signals are many and there is much to compare."""


def realisation() -> Realisation:
    """Kin whose rates are alike, some of which begin late, with bursts, known days and an outage.

    A day has a factor of its own, near that of its kind. Before the outage of all one source of
    two is out, which masks nothing. The first hour has people, for a shard's history begins with
    them.
    """
    rng = np.random.default_rng(11)
    daily = 1 + 0.5 * np.sin(np.arange(HOURS) / 24 * 2 * np.pi)
    rates = np.geomspace(0.8, 6, SERIES) * daily[:, None]
    for day, kind in DAYS.items():
        rates[24 * day : 24 * (day + 1)] *= UPLIFTS[kind] * rng.uniform(0.8, 1.3)
    ordinary = rng.poisson(rates)
    ordinary[:LATE, ::7] = 0
    ordinary[0, -1] = 3
    for series in range(SERIES):
        at = int(rng.integers(LATE, OUTAGE - 24))
        ordinary[at : at + 12, series] += rng.poisson(1 + 2 * rates[at, series], 12)
    ordinary[OUTAGE : OUTAGE + 6] = 0
    one, sources = np.zeros(SERIES, np.int64), np.arange(SERIES) % 2
    ordinary[np.ix_(PARTIAL, sources == 1)] = 0
    nothing = np.zeros_like(ordinary)
    return Realisation(
        ordinary.astype(np.int32), nothing.astype(np.int32), one, sources, one,
        np.empty(0, np.dtype("i8")), DAYS, [],
    )  # fmt: skip


def hourly(counts: Ints) -> list[Counts]:
    """A closed chunk for each hour, and one that ends the input."""
    return [_chunk(hour, row) for hour, row in enumerate([*counts, counts[0] * 0])]


def _chunk(hour: int, row: Ints) -> Counts:
    some = np.flatnonzero(row)
    keys, people = [f"c{n:02}" for n in some], row[some].astype(np.int64)
    total = np.array([row.sum()], np.int64)
    return Counts(
        version="", stream="complaints", topic="complaints", partition=0, partitions=1,
        start=hour, end=hour + 1, closed=True, first=hour == 0,
        watermark=(FIRST + hour) * HOUR, idle=0, approximate=False, late=0,
        cells=[_cells(keys, people, hour), None, _cells([""], total, hour)], triggers=[],
        layout=layout(counted(SETTINGS.cuts, "complaints")),
    )  # fmt: skip


def _cells(keys: list[str], people: Ints, hour: int) -> Cells | None:
    if not people.any():
        return None
    minutes, none = np.full(people.size, (FIRST + hour) * 60), np.zeros(people.size, np.int64)
    places = np.arange(people.size)
    return Cells.pack(keys, CellNumbers(places, minutes, people, people, none, none))


@pytest.fixture(scope="module")
def both() -> tuple[Judged, list[Signal]]:
    made = realisation()
    shard = Shard(SETTINGS, 0)
    said = [
        signal
        for counts in hourly(made.ordinary.astype(np.int64))
        for signal in shard.apply(counts)
    ]
    surges = [s for s in said if s.kind is Kind.SURGE and s.state is SignalState.CONFIRMED]
    return judged(made, made.ordinary, threshold=THRESHOLD, start=FIRST), surges


def place(signal: Signal) -> tuple[int, int]:
    return int(signal.bucket.timestamp()) // 3600 - FIRST, int(signal.scope["category"][1:])


def test_the_pipeline_and_the_benchmark_score_the_same_counts_alike(
    both: tuple[Judged, list[Signal]],
) -> None:
    seen, signals = both
    assert len(signals) > 100
    for signal in signals:
        assert np.float32(signal.score) == seen.score[place(signal)]


def test_they_expect_the_same(both: tuple[Judged, list[Signal]]) -> None:
    seen, signals = both
    mean = seen.mean.astype(np.float64)
    mean[MASKED] = 0
    for signal in signals:
        hour, series = place(signal)
        since = int(signal.onset.timestamp()) // 3600 - FIRST
        assert signal.expected == pytest.approx(mean[since : hour + 1, series].sum(), rel=1e-6)


def test_they_alarm_in_the_same_hours(both: tuple[Judged, list[Signal]]) -> None:
    seen, signals = both
    before_outage = (seen.score >= THRESHOLD)[:OUTAGE]
    fired = {place(signal) for signal in signals if signal.revision == 0}
    assert {one for one in fired if one[0] < OUTAGE} == set(onsets(before_outage))


def test_what_is_compared_has_series_that_take_their_level_from_their_kin(
    both: tuple[Judged, list[Signal]],
) -> None:
    seen, signals = both
    late = {place(signal) for signal in signals if place(signal)[1] % 7 == 0}
    assert not seen.quiet[LATE + 24, ::7].any()
    assert any(LATE < hour < LATE + 72 for hour, _ in late)


def test_they_are_silent_in_the_same_outage(both: tuple[Judged, list[Signal]]) -> None:
    seen, signals = both
    assert seen.quiet[MASKED].all()
    assert not any(place(signal)[0] in MASKED for signal in signals)


def onsets(above: Bools) -> Iterator[tuple[int, int]]:
    """Hour and series of each alarm: above the threshold after a day below it."""
    for series in range(SERIES):
        hours = [-QUIET - 1, *np.flatnonzero(above[:, series]).tolist()]
        yield from ((now, series) for last, now in pairwise(hours) if now - last > QUIET)


def test_alarms_beside_the_incidents_of_their_series_are_counted() -> None:
    incident = np.array([(0, WARMUP + 10, 5, 0)], [("series", "i8"), ("start", "i8"),
                                                   ("length", "i8"), ("type", "i8")])  # fmt: skip
    made = replace(realisation(), incidents=incident)
    above = np.zeros((WARMUP + 200, 2), np.bool_)
    above[[5, WARMUP + 12, WARMUP + 60, WARMUP + 70], 0] = (
        True  # learning, within, beside, the same
    )
    above[WARMUP + 12, 1] = True  # of a series without incidents
    assert beside(made, above) == 2
