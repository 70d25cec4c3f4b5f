"""A plain rule: so many people within three hours."""

import numpy as np

from benchmarks.pictures.track import RHYTHM, Track, scattered
from detectors.rules import Rule, RuleState
from detectors.window import Window

RULE = Rule(least=10, window=3, holds=2, until=0.6)
STARTS, LASTS = 5 * 24 + 10, 8


def drawn() -> Track:
    """Ten people, for two hours on end; it stands until fewer than six are left."""
    mean = np.resize(RHYTHM, 7 * 24)
    mean[STARTS : STARTS + LASTS] += 4.0
    state, window = RuleState.empty(1), Window(length=RULE.window)
    window.grow(1)
    track = Track("hours", 1.0, (STARTS, STARTS + LASTS - 1), "limit")
    for hour, count in enumerate(scattered(mean, seed=11)):
        window.take(np.array([count]))
        people, none = window.recent.copy(), np.zeros(1, np.int64)
        state, verdict = RULE.step(state, people, none, bucket=hour)
        track.note(people[0], verdict.expected[0], verdict)
    return track
