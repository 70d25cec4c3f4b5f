"""What the weekly detector calls on real counts by week and by month; `benchmarks.real` runs it.

Thresholds: 12.5 is that of one false alarm in 100 weeks (`benchmarks.noufaily`), 1,000 that of the
default budget, one a week over 1,000 series. An alarm is over after four buckets without one.
"""

import csv
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from detectors.alarm import Alarms, Hysteresis
from detectors.columns import Ints
from detectors.weekly import MONTHS, QUIET, WEEKS, Weekly, WeeklyState

THRESHOLDS = (12.5, 100.0, 1000.0)
SHOWN = 8
STEADY = 3.0
"""The published rule of the monthly complaints: z above it in two months on end."""
FILES = (
    ("salmonella agona", "salmonella_agona.csv", "period"),
    ("campylobacter", "campyDE.csv", "date"),
    ("hepatitis A", "hepatitisA_germany.csv", "period"),
    ("hepatitis A in Berlin", "hepatitisA_berlin_districts.csv", "period"),
)
NOT_COUNTS = "t", "period", "date", "state", "O104period", "newyears", "christmas"


class Counts(NamedTuple):
    """By bucket (rows) and series; `labels` name the buckets."""

    labels: list[str]
    series: list[str]
    counts: Ints


class Call(NamedTuple):
    """An alarm as it fired: bucket, series, and what there was since the onset."""

    label: str
    series: str
    observed: int
    expected: float
    learning: bool

    def told(self) -> dict[str, Any]:
        return self._asdict() | {"expected": round(self.expected, 2)}

    def __str__(self) -> str:
        mark = " (learning)" if self.learning else ""
        return f"{self.label} {self.observed} for {self.expected:.3g}{mark}"


def calls(held: Counts, weekly: Weekly) -> list[Call]:
    """All alarms that fired, judged online from the first bucket."""
    state, alarms = WeeklyState.empty(len(held.series)), Alarms.empty(len(held.series))
    hysteresis, fired = Hysteresis(quiet=QUIET), []
    for bucket, (label, row) in enumerate(zip(held.labels, held.counts, strict=True)):
        state, verdict = weekly.step(state, weekly.expect(state, bucket=bucket), row)
        alarms, changes = hysteresis.step(alarms, verdict, bucket=bucket)
        fired += [
            Call(
                label,
                held.series[one],
                int(verdict.observed[one]),
                float(verdict.expected[one]),
                bool(verdict.learning[one]),
            )
            for one in changes.fired
        ]
    return fired


def outbreak(folder: Path) -> dict[str, Any]:
    """Weekly counts of infections; what was an outbreak is not known."""
    print("\n### weekly counts of infections\n\n| series | threshold | alarms | first ones |")
    print("|---|---|---|---|")
    return {name: _by_threshold(name, _read(folder / file, key)) for name, file, key in FILES}


def _read(file: Path, key: str) -> Counts:
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    names = [name for name in rows[0] if name not in NOT_COUNTS and "hum" not in name]
    counts = np.array([[int(row[name]) for name in names] for row in rows])
    return Counts([row[key] for row in rows], names, counts)


def _by_threshold(name: str, held: Counts) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for threshold in THRESHOLDS:
        fired = calls(held, Weekly(threshold=threshold, season=WEEKS))
        several = len(held.series) > 1
        shown = "; ".join(f"{one.series if several else ''} {one}".strip() for one in fired[:SHOWN])
        print(f"| {name} | {threshold:g} | {len(fired)} | {shown} |")
        found[f"{threshold:g}"] = [one.told() for one in fired]
    return {"weeks": len(held.labels), "series": len(held.series), "alarms": found}


class Month(NamedTuple):
    """As published: complaints, and the mean of the same month in the five years before."""

    year: int
    month: int
    complaints: int
    baseline: float
    z: float

    @property
    def label(self) -> str:
        return f"{self.year}-{self.month:02}"


def nhtsa(file: Path) -> dict[str, Any]:
    """Monthly complaints about engines: when the published rule holds, and when we call."""
    with file.open(newline="", encoding="utf-8") as lines:
        months = [_month(list(row.values())) for row in csv.DictReader(lines)]
    print(
        "\n### severe engine complaints by month\n\n| history | threshold | alarms |\n|---|---|---|"
    )
    alone = Counts([m.label for m in months], ["complaints"], _column(m.complaints for m in months))
    return {
        "published": published(months),
        "alone": _monthly("the 48 months alone", alone),
        "with_implied_history": _monthly("with 2012 to 2016", implied(months)),
    }


def _month(values: list[str]) -> Month:
    year, month = values[0].split("-")
    return Month(int(year), int(month), int(values[1]), float(values[2]), float(values[3]))


def published(months: list[Month]) -> str:
    """The second of the first two months on end with z above 3."""
    pairs = pairwise(months)
    return next(now.label for before, now in pairs if min(before.z, now.z) > STEADY)


def implied(months: list[Month]) -> Counts:
    """With the five years before, as far as the published means imply them.

    Two means of the same month in successive years differ by the month that left and the one that
    came: so 2012 to 2014 follow one by one. Of 2015 and 2016 only the sum follows, and is halved.
    """
    total = {(m.year, m.month): round(5 * m.baseline) for m in months}
    known = {(m.year, m.month): m.complaints for m in months}
    first, last = months[0].year, months[-1].year
    for month in range(1, 13):
        for year in range(first, last):
            left = total[year, month] + known[year, month] - total[year + 1, month]
            known[year - 5, month] = left
        rest = total[first, month] - sum(known[year - 5, month] for year in range(first, last))
        known[first - 2, month], known[first - 1, month] = rest // 2, rest - rest // 2
    order = sorted(known)
    labels = [f"{year}-{month:02}" for year, month in order]
    return Counts(labels, ["complaints"], _column(known[one] for one in order))


def _column(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)[:, None]


def _monthly(name: str, held: Counts) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for threshold in THRESHOLDS:
        weekly = Weekly(threshold=threshold, season=MONTHS, shortest_learning=int(MONTHS))
        fired = calls(held, weekly)
        print(f"| {name} | {threshold:g} | {'; '.join(map(str, fired))} |")
        found[f"{threshold:g}"] = [one.told() for one in fired]
    return found
