"""Complaints by the week, with a yearly season."""

import numpy as np

from benchmarks.pictures.track import Track, scattered
from detectors.weekly import WEEKS, Weekly, WeeklyState

YEARS, RATE = 5, 12.0
STARTS, LASTS = 4 * 52 + 30, 6
THRESHOLD = 1000.0


def drawn() -> Track:
    """In the fifth year twice as many as usual for six weeks."""
    weekly, weeks = Weekly(threshold=THRESHOLD), np.arange(YEARS * 52)
    mean = RATE * np.exp(0.4 * np.sin(2 * np.pi * weeks / WEEKS))
    mean[STARTS : STARTS + LASTS] *= 2.0
    state, track = WeeklyState.empty(1), Track("weeks", THRESHOLD, (STARTS, STARTS + LASTS - 1))
    for week, count in enumerate(scattered(mean, seed=3)):
        expected = weekly.expect(state, bucket=week)
        state, verdict = weekly.step(state, expected, np.array([count]))
        track.note(count, expected.mean[0], verdict)
    return track.since(8)
