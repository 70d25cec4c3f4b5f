"""A mapping: how records with field names of their own become events."""

import difflib
import re
import tomllib
from collections import abc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from streams.configuration.sections import Intake, Stream
from streams.events import zoned
from streams.events.event import Event, Rejected
from streams.events.forms import FORMS
from streams.events.parsing import DEFAULTS, Reader, Tally
from streams.events.rejections import listed, unfit
from streams.events.translation import TIMES, Column, Scalar, Translation


class MappingError(Exception):
    """A mapping that cannot be used; each line names the file, the field and the rule."""

    def __init__(self, path: Path, *problems: str) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The TOML file."""

    stream: Stream
    fields: dict[str, str | dict[str, Any]]
    zone: str | None = None
    constants: dict[str, Scalar] = {}


@dataclass(frozen=True)
class Mapping:
    """A mapping that was found sound.

    Attributes:
        columns: by field; "received" is the time at which the record arrived.
        constants: values of fields that every event has.
    """

    path: Path
    stream: Stream
    columns: abc.Mapping[str, Column]
    constants: abc.Mapping[str, Scalar]
    zone: ZoneInfo | None = None

    def check(self, names: Sequence[str], source: str) -> None:
        """Raises MappingError for the columns that `source`, which has `names`, lacks."""
        problems = [
            f'fields.{field}: column "{column.column}" is not in {source}; '
            f"it has: {listed(nearest(column.column, names))}"
            for field, column in self.columns.items()
            if column.column not in names
        ]
        if problems:
            raise MappingError(self.path, *problems)

    def translation(self, intake: Intake = DEFAULTS, tally: Tally | None = None) -> Translation:
        reader = Reader(self.stream, intake, tally)
        return Translation(reader, self.columns, self.constants, self.zone)

    def parse_run(
        self,
        raws: Sequence[bytes],
        ids: Iterable[str],
        *,
        intake: Intake = DEFAULTS,
        tally: Tally | None = None,
    ) -> list[Event | Rejected]:
        """Reads JSON objects; `ids` are used where the mapping names no column for the id."""
        translate = self.translation(intake, tally)
        return [translate.raw(raw, id=own) for raw, own in zip(raws, ids, strict=True)]


def nearest(wanted: str, names: Iterable[str]) -> list[str]:
    """The names, those that look most like the wanted one first."""

    def likeness(name: str) -> float:
        return -difflib.SequenceMatcher(None, wanted.lower(), name.lower()).ratio()

    return sorted(names, key=likeness)


def load(path: Path) -> Mapping:
    """Reads and checks a mapping; raises MappingError with every problem it finds."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise MappingError(path, f"cannot be read: {failure.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise MappingError(path, f"must be TOML: {failure}") from None
    try:
        written = msgspec.convert(content, Written)
    except msgspec.ValidationError as failure:
        raise MappingError(path, _worded(failure)) from None
    problems: list[str] = []
    columns = dict(_columns(written, problems))
    problems += [*_unknown(written), *_incomplete(written), *_unfit(written)]
    zone = _zone(written.zone, problems)
    if problems:
        raise MappingError(path, *problems)
    return Mapping(path, written.stream, columns, written.constants, zone)


def _worded(failure: msgspec.ValidationError, within: str = "") -> str:
    rule, _, place = str(failure).replace("`", "").partition(" - at $")
    if rule.startswith("Invalid enum"):  # the stream is the only one of these fields with choices
        rule = f"must be one of {', '.join(FORMS)}"
    place = (within + place).strip(".")
    return f"{place}: {rule}" if place else rule


def _columns(written: Written, problems: list[str]) -> Iterable[tuple[str, Column]]:
    for field, value in written.fields.items():
        shape = {"column": value} if isinstance(value, str) else value
        try:
            column = msgspec.convert(shape, Column)
        except msgspec.ValidationError as failure:
            problems.append(_worded(failure, f"fields.{field}"))
            continue
        problems += [f"fields.{field}.{problem}" for problem in _unsound(field, column)]
        yield field, column


def _unsound(field: str, column: Column) -> Iterable[str]:
    if not column.column:
        yield "column: must name a column"
    if field in TIMES:
        yield from (f"format: {rule}" for rule in zoned.faults(column.format))
        if column.pattern or column.values:
            yield "pattern, values: are not for times"
    elif column.format is not None:
        yield f"format: is for {' and '.join(TIMES)} alone"
    try:
        groups = re.compile(column.pattern or "()").groups
    except re.error as failure:
        yield f"pattern: must be a regular expression: {failure}"
    else:
        if not groups:
            yield "pattern: must have a group, which is the value"


def _unknown(written: Written) -> Iterable[str]:
    fields = FORMS[written.stream].kind.__struct_fields__
    for table, names, known in (
        ("fields", written.fields, (*fields, "received")),
        ("constants", written.constants, fields),
    ):
        for name in names:
            if name not in known:
                likely = listed(nearest(name, known))
                yield f"{table}.{name}: is not a field of {written.stream}; they are: {likely}"


def _incomplete(written: Written) -> Iterable[str]:
    for field in msgspec.structs.fields(FORMS[written.stream].kind):
        name = field.name
        if field.required and name != "id" and name not in {**written.fields, **written.constants}:
            yield f"fields.{name}: is required"
    for name in written.constants:
        if name in ("id", "time"):
            yield f"constants.{name}: must differ from event to event, so it needs a column"
        elif name in written.fields:
            yield f"constants.{name}: has a column too; keep one of them"


def _unfit(written: Written) -> Iterable[str]:
    """Constants that no event may have."""
    kind = FORMS[written.stream].kind
    for name, value in written.constants.items():
        try:
            msgspec.convert({name: value}, kind, strict=False)
        except msgspec.ValidationError as failure:
            refused = unfit({name: value}, failure)
            if refused.field == name:
                yield f"constants.{name}: {refused.rule}, got {refused.value}"


def _zone(name: str | None, problems: list[str]) -> ZoneInfo | None:
    if name is None:
        return None
    if name in available_timezones():
        return ZoneInfo(name)
    problems.append(
        f"zone: {name} is no time zone; nearest: {nearest(name, available_timezones())[0]}"
    )
    return None
