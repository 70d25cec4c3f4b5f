"""What a recipient with a small budget of its own hears of rises that go on, of every size.

    python -m benchmarks.strict --seed 31

Poisson series of one level rise to so many times of it for three days, after four weeks. `heard`
is the part of them whose surge has, when it is told, a score of B/b times the threshold, so that a
recipient of the budget b hears of it; `called` that which an engine of the budget b would call.
`out_of` is B/b. Prints one JSON object.
"""

import argparse
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from detectors import budget
from detectors.alarm import Alarms, Hysteresis
from detectors.columns import Bools, Floats, Ints
from detectors.season import Profiles
from detectors.surge import Surge, SurgeState

RISES = (
    (0.05, 10.0), (0.05, 20.0), (0.5, 3.0), (0.5, 5.0), (2.0, 2.0), (2.0, 3.0), (2.0, 5.0),
    (20.0, 1.5), (20.0, 2.0),
)  # fmt: skip
OUT_OF = (4, 52, 364)
LEARNT, LASTS = 4 * budget.HOURS, 72


def counts(level: float, times: float, *, series: int, seed: int) -> Ints:
    """By hour and series."""
    rates = np.full((LEARNT + LASTS, series), level)
    rates[LEARNT:] *= times
    return np.random.default_rng(seed).poisson(rates)


def told(rows: Ints, *, threshold: float) -> Iterator[tuple[Ints, Floats]]:
    """The series that are told of in an hour of the rise, and their scores."""
    series, level = rows.shape[1], rows[:LEARNT].mean()
    surge, hysteresis, profiles = Surge(threshold=threshold), Hysteresis(), Profiles.empty(1)
    state = SurgeState.empty().grow(born=-1, groups=np.zeros(series, np.int64))
    alarms, usual = Alarms.empty(series), np.array([round(level * series)])
    for hour, row in enumerate(rows):
        rhythm = profiles.expect(hour=hour)
        state, verdict = surge.step(state, surge.expect(state, rhythm, bucket=hour), row)
        profiles.learn(usual, rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
        alarms, changes = hysteresis.step(alarms, verdict, bucket=hour)
        if hour >= LEARNT:
            news = np.concatenate([changes.fired, changes.updated])
            yield news, verdict.score[news]


def reached(rows: Ints, *, threshold: float, height: float) -> Bools:
    """Of each series, whether it was told of with such a score, in an engine of this threshold."""
    some = np.zeros(rows.shape[1], np.bool_)
    for news, scores in told(rows, threshold=threshold):
        some[news[scores >= height]] = True
    return some


def result(options: argparse.Namespace) -> dict[str, Any]:
    threshold, found = budget.threshold(), []
    for level, times in RISES:
        rows = counts(level, times, series=options.series, seed=options.seed)
        for out_of in OUT_OF:
            height = out_of * threshold
            heard = reached(rows, threshold=threshold, height=height)
            called = reached(rows, threshold=height, height=height)
            found.append({
                "level": level, "times": times, "out_of": out_of,
                "heard": float(heard.mean()), "called": float(called.mean()),
            })  # fmt: skip
    return {"seed": options.seed, "series": options.series, "rises": found}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--series", type=int, default=400)
    print(json.dumps(result(parser.parse_args())))


if __name__ == "__main__":
    main()
