"""A stream's judges whose scores are written down, to lay what benchmarks say beside them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from alerts.gates import Gate
from alerts.signal import Scope, Signal
from detectors.columns import Bools, Floats, Floats32, Ints
from streams.configuration.sections import counted
from streams.counts.cells import CellNumbers, Cells, Counts, layout
from streams.detection.judges.judge import Closed, Judge, Record
from streams.detection.retirement import Retirement
from streams.detection.series import Series
from streams.settings import Settings
from tests.streams.logs import HOUR, START

DIGITS = 1e-9
FIRST = START // HOUR


def record(settings: Settings, hour: int, *cells: Cells | None) -> Counts:
    """A closed chunk of one hour."""
    source = settings.sources[0]
    return Counts(
        version="", stream=source.stream, topic=source.topic, partition=0, partitions=1,
        start=hour, end=hour + 1, closed=True, first=hour == 0,
        watermark=(FIRST + hour + 1) * HOUR, idle=0, approximate=False, late=0,
        cells=list(cells), triggers=[], layout=layout(counted(settings.cuts, source.stream)),
    )  # fmt: skip


def total(rows: Ints, hour: int) -> Cells:
    return cells_of(rows.sum(axis=1, keepdims=True), hour, "")


def cells_of(rows: Ints, hour: int, *names: str) -> Cells:
    keys = list(names) or [f"c{n}" for n in range(rows.shape[1])]
    fine, series = np.nonzero(rows)
    n, none = rows[fine, series], np.zeros(fine.size, np.int64)
    minutes = (FIRST + hour) * 60 + fine * (60 // len(rows))
    return Cells.pack(keys, CellNumbers(series, minutes, n, n, none, none))


class Noted(Judge):
    """What a judge says, by bucket: scores, where it alarms, and scores of the surge beside it."""

    def __init__(self, judge: Any) -> None:
        self.minutes, self.terms = judge.minutes, judge.terms
        self.scores: list[Floats] = []
        self.above: list[Bools] = []
        self.surge: list[Floats] = []
        self._judge: Any = judge
        self._last: Any = None

    def take(self, record: Record) -> Iterator[Signal]:
        yield from self._judge.take(record)

    def close(self, closed: Closed) -> Iterator[Signal]:
        yield from self._judge.close(closed)
        if closed.usual.verdict is not None:
            self.surge.append(closed.usual.verdict.score.copy())
        if self._judge._verdict is not self._last:
            self._last = self._judge._verdict
            self.scores.append(self._last.score.copy())
            self.above.append(self._last.above.copy())

    def claims(self, series: Series) -> Ints:
        claimed: Ints = self._judge.claims(series)
        return claimed

    def gates(self, scope: Scope, closed: Closed) -> Sequence[Gate]:
        shown: Sequence[Gate] = self._judge.gates(scope, closed)
        return shown

    def retire(self, retirement: Retirement, series: Series) -> None:
        self._judge.retire(retirement, series)

    def snapshot(self) -> dict[str, Any]:
        return {}

    def restore(self, held: dict[str, Any]) -> None: ...


def assert_alike(both: Floats | Floats32, alone: Floats | Floats32, *, threshold: float) -> None:
    """To nine digits, where there is something to compare."""
    assert (alone >= threshold).any()
    assert (alone < threshold).any()
    np.testing.assert_allclose(both, alone, rtol=DIGITS)
