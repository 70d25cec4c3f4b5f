"""Verdicts put into words: the signals that detection writes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

import msgspec
import xxhash

from alerts.signal import Kind, Signal, SignalState
from detectors.columns import Bools, Floats, Ints
from streams.configuration.sections import MINUTES
from streams.detection.triggers import Report
from streams.events.event import EPOCH

MOST_EXAMPLES = 3


class Figures(Protocol):
    """What a verdict says of each place; observed and expected are sums since the onset bucket."""

    @property
    def score(self) -> Floats: ...

    @property
    def observed(self) -> Ints | Floats: ...

    @property
    def expected(self) -> Floats: ...

    @property
    def onset(self) -> Ints: ...

    @property
    def learning(self) -> Bools: ...


class Change(NamedTuple):
    """What there is to say of the alarm at a place of a verdict; `fired` is its first bucket."""

    place: int
    state: SignalState
    revision: int
    fired: int


def moment(bucket: int, minutes: int = MINUTES) -> datetime:
    """The start of a bucket of so many minutes."""
    return EPOCH + timedelta(minutes=bucket * minutes)


def identity(scope: dict[str, str], kind: Kind, fired: int, rule: str = "") -> str:
    """The same alarm has the same id wherever and however often it is computed."""
    named = f"{kind}\x1e{rule}" if rule else kind
    name = "\x1f".join(f"{field}={value}" for field, value in sorted(scope.items()))
    return xxhash.xxh3_128_hexdigest(f"{named}\x1e{fired}\x1e{name}".encode())


def alarm(
    kind: Kind, scope: dict[str, str], figures: Figures, change: Change, *, bucket: int,
    threshold: float, minutes: int = MINUTES, reason: str = "", approximate: bool = False,
    at: datetime | None = None, last: datetime | None = None, rule: str = "", beside: str = "",
    starts: Callable[[int], datetime] | None = None, regions: tuple[str, ...] = (),
    whole: float = 0.0, told_from: float = 0.0,
) -> Signal:  # fmt: skip
    """What the alarm at the change's place of a verdict says.

    `bucket`, which was judged, the onsets and what has fired are in steps of `minutes`, or begin
    where `starts` says. `whole` is that of a share. Without a `reason` its figures are said, and
    what there is `beside` them; without an `at` it was known when the bucket closed.
    """
    place = change.place
    observed, expected = float(figures.observed[place]), float(figures.expected[place])
    starts = starts or partial(moment, minutes=minutes)
    onset = starts(int(figures.onset[place]))
    return Signal(
        id=identity(scope, kind, change.fired, rule), kind=kind, scope=scope,
        bucket=starts(bucket), onset=onset, at=at or starts(bucket + 1),
        state=change.state, revision=change.revision, observed=observed, expected=expected,
        score=float(figures.score[place]), threshold=threshold,
        multiple=observed / max(expected, 1e-9), learning=bool(figures.learning[place]),
        reason=reason or counted(observed, expected, onset, of="seen") + beside,
        approximate=approximate, last=last, rule=rule, regions=regions, whole=whole,
        told_from=told_from,
    )  # fmt: skip


def figures(
    verdict: Figures, place: int, *, threshold: float, since: datetime
) -> dict[str, float | datetime]:
    """What a verdict says of a place, to be held against its threshold."""
    return {
        "since": since, "observed": float(verdict.observed[place]),
        "expected": float(verdict.expected[place]), "score": float(verdict.score[place]),
        "threshold": threshold,
    }  # fmt: skip


def counted(observed: float, expected: float, onset: datetime, *, of: str) -> str:
    """A reason in figures; `of` says what was counted."""
    return f"{observed:.0f} {of} where {expected:.3g} were expected since {onset.isoformat()}"


def trigger(
    stream: str, report: Report, *, state: SignalState, at: datetime, enough: int, approximate: bool
) -> Signal:
    """What single events say; nothing of their kind was expected, and it has no end of its own."""
    scope = {"stream": stream, **dict(report.scope)}
    onset = moment(min(event.occurred for event in report.events), minutes=1)
    people = float(report.people)
    needed = "1 person is" if enough == 1 else f"{enough} people are"
    return Signal(
        id=identity(scope, Kind.TRIGGER, report.bucket), kind=Kind.TRIGGER, scope=scope,
        bucket=moment(report.bucket), onset=onset, at=at, state=state, revision=0,
        observed=people, expected=0.0, score=people, threshold=float(enough), multiple=people,
        learning=False, reason=f"{scope['harm']} reported; {needed} enough",
        harm=(scope["harm"],), approximate=approximate,
        examples=tuple(event.quote or event.event for event in report.events[:MOST_EXAMPLES]),
    )  # fmt: skip


def first_ever(
    scope: dict[str, str], *, people: int, before: int, share: float, first: int, bucket: int,
    score: float, threshold: float, approximate: bool,
) -> Signal:  # fmt: skip
    """A combination that never was: `people` since the bucket `first`, none of `before`.

    `share` is what its group has of it. It has no end of its own.
    """
    of_others = f"{share:.2g} of its group has it" if share else "nobody of its group has it"
    return Signal(
        id=identity(scope, Kind.NOVELTY, first), kind=Kind.NOVELTY, scope=scope,
        bucket=moment(bucket), onset=moment(first), at=moment(bucket + 1),
        state=SignalState.CONFIRMED, revision=0, observed=float(people), expected=0.0,
        score=score, threshold=threshold, multiple=float(people), learning=False,
        reason=f"{people} people, and none among {before} before, where {of_others}",
        approximate=approximate,
    )  # fmt: skip


encode = msgspec.json.Encoder().encode
