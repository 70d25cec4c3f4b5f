"""Which of two streams led, by how long: how often is that right, and is the interval honest?

    python -m benchmarks.lead --seed 11

Two series in buckets of five minutes, each with an excess of 20 to 300 people over 2 to 12 hours
(evenly, as a ramp or as a wave) upon a usual rate of 0.05 to 10 an hour, whose level is known to
15 %. One begins up to six hours before the other or, in one case of five, both at the same time.
Both are read up to four hours after 16 people of either have come. Which led, and the true lag, is
by the first person of either. Nothing was tuned on seeds above 9.

`coverage` is how often the interval of 90 % holds the true lag, also by shape; `told` the share
in which a leader is named, also by the true lag in hours; `wrong` the share of those named which
are the other one. `lag_error` is the median absolute error in minutes of the lags that are told,
`width` the median width of their intervals. `in_stream` is the same of `--streams` times 100
pairs through the product's own streams (`benchmarks.lead_in_stream`), of which `called` is the
share that both streams call and that are read, and `bare` the coverage of bare readings of the same
pairs. Prints one JSON object last.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from benchmarks import lead_in_stream, outbreaks
from benchmarks.lead_in_stream import Read
from benchmarks.outbreaks import MINUTES, PER_HOUR, SHAPES
from detectors import lead
from detectors.columns import Floats
from detectors.lead import Lead

SEEN = 15
QUIET = 6.0
"""Hours before the first of the two begins, as the product looks back."""
LAGS = (0.0, 0.5, 1.0, 2.0, 24.0)


class Pair(NamedTuple):
    """What was said of two series, and what was true: buckets from the first to the second."""

    said: Lead
    lag: float
    shapes: tuple[str, str]

    @property
    def covered(self) -> bool:
        return self.said.low <= self.lag <= self.said.high

    @property
    def wrong(self) -> bool:
        return self.said.told and (self.said.chance > 0.5) != (self.lag > 0)


class Excess(NamedTuple):
    """The people of an excess, by the hour at which each comes, and its shape."""

    times: Floats
    shape: str


def pair(rng: Generator) -> Pair:
    lag = 0.0 if rng.random() < 0.2 else float(rng.uniform(0, 6) * rng.choice((-1, 1)))
    both = [excess(rng, QUIET + max(later, 0.0)) for later in (-lag, lag)]
    latest = max(float(np.sort(one.times)[SEEN]) for one in both)
    buckets = int(np.ceil((latest + rng.uniform(0, 4)) * PER_HOUR))
    first, second = (began(rng, one, buckets=buckets) for one in both)
    one, other = both
    true = float(other.times.min() - one.times.min()) * PER_HOUR
    return Pair(lead.lead(first, second), true, (one.shape, other.shape))


def excess(rng: Generator, begins: float) -> Excess:
    shape = str(rng.choice(list(SHAPES)))
    people, hours = round(np.exp(rng.uniform(np.log(20), np.log(300)))), rng.uniform(2, 12)
    return Excess(begins + SHAPES[shape](rng, people, hours), shape)


def began(rng: Generator, one: Excess, *, buckets: int) -> Floats:
    rate = float(np.exp(rng.uniform(np.log(0.05), np.log(10))))
    usual = outbreaks.usual(rng, rate=rate, buckets=buckets)
    observed = usual.observed + outbreaks.counted(one.times, buckets=buckets)
    return lead.draws(lead.beginning(observed, usual.expected, minutes=MINUTES))


def by_lag(pairs: Sequence[Pair]) -> Iterator[tuple[str, float]]:
    for low, high in pairwise(LAGS):
        some = [one.said.told for one in pairs if low < abs(one.lag) / PER_HOUR <= high]
        yield f"{low:g}-{high:g}", mean(some)


def mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 3) if values else 0.0


def report(pairs: Sequence[Pair]) -> dict[str, Any]:
    told = [one for one in pairs if one.said.told]
    errors = [abs(one.said.lag - one.lag) * MINUTES for one in told]
    widths = [(one.said.high - one.said.low) * MINUTES for one in told]
    return {
        "coverage": mean([one.covered for one in pairs]),
        "coverage_by_shape": {
            shape: mean([one.covered for one in pairs if set(one.shapes) == {shape}])
            for shape in SHAPES
        },
        "told": mean([one.said.told for one in pairs]),
        "told_by_lag": dict(by_lag(pairs)),
        "wrong": mean([one.wrong for one in told]),
        "lag_error": round(float(np.median(errors)), 1),
        "width": round(float(np.median(widths)), 1),
    }


def in_stream(pairs: Sequence[Read]) -> dict[str, Any]:
    called = [one for one in pairs if one.said is not None]
    told = [(one.pair, one.said) for one in called if one.said is not None and one.said.told]
    return {
        "pairs": len(pairs), "called": mean([one.said is not None for one in pairs]),
        "coverage": mean([one.covered for one in called]),
        "bare": mean([one.bare_covered for one in called]),
        "told": mean([one.said is not None and one.said.told for one in called]),
        "wrong": mean([one.wrong for one in called if one.said is not None and one.said.told]),
        "lag_error": median([abs(said.lag - pair.lag) for pair, said in told]),
        "width": median([said.high - said.low for _, said in told]),
    }  # fmt: skip


def median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 1) if values else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--streams", type=int, default=4, help="of 100 pairs each")
    asked = parser.parse_args()
    rng, began_at = np.random.default_rng(asked.seed), time.process_time()
    pairs = [pair(rng) for _ in range(asked.pairs)]
    runs = np.random.default_rng([asked.seed, 1]).spawn(asked.streams)
    read = [one for run in runs for one in lead_in_stream.reads(run)]
    spent = time.process_time() - began_at
    print(json.dumps({
        "benchmark": "lead", "seed": asked.seed, "pairs": asked.pairs, **report(pairs),
        "in_stream": in_stream(read), "seconds": round(spent, 1),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
