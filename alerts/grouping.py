"""Which open incident a signal belongs to.

A scope without its stream is its matter; streams do not part a matter, so complaints and
posts about one product meet. A signal joins an open incident that changed at most `WINDOW`
of event time before or after it when their matters are the same (`akin`):

- no field that both have differs, apart from the harm that is named, and
- one holds the other's fields (parent and child), or both share a field of `SUBJECT`: an
  equal region alone does not make one matter of two, and two parts without a shared field
  never meet. Where a trigger is on either side the shared field of `SUBJECT` is always
  asked for, so that an injury does not disappear in a regional surge; two triggers also
  meet when their scopes are equal.

An incident's matter is its leader's, not any member's, so that chains of half-related
scopes do not form. A parent explains its children: it joins the incident that shares most
fields (then the oldest), widens it to the parent's matter, and takes over the other open
incidents inside that matter, which end as merged. Incidents with a trigger are never taken over.

A stream's total is about no matter. It rises with any large child, so it explains nothing:
it joins the surging incident of its stream that changed last, and a total that fired first
takes the matter of the first surge that follows.

A storm raises many scopes at once. A surge without a home that comes while `MANY`
incidents of its stream, triggers apart, were opened in the last `STORM` opens a broad
incident of the whole stream instead, which takes those over; homeless surges join it while
it was opened, or one of it began, within `STORM`, and after that those whose excess began
within `STORM` of its opening. So a storm over any number of scopes opens six incidents.
One that holds `FULL` signals takes no more, and the next opens another: that bounds the
record of an incident, not what is counted.

Regions that rise together are one where one of them leads an incident and another a signal: so
what each does by itself joins what they do together, which takes over what was opened of them.

A silence meets silences alone, by the same rule and however long they last: a topic explains its
channels, two channels of one topic stay apart, and no number of them is a storm.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from alerts.incident import Incident, Reason
from alerts.signal import Scope, Signal, matter

WINDOW = timedelta(hours=48)
STORM = timedelta(hours=6)
MANY = 5
FULL = 500
SUBJECT = frozenset({"product", "brand", "batch", "category"})


class Home(NamedTuple):
    """Where a signal goes: `incident` None opens one. `absorbed` end as merged into it."""

    incident: Incident | None
    scope: Scope
    reason: Reason
    absorbed: tuple[Incident, ...] = ()
    broad: bool = False


def home(signal: Signal, incidents: Iterable[Incident]) -> Home:
    """The incident for a signal that belongs to none yet."""
    taking = [i for i in incidents if _takes(i, signal)]
    near = sorted(taking, key=lambda i: (i.opened, i.id))  # a restored state has another order
    related = sorted(
        (i for i in near if akin(i, signal)),
        key=lambda i: (-_shared(i.scope, signal.scope), i.opened, i.id),
    )
    if related:
        return _joined(signal, related, near)
    if signal.event or signal.absence:
        return Home(None, signal.scope, Reason.OPENED)
    if signal.matter:
        return _stormy(signal, near)
    surging = (i for i in _of_stream(signal, near) if any(held.exceeds for held in i.standing))
    latest = max(surging, key=lambda i: (i.at, i.id), default=None)
    if latest is None:
        return Home(None, signal.scope, Reason.OPENED)
    return Home(latest, latest.scope, Reason.JOINED, broad=latest.broad)


def akin(incident: Incident, signal: Signal) -> bool:
    """Whether incident and signal are about the same matter."""
    one, other = matter(incident.scope), signal.matter
    if incident.broad:
        return False
    together = _together(incident, signal)
    if _triggered(incident) or signal.event:
        met = meet(one, other, event=True, together=together)
        return met or _same_trigger(incident, signal)
    if not one or not other:
        return bool(other) and incident.scope.get("stream") == signal.stream
    return meet(one, other, event=False, together=together)


def meet(one: Scope, other: Scope, *, event: bool, together: frozenset[str] = frozenset()) -> bool:
    """Whether two matters are one; with an event on either side only by a field of `SUBJECT`.

    Regions that rise `together` are one.
    """
    shared = one.keys() & other.keys()
    if _apart(one, other, together):
        return False
    nested = len(shared) == min(len(one), len(other)) and not event
    return nested or bool(shared & SUBJECT)


def _takes(incident: Incident, signal: Signal) -> bool:
    alike = any(held.absence for held in incident.standing) is signal.absence
    near = signal.absence or abs(signal.at - incident.at) <= WINDOW
    return incident.open and alike and near and len(incident.signals) < FULL


def _same_trigger(incident: Incident, signal: Signal) -> bool:
    both = _triggered(incident) and signal.event
    return both and incident.scope == signal.scope


def _joined(signal: Signal, related: list[Incident], near: list[Incident]) -> Home:
    into = related[0]
    scope = _leading(into.scope, signal.scope)
    together = _together(into, signal)
    absorbed = tuple(
        i for i in near if i is not into and not _triggered(i) and _inside(i.scope, scope, together)
    )
    return Home(into, scope, Reason.JOINED, absorbed)


def _stormy(signal: Signal, near: list[Incident]) -> Home:
    """Home of a surge that no incident is akin to: the broad incident while a storm lasts."""
    recent = [i for i in _of_stream(signal, near) if not _triggered(i)]
    for incident in recent:
        if incident.broad and _of_storm(signal, incident):
            return Home(incident, incident.scope, Reason.JOINED, broad=True)
    fresh = tuple(i for i in recent if abs(signal.at - i.opened) <= STORM and not i.broad)
    if len(fresh) < MANY:
        return Home(None, signal.scope, Reason.OPENED)
    return Home(None, {"stream": signal.stream}, Reason.OPENED, fresh, broad=True)


def _of_storm(signal: Signal, storm: Incident) -> bool:
    """Whether it comes while the storm lasts, or began with it: rare places are called later.

    One called late, or told of again, does not make the storm last longer.
    """
    if any(abs(moment - storm.opened) <= STORM for moment in (signal.at, signal.onset)):
        return True
    return any(abs(signal.at - held.onset) <= STORM for held in storm.standing)


def _of_stream(signal: Signal, incidents: Iterable[Incident]) -> list[Incident]:
    return [i for i in incidents if i.scope.get("stream") == signal.stream]


def _leading(one: Scope, other: Scope) -> Scope:
    """The wider of two scopes, without a harm that differs; a stream's total has no matter."""
    if "harm" in one and other.get("harm", one["harm"]) != one["harm"]:
        one = {field: value for field, value in one.items() if field != "harm"}
    first, second = matter(one), matter(other)
    if not first:
        return other
    return other if second.items() < first.items() else one


def _inside(scope: Scope, wider: Scope, together: frozenset[str]) -> bool:
    held, within = matter(scope), matter(wider)
    return bool(within) and within.keys() <= held.keys() and not _apart(within, held, together)


def _together(incident: Incident, signal: Signal) -> frozenset[str]:
    """The regions that rise with that of the incident, or of the signal."""
    return frozenset().union(signal.regions, *(held.regions for held in incident.standing))


def _apart(one: Scope, other: Scope, together: frozenset[str]) -> bool:
    """Whether a field but the harm differs; regions that rise together are one."""
    shared = (one.keys() & other.keys()) - {"harm"}  # a new kind of harm is told, not opened
    differing = {field for field in shared if one[field] != other[field]}
    if differing == {"region"}:
        return not {one["region"], other["region"]} <= together
    return bool(differing)


def _shared(one: Scope, other: Scope) -> int:
    return len(matter(one).items() & matter(other).items())


def _triggered(incident: Incident) -> bool:
    return any(held.event for held in incident.standing)
