"""The pictures there are, and how a track is drawn."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.pictures import (
    batches,
    burst,
    calendar,
    drift,
    growth,
    lead,
    novelty,
    rules,
    share,
    silence,
    spatial,
    surge,
    trigger,
    weekly,
)
from benchmarks.pictures.reading import Reading, Seen
from benchmarks.pictures.track import Track

TRACKS: Final[Mapping[str, Callable[[], Track]]] = {
    "surge": surge.drawn,
    "burst": burst.drawn,
    "weekly": weekly.drawn,
    "drift": drift.drawn,
    "share": share.drawn,
    "batches": batches.drawn,
    "silence": silence.drawn,
    "spatial": spatial.drawn,
    "novelty": novelty.drawn,
    "trigger": trigger.drawn,
    "rule": rules.drawn,
    "campaign-declared": partial(calendar.drawn, declared=True),
    "campaign-unknown": partial(calendar.drawn, declared=False),
}
READINGS: Final[Mapping[str, Callable[[], Reading]]] = {"growth": growth.drawn, "lead": lead.drawn}
PICTURES: Final[Mapping[str, Callable[[], Track | Reading]]] = {**TRACKS, **READINGS}
SEEN, USUAL, ALARM, PLANTED, YOUNG = "#3b5b8c", "#d08a2e", "#b3261e", "#f3d9d6", "#e8e8e8"
SECOND = "#4f8a5b"
LEAST_SCORE = 1e-2
STYLE: Final[dict[Any, Any]] = {
    "savefig.dpi": 110, "font.family": "sans-serif",
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip


def draw(picture: Track | Reading, path: Path) -> None:
    """As a PNG, which holds the `figures` of what it shows."""
    if isinstance(picture, Reading):
        draw_reading(picture, path)
    else:
        draw_track(picture, path)


def draw_track(track: Track, path: Path) -> None:
    """Counts beside what was expected, and below them the score."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        buckets = np.arange(len(track.counts))
        above.bar(buckets, track.counts, width=1.0, color=SEEN, label="seen")
        above.step(buckets, track.expected, where="mid", color=USUAL, label=track.line)
        _score(below, buckets, track)
        for axes in (above, below):
            _shade(axes, track)
        if track.called is not None:
            for axes in (above, below):
                axes.axvline(track.called, color=ALARM, linewidth=1, label="called")
        above.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, ncols=5)
        above.set_ylabel("people")
        below.set_xlabel(track.unit)
        below.set_xlim(-0.5, buckets.size - 0.5)
        _save(figure, track, path)


def _score(axes: Any, buckets: Any, track: Track) -> None:
    """On a scale of powers of ten where it spans many."""
    axes.plot(buckets, np.maximum(track.score, LEAST_SCORE), color=SEEN)
    axes.axhline(track.threshold, color=ALARM, linewidth=1, linestyle="--")
    axes.text(0, track.threshold, " threshold", color=ALARM, va="bottom", fontsize=8)
    if track.threshold > 10:
        axes.set_yscale("log")
    axes.set_ylabel("score")


def _shade(axes: Any, track: Track) -> None:
    first, last = track.planted
    axes.axvspan(first - 0.5, last + 0.5, color=PLANTED, zorder=0, label="planted")
    for young, run in groupby(range(len(track.learning)), key=track.learning.__getitem__):
        if young:
            places = list(run)
            axes.axvspan(places[0] - 0.5, places[-1] + 0.5, color=YOUNG, zorder=0, label="learning")


def draw_reading(reading: Reading, path: Path) -> None:
    """Each series, and below them what is read of it."""
    panels = len(reading.seen) + 1
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 1.2 + 1.2 * panels), layout="constrained")
        *above, below = figure.subplots(panels, 1, sharex=True)
        for axes, seen, color in zip(above, reading.seen, (SEEN, SECOND), strict=False):
            _series(axes, seen, color)
        _curves(below, reading)
        above[0].legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, ncols=5)
        below.set_xlabel("five minutes")
        below.set_xlim(-0.5, reading.seen[0].counts.size - 0.5)
        _save(figure, reading, path)


def _series(axes: Any, seen: Seen, color: str) -> None:
    buckets = np.arange(seen.counts.size)
    axes.bar(buckets, seen.counts, width=1.0, color=color, label="seen")
    axes.step(buckets, seen.expected, where="mid", color=USUAL, label="expected")
    axes.axvspan(seen.begins - 0.5, buckets.size, color=PLANTED, zorder=0, label="planted")
    axes.set_ylabel(seen.name)


def _curves(axes: Any, reading: Reading) -> None:
    """What is said in the end stands in the corner."""
    for curve, color in zip(reading.curves, (SEEN, SECOND), strict=False):
        buckets = np.arange(curve.middle.size)
        axes.plot(buckets, curve.middle, color=color)
        if curve.low is not None and curve.high is not None:
            axes.fill_between(buckets, curve.low, curve.high, color=color, alpha=0.25, linewidth=0)
    if reading.true is not None:
        axes.step(
            buckets, reading.true, where="mid", color=ALARM, linewidth=1, linestyle="--",
            label="planted",
        )  # fmt: skip
    axes.text(0.01, 0.95, reading.told, transform=axes.transAxes, va="top", fontsize=8)
    axes.set_ylabel(reading.label)


def _save(figure: Figure, picture: Track | Reading, path: Path) -> None:
    figures = json.dumps(picture.figures)
    figure.savefig(path, metadata={"Software": None, "Description": figures})
