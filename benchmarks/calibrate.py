"""Whether a calibration on one history keeps the budget on others, of generated traffic.

    python -m benchmarks.calibrate --seed 1
    python -m benchmarks.calibrate --seed 1 --weeks 26 --others 6 --budget 1

Makes complaints without any incident, counted by three cuts, calibrates on them, and plays as
many weeks of other seeds under the thresholds that theory asks for and under those found. Prints
one JSON object last: `times` by method, `allowed` false alarms over the weeks of the others in
which a method had learnt, `before` and `after` their number, `ratio` of `after` to `allowed`, and
`within`: whether it is between 2/3 and 3/2. `expected` is the ratio that the calibration foretold.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.calibration.attendance import Attendance
from streams.calibration.search import Calibration, Search
from streams.calibration.trial import Clean, under
from streams.configuration.sections import BUDGETED, Stream
from streams.detection.stream import Watch
from streams.files.history import History
from streams.hindsight import called
from streams.hindsight.called import Called
from streams.settings import Cut, Detection, Settings
from streams.traffic import generator

STREAMS: tuple[Stream, ...] = ("complaints",)
CUTS = (
    Cut(stream="complaints", by=("category",)),
    Cut(stream="complaints", by=("region",)),
    Cut(stream="complaints", by=("product", "category"), group="category", family="product"),
)
SERIES = 100  # about as many as the traffic makes, so that thresholds begin where theory has them
START = datetime(2026, 1, 5, tzinfo=UTC)
FACTOR = 1.5
APART = 1000  # between the seed that is calibrated on and the first that is judged


class Past:
    """Generated traffic of a seed as a history that can be played."""

    def __init__(self, settings: Settings, *, seed: int, weeks: int, per_day: float) -> None:
        traffic = generator.generate(seed=seed, start=START, days=7 * weeks, per_day=per_day)
        self._now = traffic.end
        with tempfile.TemporaryDirectory() as name:
            paths = [Path(name) / f"{stream}.jsonl" for stream in STREAMS]
            for path in paths:
                rows = (made.raw for made in traffic if made.stream == path.stem)
                path.write_bytes(b"\n".join(rows))
            self._history = History(paths, None, intake=settings.intake)

    def play(self, settings: Settings, watch: Watch | None = None) -> Sequence[Called]:
        return called.look_back(
            settings, self._history, now=self._now, watch=watch, on_events=lambda _: None
        ).called


def others(settings: Settings, found: Calibration, options: argparse.Namespace) -> dict[str, Any]:
    """False alarms in the weeks of other seeds."""
    chosen, allowed, before, after = under(settings, found.times), 0.0, 0, 0
    for seed in range(options.seed + APART, options.seed + APART + options.others):
        past = Past(settings, seed=seed, weeks=options.weeks, per_day=options.per_day)
        attendance = Attendance()
        before += false(past.play(settings, attendance))
        after += false(past.play(chosen))
        shares = attendance.shares(settings.detection.false_alarms_per_week)
        allowed += sum(share.allowed for share in shares.values())
    return {"allowed": round(allowed, 1), "before": before, "after": after}


def false(called: Sequence[Called]) -> int:
    """Alarms by all methods together."""
    return sum(Clean(()).counts(called, method) for method in BUDGETED)


def result(options: argparse.Namespace) -> dict[str, Any]:
    detection = Detection(false_alarms_per_week=options.budget, series=SERIES)
    settings = Settings(cuts=CUTS, detection=detection)
    past = Past(settings, seed=options.seed, weeks=options.weeks, per_day=options.per_day)
    found = Search(settings, past.play, lambda _: []).found()
    foretold = sum(one.expected.mean for one in found.findings)
    seen = others(settings, found, options)
    ratio = seen["after"] / seen["allowed"]
    return {
        "seed": options.seed, "weeks": options.weeks, "per_day": options.per_day,
        "budget": options.budget, "times": found.times, "parts": dict(parts(found)),
        **seen, "ratio": round(ratio, 2), "expected": round(foretold / options.budget, 2),
        "within": 1 / FACTOR <= ratio <= FACTOR,
    }  # fmt: skip


def parts(found: Calibration) -> Iterator[tuple[str, dict[str, Any]]]:
    """By method its places, what it was allowed, and what was seen by the thresholds tried."""
    for one in found.findings:
        yield one.method, {
            "places": one.share.places, "allowed": round(one.share.allowed, 2), "seen": one.seen,
            "note": one.note,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="that is calibrated on (1)")
    parser.add_argument("--weeks", type=int, default=10, help="of each history (10)")
    parser.add_argument("--others", type=int, default=3, help="histories it is judged on (3)")
    parser.add_argument(
        "--per-day",
        type=float,
        default=600.0,
        help="events, of which three quarters are complaints (600)",
    )
    parser.add_argument("--budget", type=float, default=3.0, help="false alarms a week (3)")
    print(json.dumps(result(parser.parse_args())))


if __name__ == "__main__":
    main()
