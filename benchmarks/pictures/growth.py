"""An excess that doubles every two hours, and then grows no more."""

import numpy as np

from benchmarks.outbreaks import PER_HOUR
from benchmarks.pictures.reading import MINUTES, Curve, Reading, Seen, scattered
from detectors import lead
from detectors.columns import Floats, Ints
from detectors.growth import Growth, growth

RATE, FIRST, DOUBLES = 6.0, 6.0, 2.0
"""People an hour as usual and of the excess when it begins, and hours in which that doubles."""
QUIET, GROWS, STANDS = 6 * PER_HOUR, 8 * PER_HOUR, 8 * PER_HOUR


def drawn() -> Reading:
    """What is said of the growth as of each bucket, from when enough have come."""
    hours = np.minimum(np.arange(GROWS + STANDS), GROWS) / PER_HOUR
    rates = np.full(QUIET + GROWS + STANDS, RATE)
    rates[QUIET:] += FIRST * 2.0 ** (hours / DOUBLES)
    counts = scattered(np.random.default_rng(6), rates)
    expected = np.full(counts.size, RATE / PER_HOUR)
    points = np.full((3, counts.size), np.nan)
    for end in range(QUIET + PER_HOUR, counts.size):
        said = _said(counts[: end + 1], expected[: end + 1])
        points[:, end] = np.nan if said is None else said
    low, middle, high = points / np.log(2)
    true = np.full(counts.size, np.nan)
    true[QUIET : QUIET + GROWS], true[QUIET + GROWS :] = 1 / DOUBLES, 0.0
    last = QUIET + GROWS - 1
    said_last = middle[last], low[last], high[last]
    hours_said = sorted(1 / one for one in said_last)
    return Reading(
        seen=(Seen("people", counts, expected, QUIET),), curves=(Curve(middle, low, high),),
        label="doublings an hour", true=true, said=said_last, planted=1 / DOUBLES,
        told="after eight hours: doubles in {1:.1f} hours ({0:.1f} to {2:.1f})".format(*hours_said),
    )  # fmt: skip


def _said(counts: Ints, expected: Floats) -> Growth | None:
    """From when it has surely begun, as a stream reads it."""
    if not counts.any():
        return None
    began = lead.draws(lead.beginning(counts, expected, minutes=MINUTES))
    sure = int(np.ceil(began[-1]))
    return growth(counts[sure:], expected[sure:], minutes=MINUTES)
