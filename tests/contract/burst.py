"""Bursts, as the contract drives them."""

from detectors.burst import Burst, BurstState
from tests.contract.plain import PlainCase


class BurstCase(PlainCase):
    """The detector of bursts, to which a bucket is a bucket."""

    hours, many = 120, 8195
    method = Burst(level=48, tail=96, shortest_learning=24, prior=100)
    states = BurstState
