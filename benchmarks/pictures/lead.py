"""Posts and complaints of one matter, of which the posts begin an hour and a quarter sooner.

The seed is one with which it can be told; how often that is, `benchmarks.lead` says.
"""

from typing import Final

import numpy as np
from numpy.random import Generator

from benchmarks.outbreaks import PER_HOUR, counted, step
from benchmarks.pictures.reading import MINUTES, Curve, Reading, Seen, scattered
from detectors import lead
from detectors.columns import Floats

HOURS, BEGINS, LAG = 12.0, 6.0, 1.25
"""Hours that are seen, until posts begin, and from there until complaints do."""
PEOPLE: Final = {"posts": (2.0, 120), "complaints": (0.7, 50)}
"""An hour as usual, and of the excess over six hours."""


def drawn() -> Reading:
    """The chance that each began in a bucket, and what follows for who led."""
    rng = np.random.default_rng(12)
    posts = _seen(rng, "posts", BEGINS)
    complaints = _seen(rng, "complaints", BEGINS + LAG)
    chances = [_chance(one) for one in (posts, complaints)]
    said = lead.lead(*(lead.draws(chance) for chance in chances))
    lag, low, high = (MINUTES * number for number in (said.lag, said.low, said.high))
    return Reading(
        seen=(posts, complaints), curves=tuple(Curve(chance) for chance in chances),
        label="chance of\nthe beginning", true=None, said=(lag, low, high),
        planted=float(MINUTES * (complaints.begins - posts.begins)),
        told=f"posts led by {lag:.0f} minutes ({low:.0f} to {high:.0f})"
        if said.told and said.chance > 0.5
        else "which led cannot be told",
    )  # fmt: skip


def _seen(rng: Generator, name: str, begins: float) -> Seen:
    """It begins with the first person who belongs to it."""
    buckets, (rate, people) = round(HOURS * PER_HOUR), PEOPLE[name]
    times = begins + step(rng, people, 6.0)
    counts = scattered(rng, np.full(buckets, rate)) + counted(times, buckets=buckets)
    return Seen(name, counts, np.full(buckets, rate / PER_HOUR), int(times.min() * PER_HOUR))


def _chance(one: Seen) -> Floats:
    return lead.beginning(one.counts, one.expected, minutes=MINUTES)
