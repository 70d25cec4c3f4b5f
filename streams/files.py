"""Files of events: JSON lines and CSV, plain or gzipped, read in batches."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from streams import foreign
from streams.events import TOPICS, Event, Mention, Rejected, Update, root, who
from streams.forms import FORMS
from streams.mapping import Mapping, nearest
from streams.parsing import DEFAULTS, Reader, Tally, taken_apart
from streams.rejections import listed
from streams.sections import Key
from streams.settings import Intake, Stream
from streams.tables import Table
from streams.translation import Column, Translation

BATCH: Final = 4096
BOM: Final = b"\xef\xbb\xbf"
STREAMS: Final[dict[str, Stream]] = {
    **{stream: stream for stream in TOPICS},
    **{topic: stream for stream, topic in TOPICS.items()},
}

Row = tuple[int, Event | Rejected, int | None]
RawRow = tuple[int, dict[str, Any] | Rejected]

wire: Final[Callable[[Event], bytes]] = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Batch:
    """Consecutive rows of a file; the lists are of equal length.

    Attributes:
        rows: numbered from 1; the header of a CSV file is row 1.
        received: epoch milliseconds of arrival, where the mapping names a column for it.
    """

    events: list[Event | Rejected]
    rows: list[int]
    received: list[int | None]


class FileError(Exception):
    """A file that cannot be read at all, or not to its end; one line."""


class Raw(NamedTuple):
    """The rows of a file before a mapping; `names` is the header of a CSV file, else None."""

    names: list[str] | None
    rows: Iterator[RawRow]


def key(event: Event, by: Key) -> bytes:
    """The Kafka key: without a person, or a root, the event's own id.

    The steps of one complaint share its id, unless they are keyed by their own.
    """
    return keys([event], by)[0]


def keys(events: Sequence[Event], by: Key) -> list[bytes]:
    """The Kafka keys of events of one stream."""
    if not events:
        return []
    name = _naming(type(events[0]), by)
    return [name(event).encode() for event in events]


def _naming(kind: type[Event], by: Key) -> Callable[[Any], str]:
    if kind is Update and by != "id":
        return attrgetter("complaint")
    if kind is Mention and by == "root":
        return root
    if by == "person":
        return lambda event: who(event) or event.id
    return attrgetter("id")


def read(
    path: Path,
    mapping: Mapping | None = None,
    stream: Stream | None = None,
    *,
    intake: Intake = DEFAULTS,
    tally: Tally | None = None,
) -> Iterator[Batch]:
    """The rows of a file; a bad row is a rejection, and only a file that fails raises.

    The stream is the mapping's, or `stream`, or what the file's name begins with. Without a
    mapping the columns of a CSV file are the fields of its stream.

    Raises:
        FileError: at once where the file is missing, is no file or says no stream; with a batch
            where its content ends before it should.
        MappingError: for columns that the file lacks.
    """
    kept = raw(path, intake=intake)
    stream = mapping.stream if mapping else stream or stream_of(path)
    if kept.names is not None:
        mapping = _checked(path, kept.names, mapping or _own_names(path, kept.names, stream))
    if mapping:
        return _batches(_mapped_rows(path, kept.rows, mapping.translation(intake, tally)))
    return _plain_batches(_lines(path), Reader(stream, intake, tally))


def raw(path: Path, *, intake: Intake = DEFAULTS) -> Raw:
    """The rows of a file as they are, before anything is known of their meaning.

    Raises:
        FileError: as `read`.
    """
    lines = _lines(_readable(path))
    beginning = next(lines, b"")
    name = path.name.lower().removesuffix(".gz")
    if what := foreign.recognized(name, beginning):
        raise FileError(f"{path}: is {what}")
    if not name.endswith((".csv", ".jsonl", ".ndjson")):
        raise FileError(f"{path}: must end in .jsonl, .ndjson or .csv, with or without .gz")
    lines = chain([beginning], lines)
    if not name.endswith(".csv"):
        return Raw(None, _objects(lines, intake))
    table = Table(lines)
    header = _header(path, table)
    return Raw(header, _records(table, header))


def _header(path: Path, table: Table) -> list[str]:
    header = table.header()
    if isinstance(header, Rejected):
        raise FileError(f"{path}: header {header.rule}; if it is a table, {foreign.AS_CSV}")
    if any("\0" in name for name in header):
        raise FileError(f"{path}: is {foreign.NUL}")
    if not header:
        raise FileError(f"{path}: must begin with a header that names its columns")
    return header


def _readable(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as failure:
        raise FileError(f"{path}: cannot be read: {failure.strerror}") from None
    return path


def stream_of(path: Path) -> Stream:
    """The stream whose name a file's name begins with; FileError where it begins with none."""
    for name, stream in STREAMS.items():
        if path.name.startswith(name):
            return stream
    names = ", ".join(TOPICS.values())
    raise FileError(
        f"{path}: says no stream: give a mapping, or begin its name with one of {names}"
    )


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as content:
            yield content.readline().removeprefix(BOM)
            yield from content
    except (OSError, EOFError, zlib.error) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        raise FileError(f"{path}: cannot be read to its end: {reason}") from None


def _batches(rows: Iterator[Row]) -> Iterator[Batch]:
    while part := list(islice(rows, BATCH)):
        numbers, events, received = zip(*part, strict=True)
        yield Batch(list(events), list(numbers), list(received))


def _plain_batches(lines: Iterable[bytes], reader: Reader) -> Iterator[Batch]:
    numbered = filter(itemgetter(1), enumerate(map(bytes.strip, lines), 1))
    while part := list(islice(numbered, BATCH)):
        rows, raws = zip(*part, strict=True)
        yield Batch(reader.rows(raws), list(rows), [None] * len(rows))


def _mapped_rows(path: Path, rows: Iterable[RawRow], translate: Translation) -> Iterator[Row]:
    for number, row in rows:
        if isinstance(row, Rejected):
            yield number, row, None
        else:
            own = f"{path.name}:{number}"
            yield number, translate.row(row, id=own), translate.received(row)


def _objects(lines: Iterable[bytes], intake: Intake) -> Iterator[RawRow]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, taken_apart(line, largest=intake.max_event_bytes)


def _records(table: Table, header: list[str]) -> Iterator[RawRow]:
    for number, values in enumerate(table, 2):
        if isinstance(values, Rejected):
            yield number, values
        elif values:  # a blank line has none
            yield number, _record(header, values)


def _record(header: list[str], values: list[str]) -> dict[str, Any] | Rejected:
    if len(values) != len(header):
        rule = f"must have {len(header)} values, as the header has"
        return Rejected("row", f"{len(values)} values", rule)
    return dict(zip(header, values, strict=True))


def _own_names(path: Path, header: list[str], stream: Stream) -> Mapping:
    fields = [name for name in header if name in FORMS[stream].kind.__struct_fields__]
    if "time" not in fields:
        has = listed(nearest("time", header))
        raise FileError(f'{path}: has no column "time" and no mapping; it has: {has}')
    return Mapping(path, stream, {name: Column(name) for name in fields}, {})


def _checked(path: Path, header: list[str], mapping: Mapping) -> Mapping:
    mapping.check(header, path.name)
    for column in mapping.columns.values():
        if header.count(column.column) > 1:
            raise FileError(f'{path}: has more than one column "{column.column}"')
    return mapping
