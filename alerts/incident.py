"""An incident: one matter, the signals that speak of it, and what was last told about it."""

import base64
import hashlib
from enum import StrEnum

import msgspec

from alerts.colour import Colour, ColourReason
from alerts.signal import Instant, Scope, Signal


class IncidentState(StrEnum):
    """Open takes alarms; every other state is an end."""

    OPEN = "open"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Reason(StrEnum):
    """Why an input changed the incidents, or did not."""

    OPENED = "opened"
    JOINED = "joined"
    REVISED = "revised"
    ESCALATED = "escalated"
    LOWERED = "lowered"
    MERGED = "merged"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    WENT_QUIET = "went-quiet"
    TICKED = "ticked"
    DELIVERY = "delivery"
    REPLAYED = "replayed"
    REPEATED = "repeated"
    CLOSED = "closed"
    NEVER_LIVE = "never-live"
    OUT_OF_TURN = "out-of-turn"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What recipients know: the last message's colour, counts and harm; `peak` is the highest."""

    colour: Colour
    peak: Colour
    signals: int
    places: int
    took: int
    harm: tuple[str, ...]


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """`scope` is the matter's, not every signal's; `broad` marks one event across many scopes.

    `opened` and `at` are event time; `touched` is the log's time, in epoch ms, of the last
    signal. `signals` holds the newest record of each, by id, in order of arrival; `took` and
    `into` are those of `IncidentLine`.
    """

    id: str
    state: IncidentState
    revision: int
    colour: Colour
    because: ColourReason
    learning: bool
    scope: Scope
    opened: Instant
    at: Instant
    signals: dict[str, Signal]
    reason: Reason
    touched: int
    broad: bool = False
    took: tuple[str, ...] = ()
    into: str = ""
    told: Told | None = None

    @property
    def open(self) -> bool:
        return self.state is IncidentState.OPEN

    @property
    def standing(self) -> list[Signal]:
        return [signal for signal in self.signals.values() if signal.standing]


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the public topic `incidents` carries; readers keep the first per (id, state, revision).

    Revisions count within a state. `took` names the incidents whose signals this one took
    over, and `into` the one that took this one's.
    """

    id: str
    state: IncidentState
    colour: Colour
    learning: bool
    scope: Scope
    opened: Instant
    at: Instant
    signals: tuple[str, ...]
    reason: Reason
    revision: int
    because: ColourReason
    took: tuple[str, ...] = ()
    into: str = ""

    @property
    def open(self) -> bool:
        return self.state is IncidentState.OPEN


def identity(first: Signal) -> str:
    """The stable id of the incident that `first` opens: eight letters and digits."""
    digest = hashlib.blake2b(first.id.encode(), digest_size=5).digest()
    return "I-" + base64.b32encode(digest).decode()


def line(incident: Incident) -> IncidentLine:
    return IncidentLine(
        id=incident.id,
        state=incident.state,
        colour=incident.colour,
        learning=incident.learning,
        scope=incident.scope,
        opened=incident.opened,
        at=incident.at,
        signals=tuple(incident.signals),
        reason=incident.reason,
        revision=incident.revision,
        because=incident.because,
        took=incident.took,
        into=incident.into,
    )
