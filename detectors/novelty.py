"""First-ever combinations: a fault that a product, or a batch, has never had before.

That is news only if so many people at once are more than new faults bring in ordinary traffic. Of
a subject (a product or a batch) seen for T buckets, f_1 of whose faults had one person each, a new
one comes about every T/f_1 buckets: of N people the next has a new one with the probability f_1/N
(Good, Biometrika 40 (1953), eq. 9). What follows is Polya's urn (Minka, Estimating a Dirichlet
distribution, 2000): where the rest of the subject's group has the fault with the share q, shares of
one subject being scattered about those of its group by Dirichlet's distribution with k, the rate of
a first that comes after T is Gamma with shape k q + 1 and mean (k q + 1)/T. So of n people within a
time P the n - 1 after the first are negative binomial, and one with so many comes about every

    score = T/(f_1 + 1) / I_p(n - 1, k q + 1) buckets,    p = P/(A + P)

with I the regularised incomplete beta function and A = T; for a fault that nobody has (q = 0) that
is T/(f_1 + 1) p^-(n - 1). It is a mean time between false alarms, and so held against the threshold
that is made of the budget. Where the group itself has the fault since later than T, A is the time
since then: a new entry of the catalogue comes to all products. Where w others have come of the
subject since the first, its own bucket included, more than in an ordinary P, p is w/(N + w). T, A,
f_1, q and N are those from before the first; each combination is told once.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

import numpy as np
from scipy.special import betainc

from detectors.columns import Bools, Columns, Floats, Ints, column

LARGEST = 1e30
"""Of a score, in buckets."""


class Why(IntEnum):
    """What is said of a combination in a bucket; the first two are news."""

    NEW_HERE = 0
    NEW_FOR_ALL = 1
    NOT_SEEN = 2
    KNOWN = 3
    TOO_YOUNG = 4
    TOO_FEW_BEFORE = 5
    ORDINARY = 6
    TOO_FEW_PEOPLE = 7


@dataclass(slots=True)
class Combinations(Columns):
    """By combination: people so far, the bucket of the first (-1: none yet), whether it was told.

    As things stood before the first: `why`, what it was, were it persistent; `pace`, the buckets
    from one new fault of its subject to the next, and `before`, people of it; `age`, A, and
    `share`, q.
    """

    people: Annotated[Ints, column(np.int64)]
    first: Annotated[Ints, column(np.int64, -1)]
    why: Annotated[Ints, column(np.int64, Why.NOT_SEEN)]
    told: Annotated[Bools, column(np.bool_)]
    pace: Annotated[Floats, column(np.float64)]
    before: Annotated[Ints, column(np.int64)]
    age: Annotated[Ints, column(np.int64)]
    share: Annotated[Floats, column(np.float64)]


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of each combination before the bucket.

    `people` of its subject (product or batch) with any fault since bucket `since`, and those
    `coming` in the bucket itself, of whose faults `singles` had one person each; `others` in the
    rest of the subject's group, of which `share` had this fault, the first of them in bucket
    `known`.
    """

    people: Ints
    coming: Ints
    since: Ints
    singles: Ints
    others: Ints
    share: Floats
    known: Ints


@dataclass(frozen=True, slots=True)
class Verdict:
    """By combination.

    New ones come every `pace` buckets to its subject, `further` is p and `share` q, and such with
    so many people come every `score` buckets; `before` the first its subject had so many. All are
    0, and `further` 1, of what has no first that was `judged`, or is known of before.
    """

    why: Ints
    people: Ints
    score: Floats
    pace: Floats
    further: Floats
    share: Floats
    before: Ints

    @property
    def judged(self) -> Bools:
        return self.pace > 0

    @property
    def news(self) -> Bools:
        return self.why <= Why.NEW_FOR_ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """Settings.

    Args:
        threshold: score from which on it is told, in buckets; 0: whatever it is.
        people: of the combination from which on it is told, within `patience` buckets.
        patience: buckets since the first, P; whoever comes later is no news, but a beginning.
        day: buckets of a day.
        days: that a subject must have been seen.
        enough: people that a subject must have had before.
        likeness: people that the shares of its group are worth to a subject, k.
    """

    threshold: float = 0.0
    people: int = 1
    patience: int = 72
    day: int = 24
    days: int = 28
    enough: int = 30
    likeness: float = 10.0

    def __post_init__(self) -> None:
        least = min(self.people, self.patience, self.day, self.enough)
        if least < 1 or self.days < 0:
            raise ValueError(
                "people, patience, day and enough must be at least 1 and days at least 0, got "
                f"{self.people}, {self.patience}, {self.day}, {self.enough} and {self.days}"
            )
        if not self.likeness > 0:
            raise ValueError(f"likeness must be above 0 people, got {self.likeness}")
        if not self.threshold >= 0:
            raise ValueError(f"threshold must be at least 0 buckets, got {self.threshold}")

    def judge(
        self, state: Combinations, counts: Ints, before: Before, *, bucket: int
    ) -> Verdict:  # fmt: skip
        """The verdict on these counts of people. The state stays as it is."""
        begins = _begins(state, counts)
        now = self._first(before, bucket=bucket)
        why, pace, had, age, share = (
            np.where(begins, new, old)
            for new, old in zip(now, _first_of(state), strict=True)
        )  # fmt: skip
        people = state.people + counts
        begun = np.where(begins, bucket, state.first)
        further = self._further(age, had, before.people + before.coming - had - people)
        score = _every(pace, further, people, 1.0 + self.likeness * share)
        news = why <= Why.NEW_FOR_ALL
        why = np.where(news & (score < self.threshold), Why.ORDINARY, why)
        why = np.where(news & (people < self.people), Why.TOO_FEW_PEOPLE, why)
        late = (bucket - begun >= self.patience) & (begun >= 0)
        why = np.where(state.told | late, Why.KNOWN, why)
        return Verdict(why, people, score, pace, further, share, had)

    def step(
        self, state: Combinations, counts: Ints, before: Before, *, bucket: int
    ) -> tuple[Combinations, Verdict]:
        """Judge, then learn. The state given is used up."""
        verdict = self.judge(state, counts, before, bucket=bucket)
        begins = _begins(state, counts)
        for kept, new in zip(_first_of(state), self._first(before, bucket=bucket), strict=True):
            kept[begins] = new[begins]
        state.first[begins] = bucket
        state.people += counts
        state.told |= verdict.news
        return state, verdict

    def old(self, people: Ints, since: Ints, *, bucket: int) -> Bools:
        """Of subjects, whether something may be told of them."""
        return (bucket - since >= self.days * self.day) & (people >= self.enough)

    def _first(self, before: Before, *, bucket: int) -> tuple[Ints, Floats, Ints, Ints, Floats]:
        """What a first one is in this bucket: `why`, `pace`, `before`, `age` and `share`."""
        seen, none = np.maximum(bucket - before.since, 1), before.share <= 0
        pace = seen / (before.singles + 1)  # one more than were seen once
        age = np.where(none, seen, np.minimum(seen, bucket - before.known))
        return self._gate(before, none, bucket=bucket), pace, before.people, age, before.share

    def _gate(self, before: Before, none: Bools, *, bucket: int) -> Ints:
        """The gate that stays shut, or which news."""
        young = bucket - before.since < self.days * self.day
        return np.select(
            [young, before.people < self.enough, none],
            [Why.TOO_YOUNG, Why.TOO_FEW_BEFORE, Why.NEW_FOR_ALL], Why.NEW_HERE,
        ).astype(np.int64)  # fmt: skip

    def _further(self, age: Ints, had: Ints, others: Ints) -> Floats:
        """p: of the rate that an age leaves, or of as many others as have come meanwhile."""
        some = np.maximum(others, 0)
        busy = some / np.maximum(had + some, 1)
        p: Floats = np.maximum(self.patience / (np.maximum(age, 1) + self.patience), busy)
        return p


def _begins(state: Combinations, counts: Ints) -> Bools:
    """Where the first is in these counts; what was known when it was born has none."""
    return (state.first < 0) & ~state.told & (counts > 0)


def _first_of(state: Combinations) -> tuple[Ints, Floats, Ints, Ints, Floats]:
    return state.why, state.pace, state.before, state.age, state.share


def _every(pace: Floats, further: Floats, people: Ints, shape: Floats) -> Floats:
    """Buckets from one with so many people to the next."""
    more = np.maximum(people - 1, 1).astype(np.float64)
    chance = np.where(people > 1, betainc(more, shape, further), 1.0)
    every = np.minimum(pace / np.maximum(chance, 1.0 / LARGEST), LARGEST)
    return np.where(people > 0, every, 0.0)
