"""An incident: one matter, the signals that speak of it, and what was last told about it."""

import base64
import hashlib
from collections.abc import Iterable
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
    ERASED = "erased"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What recipients know: the last message's colour, counts and harm; `peak` is the highest.

    `rarity` is the greatest so far, by which recipients with a budget of their own are told.
    `surged` says that an excess has been told.
    """

    colour: Colour
    peak: Colour
    signals: int
    places: int
    took: int
    harm: tuple[str, ...]
    rarity: float = 0.0
    surged: bool = False


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """`scope` is the matter's, not every signal's; `broad` marks one event across many scopes.

    `opened` and `at` are event time; `touched` is the log's time, in epoch ms, of the last
    signal. `signals` holds the newest record of each, by id, in order of arrival, and `heights`
    the largest of those that have ended or been larger; `rarest` is the greatest rarity of any
    record so far, of incidents that it took as well; `took`, `into` and `factors` are those of
    `IncidentLine`.
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
    factors: dict[str, float] = {}
    heights: dict[str, Signal] = {}
    rarest: float = 0.0
    told: Told | None = None

    @property
    def open(self) -> bool:
        return self.state is IncidentState.OPEN

    @property
    def standing(self) -> list[Signal]:
        return [signal for signal in self.signals.values() if signal.standing]

    @property
    def rarity(self) -> float:
        """Of the rarest record of its signals."""
        return max([self.rarest, *(one.rarity for one in self.standing)])

    def height(self, signal: Signal) -> Signal:
        """The record of the signal at its largest."""
        return self.heights.get(signal.id, signal)

    @property
    def about(self) -> Scope:
        """The scope, and what all standing signals that name a field agree on.

        A scope widens to what all signals share; so "Kettle K3" goes on naming its one batch. A
        report's own place is not that of a surge beside it. What is broad, or silent, is about
        all that its scope holds: there a part that is named must not hide the rest.
        """
        told = [s for s in self.standing if s.exceeds] or self.standing
        if self.broad or any(signal.absence for signal in told):
            return self.scope
        fields = sorted({field for signal in told for field in signal.matter} - {"harm"})
        return self.scope | _agreed(self.standing, fields)


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the public topic `incidents` carries; readers keep the first per (id, state, revision).

    Revisions count within a state. `about` is the scope and what all its signals that name a
    field agree on, such as the one batch of a product. `factors` holds what brought the points
    when the colour was given (`alerts.colour`). `took` names the incidents whose signals this
    one took over, and `into` the one that took this one's.
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
    about: Scope
    took: tuple[str, ...] = ()
    into: str = ""
    factors: dict[str, float] = {}

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
        about=incident.about,
        factors=incident.factors,
    )


def _agreed(signals: Iterable[Signal], fields: Iterable[str]) -> Scope:
    """The fields of which all signals that name them name the same value."""
    named = {field: {s.scope[field] for s in signals if field in s.scope} for field in fields}
    return {field: min(values) for field, values in named.items() if len(values) == 1}
