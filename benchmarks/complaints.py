"""The complaint simulation: how soon is an incident found at one false alarm a week?

    python -m benchmarks.complaints --data DIR    the stored realisation
    python -m benchmarks.complaints --seed 7      one made here

The threshold is chosen on other realisations (`--calibrate 1 2`, seeds): the lowest with at most
26 alarms over the 26 clean test weeks, and the median of these. `--threshold` gives it instead,
`--threshold 336000` the one that the budget itself guarantees. Prints one JSON object last.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.complaint_simulation import GROUPS, TYPES, WARMUP, Realisation, read, simulated
from detectors import budget
from detectors.columns import Bools, Floats32, Ints
from detectors.outage import Outages
from detectors.season import Profiles
from detectors.surge import Surge, SurgeState

FACTORS = {"holiday": 0.5, "campaign": 1.9}
"""Factor of a known event before the day itself corrects it."""
BUDGET = 26
GRACE = 6
QUIET = 24


def scores(made: Realisation, counts: NDArray[np.int32], *, threshold: float) -> Floats32:
    """Score of each series (columns) in each hour (rows), judged online from the first hour."""
    surge = Surge(threshold=threshold)
    places = np.concatenate([made.groups, GROUPS + made.sources])
    profiles = Profiles.empty(int(places.max()) + 1)
    outages = Outages.empty(profiles.size)
    state = SurgeState.empty().grow(born=0, groups=made.groups)
    out = np.empty(counts.shape, np.float32)
    for hour, row in enumerate(counts):
        y = row.astype(np.int64)
        totals = np.bincount(places, weights=np.tile(y, 2)).astype(np.int64)
        known = FACTORS.get(made.days.get(hour // 24, ""), 1.0)
        rhythm = profiles.expect(hour=hour, event_factor=known)
        blind = outages.step(totals, rhythm, bucket=hour)
        blind[:GROUPS] = blind[GROUPS:].any()
        expectation = surge.expect(state, rhythm, bucket=hour)
        state, verdict = surge.step(state, expectation, y, blind[GROUPS + made.sources])
        profiles.learn(totals, rhythm, bucket=hour, masked=blind)
        out[hour] = verdict.score
    return out


def alarms(above: Bools) -> int:
    """First hours above the threshold after a day below it, over all series."""
    fired, since = 0, np.full(above.shape[1], QUIET)
    for now in above:
        fired += int((now & (since >= QUIET)).sum())
        since = np.where(now, 0, since + 1)
    return fired


def lowest_threshold(clean: Floats32) -> float:
    """The lowest threshold, to 1 %, with at most `BUDGET` alarms in the clean test."""
    low, high = 0.0, 25.0
    while high - low > 0.01:
        middle = (low + high) / 2
        enough = alarms(clean[WARMUP:] >= np.exp(middle)) <= BUDGET
        low, high = (low, middle) if enough else (middle, high)
    return float(np.exp(high))


def found(made: Realisation, above: Bools) -> tuple[Bools, Ints]:
    """Which incidents are found, and how many of their events had happened by then."""
    hits, events = [], []
    for series, start, length, _ in made.incidents.tolist():
        until = above[start : start + length + GRACE + 1, series]
        hits.append(bool(until.any()) and not above[start - QUIET : start, series].any())
        events.append(int(made.excess[start : start + int(until.argmax()) + 1, series].sum()))
    return np.array(hits), np.array(events)


def shares(made: Realisation, above: Bools) -> dict[str, Any]:
    """The shares found that the protocol asks for."""
    hit, events = found(made, above)
    size, kind = made.sizes(), made.incidents["type"]
    types = {name: _share(hit[(size >= 5) & (kind == name)]) for name in TYPES}
    return {
        "within_10": _share((hit & (events <= 10))[size >= 10]),
        "within_20": _share((hit & (events <= 20))[size >= 20]),
        "batches": types["batch"],
        "types": types,
    }


def _share(hits: Bools) -> float:
    return round(float(hits.mean()), 4)


def _threshold(seeds: list[int]) -> float:
    """The median over these realisations of their own lowest thresholds."""
    chosen = []
    for seed in seeds:
        made = simulated(seed)
        start = budget.threshold(series=made.groups.size)
        chosen.append(lowest_threshold(scores(made, made.ordinary, threshold=start)))
        print(f"seed {seed}: threshold {chosen[-1]:.0f}")
    return float(np.median(chosen))


def main() -> None:
    print(json.dumps(_result(_options())))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of the stored realisation")
    source.add_argument("--seed", type=int, help="make the realisation with this seed")
    parser.add_argument("--threshold", type=float, help="score of an alarm")
    parser.add_argument("--calibrate", type=int, nargs="+", default=[1, 2], metavar="SEED")
    return parser.parse_args()


def _result(options: argparse.Namespace) -> dict[str, Any]:
    made = read(options.data) if options.data else simulated(options.seed)
    threshold = options.threshold or _threshold(options.calibrate)
    clean = scores(made, made.ordinary, threshold=threshold)[WARMUP:]
    above = scores(made, made.ordinary + made.excess, threshold=threshold) >= threshold
    return shares(made, above) | {
        "false_alarms": alarms(clean >= threshold),
        "budget": BUDGET,
        "threshold": round(threshold),
        "threshold_from": "given" if options.threshold else f"seeds {options.calibrate}",
    }


if __name__ == "__main__":
    main()
