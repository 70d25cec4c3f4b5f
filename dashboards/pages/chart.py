"""Observed against expected over time, as the places of an SVG drawing of ours."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import floor, log10
from typing import NamedTuple

from alerts.signal import Signal

WIDTH, HEIGHT = 372, 206
LEFT, RIGHT, TOP, BOTTOM = 52, 248, 12, 178
MOST_TICKS = 5
LABEL_GAP = 14


class Point(NamedTuple):
    x: float
    y: float


class Tick(NamedTuple):
    y: float
    value: float


class Label(NamedTuple):
    x: float
    y: float
    value: float


class Chart(NamedTuple):
    """Both lines begin at the onset with nothing counted; `ended` is where the alarm cleared."""

    observed: tuple[Point, ...]
    expected: tuple[Point, ...]
    ticks: tuple[Tick, ...]
    seen: Label
    usual: Label
    onset: datetime
    last: datetime
    ended: float | None


def drawn(records: Sequence[Signal]) -> Chart | None:
    """The chart of one signal's records; None where none of them counts from an onset.

    A cleared record counts anew, so that it gives the end's time and no point.
    """
    live = sorted((r for r in records if r.live), key=lambda record: record.at)
    if not live:
        return None
    onset = live[-1].onset
    shown = [record for record in live if record.onset == onset]
    last = max(record.at for record in records)
    ticks = steps(max(max(record.observed, record.expected) for record in shown))
    plane = _Plane(onset, last, ticks[-1])
    observed = (Point(LEFT, BOTTOM), *(plane.point(r.at, r.observed) for r in shown))
    expected = (Point(LEFT, BOTTOM), *(plane.point(r.at, r.expected) for r in shown))
    seen, usual = labels(observed[-1].y, expected[-1].y)
    return Chart(
        observed=observed,
        expected=expected,
        ticks=tuple(Tick(plane.y(value), value) for value in ticks),
        seen=Label(observed[-1].x + 8, seen, shown[-1].observed),
        usual=Label(observed[-1].x + 8, usual, shown[-1].expected),
        onset=onset,
        last=last,
        ended=None if last == shown[-1].at else float(RIGHT),
    )


def steps(most: float) -> list[float]:
    """Round values from 0 to at least `most`, at most `MOST_TICKS` + 1 of them."""
    least = max(most, 1e-9) / MOST_TICKS
    unit = 10.0 ** floor(log10(least))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= least)
    values = [0.0]
    while values[-1] < most or len(values) < 2:
        values.append(step * len(values))
    return values


def labels(seen: float, usual: float) -> tuple[float, float]:
    """The heights of two labels, moved apart where they would overlap."""
    gap = LABEL_GAP - abs(usual - seen)
    if gap <= 0:
        return seen, usual
    up, down = (seen, usual) if seen <= usual else (usual, seen)
    up, down = up - gap / 2, down + gap / 2
    low = min(0.0, BOTTOM - down)
    up, down = up + low, down + low
    return (up, down) if seen <= usual else (down, up)


class _Plane:
    """Where a time and a count lie in the drawing."""

    def __init__(self, onset: datetime, last: datetime, top: float) -> None:
        self._onset, self._top = onset, top
        self._span = max(last - onset, timedelta(minutes=1))

    def point(self, at: datetime, value: float) -> Point:
        share = (at - self._onset) / self._span
        return Point(round(LEFT + share * (RIGHT - LEFT), 1), self.y(value))

    def y(self, value: float) -> float:
        return round(BOTTOM - value / self._top * (BOTTOM - TOP), 1)
