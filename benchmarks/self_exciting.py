"""Busy series whose posts bring posts: what of an excess burst finds, and how often it is wrong.

    python -m benchmarks.self_exciting --seed 3

A branching process with viral posts, and excesses that are planted in it. A bucket's posts each
bring others later, mostly few; a viral one brings Pareto's number of them. All that a post brings
comes with an exponential delay (Hawkes 1971). So the series bursts by itself, at every size, and
what is planted is an excess that nobody passes on: once to nine times the level, for twelve hours
to two. By threshold: false alarms a week of the series that are given to burst, outside what was
planted, and the share found of it by the levels added. Prints one JSON object last.
"""

import argparse
import json
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.bursts import judged
from benchmarks.nab import fired
from detectors.columns import Bools, Floats, Ints

DAY, WEEK = 288, 2016
"""In buckets of five minutes."""
PLANTED: Final = ((1.0, 144), (2.0, 72), (4.0, 36), (9.0, 24))
"""Levels added, and for how many buckets."""
GRACE = 12
"""Buckets after one in which it is still found."""
THRESHOLDS: Final = (2.0, 2.4, 2.8, 3.2, 3.24, 3.6, 4.0, 5.0, 6.0, 7.0, 7.7)
CROWD = 1e5
"""Most posts that a bucket is to have."""


class Planted(NamedTuple):
    """`kind` is the place in `PLANTED`."""

    series: int
    start: int
    kind: int

    @property
    def length(self) -> int:
        return PLANTED[self.kind][1]


class Kinds(NamedTuple):
    """Of each series: its level, how it swings, and what its posts bring.

    `plain` is what every post brings on the mean; so many are viral as `often` says, and bring
    `size` and more with Pareto's `tail`; `kept` of what is due is left after a bucket.
    """

    level: Floats
    depth: Floats
    phase: Floats
    plain: Floats
    often: Floats
    size: Floats
    tail: Floats
    kept: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator, n: int) -> "Kinds":
        branching, part = rng.uniform(0.3, 0.85, n), rng.uniform(0.1, 0.6, n)
        tail, size = rng.uniform(1.5, 2.5, n), 10.0 ** rng.uniform(0.5, 1.7, n)
        return cls(
            level=10.0 ** rng.uniform(0.0, 1.5, n),
            depth=rng.uniform(0.2, 0.9, n),
            phase=rng.uniform(0.0, 2.0 * np.pi, n),
            plain=branching * (1.0 - part),
            often=branching * part * (tail - 1.0) / (size * tail),
            size=size,
            tail=tail,
            kept=np.exp(-1.0 / 10.0 ** rng.uniform(0.0, 1.3, n)),
        )

    @property
    def branching(self) -> Floats:
        """Posts that a post brings on the mean; below 1, or they would never end."""
        return self.plain + self.often * self.size * self.tail / (self.tail - 1.0)

    def brought(self, rng: np.random.Generator, posts: Ints) -> Floats:
        """What these posts of a bucket will bring in all."""
        viral = rng.poisson(posts * self.often)
        owner = np.repeat(np.arange(viral.size), viral)
        many = self.size[owner] * (1.0 + rng.pareto(self.tail[owner]))
        brought: Floats = self.plain * posts + np.bincount(
            owner, weights=many, minlength=viral.size
        )
        return brought


def simulated(seed: int, *, series: int, weeks: int) -> tuple[Ints, list[Planted]]:
    """Counts by bucket (rows) and series, and what was planted in the fourth week and later."""
    rng = np.random.default_rng(seed)
    kinds, planted = Kinds.drawn(rng, series), _planted(rng, series, weeks=weeks)
    excess = np.zeros((weeks * WEEK, series))
    for one in planted:
        times = PLANTED[one.kind][0]
        excess[one.start : one.start + one.length, one.series] = times * kinds.level[one.series]
    counts, due = np.zeros(excess.shape, np.int64), kinds.level * kinds.branching
    fresh = kinds.level * (1.0 - kinds.branching)
    for bucket in range(len(counts)):
        swing = np.exp(kinds.depth * np.cos(2.0 * np.pi * bucket / DAY - kinds.phase))
        counts[bucket] = rng.poisson(np.minimum(fresh * swing + due, CROWD))
        brought = kinds.brought(rng, counts[bucket])
        due = due * kinds.kept + (1.0 - kinds.kept) * brought
    return counts + rng.poisson(excess), planted


def beside(planted: list[Planted], shape: tuple[int, ...]) -> Bools:
    """Where an alarm is false: from the second week on, and not until two days after one."""
    false = np.ones(shape, np.bool_)
    false[:WEEK] = False
    for one in planted:
        false[one.start : one.start + one.length + 2 * DAY, one.series] = False
    return false


def _planted(rng: np.random.Generator, series: int, *, weeks: int) -> list[Planted]:
    """Two in each series, weeks apart."""
    middle = (3 + weeks) // 2
    return [
        Planted(one, int(rng.integers(first * WEEK, last * WEEK)), int(rng.integers(len(PLANTED))))
        for one in range(series)
        for first, last in ((3, middle - 1), (middle, weeks - 1))
    ]


def figures(scores: Floats, given: Bools, planted: list[Planted]) -> dict[str, Any]:
    """Of what was planted in a series after it was given to burst."""
    false, scores = beside(planted, given.shape), np.where(given, scores, -np.inf)
    weeks = float((given & false).sum() / WEEK)
    known = [one for one in planted if given[one.start, one.series]]
    told = {}
    for threshold in THRESHOLDS:
        alarms = [fired(column, threshold) for column in scores.T]
        wrong = sum(int(false[rows, place].sum()) for place, rows in enumerate(alarms))
        told[f"{threshold:g}"] = {
            "false": wrong, "a_week": round(wrong / weeks, 4), "found": _found(known, alarms),
        }  # fmt: skip
    return {"weeks": round(weeks, 1), "planted": len(known), "thresholds": told}


def _found(planted: list[Planted], alarms: list[Ints]) -> dict[str, float]:
    """Shares by the levels added, and of all."""
    hits: dict[str, list[bool]] = {}
    for one in planted:
        since = alarms[one.series] - one.start
        hit = bool(((since >= 0) & (since < one.length + GRACE)).any())
        for name in (f"+{PLANTED[one.kind][0]:g}", "all"):
            hits.setdefault(name, []).append(hit)
    return {name: round(sum(hit) / len(hit), 3) for name, hit in sorted(hits.items())}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--series", type=int, default=400, help="of which nearly half burst (400)")
    parser.add_argument("--weeks", type=int, default=9, help="at least 7 (9)")
    options = parser.parse_args()
    counts, planted = simulated(options.seed, series=options.series, weeks=options.weeks)
    scores, given, _ = judged(counts)
    told = figures(scores, given, planted)
    print(json.dumps({"seed": options.seed, "series": options.series} | told))


if __name__ == "__main__":
    main()
