"""Bursts, as the contract drives them."""

from statistics import fmean
from typing import Any, ClassVar

from alerts.signal import Kind
from detectors import grounds
from detectors.burst import SLICE, Burst, BurstState
from detectors.columns import Ints
from detectors.grounds import Grounds
from tests.contract import again
from tests.contract.plain import PlainCase


class BurstCase(PlainCase):
    """The detector of bursts, to which a bucket is a bucket."""

    kind = Kind.BURST
    hours, many = 120, SLICE + 3
    method = Burst(level=48, tail=96, shortest_learning=24, prior=100)
    states = BurstState
    again: ClassVar = staticmethod(again.of_burst)

    def grounds(self, expected: Any, verdict: Any, counts: Ints, place: int) -> Grounds:
        return grounds.of_burst(expected, verdict, place)


class MeasuredCase(BurstCase):
    """Measurements, of which what is low is as rare; no stream has any, so nobody is shown why."""

    many = 203
    method = Burst(measured=True, level=48, tail=96, shortest_learning=24, prior=100)
    again: ClassVar = staticmethod(lambda g: fmean(g["zeros"]))
