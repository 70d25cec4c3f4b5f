"""The public topics read back as one: incidents with their signals, history and deliveries.

Records of these topics may repeat, and the topics are read side by side: whatever their
interleaving, the same records make the same view. The first record for each name counts; of a
signal without the quotes that another record of its name has lost to an erasure.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from alerts import erasure
from alerts.colour import Colour, ColourReason
from alerts.deliveries import DeliveryLine
from alerts.incident import IncidentLine, IncidentState, Reason
from alerts.signal import Signal
from streams.events.event import moment
from streams.response.shelf import Shelf

MOST_INCIDENTS = 2000
MOST_UNCLAIMED = 5000
MOST_CHANGES = 1000


class Public(StrEnum):
    """The topics that the view is made of, without the installation's prefix."""

    INCIDENTS = "incidents"
    SIGNALS = "signals"
    NOTIFICATIONS = "notifications"


class Reach(StrEnum):
    """How far the reader of the topics has come."""

    READING = "reading"
    CURRENT = "current"
    UNREACHABLE = "unreachable"


class Record(NamedTuple):
    """A record's value, and its timestamp in epoch milliseconds."""

    value: bytes
    timestamp: int


class Turn(NamedTuple):
    """One change of an incident; `signals` is how many it held after it."""

    at: datetime
    state: IncidentState
    colour: Colour
    because: ColourReason
    reason: Reason
    signals: int


class Delivered(NamedTuple):
    """One change of a delivery, and when the log had it."""

    line: DeliveryLine
    at: datetime


class Case(NamedTuple):
    """All that is known of an incident; `signals` holds each signal's records, oldest first."""

    line: IncidentLine
    turns: tuple[Turn, ...]
    signals: tuple[tuple[Signal, ...], ...]
    deliveries: tuple[Delivered, ...]


@dataclass(slots=True)
class _Held:
    line: IncidentLine
    signals: tuple[str, ...] = ()
    turns: dict[tuple[IncidentState, int], Turn] = field(default_factory=dict)


class View:
    """What the topics said so far, bounded: the open incidents first to stay, then the newest.

    Args:
        run: names this start of this process, for `version`.
        most: incidents held.
        unclaimed: signals, and incidents' deliveries, held for incidents not yet read.
        changes: remembered for `since`.
    """

    def __init__(
        self, run: str, *, most: int = MOST_INCIDENTS, unclaimed: int = MOST_UNCLAIMED,
        changes: int = MOST_CHANGES,
    ) -> None:  # fmt: skip
        self._reach, self._all_read = Reach.READING, False
        self.number = 0
        self.refused = 0
        self._run, self._most = run, most
        self._held: dict[str, _Held] = {}
        self._signals: Shelf[Signal] = Shelf(unclaimed, erasure.common)
        self._deliveries: Shelf[Delivered] = Shelf(unclaimed, lambda first, _: first)
        self._holder: dict[str, str] = {}
        self._changes: deque[str] = deque(maxlen=changes)
        self._take: dict[Public, tuple[Any, Callable[[Any, datetime], str]]] = {
            Public.INCIDENTS: (msgspec.json.Decoder(IncidentLine), self._incident),
            Public.SIGNALS: (msgspec.json.Decoder(Signal), self._signal),
            Public.NOTIFICATIONS: (msgspec.json.Decoder(DeliveryLine), self._delivery),
        }

    def __len__(self) -> int:
        return len(self._held)

    @property
    def version(self) -> str:
        """Differs whenever a page may."""
        return f"{self._run}-{self.number}-{self.reach}"

    @property
    def reach(self) -> Reach:
        return self._reach

    @reach.setter
    def reach(self, reach: Reach) -> None:
        self._reach = reach
        self._all_read |= reach is Reach.CURRENT

    def apply(self, topic: Public, record: Record) -> None:
        """Take in a record; one that cannot be read, or is repeated, changes nothing."""
        decoder, take = self._take[topic]
        try:
            item = decoder.decode(record.value)
        except msgspec.DecodeError:
            self.refused += 1
            return
        changed = take(item, moment(record.timestamp))
        if changed in self._held:
            self.number += 1
            self._changes.append(changed)

    def since(self, number: int) -> list[str] | None:
        """The incidents changed after `number`, each once; None when that is too long ago."""
        behind = self.number - number
        if behind > len(self._changes):
            return None
        newest = list(self._changes)[len(self._changes) - behind :]
        return list(dict.fromkeys(newest))

    def lines(self) -> list[IncidentLine]:
        """Open ones first, the most urgent of them first; then the newest first."""
        lines = sorted((held.line for held in self._held.values()), key=_newest, reverse=True)
        return sorted(lines, key=_urgent, reverse=True)

    def case(self, name: str) -> Case | None:
        """An incident; it quotes nobody until all was read once, with what was erased since."""
        held = self._held.get(name)
        if held is None:
            return None
        signals = (self._told_of(signal) for signal in held.signals)
        return Case(
            line=held.line,
            turns=tuple(held.turns.values()),
            signals=tuple(records for records in signals if records),
            deliveries=self._deliveries.get(name),
        )

    def _told_of(self, signal: str) -> tuple[Signal, ...]:
        records = self._signals.get(signal)
        return records if self._all_read else tuple(replace(one, examples=()) for one in records)

    def _incident(self, line: IncidentLine, _: datetime) -> str:
        held = self._held.get(line.id)
        if held is None:
            held = self._held[line.id] = _Held(line)
            self._deliveries.claim([line.id])
        key = line.state, line.revision
        if key in held.turns:
            return ""
        held.line = line
        held.turns[key] = Turn(
            line.at, line.state, line.colour, line.because, line.reason, len(line.signals)
        )
        self._hold(held, line)
        self._make_room()
        return line.id

    def _hold(self, held: _Held, line: IncidentLine) -> None:
        """The signals of its newest line, which only grow; a merged one keeps those it had."""
        if not line.signals:
            return
        self._signals.claim(set(line.signals) - set(held.signals))
        held.signals = line.signals
        self._holder |= dict.fromkeys(line.signals, line.id)

    def _signal(self, signal: Signal, _: datetime) -> str:
        fresh = self._signals.put(signal.id, (signal.state, signal.revision), signal)
        return self._holder.get(signal.id, "") if fresh else ""

    def _delivery(self, line: DeliveryLine, at: datetime) -> str:
        key = line.id, line.state, line.attempt
        fresh = self._deliveries.put(line.incident, key, Delivered(line, at))
        return line.incident if fresh else ""

    def _make_room(self) -> None:
        if len(self._held) <= self._most:
            return
        oldest = min((held.line for held in self._held.values()), key=_lasting).id
        gone = self._held.pop(oldest)
        self._signals.release(gone.signals)
        self._deliveries.release([oldest])
        for signal in gone.signals:
            if self._holder.get(signal) == oldest:
                del self._holder[signal]


def _newest(line: IncidentLine) -> tuple[datetime, str]:
    return line.opened, line.id


def _urgent(line: IncidentLine) -> tuple[bool, int]:
    is_open = line.state is IncidentState.OPEN
    return is_open, line.colour.rank if is_open else 0


def _lasting(line: IncidentLine) -> tuple[bool, datetime, str]:
    return line.state is IncidentState.OPEN, line.opened, line.id
