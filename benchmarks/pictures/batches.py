"""A batch among forty of its product, by the day."""

import numpy as np

from benchmarks.pictures.track import Track
from detectors.batches import Batches, BatchState
from detectors.mixture import DEFAULT
from detectors.neighbours import Fields, Neighbours, Shares

BATCHES, DAYS, UNITS, RATE = 40, 150, 5_000.0, 2e-5
SICK, STARTS, LASTS = 17, 110, 6
THRESHOLD = 100_000.0


def drawn() -> Track:
    """Each has 5,000 units in the field and a complaint in ten days; one gets eight in six days."""
    batches = Batches(threshold=THRESHOLD, day=1, block=1, windows=(3, 14))
    neighbours, chance = Neighbours(day=1), np.random.default_rng(6)
    counts = chance.poisson(UNITS * RATE, (DAYS, BATCHES))
    counts[STARTS : STARTS + LASTS, SICK] += np.array([1, 2, 1, 2, 1, 1])
    fields, state, prior = Fields.empty(1), BatchState.empty(BATCHES), DEFAULT
    shares = Shares.empty().grow(
        products=np.zeros(BATCHES, np.int64), shipped=np.arange(BATCHES) - BATCHES,
        units=np.full(BATCHES, UNITS),
    )  # fmt: skip
    track = Track("days", THRESHOLD, (STARTS, STARTS + LASTS - 1))
    for day, row in enumerate(counts):
        exposure = neighbours.expect(fields, shares, bucket=day)
        state, verdict = batches.step(state, prior, row, exposure, bucket=day)
        prior = batches.refitted(state, prior, bucket=day)
        fields, shares = neighbours.learn(fields, shares, row, bucket=day)
        track.add(
            row[SICK], exposure[SICK], verdict.score[SICK],
            above=verdict.above[SICK], learning=verdict.unknown[SICK],
        )  # fmt: skip
    return track.since(30)
