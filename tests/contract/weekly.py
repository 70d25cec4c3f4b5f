"""Detectors of weekly counts, as the contract drives them."""

from detectors.drift import Drift, DriftState
from detectors.weekly import Weekly, WeeklyState
from tests.contract.plain import PlainCase


class WeeklyCase(PlainCase):
    """The detector for weekly counts."""

    hours, many = 130, 4099
    method = Weekly(threshold=100.0)
    states = WeeklyState


class DriftCase(PlainCase):
    """The detector of slow drift."""

    hours, many = 130, 4099
    method = Drift(threshold=100.0)
    states = DriftState
