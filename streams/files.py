"""Files of events: JSON lines and CSV, plain or gzipped, read in batches."""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from streams.events import TOPICS, Event, Mention, Rejected, Update, root, who
from streams.forms import FORMS
from streams.mapping import Mapping, nearest
from streams.parsing import DEFAULTS, Reader, Tally
from streams.rejections import shown
from streams.settings import Intake, Stream
from streams.translation import Column, Translation

BATCH: Final = 4096
BOM: Final = b"\xef\xbb\xbf"
STREAMS: Final[dict[str, Stream]] = {
    **{stream: stream for stream in TOPICS},
    **{topic: stream for stream, topic in TOPICS.items()},
}

Row = tuple[int, Event | Rejected, int | None]

wire: Final[Callable[[Event], bytes]] = msgspec.json.Encoder().encode


class FileError(Exception):
    """A file that cannot be read at all, or not to its end; one line."""


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


def key(event: Event, by: Literal["person", "id", "root"]) -> bytes:
    """The Kafka key: without a person, or a root, the event's own id.

    The steps of one complaint share its id, unless they are keyed by their own.
    """
    return keys([event], by)[0]


def keys(events: Sequence[Event], by: Literal["person", "id", "root"]) -> list[bytes]:
    """The Kafka keys of events of one stream."""
    if not events:
        return []
    name = _naming(type(events[0]), by)
    return [name(event).encode() for event in events]


def _naming(kind: type[Event], by: Literal["person", "id", "root"]) -> Callable[[Any], str]:
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
    lines = _lines(_readable(path))
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith((".csv", ".jsonl", ".ndjson")):
        raise FileError(f"{path}: must end in .jsonl, .ndjson or .csv, with or without .gz")
    stream = mapping.stream if mapping else stream or stream_of(path)
    if name.endswith(".csv"):
        table = _Table(lines)
        header = table.header(path)
        mapping = _checked(path, header, mapping or _own_names(path, header, stream))
        return _batches(_csv_rows(path, table, header, mapping.translation(intake, tally)))
    if mapping:
        return _batches(_mapped_rows(path, lines, mapping.translation(intake, tally)))
    return _plain_batches(lines, Reader(stream, intake, tally))


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
        yield Batch(reader.run(raws), list(rows), [None] * len(rows))


def _mapped_rows(path: Path, lines: Iterable[bytes], translate: Translation) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = translate.fields(line)
        if isinstance(row, Rejected):
            yield number, row, None
        else:
            own = f"{path.name}:{number}"
            yield number, translate.row(row, id=own), translate.received(row)


def _csv_rows(
    path: Path, table: "_Table", header: list[str], translate: Translation
) -> Iterator[Row]:
    for number, values in enumerate(table, 2):
        if isinstance(values, Rejected):
            yield number, values, None
        elif len(values) != len(header):
            rule = f"must have {len(header)} values, as the header has"
            yield number, Rejected("row", f"{len(values)} values", rule), None
        else:
            row = dict(zip(header, values, strict=True))
            own = f"{path.name}:{number}"
            yield number, translate.row(row, id=own), translate.received(row)


def _own_names(path: Path, header: list[str], stream: Stream) -> Mapping:
    fields = [name for name in header if name in FORMS[stream].kind.__struct_fields__]
    if "time" not in fields:
        has = ", ".join(nearest("time", header))
        raise FileError(f'{path}: has no column "time" and no mapping; it has: {has}')
    return Mapping(path, stream, {name: Column(name) for name in fields}, {})


def _checked(path: Path, header: list[str], mapping: Mapping) -> Mapping:
    mapping.check(header, path.name)
    for column in mapping.columns.values():
        if header.count(column.column) > 1:
            raise FileError(f'{path}: has more than one column "{column.column}"')
    return mapping


class _Table:
    """The rows of a CSV file; a row that is not CSV or not text is a rejection."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._damaged = False
        self._rows = csv.reader(self._decoded())

    def header(self, path: Path) -> list[str]:
        first = next(iter(self), None)
        if isinstance(first, Rejected):
            raise FileError(f"{path}: header {first.rule}")
        if not first:
            raise FileError(f"{path}: must begin with a header that names its columns")
        return [name.strip() for name in first]

    def __iter__(self) -> Iterator[list[str] | Rejected]:
        while True:
            try:
                values = next(self._rows)
            except StopIteration:
                return
            except csv.Error as failure:
                yield Rejected("row", "", f"must be CSV: {failure}")
                continue
            if self._damaged:
                self._damaged = False
                yield Rejected("row", shown(",".join(values)), "must be UTF-8")
            else:
                yield values

    def _decoded(self) -> Iterator[str]:
        for line in self._lines:
            try:
                yield line.decode()
            except UnicodeDecodeError:
                self._damaged = True
                yield line.decode(errors="backslashreplace")
