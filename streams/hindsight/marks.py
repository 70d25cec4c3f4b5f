"""What people said of incidents that were called: marks, from a CSV file.

The columns are incident, scope, at, mark, reason. A row names an incident by its id, or by a scope
and a moment: `product=Kettle K3;batch=B2409-03`, or the same as a JSON object, and a time with its
zone. An id is that of one run; scope and time find the incident under other settings too, so that
a mark by id is first *placed* among the incidents of the settings that it was made under.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from alerts.signal import Scope, matter
from streams.configuration.sections import CHANNELS, DIMENSIONS
from streams.events.rejections import PROBLEMS, shown
from streams.files import entries
from streams.files.entries import RefusedError, Texts
from streams.files.regions import NONE, Regions
from streams.hindsight.called import Called

COLUMNS: Final = ("incident", "scope", "at", "mark", "reason")
FIELDS: Final = frozenset({"stream", "harm"}.union(*DIMENSIONS.values()))
AROUND: Final = timedelta(days=1)
"""So long before its onset and after its last signal a moment is still of an incident's time."""

SCOPE_RULE: Final = "must be such as product=Kettle K3;batch=B2409-03, or a JSON object of texts"
AT_RULE: Final = "must be a time with its zone, such as 2026-03-02T12:30+08:00"
YEAR_RULE: Final = "must be from the year 2000 to 9998"
YEARS: Final = range(2000, 9999)
EITHER_RULE: Final = "must be given, or scope and at in its place"


class Ruling(StrEnum):
    """What somebody said of an incident."""

    REAL = "real"
    NOT_A_CRISIS = "not_a_crisis"


class MarksError(Exception):
    """Marks that cannot be used; each line names file, row, column, rule and value."""

    def __init__(self, path: Path, *problems: str) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


@dataclass(frozen=True)
class Mark:
    """A row: an incident by its id, or a scope and a moment; `row` counts the header as 1."""

    row: int
    ruling: Ruling
    incident: str = ""
    scope: Scope = field(default_factory=dict)
    at: datetime | None = None
    reason: str = ""


class Case(NamedTuple):
    """A mark with its place in a history; what it is about is called where `met` says so."""

    mark: Mark
    scope: Scope
    since: datetime
    until: datetime

    @property
    def real(self) -> bool:
        return self.mark.ruling is Ruling.REAL

    def met(self, called: Called) -> bool:
        """Whether an incident, of any run over this history, is about it and of its time."""
        in_time = _begun(called) - AROUND <= self.until and self.since <= called.line.at + AROUND
        return in_time and any(akin(self.scope, scope) for scope in _scopes(called))

    def apart(self, called: Called) -> timedelta:
        """By how much an incident misses its time."""
        return max(_begun(called) - self.until, self.since - called.line.at, timedelta(0))

    def calls(self, called: Iterable[Called]) -> list[Called]:
        """Those incidents that are about it."""
        return [one for one in called if self.met(one)]


def ruled(cases: Iterable[Case], called: Called) -> Ruling | None:
    """What these say of an incident: the nearest to its time; of two as near, that it is real."""
    nearest = min(cases, key=lambda case: (case.apart(called), not case.real), default=None)
    return None if nearest is None else nearest.mark.ruling


def akin(one: Scope, other: Scope) -> bool:
    """Whether one's matter holds the other's; the stream counts where there is no other field."""
    first, second = matter(one).items(), matter(other).items()
    if not first or not second:
        return one.get("stream") == other.get("stream")
    return first <= second or second <= first


def _scopes(called: Called) -> Iterator[Scope]:
    """What an incident is about, each of the regions that rise together by itself."""
    yield called.line.about
    for signal in called.standing:
        yield signal.scope
        yield from (signal.scope | {"region": region} for region in signal.regions)


def load(path: Path, regions: Regions = NONE) -> list[Mark]:
    """The marks in a file, with regions by the names they are counted under; raises MarksError."""
    marks: list[Mark] = []

    def take(number: int, texts: Texts) -> None:
        mark = _mark(number, texts)
        marks.append(replace(mark, scope=regions.scope(mark.scope)))

    if problems := entries.read(path, COLUMNS, take):
        raise MarksError(path, *problems)
    return marks


def placed(path: Path, marks: Iterable[Mark], called: Sequence[Called]) -> list[Case]:
    """Where the marks lie; an id must be that of an incident called here, else MarksError."""
    known = {one.line.id: one for one in called}
    unknown = [mark for mark in marks if mark.incident and mark.incident not in known]
    if unknown:
        raise MarksError(path, *(_unknown(mark) for mark in unknown[:PROBLEMS]))
    return [_case(mark, known) for mark in marks]


def _case(mark: Mark, known: Mapping[str, Called]) -> Case:
    """The scope and moment of a mark, or its incident's from its onset to its last signal."""
    if mark.at is not None:
        return Case(mark, mark.scope, mark.at, mark.at)
    called = known[mark.incident]
    return Case(mark, called.line.about, _begun(called), called.line.at)


def _begun(called: Called) -> datetime:
    return min([called.line.opened, *(signal.onset for signal in called.signals)])


def _unknown(mark: Mark) -> str:
    return (
        f"row {mark.row}: incident: must be of an incident that these settings call in this "
        f"history, or be given as scope and at, got {shown(mark.incident)!r}"
    )


def _mark(number: int, texts: Texts) -> Mark:
    ruling, reason = _ruling(texts["mark"]), texts["reason"]
    if texts["incident"]:
        if either := texts["scope"] or texts["at"]:
            raise RefusedError("scope", "must be empty, as at, where incident is given", either)
        return Mark(number, ruling, incident=texts["incident"], reason=reason)
    if not texts["scope"]:
        raise RefusedError("incident", EITHER_RULE, "")
    return Mark(number, ruling, scope=_scope(texts["scope"]), at=_at(texts["at"]), reason=reason)


def _ruling(text: str) -> Ruling:
    if text not in set(Ruling):
        raise RefusedError("mark", f"must be one of {', '.join(Ruling)}", text)
    return Ruling(text)


def _scope(text: str) -> Scope:
    """Fields as `field=value;field=value` or as JSON."""
    fields = _object(text) if text.startswith("{") else _pairs(text)
    if unknown := sorted(fields.keys() - FIELDS):
        raise RefusedError("scope", f"fields must be of {sorted(FIELDS)}", unknown[0])
    if fields.get("stream", "complaints") not in CHANNELS:
        raise RefusedError("scope", f"stream must be one of {sorted(CHANNELS)}", fields["stream"])
    return fields


def _object(text: str) -> Scope:
    try:
        fields = json.loads(text)
    except ValueError:
        raise RefusedError("scope", SCOPE_RULE, text) from None
    if not fields or not all(isinstance(value, str) and value for value in fields.values()):
        raise RefusedError("scope", SCOPE_RULE, text)
    return dict(fields)


def _pairs(text: str) -> Scope:
    parts = [part.partition("=") for part in text.split(";") if part.strip()]
    fields = {name.strip(): value.strip() for name, _, value in parts}
    if not fields or not all(fields.values()) or len(fields) < len(parts):
        raise RefusedError("scope", SCOPE_RULE, text)
    return fields


def _at(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError("at", AT_RULE, text) from None
    if at.tzinfo is None:
        raise RefusedError("at", AT_RULE, text)
    if at.year not in YEARS:
        raise RefusedError("at", YEAR_RULE, text)
    return at
