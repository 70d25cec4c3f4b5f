"""Detectors of weekly counts, as the contract drives them."""

from typing import Any, ClassVar

from alerts.signal import Kind
from detectors import grounds
from detectors.columns import Ints
from detectors.drift import Drift, DriftState
from detectors.grounds import Grounds
from detectors.weekly import SLICE, Weekly, WeeklyState
from tests.contract import again
from tests.contract.plain import PlainCase


class WeeklyCase(PlainCase):
    """The detector for weekly counts."""

    kind = Kind.WEEKLY
    hours, many = 130, SLICE + 3
    method = Weekly(threshold=100.0)
    states = WeeklyState
    again: ClassVar = staticmethod(again.of_week)

    def grounds(self, expected: Any, verdict: Any, counts: Ints, place: int) -> Grounds:
        return grounds.of_week(self.method, expected, verdict, counts, place)


class DriftCase(PlainCase):
    """The detector of slow drift."""

    kind = Kind.DRIFT
    hours, many = 130, SLICE + 3
    method = Drift(threshold=100.0)
    states = DriftState
    again: ClassVar = staticmethod(again.of_week)

    def grounds(self, expected: Any, verdict: Any, counts: Ints, place: int) -> Grounds:
        return grounds.of_week(self.method.weekly, expected, verdict, counts, place)
