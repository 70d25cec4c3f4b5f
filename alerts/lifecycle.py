"""The life of incidents: their state is a pure function of the log.

A signal opens an incident or joins one (`alerts.grouping`); its later records replace the
earlier. An incident whose signals have all ended is cleared, or withdrawn when every one
was withdrawn; a trigger has no end of its own and counts as over after `transitions.QUIET` of the
log's time without news. A closed incident takes no more alarms: the next one opens
another. The colour only rises while an incident is open, unless a signal is withdrawn:
then it is judged anew from those that stand.

A repeated or overtaken record changes nothing, nor does any record at or below the offset
applied. Closed incidents are forgotten `MEMORY` of the log's time after their last signal; until
then a late repetition cannot open one again. Event time decides nothing here: shards that replay
history are days of it apart.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from alerts import deliveries, erasure, grouping, notices, transitions
from alerts.deliveries import Delivery, DeliveryLine, Recipient
from alerts.incident import Incident, IncidentLine, Reason, line
from alerts.inputs import Attempted, Erased, Input, Outcome, SignalInput, Tick
from alerts.notices import What
from alerts.signal import Signal

MEMORY = timedelta(days=14)


class Incidents(msgspec.Struct, frozen=True, kw_only=True):
    """All that response knows after the record at `offset`; values are never changed in place.

    `began` and `now` are the first and the last tick in epoch ms, 0 before any. `deliveries`
    holds what has not ended. `erased` holds the digests of quotes that signals must not bring
    again, each with the log's time at which it was erased.
    """

    offset: int = -1
    began: int = 0
    now: int = 0
    incidents: dict[str, Incident] = {}
    deliveries: dict[str, Delivery] = {}
    erased: dict[str, int] = {}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did and why: lines for the public topics `incidents` and `notifications`.

    `signals` are for the topic of that name, which has them with quotes that are erased.
    """

    reason: Reason
    incidents: tuple[IncidentLine, ...] = ()
    deliveries: tuple[DeliveryLine, ...] = ()
    signals: tuple[Signal, ...] = ()


Step = tuple[Incidents, Decision]


def step(
    state: Incidents, item: Input, *, offset: int, recipients: Sequence[Recipient] = ()
) -> Step:
    """Apply the record at `offset`; what is new to tell is wanted for the recipients given."""
    if offset <= state.offset:
        return state, Decision(reason=Reason.REPLAYED)
    state = replace(state, offset=offset)
    match item:
        case SignalInput(signal=signal):
            kept = erasure.signal(signal, state.erased)
            after, decision = _signalled(state, kept, recipients)
            return after, decision if kept is signal else replace(decision, signals=(kept,))
        case Tick(at=at):
            return _ticked(state, at, recipients)
        case Attempted() | Outcome():
            return _delivered(state, item)
        case Erased(quotes=quotes, at=at):
            after = _erased(state, quotes, at=at)
            return after, Decision(reason=Reason.ERASED, signals=_changed(state, after))


def _erased(state: Incidents, quotes: Sequence[str], *, at: int) -> Incidents:
    erased = state.erased | dict.fromkeys(quotes, max(state.now, at))
    incidents = {k: erasure.incident(i, erased) for k, i in state.incidents.items()}
    waiting = {k: erasure.delivery(d, erased) for k, d in state.deliveries.items()}
    return replace(state, erased=erased, incidents=incidents, deliveries=waiting)


def _changed(before: Incidents, after: Incidents) -> tuple[Signal, ...]:
    """The newest of each signal that lost quotes.

    Whoever looked through the topic for them may have been there before that record was.
    """
    return tuple(
        kept
        for name, incident in after.incidents.items()
        for one, kept in incident.signals.items()
        if kept is not before.incidents[name].signals[one]
    )


def _signalled(state: Incidents, signal: Signal, recipients: Sequence[Recipient]) -> Step:
    holder = next((i for i in state.incidents.values() if signal.id in i.signals), None)
    refusal = _refusal(state, holder, signal)
    if refusal is not None:
        return state, Decision(reason=refusal)
    if holder is not None:
        changed = [transitions.revised(holder, signal, now=state.now)]
    else:
        changed = _housed(state, signal)
    return _told(state, changed, recipients)


def _refusal(state: Incidents, holder: Incident | None, signal: Signal) -> Reason | None:
    if holder is None:
        return None if signal.live else Reason.NEVER_LIVE
    if not signal.supersedes(holder.signals[signal.id]):
        return Reason.REPEATED
    return None if holder.open else Reason.CLOSED


def _housed(state: Incidents, signal: Signal) -> list[Incident]:
    """The incident that takes a new signal, then those it takes over."""
    home = grouping.home(signal, state.incidents.values())
    if home.incident is None:
        into = transitions.opened(signal, home, now=state.now)
    else:
        into = transitions.joined(home.incident, signal, home, now=state.now)
    return [into, *(transitions.merged(i, into, at=signal.at) for i in home.absorbed)]


def _ticked(state: Incidents, at: int, recipients: Sequence[Recipient]) -> Step:
    now = max(state.now, at)
    state = replace(state, now=now, began=state.began or now)
    quiet = [_quiet(incident, state) for incident in state.incidents.values()]
    after, decision = _told(state, [i for i in quiet if i is not None], recipients)
    lost = [deliveries.expired(d, now=now) for d in state.deliveries.values()]
    after, lines = _pending(after, [d for d in lost if d is not None])
    return _remembered(after), replace(decision, deliveries=decision.deliveries + lines)


def _quiet(incident: Incident, state: Incidents) -> Incident | None:
    elapsed = timedelta(milliseconds=state.now - max(incident.touched, state.began))
    return transitions.quiet(incident, elapsed=elapsed)


def _delivered(state: Incidents, item: Attempted | Outcome) -> Step:
    delivery = state.deliveries.get(item.delivery)
    if delivery is None:
        return state, Decision(reason=Reason.OUT_OF_TURN)
    if isinstance(item, Attempted):
        changed = deliveries.attempted(delivery, item, now=state.now)
    else:
        changed = deliveries.concluded(delivery, item, now=state.now)
    if changed is None:
        return state, Decision(reason=Reason.OUT_OF_TURN)
    after, lines = _pending(state, [changed])
    return after, Decision(reason=Reason.DELIVERY, deliveries=lines)


def _told(state: Incidents, changed: list[Incident], recipients: Sequence[Recipient]) -> Step:
    """The state with the changed incidents, and a delivery wanted for each that is news."""
    if not changed:
        return state, Decision(reason=Reason.TICKED)
    held = state.incidents | {incident.id: incident for incident in changed}
    silences = notices.lasting(held.values())
    wanted: list[Delivery] = []
    for incident in changed:
        held[incident.id], sent = _announced(incident, recipients, silences, now=state.now)
        wanted += sent
    after, lines = _pending(replace(state, incidents=held), wanted)
    reason = changed[0].reason
    return after, Decision(reason=reason, incidents=tuple(map(line, changed)), deliveries=lines)


def _announced(
    incident: Incident, recipients: Sequence[Recipient], silences: Sequence[Signal], *, now: int
) -> tuple[Incident, list[Delivery]]:
    """The incident as it is known afterwards, and what is news to whom."""
    wanted: list[Delivery] = []
    if late := _late(incident, recipients):
        first = notices.notice(replace(incident, told=None), What.NEW, silences=silences)
        wanted += deliveries.wanted(first, late, now=now)
        incident = notices.heard(incident)
    what = notices.decide(incident)
    if what is None:
        return incident, wanted
    rest = [recipient for recipient in recipients if recipient not in late]
    wanted += deliveries.wanted(notices.notice(incident, what, silences=silences), rest, now=now)
    return replace(incident, told=notices.told(incident)), wanted


def _late(incident: Incident, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Those whose own budget an open incident passes only now, when others have been told."""
    if incident.told is None or not incident.open:
        return []
    before, now = incident.told.rarity, incident.rarity
    return [recipient for recipient in recipients if before < recipient.rarity <= now]


def _pending(
    state: Incidents, changed: list[Delivery]
) -> tuple[Incidents, tuple[DeliveryLine, ...]]:
    """The state with these deliveries, those that have ended left out, and a line for each."""
    if not changed:
        return state, ()
    held = state.deliveries | {delivery.id: delivery for delivery in changed}
    pending = {key: delivery for key, delivery in held.items() if not delivery.ended}
    return replace(state, deliveries=pending), tuple(deliveries.line(d) for d in changed)


def _remembered(state: Incidents) -> Incidents:
    oldest = state.now - MEMORY // timedelta(milliseconds=1)
    kept = {k: i for k, i in state.incidents.items() if i.open or i.touched >= oldest}
    if state.erased and min(state.erased.values()) < oldest:
        erased = {quote: at for quote, at in state.erased.items() if at >= oldest}
        state = replace(state, erased=erased)
    return state if len(kept) == len(state.incidents) else replace(state, incidents=kept)
