"""Negative posts among all of a product, whose number stays as it was."""

import numpy as np

from benchmarks.pictures.track import RHYTHM, Track
from detectors import budget
from detectors.share import Share, ShareState

WEEKS, RATE, USUAL, SHIFTED = 4, 8.0, 0.2, 0.45
STARTS, LASTS = 3 * 168 + 2 * 24 + 9, 48


def drawn() -> Track:
    """From a Wednesday morning on nearly half of the posts are negative, for two days."""
    rng, share = np.random.default_rng(4), Share(threshold=budget.threshold())
    posts = rng.poisson(RATE * np.tile(RHYTHM, WEEKS))
    shares = np.full(posts.size, USUAL)
    shares[STARTS : STARTS + LASTS] = SHIFTED
    state = ShareState.empty(1)
    track = Track("hours", share.threshold, (STARTS, STARTS + LASTS - 1))
    for hour, (whole, part) in enumerate(zip(posts, rng.binomial(posts, shares), strict=True)):
        expected = share.expect(state, bucket=hour)
        state, verdict = share.step(state, expected, np.array([part]), np.array([whole]))
        track.note(int(part), whole * expected.share[0], verdict)
    return track.since(2 * 168)
