"""Bursts of a brand that is spoken of all day, in buckets of five minutes."""

import numpy as np

from benchmarks.pictures.track import Track, scattered
from detectors.burst import Burst, BurstState

DAYS, A_DAY, RATE = 10, 288, 8.0
USUAL, STARTS, LASTS = 40, 9 * 288 + 150, 18


def drawn() -> Track:
    """It flares up some four times a day for a quarter of an hour; once for an hour and a half."""
    burst, chance = Burst(), np.random.default_rng(4)
    mean = np.full(DAYS * A_DAY, RATE)
    for start in chance.integers(0, STARTS, USUAL):
        mean[start : start + 3] *= 1.0 + chance.pareto(2.5)
    mean[STARTS : STARTS + LASTS] *= 1.0 + 12.0 * 0.9 ** np.arange(LASTS)
    state = BurstState.empty(1)
    track = Track("five minutes", burst.threshold, (STARTS, STARTS + LASTS - 1))
    for bucket, count in enumerate(scattered(mean, seed=5, dispersion=2.0)):
        expected = burst.expect(state, bucket=bucket)
        state, verdict = burst.step(state, expected, np.array([count]))
        track.note(count, expected.mean[0], verdict)
    return track.since(6 * A_DAY)
