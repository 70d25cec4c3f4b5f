"""Where alarms begin: what every benchmark that counts false alarms counts."""

from detectors.columns import Bools


def onsets(above: Bools, *, quiet: int) -> Bools:
    """By bucket (rows) and series: above the threshold, and in none of `quiet` buckets before."""
    begun = above.copy()
    for before in range(1, quiet + 1):
        begun[before:] &= ~above[:-before]
    return begun
