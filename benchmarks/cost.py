"""What a method of detection costs for each series and bucket, from expectation to alarms.

    python -m benchmarks.cost
    python -m benchmarks.cost --methods burst weekly --series 2000 --buckets 100

The methods asked for of `METHODS` are driven with counts of series at rates of their own (or of
batches, combinations or regions), whatever the length of their buckets, first for `--warm` of them,
in which they learn what is usual. Prints one JSON object last; `nanoseconds` are of processor time,
the median of the buckets after those, in a process that has freed a snapshot before, as a worker
has: from then on the allocator keeps what a bucket frees, instead of returning it to the system and
asking for it again page by page (docs/adr/0010-learning.md, What it costs).
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

import numpy as np

from benchmarks import machine
from detectors import budget, burst, weekly
from detectors.alarm import Alarms, Hysteresis
from detectors.batches import Batches, BatchState
from detectors.burst import Burst, BurstState
from detectors.columns import Ints
from detectors.drift import Drift, DriftState
from detectors.mixture import DEFAULT
from detectors.neighbours import Fields, Neighbours, Shares
from detectors.novelty import Before, Combinations, Novelty
from detectors.rules import Rule, RuleState
from detectors.season import Profiles
from detectors.share import Share, ShareState
from detectors.silence import Silence, SilenceState
from detectors.spatial import Country, Spatial, SpatialState, Usual, Zones
from detectors.surge import Surge, SurgeState
from detectors.weekly import Weekly, WeeklyState
from detectors.window import Window
from streams.configuration.sections import MINUTES
from streams.counts.cells import Trigger
from streams.detection.triggers import Triggers

Step = Callable[[int, Ints], None]  # the bucket, which is its own local hour, and its counts
THRESHOLD: Final = budget.threshold()  # one false alarm a week among 1,000 series
SIZES: Final = (2_000, 10_000, 100_000)
RATE: Final = (-1.5, 1.0)  # mean and deviation of the logarithm of events a bucket
REPORTED: Final = 0.01  # of the scopes of triggers
SNAPSHOT: Final = 2_600_000  # bytes, of 10,000 series that have lived for six weeks


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


def by_itself(
    method: Burst | Weekly | Drift, state: BurstState | WeeklyState | DriftState, *, quiet: int
) -> Step:
    """One that needs nothing but its own state, and the counts of its buckets."""
    judge: Any = method
    hysteresis, alarms, held = Hysteresis(quiet=quiet), Alarms.empty(state.size), [state]

    def step(bucket: int, counts: Ints) -> None:
        expected = judge.expect(held[0], bucket=bucket)
        held[0], verdict = judge.step(held[0], expected, counts)
        hysteresis.step(alarms, verdict, bucket=bucket)

    return step


def share(series: int) -> Step:
    """A third of the counts are the part."""
    method, hysteresis = Share(threshold=THRESHOLD), Hysteresis()
    state, alarms = ShareState.empty(series), Alarms.empty(series)

    def step(bucket: int, counts: Ints) -> None:
        nonlocal state, alarms
        expected = method.expect(state, bucket=bucket)
        state, verdict = method.step(state, expected, counts // 3, counts)
        alarms, _ = hysteresis.step(alarms, verdict, bucket=bucket)

    return step


def batches(series: int) -> Step:
    """A thousand a product, with those of equal age beside each, and the prior of one product."""
    method, neighbours = Batches(threshold=THRESHOLD), Neighbours()
    state, fields, prior = BatchState.empty(series), Fields.empty(-(-series // 1000)), DEFAULT
    places = np.arange(series)
    shares = Shares.empty().grow(
        products=places // 1000, shipped=-(places % 1000), units=np.full(series, 5000.0)
    )

    def step(bucket: int, counts: Ints) -> None:
        nonlocal state, fields, shares, prior
        exposure = neighbours.expect(fields, shares, bucket=bucket)
        state, _ = method.step(state, prior, counts, exposure, bucket=bucket)
        prior = method.refitted(state, prior, bucket=bucket)
        fields, shares = neighbours.learn(fields, shares, counts, bucket=bucket)

    return step


def novelty(series: int) -> Step:
    """What was known before is given."""
    method, state = Novelty(people=2, threshold=THRESHOLD), Combinations.empty(series)
    one = np.ones(series, np.int64)
    before = Before(
        40 * one, coming=one, since=0 * one, singles=one, others=400 * one,
        share=np.full(series, 0.1), known=0 * one,
    )  # fmt: skip

    def step(bucket: int, counts: Ints) -> None:
        nonlocal state
        state, _ = method.step(state, counts, before, bucket=bucket)

    return step


def spatial(series: int) -> Step:
    """Regions in a ring, in sets of up to four; beyond 2,000 of them in smaller sets."""
    ring = [((n - 1) % series, (n + 1) % series) for n in range(series)]
    method = Spatial(zones=Zones.of(ring), threshold=THRESHOLD)
    state, country, one = SpatialState.empty(method.zones.size), Country.empty(1), np.ones(series)

    def step(bucket: int, counts: Ints) -> None:
        nonlocal state
        usual = Usual(bucket, 0.4 * one, 1.2 * one, 0.02 * one, one > 0)
        state, verdict = method.step(state, country.shared(usual, counts), counts)
        country.learn(usual, counts)
        method.rises(verdict)

    return step


def rule(series: int) -> Step:
    """Twice as many people in six buckets as a day before, in two of them on end."""
    method, hysteresis = Rule(least=5, window=6, ratio=2.0, holds=2), Hysteresis(quiet=1)
    window, state, alarms = (
        Window(length=6, delay=24),
        RuleState.empty(series),
        Alarms.empty(series),
    )
    window.grow(series)

    def step(bucket: int, counts: Ints) -> None:
        nonlocal state, alarms
        window.take(counts, masked=False)
        state, verdict = method.step(state, window.recent, window.before, bucket=bucket)
        alarms, _ = hysteresis.step(alarms, verdict, bucket=bucket)

    return step


def trigger(scopes: int) -> Step:
    """One in a hundred scopes a bucket has a report, as a trigger has no series; two are enough."""
    triggers, chance = Triggers.empty(enough=2, quiet=24), np.random.default_rng(scopes)
    wheres = [{"product": f"product {n}"} for n in range(scopes)]

    def step(bucket: int, _: Ints) -> None:
        minute = bucket * MINUTES
        told = np.flatnonzero(chance.random(scopes) < REPORTED)
        news = [
            Trigger("injury", minute, minute, f"{bucket} {n}", f"{bucket}", wheres[n], "")
            for n in told
        ]
        triggers.add(news, minutes=MINUTES, least=bucket)
        triggers.close(bucket)

    return step


METHODS: Final[Mapping[str, Callable[[int], Step]]] = {
    "surge": surge,
    "silence": silence,
    "burst": lambda n: by_itself(Burst(), BurstState.empty(n), quiet=burst.QUIET),
    "weekly": lambda n: by_itself(
        Weekly(threshold=THRESHOLD), WeeklyState.empty(n), quiet=weekly.QUIET
    ),
    "drift": lambda n: by_itself(
        Drift(threshold=THRESHOLD), DriftState.empty(n), quiet=weekly.QUIET
    ),
    "share": share,
    "batches": batches,
    "novelty": novelty,
    "spatial": spatial,
    "rule": rule,
    "trigger": trigger,
}


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
    snapshot = np.empty(SNAPSHOT, np.uint8)
    del snapshot
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
