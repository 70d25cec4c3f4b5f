"""The share of some in all, as the contract drives it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors import share
from detectors.columns import Bools, Floats, Ints
from detectors.share import Share, ShareState

SHARE = Share(threshold=1000.0)
ALL = 1000
"""Events of each bucket, whatever part of them the contract asks for."""


@dataclass(slots=True)
class ShareCase:
    """The counts of the contract are a part of a thousand, or of themselves where they are more."""

    hours: ClassVar[int] = 14 * 24
    many: ClassVar[int] = 203
    state: ShareState

    @classmethod
    def of(cls, n: int) -> "ShareCase":
        return cls(ShareState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def mean(self, *, hour: int) -> Floats:
        return ALL * SHARE.expect(self.state, bucket=hour).share

    def judge(self, counts: Ints, *, hour: int) -> share.Verdict:
        expectation = SHARE.expect(self.state, bucket=hour)
        return SHARE.judge(self.state, expectation, counts, np.maximum(counts, ALL))

    def step(
        self,
        counts: Ints,
        *,
        hour: int,
        total: int = 0,
        masked: Bools | None = None,
    ) -> share.Verdict:
        expectation, whole = SHARE.expect(self.state, bucket=hour), np.maximum(counts, ALL)
        self.state, verdict = SHARE.step(self.state, expectation, counts, whole, masked)
        return verdict

    def restored(self) -> "ShareCase":
        return ShareCase(ShareState.of(self.state.columns()))
