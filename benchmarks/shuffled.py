"""The emergency calls, each on another day of the same weekday at the same time of day.

What is left of them is how often each kind is called in each place, and when: no call has anything
to do with another. So what a back-test still calls is chance alone.
"""

import csv
import gzip
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np

COLUMN = "created_at"


def written(source: Path, target: Path, *, seed: int) -> None:
    """Write the shuffled calls, gzipped CSV as the source is, in the order of their times."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, at in zip(rows, moved([row[COLUMN] for row in rows], seed=seed), strict=True):
        row[COLUMN] = at
    rows.sort(key=lambda row: row[COLUMN])
    with gzip.open(target, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def moved(times: list[str], *, seed: int) -> list[str]:
    """ISO times at the same hour of days of the same weekday, of those that occur."""
    rng = np.random.default_rng(seed)
    days: dict[int, list[str]] = defaultdict(list)
    for day in sorted({at[:10] for at in times}):
        days[_weekday(day)].append(day)
    alike = (days[_weekday(at)] for at in times)
    return [f"{rng.choice(held)}{at[10:]}" for held, at in zip(alike, times, strict=True)]


def _weekday(at: str) -> int:
    return datetime.fromisoformat(at[:10]).weekday()
