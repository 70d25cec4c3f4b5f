"""A campaign that was declared, beside the same counts of which nobody said anything."""

import numpy as np

from benchmarks.pictures.track import RHYTHM, Track, scattered
from detectors import budget
from detectors.calendar import ORDINARY, Known
from detectors.season import Profiles
from detectors.surge import Surge, SurgeState

WEEKS, RATE, UPLIFT = 8, 3.0, 2.0
STARTS, LASTS = 7 * 168 + 3 * 24, 48


def drawn(*, declared: bool) -> Track:
    """Twice the usual for two days."""
    surge = Surge(threshold=budget.threshold())
    mean = RATE * np.tile(RHYTHM, WEEKS)
    mean[STARTS : STARTS + LASTS] *= UPLIFT
    counts = scattered(mean, seed=13)
    state = SurgeState.empty().grow(born=-1, groups=np.zeros(1, np.int64))
    profiles = Profiles.empty(1)
    track = Track("hours", surge.threshold, (STARTS, STARTS + LASTS - 1))
    for hour, count in enumerate(counts):
        during = declared and STARTS <= hour < STARTS + LASTS
        rhythm = profiles.expect(hour=hour, known=Known(UPLIFT, 0.04) if during else ORDINARY)
        expected = surge.expect(state, rhythm, bucket=hour)
        state, verdict = surge.step(state, expected, np.array([count]))
        track.note(count, expected.mean[0], verdict)
        profiles.learn(np.array([count]), rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
    return track.since(6 * 168)
