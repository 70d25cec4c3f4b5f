"""How one incident becomes the next: opened, joined, revised, merged, gone quiet."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from alerts.colour import Assessment, Colour, ColourReason, assess
from alerts.grouping import Home
from alerts.incident import Incident, IncidentState, Reason, identity
from alerts.signal import LIVE, Instant, Signal, SignalState

QUIET = timedelta(hours=48)

Signals = Mapping[str, Signal]


class Level(NamedTuple):
    """A colour, why it was given, and the figures of those aspects that brought points."""

    colour: Colour
    because: ColourReason
    factors: dict[str, float]


def opened(signal: Signal, home: Home, *, now: int) -> Incident:
    """The incident a signal opens, with what it takes over from the start."""
    signals = _taken(home) | {signal.id: signal}
    level = _level(assess(signals.values()), *home.absorbed)
    return Incident(
        id=identity(signal),
        state=IncidentState.OPEN,
        revision=0,
        colour=level.colour,
        because=level.because,
        factors=level.factors,
        learning=_learning(signals),
        scope=home.scope,
        opened=signal.at,
        at=signal.at,
        signals=signals,
        reason=Reason.OPENED,
        touched=now,
        broad=home.broad,
        took=tuple(incident.id for incident in home.absorbed),
        heights=_heights(home),
        rarest=_rarest(signal, *home.absorbed),
    )


def joined(incident: Incident, signal: Signal, home: Home, *, now: int) -> Incident:
    """The incident with a signal new to it, and what it takes over with that."""
    signals = incident.signals | _taken(home) | {signal.id: signal}
    level = _level(assess(signals.values()), incident, *home.absorbed)
    wider = replace(
        incident,
        scope=home.scope,
        took=incident.took + tuple(taken.id for taken in home.absorbed),
        heights=incident.heights | _heights(home),
        rarest=_rarest(signal, incident, *home.absorbed),
    )
    return _judged(wider, signals, level, reason=home.reason, at=signal.at, now=now)


def revised(incident: Incident, signal: Signal, *, now: int) -> Incident:
    """The incident after a newer record of a signal it holds; a withdrawal judges it anew."""
    signals = incident.signals | {signal.id: signal}
    held = (incident,) if signal.standing else ()
    level = _level(assess(signals.values()), *held)
    known = _grown(incident, signal)
    return _judged(known, signals, level, reason=Reason.REVISED, at=signal.at, now=now)


def merged(incident: Incident, into: Incident, *, at: Instant) -> Incident:
    """The end of an incident whose signals now stand in `into`."""
    return replace(
        incident,
        state=IncidentState.MERGED,
        revision=0,
        at=max(incident.at, at),
        signals={},
        reason=Reason.MERGED,
        into=into.id,
    )


def quiet(incident: Incident, *, elapsed: timedelta) -> Incident | None:
    """The incident cleared when only triggers live in it and nothing came for `QUIET`."""
    live = (signal for signal in incident.signals.values() if signal.live)
    waits = any(not signal.event for signal in live)
    if not incident.open or waits or elapsed < QUIET:
        return None
    return replace(incident, state=IncidentState.CLEARED, revision=0, reason=Reason.WENT_QUIET)


def _judged(
    incident: Incident,
    signals: dict[str, Signal],
    level: Level,
    *,
    reason: Reason,
    at: Instant,
    now: int,
) -> Incident:
    """The next revision; where it ends the incident stays as coloured and learnt as it was."""
    state = _state(signals.values())
    learning = _learning(signals)
    if state is not IncidentState.OPEN:
        level, learning = _held(incident), incident.learning
        reason = Reason(state.value)
    elif level.colour is not incident.colour:
        reason = Reason.ESCALATED if level.colour.above(incident.colour) else Reason.LOWERED
    return replace(
        incident,
        state=state,
        revision=incident.revision + 1 if state is incident.state else 0,
        colour=level.colour,
        because=level.because,
        factors=level.factors,
        learning=learning,
        at=max(incident.at, at),
        signals=signals,
        reason=reason,
        touched=now,
    )


def _state(signals: Iterable[Signal]) -> IncidentState:
    states = {signal.state for signal in signals}
    if states & LIVE:
        return IncidentState.OPEN
    cleared = SignalState.CLEARED in states
    return IncidentState.CLEARED if cleared else IncidentState.WITHDRAWN


def _learning(signals: Signals) -> bool:
    """Whether learning series alone speak: a trigger learns nothing, a withdrawn one is mute."""
    standing = [signal for signal in signals.values() if signal.standing]
    return bool(standing) and all(s.learning and not s.event for s in standing)


def _taken(home: Home) -> dict[str, Signal]:
    return {name: signal for i in home.absorbed for name, signal in i.signals.items()}


def _level(found: Assessment, *held: Incident) -> Level:
    """The highest of what the signals say now and what these incidents have been."""
    level = Level(found.colour, found.reason, found.factors)
    for incident in held:
        if incident.colour.above(level.colour):
            level = _held(incident)
    return level


def _held(incident: Incident) -> Level:
    return Level(incident.colour, incident.because, incident.factors)


def _heights(home: Home) -> dict[str, Signal]:
    return {name: signal for i in home.absorbed for name, signal in i.heights.items()}


def _grown(incident: Incident, signal: Signal) -> Incident:
    """The incident, which remembers a signal at its height where the new record is not that.

    What has ended is none: its sum goes on over the time after the excess, or begins anew.
    """
    height = incident.height(incident.signals[signal.id])
    if signal.live and signal.deviation >= height.deviation:
        heights = {name: held for name, held in incident.heights.items() if name != signal.id}
    else:
        heights = incident.heights | {signal.id: height}
    return replace(incident, heights=heights, rarest=_rarest(signal, incident))


def _rarest(signal: Signal, *held: Incident) -> float:
    """Rows of before have it in what was told alone."""
    told = (incident.told.rarity for incident in held if incident.told)
    return max([signal.rarity, *(incident.rarity for incident in held), *told])
