"""What the weekly detector calls on real counts by week and by month; `benchmarks.real` runs it.

Thresholds: 12.5 is that of one false alarm in 100 weeks (`benchmarks.noufaily`), 1,000 that of the
default budget, one a week over 1,000 series. An alarm is over after four buckets without one.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
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
EPIDEMIC = "O104period"
NOT_COUNTS = "t", "period", "date", "state", EPIDEMIC, "newyears", "christmas"
UNMARKED = "the set does not mark which of its weeks were outbreaks"


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


class Counts(NamedTuple):
    """By bucket (rows) and series; `labels` name the buckets.

    `episodes` are those in which something is known to have happened; None where nobody marked any.
    """

    labels: list[str]
    series: list[str]
    counts: Ints
    episodes: frozenset[str] | None = None

    def judged(self, fired: Mapping[str, Sequence[Call]]) -> dict[str, Any]:
        """The alarms of each threshold, and how many of them are outside the episodes."""
        found: dict[str, Any] = {
            "alarms": {threshold: [one.told() for one in some] for threshold, some in fired.items()}
        }
        if self.episodes is None:
            return found | {"false_alarms": None, "because": UNMARKED}
        return found | {
            "false_alarms": {
                threshold: sum(one.label not in self.episodes for one in some)
                for threshold, some in fired.items()
            }
        }


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
    """Weekly counts of infections; of outbreaks only the one of 2011 (O104:H4) is marked."""
    print("\n### weekly counts of infections\n\n| series | threshold | alarms | first ones |")
    print("|---|---|---|---|")
    return {name: _by_threshold(name, _read(folder / file, key)) for name, file, key in FILES}


def _read(file: Path, key: str) -> Counts:
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    names = [name for name in rows[0] if name not in NOT_COUNTS and "hum" not in name]
    counts = np.array([[int(row[name]) for name in names] for row in rows])
    marked = frozenset(row[key] for row in rows if row.get(EPIDEMIC) == "TRUE")
    return Counts(
        [row[key] for row in rows], names, counts, marked if EPIDEMIC in rows[0] else None
    )


def _by_threshold(name: str, held: Counts) -> dict[str, Any]:
    fired = {
        f"{threshold:g}": calls(held, Weekly(threshold=threshold, season=WEEKS))
        for threshold in THRESHOLDS
    }
    several = len(held.series) > 1
    for threshold, some in fired.items():
        shown = "; ".join(f"{one.series if several else ''} {one}".strip() for one in some[:SHOWN])
        print(f"| {name} | {threshold} | {len(some)} | {shown} |")
    return {"weeks": len(held.labels), "series": len(held.series), **held.judged(fired)}


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
    since = published(months)
    return {
        "published": since,
        "alone": _monthly("the 48 months alone", alone, since=since),
        "with_implied_history": _monthly("with 2012 to 2016", implied(months), since=since),
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


def _monthly(name: str, held: Counts, *, since: str) -> dict[str, Any]:
    """From the month `since` on something is known to have happened."""
    fired = {
        f"{threshold:g}": calls(
            held, Weekly(threshold=threshold, season=MONTHS, shortest_learning=int(MONTHS))
        )
        for threshold in THRESHOLDS
    }
    for threshold, some in fired.items():
        print(f"| {name} | {threshold} | {'; '.join(map(str, some))} |")
    episodes = frozenset(label for label in held.labels if label >= since)
    return held._replace(episodes=episodes).judged(fired)
