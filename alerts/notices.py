"""Whether a change of an incident is told, and what the notice holds.

Told are: new, colour up or down, a new kind of harm, the first excess beside a report of harm, a
new region or batch, other incidents taken over, cleared, withdrawn. That an incident was merged
is told by the one that took it.
The second, third and fourth region or batch are told one by one, from then on only when
their number has doubled since the last message: a storm over forty townships makes seven
messages, not forty. Blue is told like the others, marked blue, to those whose `least` is
blue. Who was never told of an incident is not told of its end.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from alerts.colour import FIGURES, Colour, higher
from alerts.grouping import WINDOW
from alerts.incident import Incident, IncidentLine, IncidentState, Told, line
from alerts.precedence import Led, led
from alerts.signal import CERTAIN, Scope, Signal

PLACES = ("region", "batch")
ONE_BY_ONE = 4


class What(StrEnum):
    """What a message announces."""

    NEW = "new"
    ESCALATED = "escalated"
    UPDATED = "updated"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one message, frozen when it was decided; a retry says the same.

    `signal` speaks for the incident: a report of harm, else of those that last the one that says
    most of what the incident is about and nothing else, what is against the usual before a rule
    that was set, else the highest multiple. `surge` is the same choice among the surges, where a
    report of harm speaks and there are any. `height` is what that which counts said when it was
    largest.
    `before` is what the previous message said; None for the first. `blind` holds the silences
    that last meanwhile in the streams this is about. `led` says which stream led, where both have
    the matter. `elsewhere` names the series of those factors that are not of what counts.
    """

    what: What
    incident: IncidentLine
    signal: Signal
    surge: Signal | None
    signals: int
    places: tuple[str, ...]
    harm: tuple[str, ...]
    peak: Colour
    before: Told | None = None
    blind: tuple[Signal, ...] = ()
    height: Signal | None = None
    rarity: float = CERTAIN
    led: Led | None = None
    elsewhere: dict[str, Scope] = {}

    @property
    def ended(self) -> bool:
        return self.what in (What.CLEARED, What.WITHDRAWN)


def decide(incident: Incident) -> What | None:
    """What to announce about the incident as it now stands; None when nothing is news."""
    told = incident.told
    if incident.state is IncidentState.MERGED:
        return None
    if told is None:
        return What.NEW
    if not incident.open:
        ended = incident.state is IncidentState.CLEARED
        return What.CLEARED if ended else What.WITHDRAWN
    if incident.colour.above(told.colour):
        return What.ESCALATED
    return What.UPDATED if _changed(incident, told) else None


def notice(incident: Incident, what: What, *, silences: Iterable[Signal] = ()) -> Notice:
    """`silences` are those that last, of all streams."""
    now = told(incident)
    spoken = incident.standing or list(incident.signals.values())
    triggers = [signal for signal in spoken if signal.event and signal.harm]
    surges = [signal for signal in spoken if not signal.event]
    signal = _speaking(incident, triggers or surges or spoken)
    surge = _speaking(incident, surges) if triggers and surges else None
    return Notice(
        what=what,
        incident=line(incident),
        signal=signal,
        surge=surge,
        height=incident.height(surge or signal),
        signals=now.signals,
        places=places(incident),
        harm=now.harm,
        peak=now.peak,
        rarity=now.rarity,
        before=incident.told,
        blind=_blind(incident, silences),
        led=led(incident.standing),
        elsewhere=_elsewhere(incident, surge or signal),
    )


def lasting(incidents: Iterable[Incident]) -> list[Signal]:
    """The silences that last, the oldest first."""
    signals = (signal for i in incidents if i.open for signal in i.signals.values())
    found = [signal for signal in signals if signal.absence and signal.live]
    return sorted(found, key=lambda signal: (signal.onset, signal.id))


def told(incident: Incident) -> Told:
    """What recipients know once a message about the incident as it stands is out."""
    peak = incident.told.peak if incident.told else incident.colour
    return Told(
        colour=incident.colour,
        peak=higher(peak, incident.colour),
        signals=len(incident.standing),
        places=len(places(incident)),
        took=len(incident.took),
        harm=harm(incident),
        rarity=max(incident.told.rarity if incident.told else 0.0, incident.rarity),
        surged=bool(incident.told and incident.told.surged) or _surging(incident),
    )


def heard(incident: Incident) -> Incident:
    """What was told, once those are told too to whom it was not rare enough before."""
    if incident.told is None:
        return incident
    return replace(incident, told=replace(incident.told, rarity=incident.rarity))


def places(incident: Incident) -> tuple[str, ...]:
    """Regions and batches of the signals that stand, each once, in order of arrival."""
    return tuple(
        dict.fromkeys(
            signal.scope[field]
            for signal in incident.standing
            for field in PLACES
            if field in signal.scope
        )
    )


def harm(incident: Incident) -> tuple[str, ...]:
    return tuple(sorted({kind for signal in incident.standing for kind in signal.harm}))


def _elsewhere(incident: Incident, spoken: Signal) -> dict[str, Scope]:
    """Of each factor that the one spoken of has not, whose it is."""
    found = {}
    for aspect in incident.factors.keys() & FIGURES.keys():
        figure, factor = FIGURES[aspect], incident.factors[aspect]
        others = [s for s in incident.standing if s.exceeds and figure(s) == factor]
        if others and figure(spoken) != factor:
            found[aspect] = others[0].scope
    return found


def _blind(incident: Incident, silences: Iterable[Signal]) -> tuple[Signal, ...]:
    """The others that began before it was over, in its streams; a topic explains its channels."""
    streams, over = {signal.stream for signal in incident.signals.values()}, _over(incident)
    others = (signal for signal in silences if signal.id not in incident.signals)
    found = [s for s in others if s.stream in streams and s.onset < over]
    return tuple(s for s in found if not any(t.scope.items() < s.scope.items() for t in found))


def _over(incident: Incident) -> datetime:
    """When it was over in event time, at the latest: until then an open one takes signals.

    That it is open says less: history that is replayed is over long before it is quiet.
    """
    return incident.at + WINDOW if incident.open else incident.at


def _speaking(incident: Incident, signals: list[Signal]) -> Signal:
    about = incident.about.items()

    def weight(signal: Signal) -> tuple[bool, int, bool, float, str]:
        fields = signal.scope.items()
        told = len(fields) if fields <= about else 0
        return signal.live, told, not signal.limited, signal.multiple, signal.id

    return max(signals, key=weight)


def _changed(incident: Incident, told: Told) -> bool:
    lowered = told.colour.above(incident.colour)
    harmed = bool(set(harm(incident)) - set(told.harm))
    took = len(incident.took) > told.took
    hurt = any(signal.event and signal.harm for signal in incident.standing)
    grown = hurt and _surging(incident) and not told.surged
    return lowered or harmed or grown or took or _spread(len(places(incident)), told.places)


def _surging(incident: Incident) -> bool:
    return any(signal.exceeds and signal.live for signal in incident.signals.values())


def _spread(now: int, told: int) -> bool:
    return told < now <= ONE_BY_ONE or now >= max(2 * told, ONE_BY_ONE + 1)
