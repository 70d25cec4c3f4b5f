"""Verdicts put into words: the signals that detection writes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import xxhash

from alerts.signal import Kind, Signal, SignalState
from detectors import silence as silences
from detectors.alarm import Alarms, Changes
from detectors.surge import Verdict
from streams.sections import BUCKET
from streams.triggers import Report

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_EXAMPLES = 3


def moment(bucket: int) -> datetime:
    """The start of a bucket."""
    return EPOCH + bucket * BUCKET


def identity(scope: dict[str, str], kind: Kind, fired: int) -> str:
    """The same alarm has the same id wherever and however often it is computed."""
    name = "\x1f".join(f"{field}={value}" for field, value in sorted(scope.items()))
    return xxhash.xxh3_128_hexdigest(f"{kind}\x1e{fired}\x1e{name}".encode())


def surge(
    scope: dict[str, str], verdict: Verdict, at: int, *, fired: int, bucket: int,
    state: SignalState, revision: int, threshold: float, approximate: bool,
    moment_of: datetime | None = None,
) -> Signal:  # fmt: skip
    """What an alarm on counts says; `at` is the place in the verdict."""
    observed, expected = float(verdict.observed[at]), float(verdict.expected[at])
    onset = moment(int(verdict.onset[at]))
    return Signal(
        id=identity(scope, Kind.SURGE, fired), kind=Kind.SURGE, scope=scope,
        bucket=moment(bucket), onset=onset, at=moment_of or moment(bucket + 1), state=state,
        revision=revision, observed=observed, expected=expected,
        score=float(verdict.score[at]), threshold=threshold,
        multiple=observed / max(expected, 1e-9), learning=bool(verdict.learning[at]),
        reason=f"{observed:.0f} seen where {expected:.3g} were expected since {onset.isoformat()}",
        approximate=approximate,
    )  # fmt: skip


def trigger(
    stream: str, report: Report, *, state: SignalState, at: datetime, enough: int, approximate: bool
) -> Signal:
    """What single events say; nothing of their kind was expected, and it has no end of its own."""
    scope = {"stream": stream, **dict(report.scope)}
    onset = EPOCH + timedelta(minutes=min(event.occurred for event in report.events))
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


def told(changes: Changes, alarms: Alarms) -> Iterator[tuple[int, SignalState, int]]:
    """The places whose alarms have something to say: what, and its revision within that."""
    for place in map(int, [*changes.fired, *changes.updated]):
        yield place, SignalState.CONFIRMED, int(alarms.revision[place])
    for place in map(int, changes.cleared):
        yield place, SignalState.CLEARED, 0


def silence(
    scope: dict[str, str], verdict: silences.Verdict, at: int, *, fired: int, bucket: int,
    state: SignalState, revision: int, threshold: float, last: int,
) -> Signal:  # fmt: skip
    """What an alarm on a feed says; `last` is the minute of its last event."""
    observed, expected = float(verdict.observed[at]), float(verdict.expected[at])
    onset, heard = moment(int(verdict.onset[at])), EPOCH + timedelta(minutes=last)
    return Signal(
        id=identity(scope, Kind.SILENCE, fired), kind=Kind.SILENCE, scope=scope,
        bucket=moment(bucket), onset=onset, at=moment(bucket + 1), state=state,
        revision=revision, observed=observed, expected=expected,
        score=float(verdict.score[at]), threshold=threshold,
        multiple=observed / max(expected, 1e-9), learning=bool(verdict.learning[at]),
        reason=f"{observed:.0f} events where {expected:.3g} were expected since "
        f"{onset.isoformat()}; the last one came at {heard.isoformat()}",
        last=heard,
    )  # fmt: skip


encode = msgspec.json.Encoder().encode
