"""A signal: what a detector says about one scope, as it stands on the public topics."""

from datetime import datetime
from enum import Enum, StrEnum
from typing import Annotated

import msgspec

from alerts.rates import BatchRate, Disproportion
from detectors import burst
from detectors.growth import Growth

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment of event time with its zone; ISO 8601 on the wire."""

Scope = dict[str, str]


class SignalState(StrEnum):
    """In the order a signal passes through; withdrawn and cleared are ends."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    CLEARED = "cleared"


RANK = {state: rank for rank, state in enumerate(SignalState)}
LIVE = frozenset({SignalState.PROVISIONAL, SignalState.CONFIRMED})


class Nature(Enum):
    """What a signal tells of, from which follows what it means for an incident.

    An excess has been counted, against what was expected, and ends where it is over. Events that
    are enough by themselves were not expected at all, need no baseline, and have no end of their
    own. An absence is of what should have come: nobody is known to be hurt, but we are blind. A
    limit was set by somebody who wants to be told when it is reached, whatever is usual.
    """

    EXCESS = "excess"
    EVENT = "event"
    ABSENCE = "absence"
    LIMIT = "limit"


class Kind(StrEnum):
    """The method that a signal came of."""

    SURGE = "surge"
    BURST = "burst"
    WEEKLY = "weekly"
    BATCH = "batch"
    NOVELTY = "novelty"
    TRIGGER = "trigger"
    SILENCE = "silence"
    RULE = "rule"
    SPATIAL = "spatial"
    SHARE = "share"
    DRIFT = "drift"

    @property
    def nature(self) -> Nature:
        return NATURES.get(self, Nature.EXCESS)

    @property
    def budgeted(self) -> bool:
        """Whether it may alarm by chance, and so has a part of the budget."""
        return self is Kind.NOVELTY or self.nature in {Nature.EXCESS, Nature.ABSENCE}


NATURES = {
    Kind.NOVELTY: Nature.EVENT,
    Kind.TRIGGER: Nature.EVENT,
    Kind.SILENCE: Nature.ABSENCE,
    Kind.RULE: Nature.LIMIT,
}
"""Of the methods that count no excess."""


ZEROS = frozenset({Kind.BURST})
"""Of the methods whose score counts the zeros of a chance, and not buckets until a false alarm."""


CERTAIN = 1e300
"""Of what is called whatever the budget; finite, for JSON has no other numbers."""


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One state of one signal; records repeat, and (id, state, revision) names them.

    `observed` and `expected` count people (or posts) since `onset`, of a silence events; `multiple`
    is their ratio as the detector estimates it. `rule` names the rule of the settings that it came
    of: `expected` is its limit then, and `onset` begins the time that it asks about. `last` is when
    a source that is silent was last heard. `whole` are all those that the observed are a share of,
    where one is larger than usual. `examples` holds up to three quotes or event ids, as received:
    they are redacted when shown, and of records of one name only those that all of them hold, for
    one that quotes a person who is erased is written again without. `approximate` says that persons
    are unknown and each event was counted as one. Of a batch whose units in the field are known
    `rate` is its complaints per unit; `fault` is the category that stands out in it and
    `fault_evidence` how far, where complaints are counted by both. `regions` are those that rise
    together, the largest excess first. `began` holds minutes from `onset` (below 0: before it) at
    which the excess may have begun with its first person, each as likely as the others
    (`detectors.lead`); empty where that is not known. `growth` is how fast it grows as of `at`, an
    hour, by the 5 %, 50 % and 95 % points; null for few people (`detectors.growth`). `told_from` is
    the score that keeps the budget where the threshold does not, as a burst's; 0: it does.
    """

    id: str
    kind: Kind
    scope: Scope
    bucket: Instant
    onset: Instant
    at: Instant
    state: SignalState
    revision: int
    observed: float
    expected: float
    score: float
    threshold: float
    multiple: float
    learning: bool
    reason: str
    harm: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    approximate: bool = False
    last: Instant | None = None
    rule: str = ""
    rate: BatchRate | None = None
    fault: str | None = None
    fault_evidence: Disproportion | None = None
    regions: tuple[str, ...] = ()
    whole: float = 0.0
    began: tuple[int, ...] = ()
    growth: Growth | None = None
    told_from: float = 0.0

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def exceeds(self) -> bool:
        """It counts more than was expected."""
        return self.kind.nature is Nature.EXCESS

    @property
    def event(self) -> bool:
        """It tells of events that are enough by themselves."""
        return self.kind.nature is Nature.EVENT

    @property
    def absence(self) -> bool:
        """It tells of what does not come."""
        return self.kind.nature is Nature.ABSENCE

    @property
    def limited(self) -> bool:
        """It is held against a limit that somebody set, and not against what is usual."""
        return self.kind.nature is Nature.LIMIT

    @property
    def standing(self) -> bool:
        """Not withdrawn: it tells of something that happened, over or not."""
        return self.state is not SignalState.WITHDRAWN

    @property
    def deviation(self) -> float:
        """People too many or, of a silence, events too few."""
        return abs(self.observed - self.expected)

    @property
    def rarity(self) -> float:
        """By how many times the budget could be smaller, and it would still be called.

        A threshold is the inverse of the budget (`detectors.budget`), so that is score over
        threshold, and at least 1; below 1 is only what is called beyond the budget (`told_from`).
        `CERTAIN` where no budget has a say.
        """
        if not self.kind.budgeted:
            return CERTAIN
        keeps = max(self.threshold, self.told_from)
        if self.kind in ZEROS:
            times = float(10.0 ** min(burst.POWER * (self.score - keeps), 300.0))
        else:
            times = self.score / keeps
        return times if keeps > self.threshold else max(times, 1.0)

    @property
    def stream(self) -> str:
        return self.scope.get("stream", "")

    @property
    def matter(self) -> Scope:
        return matter(self.scope)

    def supersedes(self, held: "Signal") -> bool:
        """Whether this record is news after `held`; a repeated or overtaken one is not."""
        return (RANK[self.state], self.revision) > (RANK[held.state], held.revision)


def matter(scope: Scope) -> Scope:
    """What a scope is about: every field but the stream; empty for a stream's total."""
    return {field: value for field, value in sorted(scope.items()) if field != "stream"}
