"""Files of events: JSON lines and CSV, plain or gzipped, read in batches."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from streams.columnar.fields import Ints
from streams.configuration.sections import Intake, Stream
from streams.events.columns import Answers
from streams.events.event import TOPICS, Event, Rejected
from streams.events.forms import FORMS
from streams.events.mapping import Mapping, nearest
from streams.events.parsing import DEFAULTS, Reader, Tally, taken_apart
from streams.events.rejections import listed
from streams.events.translation import Column, Translation
from streams.files import foreign
from streams.files.tables import Table

BATCH: Final = 2048  # rows; of more the values do not fit the processor's cache
BLOCK: Final = 1 << 20  # bytes
BOM: Final = b"\xef\xbb\xbf"
STREAMS: Final[dict[str, Stream]] = {
    **{stream: stream for stream in TOPICS},
    **{topic: stream for stream, topic in TOPICS.items()},
}

Row = tuple[int, Event | Rejected, int | None]
RawRow = tuple[int, dict[str, Any] | Rejected]

wire: Final[Callable[[Event], bytes]] = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of a file.

    Attributes:
        stream: of their events.
        answers: what they say.
        rows: their numbers, from 1; the header of a CSV file has one, and so have titles above it.
        met: milliseconds, of each event: when it arrived where the mapping tells, else its time.
    """

    stream: Stream
    answers: Answers
    rows: Ints
    met: Ints


class FileError(Exception):
    """A file that cannot be read at all, or not to its end; one line."""


class Raw(NamedTuple):
    """The rows of a file before a mapping; `names` is the header of a CSV file, else None."""

    names: list[str] | None
    rows: Iterator[RawRow]


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
        translate = mapping.translation(intake, tally)
        return _batches(stream, _mapped_rows(path, kept.rows, translate))
    return _plain_batches(stream, _split(path), Reader(stream, intake, tally))


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


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader | gzip.GzipFile]:
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as content:
            yield content
    except (OSError, EOFError, zlib.error) as failure:
        reason = getattr(failure, "strerror", None) or str(failure)
        raise FileError(f"{path}: cannot be read to its end: {reason}") from None


def _lines(path: Path) -> Iterator[bytes]:
    with _opened(path) as content:
        yield content.readline().removeprefix(BOM)
        yield from content


def _split(path: Path) -> Iterator[bytes]:
    """The lines without their ends: of JSON, where a quoted one is none."""
    return chain.from_iterable(block.split(b"\n") for block in _blocks(path))


def _blocks(path: Path) -> Iterator[bytes]:
    """Many whole lines at once; the end of the last is left out."""
    with _opened(path) as content:
        mark = BOM
        while block := content.read(BLOCK):
            yield (block + content.readline()).removeprefix(mark).removesuffix(b"\n")
            mark = b""


def _batches(stream: Stream, rows: Iterator[Row]) -> Iterator[Batch]:
    while part := list(islice(rows, BATCH)):
        numbers, parsed, received = zip(*part, strict=True)
        answers = Answers.of(parsed)
        told = zip(answers.places.tolist(), answers.columns.times.tolist(), strict=True)
        met = [time if received[place] is None else received[place] for place, time in told]
        yield Batch(stream, answers, np.array(numbers), np.array(met, np.int64))


def _plain_batches(stream: Stream, lines: Iterator[bytes], reader: Reader) -> Iterator[Batch]:
    first = 1
    while part := list(map(bytes.strip, islice(lines, BATCH))):
        rows, raws = np.arange(first, first + len(part)), part
        if not all(part):
            raws = [raw for raw in part if raw]
            rows = rows[np.fromiter(map(bool, part), np.bool_, len(part))]
        first += len(part)
        if raws:
            answers = reader.run(raws)
            yield Batch(stream, answers, rows, answers.columns.times)


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
    for number, values in enumerate(table, table.titles + 2):
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
