"""An incident told on a page, in the words of its messages."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from alerts import notices
from alerts.account import Account, Reader
from alerts.deliveries import DeliveryState
from alerts.incident import Incident, IncidentState
from alerts.notices import Notice, What, notice
from alerts.signal import RANK, Signal
from dashboards.pages.chart import Chart, drawn
from streams.response.incident_view import Case, Delivered

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
    """`headline`, `figures` and `facts` are those of an `Account`.

    All are empty where the log no longer has the incident's signals.
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

    @property
    def beyond(self) -> Signal | None:
        """What was called beyond the budget, at its highest score, where nothing else was."""
        records = [record for records in self.case.signals for record in records]
        highest = max(records, key=attrgetter("rarity"), default=None)
        return highest if highest and highest.rarity < 1.0 else None


def told(case: Case, language: str, zone: str, *, silences: Sequence[Signal] = ()) -> Story:
    """The whole page; quotes are as received and must be redacted where they are shown.

    `silences` are those that last at present; what is open says what it lacks by them.
    """
    signals = tuple(newest(records) for records in case.signals)
    spoken = _notice(case, silences if case.line.open else ())
    said = Account("", (), ())
    if spoken:
        said = Reader(language, ZoneInfo(zone)).account(spoken)
    return Story(
        case=case,
        headline=said.headline,
        figures=said.figures,
        facts=said.facts,
        quotes=spoken.signal.examples[:MOST_QUOTES] if spoken else (),
        signals=tuple(sorted(signals, key=_size, reverse=True)),
        chart=_chart(case, spoken),
        sent=tuple(_sent(case.deliveries)),
    )


def newest(records: Sequence[Signal]) -> Signal:
    return max(records, key=lambda record: (RANK[record.state], record.revision))


def lasting(cases: Iterable[Case]) -> list[Signal]:
    """The silences among these."""
    return notices.lasting(map(_incident, cases))


def _notice(case: Case, silences: Sequence[Signal]) -> Notice | None:
    """What a first message about the incident as it stands would hold, named as in the log."""
    if not case.signals:
        return None
    what = ANNOUNCED.get(case.line.state, What.NEW)
    return replace(notice(_incident(case), what, silences=silences), incident=case.line)


def _incident(case: Case) -> Incident:
    line, signals = case.line, [newest(records) for records in case.signals]
    heights = [max(records, key=attrgetter("live", "deviation")) for records in case.signals]
    return Incident(
        id=line.id, state=line.state, revision=line.revision, colour=line.colour,
        because=line.because, learning=line.learning, scope=line.scope, opened=line.opened,
        at=line.at, signals={signal.id: signal for signal in signals}, reason=line.reason,
        touched=0, took=line.took, into=line.into,
        heights={signal.id: signal for signal in heights},
    )  # fmt: skip


def _chart(case: Case, spoken: Notice | None) -> Chart | None:
    if spoken is None:
        return None
    surge = spoken.surge or spoken.signal
    records = next(records for records in case.signals if records[0].id == surge.id)
    return drawn(records) if not surge.event else None


def _size(signal: Signal) -> tuple[bool, bool, float]:
    return signal.standing, signal.event, signal.observed - signal.expected


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
