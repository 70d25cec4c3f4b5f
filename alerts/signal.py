"""A signal: what a detector says about one scope, as it stands on the public topics."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

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


class Kind(StrEnum):
    """How a signal came about: an excess of counts, one event that is enough, or none at all."""

    SURGE = "surge"
    TRIGGER = "trigger"
    SILENCE = "silence"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One state of one signal; records repeat, and (id, state, revision) names them.

    `observed` and `expected` count people (or posts) since `onset`, of a silence events;
    `multiple` is their ratio as the detector estimates it. `last` is when a source that is
    silent was last heard. `examples` holds up to three quotes or event ids,
    as received: they are redacted when shown. `approximate` says that persons are unknown
    and each event was counted as one.
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

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def standing(self) -> bool:
        """Not withdrawn: it tells of something that happened, over or not."""
        return self.state is not SignalState.WITHDRAWN

    @property
    def deviation(self) -> float:
        """People too many or, of a silence, events too few."""
        return abs(self.observed - self.expected)

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
