"""What of the demonstration is called, and what falsely, over seeds and times of the week.

    python -m benchmarks.demo
    python -m benchmarks.demo --seed 7

Plays the demonstration's traffic through the back-test, each time with another hour and weekday
as its end, and another seed unless one is named. Prints one JSON object a run, and one of all of
them last: how many of the labelled incidents were called, and the false ones, in the sixteen days
after the two weeks of learning and in those two weeks. `opened_early` and `false` name scopes.
"""

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.incident import IncidentLine
from streams.demonstration import programme
from streams.hindsight.scorecard import Call
from streams.settings import Detection, Settings

FIRST = datetime(2026, 11, 2, 3, tzinfo=UTC)
STEP = timedelta(hours=31)  # meets each hour and each weekday


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20, help="how many (20)")
    parser.add_argument("--seed", type=int, help="of all runs; else run 1 has seed 1, and so on")
    options = parser.parse_args()
    runs = range(1, options.runs + 1)
    print(json.dumps(_all([_run(run, seed=options.seed or run) for run in runs])))


def _run(run: int, *, seed: int) -> dict[str, Any]:
    made = programme.traffic(end=FIRST + run * STEP, seed=seed)
    settings = Settings(detection=Detection(zone=programme.ZONE))
    card = programme.scored(programme.rehearse(made, settings), made)
    result = {
        "seed": seed,
        "end": (FIRST + run * STEP).isoformat(),
        "called_after_hours": {call.label.kind: _hours(call) for call in card.wanted},
        "innocent_called": [call.incident for call in card.calls if _wrong(call)],
        "false": [_scope(line) for line in card.false],
        "opened_early": [_scope(line) for line in card.early],
        "further": card.further,
        "passed": card.passed,
    }
    print(json.dumps(result), flush=True)
    return result


def _all(runs: list[dict[str, Any]]) -> dict[str, Any]:
    hours = [hours for run in runs for hours in run["called_after_hours"].values()]
    return {
        "runs": len(runs),
        "labelled": len(hours),
        "called": sum(after is not None for after in hours),
        "false": sum(len(run["false"]) for run in runs),
        "opened_early": sum(len(run["opened_early"]) for run in runs),
        "innocent_called": sum(len(run["innocent_called"]) for run in runs),
        "passed": sum(run["passed"] for run in runs),
    }


def _wrong(call: Call) -> bool:
    return call.label.innocent and call.at is not None


def _hours(call: Call) -> float | None:
    return round((call.at - call.began) / timedelta(hours=1), 1) if call.at else None


def _scope(line: IncidentLine) -> str:
    return " ".join(f"{field}={value}" for field, value in line.scope.items())


if __name__ == "__main__":
    main()
