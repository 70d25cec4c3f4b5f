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
from detectors.calendar import ORDINARY, Account, Known, Learnt
from detectors.columns import Bools, Floats32, Ints
from detectors.outage import Outages
from detectors.season import Profiles, Rhythm
from detectors.surge import Surge, SurgeState

FACTORS = {"holiday": 0.5, "campaign": 1.9}
"""Factor of a known event before the day itself corrects it."""
DOUBT = 1 / 6
"""Its relative variance."""
CALENDARS = ("declared", "learnt", "none")
"""Known days are said with their factor, or only that they are, or not at all."""
BUDGET = 26
GRACE = 6
QUIET = 24


class Days:
    """What is known of the days of a realisation, and what was learnt of those that are over."""

    def __init__(self, days: dict[int, str], calendar: str) -> None:
        self._days, self._calendar = days, calendar
        self._learnt = dict.fromkeys(FACTORS, Learnt())
        self._account = Account()

    def known(self, hour: int) -> Known:
        kind = self._days.get(hour // 24)
        if kind is None or self._calendar == "none":
            return ORDINARY
        if self._calendar == "declared":
            return Known(FACTORS[kind], DOUBT)
        return Known(*self._learnt[kind].next())

    def close(self, hour: int, *, observed: float, rhythm: Rhythm) -> None:
        """Take in the total of all series; the first profiles are those of the groups."""
        kind = self._days.get(hour // 24)
        if kind is None:
            return
        expected = float((rhythm.mean / rhythm.event)[:GROUPS].sum())
        self._account = self._account.add(observed=observed, expected=expected, day=hour // 24)
        if hour % 24 == 23:
            learnt = self._learnt[kind]
            self._learnt[kind] = learnt.after(self._account, expected=learnt.next())
            self._account = Account()


def scores(
    made: Realisation, counts: NDArray[np.int32], *, threshold: float, calendar: str = CALENDARS[0]
) -> Floats32:
    """Score of each series (columns) in each hour (rows), judged online from the first hour."""
    days = Days(made.days, calendar)
    surge = Surge(threshold=threshold)
    places = np.concatenate([made.groups, GROUPS + made.sources])
    profiles = Profiles.empty(int(places.max()) + 1)
    outages = Outages.empty(profiles.size)
    state = SurgeState.empty().grow(born=0, groups=made.groups)
    out = np.empty(counts.shape, np.float32)
    for hour, row in enumerate(counts):
        y = row.astype(np.int64)
        totals = np.bincount(places, weights=np.tile(y, 2)).astype(np.int64)
        rhythm = profiles.expect(hour=hour, known=days.known(hour))
        blind = outages.step(totals, rhythm, bucket=hour)
        blind[:GROUPS] = blind[GROUPS:].any()
        expectation = surge.expect(state, rhythm, bucket=hour)
        state, verdict = surge.step(state, expectation, y, blind[GROUPS + made.sources])
        profiles.learn(totals, rhythm, bucket=hour, masked=blind)
        days.close(hour, observed=float(y.sum()), rhythm=rhythm)
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


def _on(days: dict[int, str], above: Bools) -> dict[str, int]:
    """Alarms that begin on a known day of each kind, of the clean test weeks."""
    begun = above & ~np.vstack([np.zeros_like(above[:1]), above[:-1]])
    by_day = begun.sum(axis=1).reshape(-1, 24).sum(axis=1)
    first = WARMUP // 24
    return {
        kind: int(sum(by_day[day - first] for day, known in days.items()
                      if known == kind and day >= first))
        for kind in FACTORS
    }  # fmt: skip


def main() -> None:
    print(json.dumps(_result(_options())))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of the stored realisation")
    source.add_argument("--seed", type=int, help="make the realisation with this seed")
    parser.add_argument("--threshold", type=float, help="score of an alarm")
    parser.add_argument("--calibrate", type=int, nargs="+", default=[1, 2], metavar="SEED")
    parser.add_argument(
        "--calendar", choices=CALENDARS, default=CALENDARS[0], help="what is known of known days"
    )
    return parser.parse_args()


def _result(options: argparse.Namespace) -> dict[str, Any]:
    made = read(options.data) if options.data else simulated(options.seed)
    threshold = options.threshold or _threshold(options.calibrate)
    with_them = made.ordinary + made.excess
    clean, dirty = (
        scores(made, counts, threshold=threshold, calendar=options.calendar)
        for counts in (made.ordinary, with_them)
    )
    clean, above = clean[WARMUP:], dirty >= threshold
    return shares(made, above) | {
        "false_alarms": alarms(clean >= threshold),
        "on_known_days": _on(made.days, clean >= threshold),
        "budget": BUDGET,
        "threshold": round(threshold),
        "threshold_from": "given" if options.threshold else f"seeds {options.calibrate}",
    }


if __name__ == "__main__":
    main()
