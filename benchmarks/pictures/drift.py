"""Complaints by the week, with a yearly season, that begin to grow."""

import numpy as np

from benchmarks.pictures.track import Track, scattered
from detectors.drift import Drift, DriftState
from detectors.weekly import WEEKS

PAST, GROWING, RATE, GROWTH = 2 * 52, 36, 20.0, 0.03
THRESHOLD = 1000.0


def drawn() -> Track:
    """After two years three percent more from each week to the next."""
    drift, weeks = Drift(threshold=THRESHOLD), np.arange(PAST + GROWING)
    mean = RATE * np.exp(0.3 * np.sin(2 * np.pi * weeks / WEEKS))
    mean[PAST:] *= (1.0 + GROWTH) ** np.arange(1, GROWING + 1)
    state, track = DriftState.empty(1), Track("weeks", THRESHOLD, (PAST, PAST + GROWING - 1))
    for week, count in enumerate(scattered(mean, seed=5)):
        expected = drift.expect(state, bucket=week)
        state, verdict = drift.step(state, expected, np.array([count]))
        track.note(count, expected.mean[0], verdict)
    return track.since(8)
