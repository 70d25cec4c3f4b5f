"""Public holidays and made-up working days: what is a day to be taken for?

    python -m benchmarks.holidays --seed 1

Eighteen months by the calendar of China: 300 overdispersed series of eight groups whose weekends
have fewer events at other hours; holidays are like Sundays and made-up days like Fridays, each
times a factor of its own. By what is made of such days: how far the groups' expectation is off on
them, as a share of what was to be expected, and the false alarms. Prints one JSON object last.
"""

import argparse
import json
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np

from detectors import budget
from detectors.calendar import DAY, ORDINARY, Account, Known, Learnt
from detectors.columns import Floats, Ints
from detectors.season import Profiles
from detectors.surge import Surge, SurgeState
from streams.configuration.declared import of_country

START, DAYS, SERIES, GROUPS = date(2025, 7, 1), 540, 300, 8
SUNDAY, FRIDAY = 3, 1  # as hours since the epoch count weekdays
EPOCH: Final = date(1970, 1, 1)
VARIANTS = ("nothing", "factor", "weekday", "weekday and factor")


class Traffic(NamedTuple):
    """Counts and their means by hour (rows) and series, and the known days by number."""

    counts: Ints
    mean: Floats
    groups: Ints
    days: dict[int, int]


def traffic(seed: int) -> Traffic:
    rng, days = np.random.default_rng(seed), known_days()
    rates, groups = 10 ** rng.normal(-0.5, 0.7, SERIES), rng.integers(0, GROUPS, SERIES)
    work, rest = shapes(rng, peak=14, height=1.0), shapes(rng, peak=19, height=0.4)
    mean = np.empty((DAYS * DAY, SERIES))
    for at, day in enumerate(range((START - EPOCH).days, (START - EPOCH).days + DAYS)):
        weekday = days.get(day, day % 7)
        shape = rest if weekday in (SUNDAY, SUNDAY - 1) else work
        factor = np.exp(rng.normal(0, 0.15) * (day in days))
        mean[at * DAY : (at + 1) * DAY] = factor * shape[:, groups] * rates
    excess = np.maximum(rng.exponential(0.1, SERIES), 1e-3)
    counts = rng.poisson(rng.gamma(mean / excess) * excess)
    return Traffic(counts, mean, groups, days)


def shapes(rng: np.random.Generator, *, peak: float, height: float) -> Floats:
    """By hour and group."""
    hour, peaks = np.arange(DAY)[:, None], rng.normal(peak, 1.5, GROUPS)
    shape: Floats = height * np.exp(np.cos(2 * np.pi * (hour - peaks) / DAY)) / 1.27
    return shape


def known_days() -> dict[int, int]:
    """By day since the epoch, the weekday that it is like."""
    known = of_country("CN", 2025, 2026)
    alike = dict.fromkeys(known, SUNDAY) | dict.fromkeys(known.weekend_workdays, FRIDAY)
    last = START + timedelta(days=DAYS)
    return {(day - EPOCH).days: like for day, like in alike.items() if START <= day < last}


def judged(made: Traffic, variant: str) -> dict[str, float]:
    surge = Surge(threshold=budget.threshold(series=SERIES))
    profiles = Profiles.empty(GROUPS)
    state = SurgeState.empty().grow(born=0, groups=made.groups)
    learnt = dict.fromkeys((SUNDAY, FRIDAY), Learnt())
    account, off, true = Account(), {SUNDAY: 0.0, FRIDAY: 0.0}, {SUNDAY: 0.0, FRIDAY: 0.0}
    fired, since, masked = {"known": 0, "others": 0}, np.full(SERIES, DAY), np.zeros(GROUPS, bool)
    for at, counts in enumerate(made.counts):
        hour = (START - EPOCH).days * DAY + at
        like = made.days.get(hour // DAY)
        rhythm = profiles.expect(hour=hour, known=known(variant, like, learnt))
        expected = surge.expect(state, rhythm, bucket=at)
        state, verdict = surge.step(state, expected, counts)
        totals = np.bincount(made.groups, weights=counts, minlength=GROUPS).astype(np.int64)
        profiles.learn(totals, rhythm, bucket=at, masked=masked)
        begins = verdict.above & (since >= DAY)
        fired["others" if like is None else "known"] += int(begins.sum())
        since = np.where(verdict.above, 0, since + 1)
        if like is None:
            continue
        mean = np.bincount(made.groups, weights=made.mean[at], minlength=GROUPS)
        off[like] += float(np.abs(rhythm.mean - mean).sum())
        true[like] += float(mean.sum())
        base = float((rhythm.mean / rhythm.event).sum())
        account = account.add(observed=float(totals.sum()), expected=base, day=hour // DAY)
        if hour % DAY == DAY - 1:
            learnt[like] = learnt[like].after(account, expected=learnt[like].next())
            account = Account()
    return {
        "off_on_holidays": round(off[SUNDAY] / true[SUNDAY], 3),
        "off_on_made_up_days": round(off[FRIDAY] / true[FRIDAY], 3),
        "false_alarms_on_them": fired["known"],
        "false_alarms_else": fired["others"],
    }


def known(variant: str, like: int | None, learnt: dict[int, Learnt]) -> Known:
    if like is None or variant == "nothing":
        return ORDINARY
    factor = learnt[like].next() if "factor" in variant else (1.0, 0.0)
    return Known(*factor, like if "weekday" in variant else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    made = traffic(parser.parse_args().seed)
    print(json.dumps({variant: judged(made, variant) for variant in VARIANTS}))


if __name__ == "__main__":
    main()
