"""What was called of what is labelled, and what was called without reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from alerts.colour import Colour
from alerts.incident import IncidentLine, IncidentState
from alerts.signal import Scope, Signal
from streams.events.event import Complaint, Mention, milliseconds
from streams.traffic.scenarios.scenario import Label

AFTERWARDS = timedelta(days=1)
"""A signal this long after the last labelled event may still be about it."""
SHARE = 0.5
"""Of its excess, which labelled events must make up for a signal to be about them."""
MOST_FALSE = 1


@dataclass
class Findings:
    """What an installation said: each signal as it fired, each incident's lines, by id."""

    signals: dict[str, Signal] = field(default_factory=dict)
    incidents: dict[str, list[IncidentLine]] = field(default_factory=dict)

    def take(self, signals: Iterable[Signal], incidents: Iterable[IncidentLine]) -> None:
        for signal in signals:
            self.signals.setdefault(signal.id, signal)
        for line in incidents:
            self.incidents.setdefault(line.id, []).append(line)


class Call(NamedTuple):
    """How a labelled happening was called.

    Attributes:
        incident: that called it.
        colour: the highest that the incident reached.
        at: event time of the first signal about it; None where there was none.
        heard: how many of its events had happened by then.
    """

    label: Label
    incident: str = ""
    colour: Colour | None = None
    at: datetime | None = None
    heard: int = 0

    @property
    def began(self) -> datetime:
        return datetime.fromisoformat(self.label.begins)


class Scorecard(NamedTuple):
    """The score of a run.

    Attributes:
        calls: one for each label.
        false: incidents that nothing labelled explains, or only what is innocent.
        early: of the same kind, while the rhythm of the week was still being learnt.
        further: incidents about what is labelled besides those that called it.
    """

    calls: tuple[Call, ...]
    false: tuple[IncidentLine, ...]
    early: tuple[IncidentLine, ...]
    further: int

    @property
    def missed(self) -> list[Call]:
        return [call for call in self.wanted if call.at is None]

    @property
    def wanted(self) -> list[Call]:
        return [call for call in self.calls if not call.label.innocent]

    @property
    def passed(self) -> bool:
        return not self.missed and len(self.false) <= MOST_FALSE


def score(
    findings: Findings, labels: Sequence[Label], planted: Sequence[Complaint | Mention], *,
    since: datetime,
) -> Scorecard:  # fmt: skip
    """The score of what was found.

    Args:
        findings: of the whole run.
        labels: of all that was planted.
        planted: the labelled events.
        since: an incident opened before this is early.
    """
    times = {event.id: event.time for event in planted}
    calls = tuple(call(findings, label, times) for label in labels)
    guilty = [label for label in labels if not label.innocent]
    ids = {event for label in guilty for event in label.events}
    events = [event for event in planted if event.id in ids]
    right = {call.incident for call in calls if not call.label.innocent}
    others = [
        lines[0]
        for name, lines in findings.incidents.items()
        # A merged one goes on as a part of another, which is counted.
        if name not in right and lines[-1].state is not IncidentState.MERGED
    ]
    false = [line for line in others if not _about(findings, line.id, guilty, events)]
    return Scorecard(
        calls,
        tuple(line for line in false if line.opened >= since),
        tuple(line for line in false if line.opened < since),
        len(others) - len(false),
    )


def call(findings: Findings, label: Label, times: Mapping[str, int]) -> Call:
    """The first word of ours about a labelled happening, whose events have these times (ms)."""
    found = [
        (signal.at, name)
        for name in findings.incidents
        for signal in _signals(findings, name)
        if names(signal, label)
    ]
    if not found:
        return Call(label)
    at, incident = min(found)
    colour = max((line.colour for line in findings.incidents[incident]), key=attrgetter("rank"))
    heard = sum(times[event] <= milliseconds(at) for event in label.events)
    return Call(label, incident, colour, at, heard)


def names(signal: Signal, label: Label) -> bool:
    """The signal is about all that the label is about, and of its time."""
    begins, ends = map(datetime.fromisoformat, (label.begins, label.ends))
    return label.scope.items() <= signal.scope.items() and (
        begins <= signal.at <= ends + AFTERWARDS
    )


def explained(signal: Signal, events: Iterable[Complaint | Mention]) -> bool:
    """Whether these events make up at least half of what a surge has in excess."""
    if not signal.exceeds:
        return False
    onset, at = milliseconds(signal.onset), milliseconds(signal.at)
    part = sum(onset <= event.time < at and _agrees(event, signal.scope) for event in events)
    return part > 0 and part >= SHARE * (signal.observed - signal.expected)


def _about(
    findings: Findings,
    incident: str,
    labels: Sequence[Label],
    events: Sequence[Complaint | Mention],
) -> bool:
    return any(
        explained(signal, events) or any(names(signal, label) for label in labels)
        for signal in _signals(findings, incident)
    )


def _signals(findings: Findings, incident: str) -> list[Signal]:
    """All that the incident ever held."""
    held = dict.fromkeys(s for line in findings.incidents[incident] for s in line.signals)
    return [findings.signals[name] for name in held if name in findings.signals]


def _agrees(event: Complaint | Mention, scope: Scope) -> bool:
    """Nothing that the event states is against the scope; copies add no person."""
    stream = "mentions" if isinstance(event, Mention) else "complaints"
    if scope.get("stream") != stream or (isinstance(event, Mention) and event.repost_of):
        return False
    stated = ((getattr(event, name, None), value) for name, value in scope.items())
    return all(said in (None, value) for said, value in stated)
