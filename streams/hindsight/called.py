"""What would have been called over a history, had these settings been in force."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, NamedTuple

from alerts.colour import Colour, higher
from alerts.incident import IncidentLine, IncidentState
from alerts.signal import Signal
from detectors.surge import Surge
from streams.archive.log import ArchiveError, Log
from streams.configuration.sections import BUCKET
from streams.detection.stream import Watch
from streams.events.event import moment
from streams.files.history import History, Refused
from streams.hindsight.backtest import Backtest, Outcome
from streams.settings import Settings

SURGE: Final = Surge(threshold=1.0)
SHORTEST_LEARNING: Final = SURGE.shortest_learning * BUCKET
LONGEST_LEARNING: Final = SURGE.longest_learning * BUCKET

Past = History | Log


class Called(NamedTuple):
    """An incident: its last line, its first and highest colour, and the signal that speaks for it.

    `signals` are all that it held, each at its largest.
    """

    line: IncidentLine
    first: Colour
    peak: Colour
    signal: Signal
    signals: Sequence[Signal]

    @property
    def scopes(self) -> int:
        """How many its signals are of."""
        return len({tuple(sorted(signal.scope.items())) for signal in self.signals})

    @property
    def harms(self) -> list[str]:
        """What its signals tell of."""
        return sorted({harm for signal in self.standing for harm in signal.harm})

    @property
    def standing(self) -> list[Signal]:
        return [signal for signal in self.signals if signal.standing]

    @property
    def withdrawn(self) -> bool:
        """Later data did not bear it out."""
        return self.line.state is IncidentState.WITHDRAWN


class Learning(NamedTuple):
    """How many series have learnt what is usual, of how many."""

    learnt: int
    series: int


class Places(NamedTuple):
    """How many share the budget by the end, and over how many it is spread."""

    judging: int
    budgeted: int

    @property
    def times(self) -> float:
        """How many times the false alarms that are allowed are to be expected."""
        return self.judging / self.budgeted


@dataclass(frozen=True)
class Hindsight:
    """A history looked back at.

    Attributes:
        first, last: moments of its events.
        refused: rows that are no events.
        rejected: events that intake refused, for they lie in the future.
        called: incidents in the order in which they were opened, without those that others took.
    """

    events: int
    first: datetime
    last: datetime
    refused: Sequence[Refused]
    rejected: int
    late: int
    duplicates: int
    learning: Learning
    called: Sequence[Called]
    places: Places

    @property
    def span(self) -> timedelta:
        return self.last - self.first

    @property
    def colours(self) -> dict[Colour, int]:
        """How many incidents of each colour, the most urgent first."""
        counts = Counter(called.peak for called in self.called)
        return {colour: counts[colour] for colour in reversed(Colour) if counts[colour]}


def look_back(
    settings: Settings, past: Past, *, now: int, on_events: Callable[[int], None],
    on_outcome: Callable[[Outcome], None] = lambda _: None, watch: Watch | None = None,
) -> Hindsight:  # fmt: skip
    """`now` (ms) is when the rows of files arrived, which must hold an event.

    Raises:
        ArchiveError: for an archive that holds none, or does not fit the settings.
    """
    test, outcomes = Backtest(settings, now=now, watch=watch), []
    for outcome in test.play(past, on_events=on_events):
        outcomes.append(outcome)
        on_outcome(outcome)
    reach = test.reach if isinstance(past, Log) else past
    if not len(reach):
        raise ArchiveError("there is no event in the archive")
    first, last = map(moment, reach.span)
    return Hindsight(
        events=len(reach),
        first=first,
        last=last,
        refused=reach.refused,
        rejected=test.rejected,
        late=test.late,
        duplicates=test.duplicates,
        learning=Learning(*test.learnt),
        places=Places(*test.places),
        called=called(
            [line for outcome in outcomes for line in outcome.incidents],
            [signal for outcome in outcomes for signal in outcome.signals],
        ),
    )


def called(lines: Iterable[IncidentLine], signals: Iterable[Signal]) -> list[Called]:
    """The incidents that the lines of a log tell of."""
    largest: dict[str, Signal] = {}
    for signal in signals:
        held = largest.get(signal.id)
        if held is None or _weight(signal) >= _weight(held):
            largest[signal.id] = signal
    newest: dict[str, IncidentLine] = {}
    firsts: dict[str, Colour] = {}
    peaks: dict[str, Colour] = {}
    for line in lines:
        newest[line.id] = line
        firsts.setdefault(line.id, line.colour)
        peaks[line.id] = higher(peaks.get(line.id, line.colour), line.colour)
    lasting = [line for line in newest.values() if line.state is not IncidentState.MERGED]
    return [
        _called(line, firsts[line.id], peaks[line.id], [largest[name] for name in line.signals])
        for line in sorted(lasting, key=attrgetter("opened", "id"))
    ]


def _called(line: IncidentLine, first: Colour, peak: Colour, signals: Sequence[Signal]) -> Called:
    return Called(line, first, peak, _speaking(signals, line), signals)


def _speaking(signals: Sequence[Signal], line: IncidentLine) -> Signal:
    """Counts before a single event, what it began with, the incident's own scope, the largest."""

    def precedence(signal: Signal) -> tuple[bool, bool, bool, tuple[bool, float]]:
        counts, own = not signal.event, signal.scope == line.scope
        return counts, signal.onset <= line.opened, own, _weight(signal)

    return max(signals, key=precedence)


def _weight(signal: Signal) -> tuple[bool, float]:
    """Too many or, of a silence, too few."""
    return signal.standing, signal.deviation
