"""Two thousand hourly complaint series with incidents: a stored realisation, or another one.

The model: a log rate per series, a group profile by hour of week, own deviations, a weekly random
walk, a trend, known days, autocorrelated noise, negative binomial counts, outages of sources; on
top of it incidents of eight types. Eight weeks of warm-up without incidents, 26 weeks of test.
"""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Floats, Ints

HOURS = 34 * 168
WARMUP = 8 * 168
TYPES = ("x2", "x3", "x5", "x10", "ramp6h", "ramp24h", "viral", "batch")
INCIDENT = np.dtype(
    [("series", "i8"), ("start", "i8"), ("length", "i8"), ("type", "U8"), ("excess", "i8")]
)


@dataclass(frozen=True, slots=True)
class Realisation:
    """`ordinary` and `excess` are counts by hour (rows) and series; `days` the known days."""

    ordinary: Ints
    excess: Ints
    groups: Ints
    sources: Ints
    incidents: NDArray[np.void]
    days: dict[int, str]

    @property
    def hours(self) -> int:
        return self.ordinary.shape[0]

    def known(self, hour: int) -> str:
        """What the calendar knows of the hour's day, '' for nothing."""
        return self.days.get(hour // 24, "")


def read(folder: Path) -> Realisation:
    series = _table(folder / "series.csv.gz")
    cells = np.array(_table(folder / "counts.csv.gz")[1:], dtype=np.int64)
    return cells
