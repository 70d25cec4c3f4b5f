"""First-ever combinations: a fault that a product, or a batch, has never had before.

That is news only if its absence was surprising until now. Of a subject with N people before, in
whose group (the other products, or the other batches of the product) the fault has the share q,
shares of one subject being scattered about those of its group by Dirichlet's distribution with k,

    absence = P(0 of N) = B(k q, k (1 - q) + N)/B(k q, k (1 - q))

is the probability that it had none for want of luck (Polya; Minka, Estimating a Dirichlet
distribution, 2000). A fault that its whole group has never had in as many people as are asked of
one subject is new for all, whatever its share. Both need a subject seen for long and often enough,
and so many people within so many buckets: one may have pressed the wrong button. Each combination
is told once.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

import numpy as np
from scipy.special import gammaln

from detectors.columns import Bools, Columns, Floats, Ints, column


class Why(IntEnum):
    """What is said of a combination in a bucket; the first two are news."""

    NEW_HERE = 0
    NEW_FOR_ALL = 1
    NOT_SEEN = 2
    KNOWN = 3
    TOO_YOUNG = 4
    TOO_FEW_BEFORE = 5
    ABSENCE_NO_SURPRISE = 6
    TOO_FEW_PEOPLE = 7


@dataclass(slots=True)
class Combinations(Columns):
    """By combination: people so far, the bucket of the first (-1: none yet), whether it was told.

    `why` is what the first was, were it persistent: `Why`, as things stood before it.
    """

    people: Annotated[Ints, column(np.int64)]
    first: Annotated[Ints, column(np.int64, -1)]
    why: Annotated[Ints, column(np.int64, Why.NOT_SEEN)]
    told: Annotated[Bools, column(np.bool_)]


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of each combination before the bucket.

    `people` of its subject (product or batch) with any fault since bucket `since`; `others` in
    the rest of the subject's group, of which `share` had this fault.
    """

    people: Ints
    since: Ints
    others: Ints
    share: Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """By combination; `absence` is the probability that there had been none by chance."""

    why: Ints
    people: Ints
    absence: Floats

    @property
    def news(self) -> Bools:
        return self.why <= Why.NEW_FOR_ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """Settings.

    Args:
        people: of the combination from which on it is told, within `patience` buckets.
        patience: buckets since the first; whoever comes later is no news, but a beginning.
        days: that a subject must have been seen, `day` buckets each.
        enough: people that a subject must have had before.
        surprise: absence, as a probability, up to which it is surprising.
        likeness: people that the shares of its group are worth to a subject, k.
    """

    people: int = 1
    patience: int = 72
    day: int = 24
    days: int = 28
    enough: int = 30
    surprise: float = 0.05
    likeness: float = 10.0

    def __post_init__(self) -> None:
        least = min(self.people, self.patience, self.day, self.enough)
        if least < 1 or self.days < 0:
            raise ValueError(
                "people, patience, day and enough must be at least 1 and days at least 0, got "
                f"{self.people}, {self.patience}, {self.day}, {self.enough} and {self.days}"
            )
        if not 0 < self.surprise < 1:
            raise ValueError(f"surprise must be in (0, 1), got {self.surprise}")
        if not self.likeness > 0:
            raise ValueError(f"likeness must be above 0 people, got {self.likeness}")

    def judge(
        self, state: Combinations, counts: Ints, before: Before, *, bucket: int
    ) -> Verdict:  # fmt: skip
        """The verdict on these counts of people. The state stays as it is."""
        absence = self.absence(before)
        coming = (state.first < 0) & (counts > 0)
        why = np.where(coming, self._first(before, absence, bucket=bucket), state.why)
        people = state.people + counts
        begun = np.where(coming, bucket, state.first)
        late = (bucket - begun >= self.patience) & (begun >= 0)
        why = np.where(state.told | late, Why.KNOWN, why)
        few = (why <= Why.NEW_FOR_ALL) & (people < self.people)
        return Verdict(np.where(few, Why.TOO_FEW_PEOPLE, why), people, absence)

    def step(
        self, state: Combinations, counts: Ints, before: Before, *, bucket: int
    ) -> tuple[Combinations, Verdict]:
        """Judge, then learn. The state given is used up."""
        verdict = self.judge(state, counts, before, bucket=bucket)
        coming = (state.first < 0) & (counts > 0)
        first = self._first(before, verdict.absence, bucket=bucket)
        state.why[coming], state.first[coming] = first[coming], bucket
        state.people += counts
        state.told |= verdict.news
        return state, verdict

    def absence(self, before: Before) -> Floats:
        """P(0 of N); 1 where the group has never had the fault either."""
        rest = self.likeness * (1.0 - before.share)
        n, k = before.people, self.likeness
        # A share of 1 leaves nothing for other faults; the limit of the ratio is 0.
        some = np.maximum(rest, 1e-9)
        logs = gammaln(k) - gammaln(k + n) + gammaln(some + n) - gammaln(some)
        probability: Floats = np.exp(np.minimum(logs, 0.0))
        return probability

    def _first(self, before: Before, absence: Floats, *, bucket: int) -> Ints:
        """What a first one is: the gate that stays shut, or which news."""
        everywhere = (before.share <= 0) & (before.others >= self.enough)
        return np.select(
            [
                bucket - before.since < self.days * self.day,
                before.people < self.enough,
                everywhere,
                absence <= self.surprise,
            ],
            [Why.TOO_YOUNG, Why.TOO_FEW_BEFORE, Why.NEW_FOR_ALL, Why.NEW_HERE],
            Why.ABSENCE_NO_SURPRISE,
        ).astype(np.int64)
