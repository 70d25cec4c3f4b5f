"""What is called on real data: `python -m benchmarks.real --data DIR` with the folder of the sets.

Prints a Markdown table for each set, as docs/real-data.md holds it, and one JSON object last. Of
the streams `calls` holds every alarm, silences among them, with when it came, its method, its
multiple and after how many people it was called (`observed`, since its onset), `false_alarms` the
incidents opened outside what is known to have happened (the `episodes` of a case), whatever they
are about, how many that is a week, and beside them those that another took over; `allowed` is what
the budget has for as many places (a series under a method) as judged there. Of counts by week and
month false alarms are those outside what is marked, null where nothing is.

With `--shuffled SEED` the first set alone, each call on another day (`benchmarks.shuffled`): what
is called then is chance, for nothing happens in it.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerts.signal import Kind, Signal, SignalState
from benchmarks import real_counts, shuffled
from benchmarks.episodes import FalseAlarms, Span, openings
from detectors import budget
from streams.configuration.sections import BUDGETED, Detection
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed
from streams.events import mapping
from streams.files.history import History
from streams.hindsight.backtest import Backtest
from streams.settings import load

EXAMPLES = Path(__file__).parents[1] / "examples"
SHOWN = 6  # alarms of an episode


class Case(NamedTuple):
    """A data set under settings of its own; no settings are the default ones.

    `whole` is the time it covers, `episodes` when something is known to have happened (data/README
    of the sets), both local.
    """

    name: str
    file: str
    mapping: str
    zone: str
    whole: Span
    episodes: tuple[Span, ...]
    settings: str = ""


class Places:
    """Watches a back-test, and sums the places that judged in hours outside the episodes."""

    def __init__(self, case: Case) -> None:
        self._zone, self._episodes = ZoneInfo(case.zone), case.episodes
        self._hours = 0

    def __call__(self, stream: str, closed: Closed, bench: Bench) -> None:
        at = datetime.fromtimestamp(closed.bucket * 3600, self._zone).replace(tzinfo=None)
        if not closed.masked and not any(at in one for one in self._episodes):
            judged = bench.judged(closed.series)
            self._hours += sum(judged.get(method, 0) for method in BUDGETED)

    def allowed(self, budgeted: Detection) -> float:
        """False alarms that the budget has for them."""
        parts = self._hours / (budgeted.series * budget.HOURS)
        return round(parts * budgeted.false_alarms_per_week, 1)


WINTER = Span.of("2015-12-10", "2016-04-01")
STORMS = (
    Span.of("2015-12-17T23:00", "2015-12-18T07:00"),  # no calls at all: silences
    Span.of("2015-12-18T23:00", "2015-12-19T08:00"),
    Span.of("2016-01-22T20:00", "2016-01-26"),
    Span.of("2016-02-24T16:00", "2016-02-26"),
)
WEEK_OF_TWEETS = Span.of("2015-02-17", "2015-02-25")
CRISES = (Span.of("2015-02-21", "2015-02-25"),)  # Southwest, then US Airways, Delta and United
CASES = (
    Case(
        "emergency calls by reason and by township", "montco911/calls_to_2016-03.csv.gz",
        "montco911.toml", "America/New_York", WINTER, STORMS,
        '[[cuts]]\nstream = "complaints"\nby = ["category"]\n'
        '[[cuts]]\nstream = "complaints"\nby = ["region"]\n',
    ),
    Case(
        "emergency calls, default cuts", "montco911/calls_to_2016-03.csv.gz", "montco911.toml",
        "America/New_York", WINTER, STORMS,
    ),
    Case(
        "tweets to airlines, default cuts", "airline/airline_events.csv.gz", "airline.toml", "UTC",
        WEEK_OF_TWEETS, CRISES,
    ),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--shuffled", type=int, metavar="SEED", help="calls on other days")
    options = parser.parse_args()
    data: Path = options.data
    if options.shuffled is not None:
        print(json.dumps(_shuffled(CASES[0], data, seed=options.shuffled)))
        return
    found: dict[str, Any] = {case.name: _measured(case, data) for case in CASES}
    found["outbreak"] = real_counts.outbreak(data / "outbreak")
    found["nhtsa"] = real_counts.nhtsa(data / "nhtsa" / "monthly.csv")
    print(json.dumps(found))


def _shuffled(case: Case, data: Path, *, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "shuffled.csv.gz")
        shuffled.written(data / case.file, file, seed=seed)
        return _measured(case._replace(file=str(file), episodes=()), data)


def _measured(case: Case, data: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tocsin.toml")
        file.write_text(case.settings, encoding="utf-8")
        settings = load(file)
    mapped = mapping.load(EXAMPLES / case.mapping)
    history = History([data / case.file], mapped, intake=settings.intake)
    places = Places(case)
    test = Backtest(settings, now=time.time_ns() // 1_000_000, watch=places)
    began = time.perf_counter()
    zone, outcomes = ZoneInfo(case.zone), list(test.play(history))
    signals = [signal for outcome in outcomes for signal in outcome.signals]
    opened = openings((line for outcome in outcomes for line in outcome.incidents), zone)
    false = FalseAlarms.of(opened, case.whole, case.episodes)
    fired = [s for s in signals if s.state is SignalState.CONFIRMED and s.revision == 0]
    silent = [signal for signal in fired if signal.kind is Kind.SILENCE]
    loud = [signal for signal in fired if signal.kind is not Kind.SILENCE]
    days = dict(_days(loud, zone))
    allowed = places.allowed(settings.detection)
    _table(case, days)
    print(
        f"\n{test.opened} incidents; {false.incidents} of them outside the episodes "
        f"and {false.taken_over} that others took over, {false.per_week} a week; "
        f"the budget allows the places that judged {allowed} in all."
    )
    _silences(case, [s for s in signals if s.id in {one.id for one in silent} and not s.live])
    return {
        "events": len(history), "series": test.series, "alarms": len(loud), "days": len(days),
        "silences": len(silent), "incidents": test.opened,
        "false_alarms": false._asdict() | {"allowed": allowed},
        "calls": called(fired, zone),
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
        f"\n### {case.name}\n\n| day | alarms "
        "| first ones (hour, scope, multiple, after how many people) |\n|---|---|---|"
    )
    for day, alarms in days.items():
        shown = "; ".join(
            f"{when:%H:%M} {_scope(s)} x{s.multiple:.3g} ({s.observed:.0f})"
            for when, s in alarms[:SHOWN]
        )
        print(f"| {day} | {len(alarms)} | {shown} |")


def called(fired: Iterable[Signal], zone: ZoneInfo) -> list[dict[str, Any]]:
    """All alarms, of whatever method, in the order in which they came."""
    return [told(one, one.at.astimezone(zone)) for one in sorted(fired, key=attrgetter("at"))]


def told(signal: Signal, when: datetime) -> dict[str, Any]:
    """An alarm in the JSON; `observed` people since its onset, when it was called."""
    return {
        "at": when.isoformat(), "kind": signal.kind, "scope": signal.scope,
        "multiple": round(signal.multiple, 2),
        "observed": round(signal.observed), "expected": round(signal.expected, 2),
    }  # fmt: skip


def _scope(signal: Signal) -> str:
    return " / ".join(v for k, v in signal.scope.items() if k not in HIDDEN)


def _silences(case: Case, over: list[Signal]) -> None:
    """Those that have ended, each with what it brought and should have from first to last."""
    for signal in over:
        since, until = (at.astimezone(ZoneInfo(case.zone)) for at in (signal.onset, signal.at))
        print(
            f"\nsilent: {_scope(signal)}, {since:%Y-%m-%d %H:%M} to {until:%m-%d %H:%M}, "
            f"{signal.observed:.0f} events, expected {signal.expected:.3g}"
        )


HIDDEN = ("stream", "sentiment")

if __name__ == "__main__":
    main()
