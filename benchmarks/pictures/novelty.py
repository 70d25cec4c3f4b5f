"""A product that gets a fault which the others of its group have, and it never had."""

import numpy as np

from benchmarks.pictures.track import Track
from detectors.novelty import Before, Combinations, Novelty

DAYS, RATE, SHARE = 70, 2.0, 0.12
STARTS = 56


def drawn() -> Track:
    """Two people a day complain of it; one in eight would of this fault, and nobody does."""
    novelty, state = Novelty(people=2, patience=3, day=1), Combinations.empty(1)
    whole, fault = np.random.default_rng(5).poisson(RATE, DAYS), np.zeros(DAYS, np.int64)
    fault[STARTS : STARTS + 2] = 1
    track = Track("days", -np.log10(novelty.surprise), (STARTS, STARTS + 1))
    for day, (people, some) in enumerate(zip(whole + fault, fault, strict=True)):
        before = Before(
            people=whole[[*range(day)]].sum(keepdims=True), since=np.zeros(1, np.int64),
            others=np.array([1000]), share=np.array([SHARE]),
        )  # fmt: skip
        state, verdict = novelty.step(state, np.array([some]), before, bucket=day)
        young = day < novelty.days or before.people[0] < novelty.enough
        track.add(
            int(some), people * SHARE, -np.log10(verdict.absence[0]),
            above=verdict.news[0], learning=young,
        )  # fmt: skip
    return track
