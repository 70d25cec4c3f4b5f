"""A plain rule: does what somebody asked for hold, and has it held for long enough?

With n people in a window, a least number and, where wanted, a ratio to what the window is
compared with (all of those that n is a share of, or the same window of a day or a week before),
m people, the limit is

    L = max(least, ratio m)

A rule *holds* in a bucket with n >= L. It *stands* once it has held for `holds` buckets on end,
and as long as n >= u L afterwards: u below 1 keeps it from coming and going about its limit. It
needs no baseline, learns nothing and knows no chance: how often it is called in vain is the
matter of whoever set it.

In a bucket that is masked, for an outage hides it or all that it is compared with, people who came
are people: with enough of them it holds. With too few nothing is known, and all stays as it was.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.columns import Bools, Columns, Floats, Ints, column


@dataclass(slots=True)
class RuleState(Columns):
    """`held` is for how many buckets on end the rule has held."""

    held: Annotated[Ints, column(np.int64)]
    standing: Annotated[Bools, column(np.bool_)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket says of each series; `score` is people by limit, and `expected` the limit.

    `onset` is the first bucket of the window.
    """

    score: Floats
    above: Bools
    held: Ints
    observed: Ints
    expected: Floats
    onset: Ints
    masked: Bools

    @property
    def learning(self) -> Bools:
        """None is."""
        return np.zeros(self.above.shape, np.bool_)

    @property
    def size(self) -> tuple[Floats, Floats]:
        """It has grown when twice as many people are in the window."""
        return self.score, self.observed.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Settings; `window` and `holds` are in buckets, `until` is u.

    Without a `ratio` nothing is compared.
    """

    least: int
    window: int
    ratio: float | None = None
    holds: int = 1
    until: float = 1.0

    def __post_init__(self) -> None:
        if min(self.least, self.window, self.holds) < 1:
            raise ValueError(
                "least, window and holds must be at least 1 person, bucket and bucket, "
                f"got {self.least}, {self.window} and {self.holds}"
            )
        if self.ratio is not None and not self.ratio > 0:
            raise ValueError(f"ratio must be above 0, got {self.ratio}")
        if not 0 < self.until <= 1:
            raise ValueError(f"until must be in (0, 1], got {self.until}")

    def limit(self, compared: Ints) -> Floats:
        """People from which on it holds, given those it is compared with."""
        least = np.full(compared.shape, float(self.least))
        return least if self.ratio is None else np.maximum(least, self.ratio * compared)

    def judge(
        self, state: RuleState, people: Ints, compared: Ints, masked: Bools | None = None, *,
        bucket: int,
    ) -> Verdict:  # fmt: skip
        """The verdict on what the windows that end with the bucket hold. The state stays."""
        limit = self.limit(compared)
        holds = people >= limit
        blind = ~holds & (False if masked is None else masked)
        held = np.where(holds, state.held + 1, np.where(blind, state.held, 0))
        stays = state.standing & ~blind & (people >= self.until * limit)
        return Verdict(
            score=people / limit,
            above=stays | (holds & (held >= self.holds)),
            held=held,
            observed=people,
            expected=limit,
            onset=np.full(people.shape, bucket + 1 - self.window),
            masked=blind,
        )

    def step(
        self, state: RuleState, people: Ints, compared: Ints, masked: Bools | None = None, *,
        bucket: int,
    ) -> tuple[RuleState, Verdict]:  # fmt: skip
        """Judge, then go on. The state given is used up: its arrays live on in the one returned."""
        verdict = self.judge(state, people, compared, masked, bucket=bucket)
        stands = verdict.above | (state.standing & verdict.masked)
        state.held[...], state.standing[...] = verdict.held, stands
        return state, verdict
