"""A product that gets a fault which nobody had before, with more people than its new ones bring."""

import numpy as np

from benchmarks.pictures.track import Track
from detectors import budget
from detectors.novelty import Before, Combinations, Novelty

DAYS, RATE, SINGLES = 70, 2.0, 2
STARTS, CAME = 56, (1, 1, 2)


def drawn() -> Track:
    """Two people a day complain of it; so far two of its faults have had one person each."""
    threshold = budget.threshold(buckets_per_week=7)
    novelty = Novelty(threshold=threshold, people=2, patience=3, day=1)
    state = Combinations.empty(1)
    whole, fault = np.random.default_rng(5).poisson(RATE, DAYS), np.zeros(DAYS, np.int64)
    fault[STARTS : STARTS + len(CAME)] = CAME
    whole += fault
    track = Track("days", np.log10(threshold), (STARTS, STARTS + len(CAME) - 1))
    one = np.ones(1, np.int64)
    for day, some in enumerate(fault):
        before = Before(
            people=whole[[*range(day)]].sum(keepdims=True), coming=whole[[day]], since=0 * one,
            singles=SINGLES * one, others=1000 * one, share=np.zeros(1), known=-one,
        )  # fmt: skip
        state, verdict = novelty.step(state, np.array([some]), before, bucket=day)
        young = not novelty.old(before.people, before.since, bucket=day)[0]
        score = np.log10(np.maximum(verdict.score[0], 1.0))
        track.add(int(some), 0.0, score, above=verdict.news[0], learning=young)
    return track
