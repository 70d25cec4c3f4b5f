"""The share of some in all, as the contract drives it."""

import numpy as np

from detectors.columns import Floats, Ints
from detectors.share import Share, ShareState
from tests.contract.plain import PlainCase

ALL = 1000
"""Events of each bucket, whatever part of them the contract asks for."""


class ShareCase(PlainCase):
    """The counts of the contract are a part of a thousand, or of themselves where they are more."""

    hours, many = 14 * 24, 203
    method = Share(threshold=1000.0)
    states = ShareState

    def beside(self, counts: Ints) -> tuple[Ints, ...]:
        return (np.maximum(counts, ALL),)

    def mean(self, *, hour: int) -> Floats:
        found: Floats = ALL * self.expect(hour).share
        return found
