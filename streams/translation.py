"""Records with field names of their own become events by a mapping."""

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from typing import Any

from streams import zoned
from streams.events import Event, Rejected
from streams.mapping import TIMES, Column, Mapping
from streams.parsing import DEFAULTS, Reader, Tally
from streams.rejections import shown
from streams.settings import Intake


def parse_run(
    mapping: Mapping,
    raws: Sequence[bytes],
    ids: Iterable[str],
    *,
    intake: Intake = DEFAULTS,
    tally: Tally | None = None,
) -> list[Event | Rejected]:
    """Reads JSON objects; `ids` are used where the mapping names no column for the id."""
    translate = Translation(mapping, intake, tally)
    return [translate.raw(raw, id=own) for raw, own in zip(raws, ids, strict=True)]


class Translation:
    """Turns rows into events by one mapping."""

    def __init__(
        self, mapping: Mapping, intake: Intake = DEFAULTS, tally: Tally | None = None
    ) -> None:
        self.tally = tally or Tally()
        self._reader = Reader(mapping.stream, intake, self.tally)
        self.fields = self._reader.fields
        self._constants = dict(mapping.constants)
        self._values = [
            (field, column.column, _value_reader(column))
            for field, column in mapping.columns.items()
            if field not in TIMES
        ]
        self._times = {
            field: (column.column, zoned.reader(column.format, mapping.zone))
            for field, column in mapping.columns.items()
            if field in TIMES
        }

    def raw(self, raw: bytes, *, id: str) -> Event | Rejected:  # noqa: A002 - the field's name
        row = self.fields(raw)
        return row if isinstance(row, Rejected) else self.row(row, id=id)

    def row(self, row: AnyMapping[str, Any], *, id: str) -> Event | Rejected:  # noqa: A002
        """Reads one row; blank and absent values are the same."""
        record: dict[str, Any] = {"id": id, **self._constants}
        try:
            record["time"] = self._time("time", row)
            for field, column, read in self._values:
                if (text := _text(field, row.get(column))) is None:
                    continue
                if read is not None and (text := read(text)) is None:
                    self.tally.unmatched[field] += 1
                elif text:
                    record[field] = text
        except _UnfitError as unfit:
            return unfit.why
        return self._reader.record(record)

    def received(self, row: AnyMapping[str, Any]) -> int | None:
        """Epoch milliseconds at which the record arrived; None where that is not known."""
        if "received" not in self._times:
            return None
        try:
            return self._time("received", row)
        except _UnfitError:
            return None

    def _time(self, field: str, row: AnyMapping[str, Any]) -> int:
        column, read = self._times[field]
        value = row.get(column)
        if _text(field, value) is None:
            raise _UnfitError(Rejected(field, "", "is required"))
        try:
            return read(value)
        except ValueError as broken:
            raise _UnfitError(Rejected(field, shown(value), str(broken))) from None


class _UnfitError(Exception):
    def __init__(self, why: Rejected) -> None:
        self.why = why


def _text(field: str, value: object) -> str | None:
    """A value of a row as a CSV file holds it; None where it is absent or blank."""
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise _UnfitError(Rejected(field, shown(value), "must be text, a number, true or false"))
    return _written(value)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value_reader(column: Column) -> Callable[[str], str | None] | None:
    """What to do with a column's text; None from it means that the pattern did not match."""
    values = {value: _written(put) for value, put in column.values.items()}
    if column.pattern is None:
        return (lambda text: values.get(text, text)) if values else None
    search = re.compile(column.pattern).search

    def read(text: str) -> str | None:
        match = search(text)
        if match is None or match[1] is None:
            return None
        return values.get(match[1], match[1])

    return read
