"""A source that sleeps at night and falls silent on a Tuesday."""

import numpy as np

from benchmarks.pictures.track import RHYTHM, Track, scattered
from detectors import budget
from detectors.silence import Silence, SilenceState

WEEKS, RATE = 5, 3.0
STARTS, LASTS = 4 * 168 + 24 + 10, 26


def drawn() -> Track:
    """It answers from eight to eight; for 26 hours it brings nothing."""
    silence = Silence(threshold=budget.threshold())
    hours = np.arange(WEEKS * 168)
    mean = RATE * np.tile(RHYTHM, WEEKS) * ((hours % 24 >= 8) & (hours % 24 < 20))
    counts = np.where(mean > 0, scattered(mean, seed=8), 0)
    counts[STARTS : STARTS + LASTS] = 0
    state = SilenceState.empty(1)
    track = Track("hours", silence.threshold, (STARTS, STARTS + LASTS - 1))
    for hour, count in enumerate(counts):
        expected = silence.expect(state, bucket=hour, hour=hour)
        state, verdict = silence.step(state, expected, np.array([count]))
        track.note(count, expected.mean[0], verdict)
    return track.since(3 * 168)
