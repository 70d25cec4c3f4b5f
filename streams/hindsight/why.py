"""Why a scope was called in an hour, or was not: the history is played up to it, and asked.

What is asked are the judges themselves, as they stand when the hour has been judged.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from difflib import SequenceMatcher
from heapq import nlargest
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from alerts.gates import Answer, Gate, Number, Step
from alerts.signal import Scope, matter
from streams.archive.log import Log
from streams.configuration.sections import BUCKET, MINUTES
from streams.detection import signals
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed
from streams.detection.judges.silence import Feed
from streams.detection.series import UNBORN, Series
from streams.events.event import EPOCH
from streams.files.history import Playable
from streams.hindsight.backtest import Backtest
from streams.hindsight.scopes import ScopeError
from streams.settings import Settings

NEAREST: Final = 5  # scopes that are named in the place of one that is not there


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A time as people write it; without a zone it is in this one. Raises ScopeError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ScopeError(f"time must be ISO 8601 (2026-03-02T12:30), got {text!r}") from None
    if not MINYEAR < at.year < MAXYEAR:
        raise ScopeError(f"time must be within the years 2 to 9998, got {text!r}")
    return at if at.tzinfo else at.replace(tzinfo=zone)


class Inquiry:
    """A question to the judges of a stream.

    Args:
        scope: the series, or the feed, with its stream.
        at: within the hour that is asked about.

    Attributes:
        answer: once the hour has been judged.
    """

    def __init__(self, scope: Scope, at: datetime) -> None:
        self.answer: Answer | None = None
        self._scope, self._bucket = scope, (at - EPOCH) // BUCKET
        self._first: int | None = None
        self._last = 0
        self._finer: list[Sequence[Gate]] = []  # of buckets of the hour that are shorter

    def __call__(self, stream: str, closed: Closed, judges: Bench) -> None:
        """See a bucket that has just been judged."""
        if stream != self._scope["stream"]:
            return
        if closed.minutes != MINUTES:
            if closed.bucket * closed.minutes // MINUTES == self._bucket:
                self._finer.append(judges.gates(self._scope, closed))
            return
        self._first = closed.bucket if self._first is None else self._first
        self._last = closed.bucket
        if closed.bucket == self._bucket:
            gates = [*judges.gates(self._scope, closed), *highest(self._finer)]
            self.answer = self._told([*self._counted(closed.series), *gates], closed.series)

    def unanswered(self) -> Answer:
        """The history does not reach the hour."""
        spans: dict[str, Number] = {}
        if self._first is not None:
            spans = {"first": signals.moment(self._first), "last": signals.moment(self._last + 1)}
        return self._told([Gate(Step.HISTORY, open=False, numbers=spans)], None)

    def _counted(self, series: Series) -> list[Gate]:
        key = series.key_of(self._scope)
        if key is None and not countable(self._scope):
            return []
        if key is None:
            names = " · ".join(cut.name for cut in series.cuts)
            return [Gate(Step.CUT, open=False, numbers={"cuts": names})]
        return [Gate(Step.CUT, open=True, numbers={"cut": series.cuts[key.cut].name})]

    def _told(self, gates: list[Gate], series: Series | None) -> Answer:
        near = nearest(series, self._scope) if series is not None else ()
        return Answer(self._scope, signals.moment(self._bucket), tuple(gates), tuple(near))


def highest(finer: Iterable[Sequence[Gate]]) -> list[Gate]:
    """Of gates bucket by bucket of an hour those that say most: that are open, by their scores."""
    best: dict[tuple[Number, ...], Gate] = {}
    for gate in chain.from_iterable(finer):
        name = (gate.step, *(gate.numbers.get(what, "") for what in ("rule", "kind")))
        best[name] = max(gate, best.get(name, gate), key=_height)
    return list(best.values())


def _height(gate: Gate) -> tuple[bool, bool, Number]:
    """One that has nothing to show is below all."""
    return gate.open, bool(gate.numbers), gate.numbers.get("score", 0.0)


def countable(scope: Scope) -> bool:
    """Whether a cut is wanted to count it: neither a feed nor a report of harm is a series."""
    return Feed.of(scope) is None and "harm" not in scope


def nearest(series: Series, scope: Scope) -> list[Scope]:
    """Where the scope lives not, those that come closest: by equal fields, then by their words."""
    key = series.key_of(scope)
    lives = key is not None and series.life(key) != UNBORN
    if lives or (key is None and not countable(scope)):
        return []
    wanted = scope.items()

    def likeness(other: Scope) -> tuple[int, float]:
        words = SequenceMatcher(None, _values(scope), _values(other))
        return len(wanted & other.items()), words.quick_ratio()

    fields = len(scope)
    scopes = map(series.scope, range(len(series.lives)))
    alike = [s for s in scopes if s.keys() & scope.keys() > {"stream"} and len(s) <= fields]
    return nlargest(NEAREST, alike, key=likeness)


def _values(scope: Scope) -> str:
    return " ".join(value for _, value in sorted(matter(scope).items()))


def ask(
    settings: Settings, inquiry: Inquiry, past: Playable | Log, *, now: int,
    on_events: Callable[[int], None] = lambda _: None,
) -> Answer:  # fmt: skip
    """Play the past up to the hour; `now` (ms) is when the rows of files arrived."""
    for _ in Backtest(settings, now=now, watch=inquiry).play(past, on_events=on_events):
        if inquiry.answer is not None:
            return inquiry.answer
    return inquiry.unanswered()
