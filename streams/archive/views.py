"""The archive as DuckDB reads it: the views `complaints`, `mentions` and `updates`.

A row is a record of the source, with its topic, partition, offset and timestamp (`stamp`), its raw
value, what was parsed of it, why it was refused where it was, and what intake said of it: `late`,
`duplicate`, `repeat` and `rejected`, NULL before intake has spoken.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Final, get_args

import duckdb

from streams.archive import columns, layout, marks, sheets
from streams.archive.columns import END, REJECTED
from streams.archive.layout import Piece, listed, pieces
from streams.archive.places import Place
from streams.seen.record import Mark
from streams.settings import Stream

PLACE: Final = {"topic": "VARCHAR", "partition": "INTEGER"}
MARK: Final = 'CASE WHEN e."offset" < m."to" THEN m.marks[e."offset" - m.first + 1] END'
# The chunk is found by its first offset alone, and its marks are fetched by its own place in the
# log: carried through the search, which sorts, they would be written out for each record.
VIEW: Final = """
CREATE VIEW {stream} AS
SELECT * EXCLUDE (mark, kind), {told},
    coalesce({marked_rejected}, kind = '{rejected}') AS rejected
FROM (SELECT e.* EXCLUDE (chunk), {mark} AS mark
      FROM (SELECT r.*, c."offset" AS chunk
            FROM {stream}_records r
            ASOF LEFT JOIN (SELECT topic, "partition", "offset", first FROM marks) c
            ON r.topic = c.topic AND r."partition" = c."partition" AND r."offset" >= c.first
            WHERE r.kind <> '{end}') e
      LEFT JOIN marks m
      ON e.topic = m.topic AND e."partition" = m."partition" AND e.chunk = m."offset")
"""


def opened(
    place: Place, *, since: date | None = None, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with the views over the files that are there now.

    Args:
        place: of the files.
        since: files that begin on an earlier day (UTC, of the records' timestamps) are left out,
            which spares looking into them; a record may be a little older than its event.
        threads: without a number, one for each processor.

    Raises:
        PlaceError: where the files cannot be listed.
    """
    connection = sheets.connected(threads=threads)
    place.attach(connection)
    files = listed(place.names())
    found = pieces(file for file in files if since is None or file.day >= since)
    for stream in get_args(Stream):
        held = [piece for piece in found if piece.file.folder == stream]
        connection.execute(_records(place, f"{stream}_records", held, columns.types(stream)))
    held = [piece for piece in found if piece.file.folder == layout.MARKS]
    connection.execute(_records(place, "marks", held, marks.TYPES))
    for stream in get_args(Stream):
        connection.execute(_view(stream))
    return connection


def _view(stream: Stream) -> str:
    told = ", ".join(f"{_told(mark)} AS {mark.name.lower()}"
                     for mark in (Mark.LATE, Mark.DUPLICATE, Mark.REPEAT) if mark.name)  # fmt: skip
    return VIEW.format(stream=stream, told=told, mark=MARK, marked_rejected=_told(Mark.REJECTED),
                       rejected=REJECTED, end=END)  # fmt: skip


def _told(mark: Mark) -> str:
    return f"(mark & {mark:d}) > 0"


def _records(place: Place, view: str, held: Sequence[Piece], types: Mapping[str, str]) -> str:
    """Each record of the pieces once."""
    selects = [_scan([place.path(p.file.name)], p.condition)
               for p in held if not p.whole]  # fmt: skip
    # Files of several topics may differ by a column, which one scan would not allow.
    whole = sorted((piece.file.topic, piece.file.name) for piece in held if piece.whole)
    selects += [
        _scan(place.path(name) for _, name in own) for _, own in groupby(whole, key=itemgetter(0))
    ]
    selects += [] if held else [_none(types)]
    return f"CREATE VIEW {view} AS {' UNION ALL BY NAME '.join(selects)}"


def _scan(paths: Iterable[str], condition: str = "true") -> str:
    listed = ", ".join(sheets.text(path) for path in paths)
    return (
        f"SELECT * FROM read_parquet([{listed}], hive_partitioning = true, "
        f"hive_types = {{'day': DATE}}) WHERE {condition}"
    )


def _none(types: Mapping[str, str]) -> str:
    """No rows of these columns."""
    named = {**PLACE, **types, "day": "DATE"}.items()
    nothing = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in named)
    return f"SELECT {nothing} WHERE false"
