"""What is called on real data: `python -m benchmarks.real --data DIR` with the folder of the sets.

Prints a Markdown table for each set, as docs/real-data.md holds it, and one JSON object last.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerts.signal import Kind, Signal, SignalState
from benchmarks import real_counts
from streams.events import mapping
from streams.files.history import History
from streams.hindsight.backtest import Backtest
from streams.settings import load

EXAMPLES = Path(__file__).parents[1] / "examples"
SHOWN = 6  # alarms of an episode


class Case(NamedTuple):
    """A data set under settings of its own; no settings are the default ones."""

    name: str
    file: str
    mapping: str
    zone: str
    settings: str = ""


CASES = (
    Case(
        "emergency calls by reason and by township", "montco911/calls_to_2016-03.csv.gz",
        "montco911.toml", "America/New_York",
        '[[cuts]]\nstream = "complaints"\nby = ["category"]\n'
        '[[cuts]]\nstream = "complaints"\nby = ["region"]\n',
    ),
    Case(
        "emergency calls, default cuts", "montco911/calls_to_2016-03.csv.gz", "montco911.toml",
        "America/New_York",
    ),
    Case(
        "tweets to airlines, default cuts", "airline/airline_events.csv.gz", "airline.toml", "UTC"
    ),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    data: Path = parser.parse_args().data
    found: dict[str, Any] = {case.name: _measured(case, data) for case in CASES}
    found["outbreak"] = real_counts.outbreak(data / "outbreak")
    found["nhtsa"] = real_counts.nhtsa(data / "nhtsa" / "monthly.csv")
    print(json.dumps(found))


def _measured(case: Case, data: Path) -> dict[str, int | float]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tocsin.toml")
        file.write_text(case.settings, encoding="utf-8")
        settings = load(file)
    mapped = mapping.load(EXAMPLES / case.mapping)
    history = History([data / case.file], mapped, intake=settings.intake)
    test = Backtest(settings, now=time.time_ns() // 1_000_000)
    began = time.perf_counter()
    signals = [signal for outcome in test.play(history) for signal in outcome.signals]
    fired = [s for s in signals if s.state is SignalState.CONFIRMED and s.revision == 0]
    silent = [signal for signal in fired if signal.kind is Kind.SILENCE]
    loud = [signal for signal in fired if signal.kind is not Kind.SILENCE]
    days = dict(_days(loud, ZoneInfo(case.zone)))
    _table(case, days)
    _silences(case, [s for s in signals if s.id in {one.id for one in silent} and not s.live])
    return {
        "events": len(history), "series": test.series, "alarms": len(loud), "days": len(days),
        "silences": len(silent), "incidents": test.opened,
        "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip


def _days(
    fired: list[Signal], zone: ZoneInfo
) -> Iterator[tuple[str, list[tuple[datetime, Signal]]]]:
    """Alarms by the local day they came on."""
    at = sorted(((signal.at.astimezone(zone), signal) for signal in fired), key=lambda x: x[0])
    for day in sorted({when.date() for when, _ in at}):
        yield day.isoformat(), [(when, signal) for when, signal in at if when.date() == day]


def _table(case: Case, days: dict[str, list[tuple[datetime, Signal]]]) -> None:
    print(
        f"\n### {case.name}\n\n| day | alarms | first ones (hour, scope, multiple) |\n|---|---|---|"
    )
    for day, alarms in days.items():
        shown = "; ".join(
            f"{when:%H:%M} {' / '.join(v for k, v in s.scope.items() if k not in HIDDEN)} "
            f"x{s.multiple:.3g}"
            for when, s in alarms[:SHOWN]
        )
        print(f"| {day} | {len(alarms)} | {shown} |")


def _silences(case: Case, over: list[Signal]) -> None:
    """Those that have ended, each with what it brought and should have from first to last."""
    for signal in over:
        since, until = (at.astimezone(ZoneInfo(case.zone)) for at in (signal.onset, signal.at))
        feed = " / ".join(v for k, v in signal.scope.items() if k not in HIDDEN)
        print(
            f"\nsilent: {feed}, {since:%Y-%m-%d %H:%M} to {until:%m-%d %H:%M}, "
            f"{signal.observed:.0f} events, expected {signal.expected:.3g}"
        )


HIDDEN = ("stream", "sentiment")

if __name__ == "__main__":
    main()
