"""The surge of a matter that has one complaint in two hours."""

import numpy as np

from benchmarks.pictures.track import RHYTHM, Track, scattered
from detectors import budget
from detectors.season import Profiles
from detectors.surge import Surge, SurgeState

WEEKS, RATE, KIN = 8, 0.5, 40
STARTS, LASTS, TIMES = 7 * 168 + 2 * 24 + 9, 18, 4.0


def drawn() -> Track:
    """Four times the usual from a Wednesday morning on; the group has twenty an hour."""
    surge = Surge(threshold=budget.threshold())
    mean = RATE * np.tile(RHYTHM, WEEKS)
    group = scattered(KIN * mean, seed=1)
    mean[STARTS : STARTS + LASTS] *= TIMES
    counts = scattered(mean, seed=2)
    state = SurgeState.empty().grow(born=-1, groups=np.zeros(1, np.int64))
    profiles = Profiles.empty(1)
    track = Track("hours", surge.threshold, (STARTS, STARTS + LASTS - 1))
    for hour, count in enumerate(counts):
        rhythm = profiles.expect(hour=hour)
        expected = surge.expect(state, rhythm, bucket=hour)
        state, verdict = surge.step(state, expected, np.array([count]))
        track.note(count, expected.mean[0], verdict)
        profiles.learn(group[[hour]], rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
    return track.since(6 * 168)
