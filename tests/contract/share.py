"""The share of some in all, as the contract drives it."""

from typing import Any, ClassVar

import numpy as np

from alerts.signal import Kind
from detectors import grounds
from detectors.columns import Floats, Ints
from detectors.grounds import Grounds
from detectors.share import Share, ShareState
from tests.contract import again
from tests.contract.plain import PlainCase

ALL = 1000
"""Events of each bucket, whatever part of them the contract asks for."""


class ShareCase(PlainCase):
    """The counts of the contract are a part of a thousand, or of themselves where they are more."""

    kind = Kind.SHARE
    hours, many = 14 * 24, 203
    method = Share(threshold=1000.0)
    states = ShareState
    again: ClassVar = staticmethod(again.of_share)

    def beside(self, counts: Ints) -> tuple[Ints, ...]:
        return (np.maximum(counts, ALL),)

    def mean(self, *, hour: int) -> Floats:
        found: Floats = ALL * self.expect(hour).share
        return found

    def grounds(self, expected: Any, verdict: Any, counts: Ints, place: int) -> Grounds:
        (whole,) = self.beside(counts)
        return grounds.of_share(self.method, expected, verdict, counts, place, whole=whole)
