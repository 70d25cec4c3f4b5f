"""Faults that a product never had: are the true ones told, and how often do ordinary ones alarm?

    python -m benchmarks.novelty --seed 21
    python -m benchmarks.novelty --seed 21 --budget 10

Two years of complaints about `PRODUCTS` products, launched one after another, of 2 to 200 people a
week. Faults are of Zipf's frequency, each product has some of them, with shares of its own that
drift, and the catalogue drifts with them: faults come up, for a few products each, and stay. One in
`SLIPS` presses a wrong button, one in `ECHOES` brings another person along within a day. Into that
are planted truly new faults, of 3 to 10 people within a day or three: half of them new to all, half
known of other products.

`found` is the share of those planted that are told, also by how many people they have, `delay` the
median of the hours since the first of them, `after` of people. `false_alarms` are all else that is
told, `risen` those of them that came up in the catalogue, beside what the budget has `allowed` for
as many weeks of products that are old enough. `beside` is what is told without a score, whatever
the budget, and by plain counts of the same products: every combination that never was (`first`),
and those with so many people within a day of it (`2 a day`). The threshold is that of the budget;
no number of the method was fitted. The method took its form on seeds 1 and 2. Prints one JSON
object last.
"""

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from detectors import budget
from detectors.columns import Floats, Ints
from detectors.novelty import Before, Combinations, Novelty, Verdict

PRODUCTS, FAULTS, LATER = 150, 80, 40
"""Faults there are from the start, and those that come up later."""
WEEKS, HOURS = 104, 168
ZIPF, HAS, SPREAD, DRIFT = 1.1, 0.4, 1.0, 0.05
SLIPS, ECHOES = 100, 50
PLANTED, EARLIEST = 3, 12
"""For each product, from this week of its life on."""
DAY, ENOUGH = 24, 2


class Planted(NamedTuple):
    """A truly new fault: from the first of its people to the last, in hours."""

    product: int
    fault: int
    begins: int
    ends: int
    people: int


@dataclass(frozen=True, slots=True)
class History:
    """Hour, product and fault of each person, by the hour."""

    hours: Ints
    products: Ints
    faults: Ints
    planted: Mapping[tuple[int, int], Planted]


class Told(NamedTuple):
    hour: int
    product: int
    fault: int
    people: int


class Judged(NamedTuple):
    """The combinations of which people came in an hour, and what each method says of them."""

    hour: int
    products: Ints
    faults: Ints
    said: Mapping[str, Verdict]


def history(rng: Generator) -> History:
    ordinary = np.concatenate([_echoed(rng, _week(rng, *week)) for week in _catalogue(rng)], axis=1)
    ordinary = ordinary[:, ordinary[0] < WEEKS * HOURS]
    planted = {(one.product, one.fault): one for one in _plant(rng, ordinary)}
    some = [ordinary, *(_people(rng, one) for one in planted.values())]
    together = np.concatenate(some, axis=1)
    hours, products, faults = together[:, np.argsort(together[0], kind="stable")]
    return History(hours, products, faults, planted)


def _catalogue(rng: Generator) -> Iterator[tuple[int, Floats]]:
    """By week how many people each product has of each fault, on average."""
    every = FAULTS + LATER
    launch = np.sort(rng.integers(-52, WEEKS * 3 // 4, PRODUCTS))
    rate = np.exp(rng.uniform(np.log(2), np.log(200), PRODUCTS))
    common = np.arange(1, every + 1) ** -ZIPF
    rng.shuffle(common)
    up = np.append(np.full(FAULTS, -999), rng.integers(0, WEEKS, LATER))
    has = rng.random((PRODUCTS, every)) < HAS
    logs = np.log(common) + rng.normal(0, SPREAD, has.shape)
    for week in range(WEEKS):
        logs += rng.normal(0, DRIFT, logs.shape)
        risen = np.clip((week - up) / 8, 0, 1)  # within two months
        shares = np.exp(logs) * has * risen + 1e-12
        shares /= shares.sum(axis=1, keepdims=True)
        known = (risen > 0) / max((risen > 0).sum(), 1)
        shares = shares * (1 - 1 / SLIPS) + known / SLIPS
        yield week, shares * (rate * (launch <= week))[:, None]


def _week(rng: Generator, week: int, means: Floats) -> Ints:
    """Hour, product and fault of each; days are busy or calm, and so are hours."""
    n = rng.poisson(means * rng.gamma(20, 1 / 20, (PRODUCTS, 1)))
    products, faults = (np.repeat(at, n[np.nonzero(n)]) for at in np.nonzero(n))
    days = rng.choice(7, products.size, p=np.array([5, 5, 5, 5, 5, 3, 2]) / 30)
    hours = np.clip(np.round(rng.normal(14, 4, products.size)), 0, 23).astype(np.int64)
    return np.array([week * HOURS + days * DAY + hours, products, faults])


def _echoed(rng: Generator, week: Ints) -> Ints:
    again = week[:, rng.random(week.shape[1]) < 1 / ECHOES].copy()
    again[0] += rng.integers(0, DAY, again.shape[1])
    return np.append(week, again, axis=1)


def _plant(rng: Generator, ordinary: Ints) -> Iterator[Planted]:
    """Where nobody had the fault, neither before nor after; new to all are numbers of their own."""
    hours, products, faults = ordinary
    had, fresh = set(zip(products.tolist(), faults.tolist(), strict=True)), FAULTS + LATER
    for product in range(PRODUCTS):
        own = hours[products == product]
        first = own.min() + EARLIEST * HOURS if own.size else WEEKS * HOURS
        if first >= (WEEKS - 1) * HOURS:
            continue
        for _ in range(PLANTED):
            known = [fault for fault in range(FAULTS) if (product, fault) not in had]
            fresh += 1
            fault = int(rng.choice(known)) if known and rng.random() < 0.5 else fresh
            had.add((product, fault))
            begins = int(rng.integers(first, (WEEKS - 1) * HOURS))
            lasts = int(rng.choice((DAY, 3 * DAY)))
            yield Planted(product, fault, begins, begins + lasts, int(rng.integers(3, 11)))


def _people(rng: Generator, one: Planted) -> Ints:
    hours = rng.integers(one.begins, one.ends, one.people)
    return np.array([hours, np.full(one.people, one.product), np.full(one.people, one.fault)])


class Counts:
    """What is known of products, faults and combinations before an hour, as the judge counts."""

    def __init__(self, faults: int) -> None:
        self.had = np.zeros((PRODUCTS, faults), np.int64)
        self.since, self.known = np.full(PRODUCTS, -1), np.full(faults, -1)

    def before(self, products: Ints, faults: Ints, came: Ints, *, hour: int) -> Before:
        coming = np.zeros(PRODUCTS, np.int64)
        np.add.at(coming, products, came)
        people = self.had[products].sum(axis=1)
        others = self.had.sum() - people
        share = self.had[:, faults].sum(axis=0) - self.had[products, faults]
        since = np.where(self.since[products] < 0, hour, self.since[products])
        singles = (self.had[products] == 1).sum(axis=1)
        share = share / np.maximum(others, 1)
        return Before(people, coming[products], since, singles, others, share, self.known[faults])

    def add(self, products: Ints, faults: Ints, people: Ints, *, hour: int) -> None:
        self.had[products, faults] += people
        self.since[products[self.since[products] < 0]] = hour
        self.known[faults[self.known[faults] < 0]] = hour

    def old(self, method: Novelty, *, hour: int) -> int:
        """Products of which something may be told."""
        born = self.since >= 0
        return int((method.old(self.had.sum(axis=1), self.since, bucket=hour) & born).sum())


def told(methods: Mapping[str, Novelty], played: History) -> tuple[dict[str, list[Told]], float]:
    """What each tells, and for how many weeks of products each might have told something."""
    counts, weeks = Counts(int(played.faults.max()) + 1), 0.0
    found: dict[str, list[Told]] = {name: [] for name in methods}
    for at in judged(methods, played, counts):
        for name, verdict in at.said.items():
            news = zip(at.products, at.faults, verdict.people, verdict.news, strict=True)
            found[name] += [Told(at.hour, int(p), int(f), int(n)) for p, f, n, new in news if new]
        if at.hour % HOURS < DAY:
            weeks += counts.old(next(iter(methods.values())), hour=at.hour) / DAY
    return found, weeks


def judged(methods: Mapping[str, Novelty], played: History, counts: Counts) -> Iterator[Judged]:
    """The hours in which people came; `counts` have taken them in by then."""
    width = int(played.faults.max()) + 1
    states = {name: Combinations.empty(PRODUCTS * width) for name in methods}
    cuts = np.flatnonzero(np.diff(played.hours)) + 1
    for some in np.split(np.arange(played.hours.size), cuts):
        hour, said = int(played.hours[some[0]]), dict[str, Verdict]()
        places, people = np.unique(
            played.products[some] * width + played.faults[some], return_counts=True
        )
        products, faults = np.divmod(places, width)
        before = counts.before(products, faults, people, hour=hour)
        for name, method in methods.items():
            state, said[name] = method.step(states[name].take(places), people, before, bucket=hour)
            _put(states[name], state, places)
        counts.add(products, faults, people, hour=hour)
        yield Judged(hour, products, faults, said)


def _put(state: Combinations, some: Combinations, places: Ints) -> None:
    columns = some.columns()
    for name, whole in state.columns().items():
        whole[places] = columns[name]


def counted(played: History, *, least: int) -> Iterator[Told]:
    """Plain: so many people of a combination within a day of its first, of an old product."""
    first: dict[tuple[int, int], tuple[int, int]] = {}
    people, since = np.zeros(PRODUCTS, np.int64), np.full(PRODUCTS, WEEKS * HOURS)
    plain = Novelty()
    for hour, product, fault in zip(played.hours, played.products, played.faults, strict=True):
        since[product] = min(since[product], hour)
        old = people[product] >= plain.enough and hour - since[product] >= plain.days * DAY
        begun, n = first.get((product, fault), (hour if old else -DAY, 0))
        first[product, fault] = begun, n + 1
        people[product] += 1
        if n + 1 == least and hour - begun < DAY:
            yield Told(int(hour), int(product), int(fault), n + 1)


def report(said: Iterable[Told], played: History) -> dict[str, Any]:
    """Of what one method tells."""
    hits: dict[tuple[int, int], Told] = {}
    false, risen = 0, 0
    for one in said:
        planted = played.planted.get((one.product, one.fault))
        if planted is None:
            false += 1
            risen += one.fault >= FAULTS
        else:
            hits[one.product, one.fault] = one
    first = _first(played)
    delays = [one.hour - first[at] for at, one in hits.items()]
    return {
        "found": round(len(hits) / len(played.planted), 3),
        "found_by_people": {
            f"{low}-{high}": _part(hits, played, range(low, high + 1))
            for low, high in ((3, 3), (4, 5), (6, 10))
        },
        "delay": float(np.median(delays)) if delays else None,
        "after": float(np.median([one.people for one in hits.values()])) if hits else None,
        "false_alarms": false,
        "risen": risen,
    }


def _part(hits: Mapping[tuple[int, int], Told], played: History, people: range) -> float:
    some = [at for at, one in played.planted.items() if one.people in people]
    return round(sum(at in hits for at in some) / max(len(some), 1), 3)


def _first(played: History) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for hour, *at in zip(played.hours, played.products, played.faults, strict=True):
        if (key := (int(at[0]), int(at[1]))) in played.planted:
            found.setdefault(key, int(hour))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--budget", type=float, default=1.0, help="a week, over 1,000 places")
    asked = parser.parse_args()
    began = time.process_time()
    played = history(np.random.default_rng(asked.seed))
    threshold = budget.threshold(false_alarms_per_week=asked.budget)
    methods = {
        "novelty": Novelty(people=ENOUGH, threshold=threshold), "unscored": Novelty(people=ENOUGH),
        "first": Novelty(),
    }  # fmt: skip
    found, weeks = told(methods, played)
    found |= {f"{n} a day": list(counted(played, least=n)) for n in (2, 3, 4, 5)}
    said = {name: report(alarms, played) for name, alarms in found.items()}
    ours = said.pop("novelty")
    print(json.dumps({
        "benchmark": "novelty", "seed": asked.seed, "people": played.hours.size,
        "planted": len(played.planted), "product_weeks": round(weeks), **ours,
        "allowed": round(weeks * HOURS / threshold, 1), "beside": said,
        "seconds": round(time.process_time() - began, 1),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
