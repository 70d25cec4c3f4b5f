"""An incident told on a page, in the words of its messages."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from msgspec.structs import replace

from alerts import notices
from alerts.deliveries import Delivery, DeliveryState, Recipient
from alerts.incident import Incident, IncidentLine, IncidentState
from alerts.messages import Message, compose
from alerts.notices import Notice, What, notice
from alerts.signal import RANK, Kind, Signal
from dashboards.pages.chart import Chart, drawn
from streams.incident_view import Case, Delivered

MOST_QUOTES = 3
ANNOUNCED = {
    IncidentState.CLEARED: What.CLEARED,
    IncidentState.WITHDRAWN: What.WITHDRAWN,
}


class Sent(NamedTuple):
    """One message to one recipient; `steps` are the outcomes of its attempts, and one under way."""

    last: Delivered
    steps: tuple[Delivered, ...]

    @property
    def missing(self) -> bool:
        """A try has not succeeded, and none has since."""
        line = self.last.line
        tried = line.state is DeliveryState.WANTED and line.attempt > 0
        return tried or line.state in (DeliveryState.FAILED, DeliveryState.UNKNOWN)


class Story(NamedTuple):
    """`headline`, `figures` and `facts` are a message's lines, in this order.

    `figures` has one for the signal that speaks, and one for the surge beside a trigger. All
    are empty where the log no longer has the incident's signals.
    """

    case: Case
    headline: str
    figures: tuple[str, ...]
    facts: tuple[str, ...]
    quotes: tuple[str, ...]
    signals: tuple[Signal, ...]
    chart: Chart | None
    sent: tuple[Sent, ...]

    @property
    def missing(self) -> int:
        """Messages that are not known to have arrived, though they were tried."""
        return sum(sent.missing for sent in self.sent)


def told(case: Case, language: str, zone: str, *, silences: Sequence[Signal] = ()) -> Story:
    """The whole page; quotes are as received and must be redacted where they are shown.

    `silences` are those that last at present; what is open says what it lacks by them.
    """
    signals = tuple(newest(records) for records in case.signals)
    spoken = _notice(case.line, signals, silences if case.line.open else ())
    lines = _message(spoken, language, zone).lines if spoken else ("",)
    told_figures = 3 if spoken and spoken.surge else 2
    return Story(
        case=case,
        headline=lines[0],
        figures=lines[1:told_figures],
        facts=lines[told_figures:],
        quotes=spoken.signal.examples[:MOST_QUOTES] if spoken else (),
        signals=tuple(sorted(signals, key=_size, reverse=True)),
        chart=_chart(case, spoken),
        sent=tuple(_sent(case.deliveries)),
    )


def newest(records: Sequence[Signal]) -> Signal:
    return max(records, key=lambda record: (RANK[record.state], record.revision))


def lasting(cases: Iterable[Case]) -> list[Signal]:
    """The silences among these."""
    incidents = (_incident(case.line, [newest(r) for r in case.signals]) for case in cases)
    return notices.lasting(incidents)


def _notice(
    line: IncidentLine, signals: Sequence[Signal], silences: Sequence[Signal]
) -> Notice | None:
    """What a first message about the incident as it stands would hold."""
    if not signals:
        return None
    what = ANNOUNCED.get(line.state, What.NEW)
    return notice(_incident(line, signals), what, silences=silences)


def _incident(line: IncidentLine, signals: Sequence[Signal]) -> Incident:
    return Incident(
        id=line.id, state=line.state, revision=line.revision, colour=line.colour,
        because=line.because, learning=line.learning, scope=line.scope, opened=line.opened,
        at=line.at, signals={signal.id: signal for signal in signals}, reason=line.reason,
        touched=0, took=line.took, into=line.into,
    )  # fmt: skip


def _message(spoken: Notice, language: str, zone: str) -> Message:
    """Composed for the page as for any recipient; it shows the quotes in a place of their own."""
    unquoted = replace(spoken, signal=replace(spoken.signal, examples=()))
    reader = Recipient(name="page", channel="page", language=language, zone=zone)
    return compose(Delivery(id="page", notice=unquoted, recipient=reader))


def _chart(case: Case, spoken: Notice | None) -> Chart | None:
    if spoken is None:
        return None
    surge = spoken.surge or spoken.signal
    records = next(records for records in case.signals if records[0].id == surge.id)
    return drawn(records) if surge.kind is not Kind.TRIGGER else None


def _size(signal: Signal) -> tuple[bool, bool, float]:
    return signal.standing, signal.kind is Kind.TRIGGER, signal.observed - signal.expected


def _sent(deliveries: Sequence[Delivered]) -> list[Sent]:
    """Newest message first; the steps of each in the order of the log."""
    order = {name: place for place, name in enumerate(dict.fromkeys(d.line.id for d in deliveries))}
    ordered = sorted(deliveries, key=lambda delivered: order[delivered.line.id])
    grouped = [tuple(steps) for _, steps in groupby(ordered, key=lambda d: d.line.id)]
    return [Sent(steps[-1], tuple(_steps(steps))) for steps in reversed(grouped)]


def _steps(steps: Sequence[Delivered]) -> Iterator[Delivered]:
    for step in steps:
        under_way = step.line.state is DeliveryState.ATTEMPTED and step is not steps[-1]
        if step.line.attempt > 0 and not under_way:
            yield step
