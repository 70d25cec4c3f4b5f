"""The complaint simulation: how soon is an incident found at one false alarm a week?

    python -m benchmarks.complaints --data DIR    the stored realisation
    python -m benchmarks.complaints --seed 7      one made here
    python -m benchmarks.complaints --seed 7 --alone --newborn

Each method's threshold is the lowest that holds the budget, 26 alarms over the 26 clean weeks of
test, over the realisations of `--calibrate` together; the one that is scored is never among them.
`--threshold` gives the A-score's instead, `--threshold 336000` the one that the budget itself
guarantees. Five other methods are scored beside it; `--alone` leaves them out. `--newborn` adds
what is found of batches that begin during the test. `false_alarms` are those of the same weeks
without incidents, `beside_incidents` those of the weeks with them that begin outside every incident
of their series. Prints one JSON object last.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.complaint_simulation import WARMUP, Realisation, read, simulated
from benchmarks.complaints import newborn
from benchmarks.complaints.days import CALENDARS
from benchmarks.complaints.peers import METHODS
from benchmarks.complaints.protocol import BUDGET, alarms, beside, lowest_threshold, shares
from benchmarks.complaints.surge import Judged, judged
from detectors.columns import Floats32

CALIBRATION = [9001, 9002, 9003, 9004, 9005, 9006]
OURS = "surge"
CEILING_FROM = 13_000.0
"""Threshold that the A-score's ceiling goes by while its threshold is being looked for."""
Method = Callable[[Judged], Floats32]


def main() -> None:
    print(json.dumps(_result(_options())))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of the stored realisation")
    source.add_argument("--seed", type=int, help="make the realisation with this seed")
    parser.add_argument("--threshold", type=float, help="score of an alarm, of the A-score alone")
    parser.add_argument("--calibrate", type=int, nargs="+", default=CALIBRATION, metavar="SEED")
    parser.add_argument(
        "--calendar", choices=CALENDARS, default=CALENDARS[0], help="what is known of known days"
    )
    parser.add_argument("--alone", action="store_true", help="leave the other methods out")
    parser.add_argument("--newborn", action="store_true", help="add batches born in the test")
    options = parser.parse_args()
    if options.seed in options.calibrate:
        parser.error(f"--seed must not be among --calibrate, got {options.seed} in both")
    return options


def _result(options: argparse.Namespace) -> dict[str, Any]:
    made = read(options.data) if options.data else simulated(options.seed)
    thresholds = _thresholds(options)
    figures = _figures(made, thresholds, calendar=options.calendar)
    ours = figures.pop(OURS)
    chosen = "given" if options.threshold else f"seeds {options.calibrate}"
    more = {}
    if options.newborn:
        seed = options.seed or 0
        more["newborn"] = newborn.figures(
            made, seed=seed, threshold=thresholds[OURS], calendar=options.calendar
        )
    return ours | {"threshold_from": chosen, "peers": figures} | more


def _methods(options: argparse.Namespace) -> dict[str, Method]:
    alone = options.alone or options.threshold
    return {OURS: lambda seen: seen.score} | ({} if alone else METHODS)


def _thresholds(options: argparse.Namespace) -> dict[str, float]:
    if options.threshold:
        return {OURS: options.threshold}
    methods = _methods(options)
    clean: dict[str, list[Floats32]] = {name: [] for name in methods}
    for seed in options.calibrate:
        made = simulated(seed)
        seen = judged(made, made.ordinary, threshold=CEILING_FROM, calendar=options.calendar)
        for name, method in methods.items():
            clean[name].append(method(seen))
    return {name: lowest_threshold(scores) for name, scores in clean.items()}


def _figures(
    made: Realisation, thresholds: dict[str, float], *, calendar: str
) -> dict[str, dict[str, Any]]:
    """By method, what it finds and how often it is wrong."""
    clean, found = (
        judged(made, counts, threshold=thresholds[OURS], calendar=calendar)
        for counts in (made.ordinary, made.ordinary + made.excess)
    )
    figures = {}
    for name, threshold in thresholds.items():
        method = {OURS: lambda seen: seen.score, **METHODS}[name]
        wrong = alarms(method(clean)[WARMUP:] >= threshold)
        above = method(found) >= threshold
        figures[name] = shares(made, above) | {
            "false_alarms": wrong, "budget": BUDGET, "beside_incidents": beside(made, above),
            "threshold": round(threshold, 2),
        }  # fmt: skip
    return figures


if __name__ == "__main__":
    main()
