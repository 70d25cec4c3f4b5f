"""Records with field names of their own become events by a mapping."""

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Final

from msgspec import Struct

from streams.events import zoned
from streams.events.event import Event, Rejected
from streams.events.parsing import Reader
from streams.events.rejections import shown

TIMES: Final = ("time", "received")
Scalar = str | int | float | bool


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a field comes from; the value is cut out by `pattern`, then put for `values`."""

    column: str
    format: str | None = None
    pattern: str | None = None
    values: dict[str, Scalar] = {}


class Translation:
    """Turns rows into events.

    Args:
        reader: of the stream they belong to.
        columns: by field.
        constants: values of fields that every event has.
        zone: of times without an offset.
    """

    def __init__(
        self,
        reader: Reader,
        columns: Mapping[str, Column],
        constants: Mapping[str, Scalar],
        zone: tzinfo | None,
    ) -> None:
        self._reader = reader
        self._constants = dict(constants)
        self._values = [
            (field, column.column, _value_reader(column))
            for field, column in columns.items()
            if field not in TIMES
        ]
        self._times = {
            field: (column.column, zoned.reader(column.format, zone))
            for field, column in columns.items()
            if field in TIMES
        }

    def raw(self, raw: bytes, *, id: str) -> Event | Rejected:  # noqa: A002 - the field's name
        row = self._reader.fields(raw)
        return row if isinstance(row, Rejected) else self.row(row, id=id)

    def row(self, row: Mapping[str, Any], *, id: str) -> Event | Rejected:  # noqa: A002
        """Reads one row; blank and absent values are the same."""
        record: dict[str, Any] = {"id": id, **self._constants}
        try:
            record["time"] = self._time("time", row)
            for field, column, read in self._values:
                if (text := _text(field, row.get(column))) is None:
                    continue
                if read is not None and (text := read(text)) is None:
                    self._reader.tally.unmatched[field] += 1
                elif text:
                    record[field] = text
        except _UnfitError as unfit:
            return unfit.why
        return self._reader.record(record)

    def received(self, row: Mapping[str, Any]) -> int | None:
        """Epoch milliseconds at which the record arrived; None where that is not known."""
        if "received" not in self._times:
            return None
        try:
            return self._time("received", row)
        except _UnfitError:
            return None

    def _time(self, field: str, row: Mapping[str, Any]) -> int:
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
    return written(value)


def written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value_reader(column: Column) -> Callable[[str], str | None] | None:
    """What to do with a column's text; None from it means that the pattern did not match."""
    values = {value: written(put) for value, put in column.values.items()}
    if column.pattern is None:
        return (lambda text: values.get(text, text)) if values else None
    search = re.compile(column.pattern).search

    def read(text: str) -> str | None:
        match = search(text)
        if match is None or match[1] is None:
            return None
        return values.get(match[1], match[1])

    return read
