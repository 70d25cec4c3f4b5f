"""The rows of a file that fills, in memory, from where the whole of them is written again."""

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from streams.archive.columns import Rows
from streams.archive.layout import File
from streams.archive.places import Place

TOGETHER: Final = 8192  # rows taken into the table at once; a statement costs what 1,500 of them do
GROUP: Final = 16_384  # rows with one statement of least and greatest, by which readers skip
KEPT, PASSING = 3, 1  # levels of zstd: of what stays, and of what is written again in seconds
# Nothing is fetched at run time, and no file but those we name is read.
PLAIN: Final[dict[str, Any]] = {
    "autoinstall_known_extensions": False, "autoload_known_extensions": False,
}  # fmt: skip


def connected(*, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory; without a number of threads it uses every processor."""
    config = PLAIN if threads is None else {**PLAIN, "threads": threads}
    return duckdb.connect(":memory:", config=config)


class Sheet:
    """Rows of one file.

    Args:
        connection: to the memory the rows are kept in.
        file: they belong to; open.
        stamp: timestamp of the first record, in milliseconds.
        types: SQL types of the columns.

    Attributes:
        end: one past the last record.
        written: how many rows the file holds that was placed last.
        version: of that file.
    """

    _numbers = count()

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, file: File, *, stamp: int,
        types: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.file, self.stamp = file, stamp
        self.end = file.first
        self.rows = self.written = 0
        self._waiting: list[Rows] = []
        self._settled = 0  # rows of the table
        self.version: str | None = None
        self._connection = connection
        self._table = f"sheet_{next(self._numbers)}"
        columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        connection.execute(f"CREATE TABLE {self._table} ({columns})")

    @property
    def grown(self) -> bool:
        return self.rows > self.written

    def add(self, rows: Rows) -> None:
        """Append records that follow those held."""
        self._waiting.append(rows)
        self.rows += len(rows["offset"])
        self.end = int(rows["offset"][-1]) + 1
        if self.rows - self._settled >= TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Take into the table what waits: `save` writes no other rows."""
        if not self._waiting:
            return
        names = list(self._waiting[0])
        together = {name: _joined([rows[name] for rows in self._waiting]) for name in names}
        self._connection.register("records", together)
        named = ", ".join(f'"{name}"' for name in names)
        self._connection.execute(f"INSERT INTO {self._table} ({named}) SELECT {named} FROM records")
        self._connection.unregister("records")
        self._waiting, self._settled = [], self.rows

    def close(self, end: int) -> None:
        """No further record belongs to it."""
        self.file = self.file._replace(end=end)

    def save(self, path: Path) -> None:
        """Write what is settled as Parquet; may run beside `add`, which then is not in the file."""
        with self._connection.cursor() as cursor:
            copy(
                cursor,
                f"SELECT {text(self.file.topic)} AS topic, "
                f'{self.file.partition}::INTEGER AS "partition", * FROM {self._table}',
                path,
                level=PASSING if self.file.end is None else KEPT,
            )

    def drop(self) -> None:
        self._connection.execute(f"DROP TABLE {self._table}")


def _joined(parts: Sequence[Any]) -> Any:
    """The parts of a column, with what is masked in them."""
    return (np.ma if np.ma.isMaskedArray(parts[0]) else np).concatenate(parts)


def reach(place: Place, file: File, *, stamp: int | None = None) -> int:
    """One past the last record of the file that lies there.

    0 where it cannot be read, and where its first record has not the timestamp (ms) that is given:
    then it is of another log of the same name.
    """
    with connected(threads=1) as connection:
        place.attach(connection)
        rows = scan(place, file)
        query = f'SELECT epoch_ms(arg_min(stamp, "offset")), max("offset") FROM {rows}'
        try:
            ((first, last),) = connection.execute(query).fetchall()
        except (duckdb.Error, OSError):
            return 0
    return int(last) + 1 if stamp in (None, first) else 0


def close(place: Place, file: File) -> None:
    """Place what an open file holds as a closed one; not one of which nothing can be read.

    Raises:
        duckdb.Error: where it is damaged.
        PlaceError: where the place refuses it.
    """
    if end := reach(place, file):
        with connected(threads=1) as connection:
            place.attach(connection)
            query = f"FROM {scan(place, file)}"
            place.put(file._replace(end=end).name, lambda path: copy(connection, query, path))


def copy(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, *, level: int = KEPT
) -> None:
    """What a query finds, as a Parquet file."""
    connection.execute(
        f"COPY ({query}) TO {text(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {level}, ROW_GROUP_SIZE {GROUP})"
    )


def scan(place: Place, file: File) -> str:
    """The rows of a file, in SQL."""
    return f"read_parquet({text(place.path(file.name))}, hive_partitioning = false)"


def text(value: str) -> str:
    """An SQL text; COPY takes no parameters for what it writes where."""
    return "'" + value.replace("'", "''") + "'"
