"""What a method of detection costs for each series and bucket, from expectation to alarms.

    python -m benchmarks.cost
    python -m benchmarks.cost --series 2000 --buckets 100

The methods asked for of `METHODS` are driven with hourly counts of series at rates of their own,
first for `--warm` buckets, in which they learn what is usual. Prints one JSON object last;
`nanoseconds` are of processor time, the median of the buckets after those.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

import numpy as np

from benchmarks import machine
from detectors import budget
from detectors.alarm import Alarms, Hysteresis
from detectors.columns import Ints
from detectors.season import Profiles
from detectors.silence import Silence, SilenceState
from detectors.surge import Surge, SurgeState

Step = Callable[[int, Ints], None]  # the bucket, which is its own local hour, and its counts
THRESHOLD: Final = budget.threshold()  # one false alarm a week among 1,000 series
SIZES: Final = (2_000, 10_000, 100_000)
RATE: Final = (-1.5, 1.0)  # mean and deviation of the logarithm of events a bucket


def surge(series: int) -> Step:
    """Beside the profile of one group, which is learnt too."""
    method, hysteresis = Surge(threshold=THRESHOLD), Hysteresis()
    state = SurgeState.empty().grow(born=-1, groups=np.zeros(series, np.int64))
    alarms, profiles, unmasked = Alarms.empty(series), Profiles.empty(1), np.zeros(1, np.bool_)

    def step(bucket: int, counts: Ints) -> None:
        nonlocal state, alarms
        rhythm = profiles.expect(hour=bucket)
        expected = method.expect(state, rhythm, bucket=bucket)
        state, verdict = method.step(state, expected, counts)
        alarms, _ = hysteresis.step(alarms, verdict, bucket=bucket)
        profiles.learn(counts.sum(keepdims=True), rhythm, bucket=bucket, masked=unmasked)

    return step


def silence(feeds: int) -> Step:
    """Each feed has a profile of its own: there are at most 200 in a stream."""
    method, hysteresis = Silence(threshold=THRESHOLD), Hysteresis(quiet=1)
    state, alarms = SilenceState.empty(feeds), Alarms.empty(feeds)

    def step(bucket: int, counts: Ints) -> None:
        nonlocal state, alarms
        expected = method.expect(state, bucket=bucket, hour=bucket)
        state, verdict = method.step(state, expected, counts)
        alarms, _ = hysteresis.step(alarms, verdict, bucket=bucket)

    return step


METHODS: Final[Mapping[str, Callable[[int], Step]]] = {"surge": surge, "silence": silence}


def nanoseconds(step: Step, series: int, *, warm: int, buckets: int, seed: int) -> float:
    """Of processor time, for one series and bucket."""
    random = np.random.default_rng(seed)
    rates = np.exp(random.normal(*RATE, series))
    spent = []
    for bucket in range(warm + buckets):
        counts = random.poisson(rates)
        began = time.process_time_ns()
        step(bucket, counts)
        spent.append(time.process_time_ns() - began)
    return median(spent[warm:]) / series


def measured(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """By method and number of series."""
    times = {"warm": options.warm, "buckets": options.buckets, "seed": options.seed}
    return {
        name: {str(n): round(nanoseconds(make(n), n, **times), 1) for n in options.series}
        for name, make in METHODS.items()
        if name in options.methods
    }


def main() -> None:
    options = _options()
    core = machine.pinned()
    told: dict[str, Any] = {"nanoseconds": measured(options), "buckets": options.buckets}
    print(json.dumps(told | {"core": core} | machine.surroundings("numpy")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["surge"])
    parser.add_argument("--series", nargs="+", type=int, default=SIZES, help="2000 10000 100000")
    parser.add_argument("--warm", type=int, default=120, help="buckets before those (120)")
    parser.add_argument("--buckets", type=int, default=48, help="that are measured (48)")
    parser.add_argument("--seed", type=int, default=1, help="of the counts (1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
