"""Files that somebody writes, a row for each entry: each is taken, or refused in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from streams.events.event import Rejected
from streams.events.rejections import few, shown
from streams.files import inputs

Texts = Mapping[str, str]  # of a row, by column, without blanks around them


class RefusedError(Exception):
    """A value that breaks its column's rule."""

    def __init__(self, column: str, rule: str, value: str) -> None:
        super().__init__(f"{column}: {rule}, got {shown(value)!r}")


def read(path: Path, columns: Sequence[str], take: Callable[[int, Texts], None]) -> list[str]:
    """What is wrong with a CSV file: the first problems, each with row, column, rule and value.

    Args:
        path: of the file.
        columns: that it must have; others are left alone.
        take: is shown each row, and its number after the header's 1; may raise RefusedError.
    """
    return few(_problems(path, columns, take))


def _problems(
    path: Path, columns: Sequence[str], take: Callable[[int, Texts], None]
) -> Iterator[str]:
    try:
        names, rows = inputs.raw(path)
        if absent := [column for column in columns if column not in (names or ())]:
            yield f"must be a CSV file with the columns {', '.join(columns)}; lacks {absent}"
            return
        for number, row in rows:
            try:
                take(number, _texts(row, columns))
            except RefusedError as refusal:
                yield f"row {number}: {refusal}"
    except inputs.FileError as failure:
        yield str(failure).removeprefix(f"{path}: ")


def _texts(row: Mapping[str, object] | Rejected, columns: Sequence[str]) -> Texts:
    if isinstance(row, Rejected):
        raise RefusedError(row.field, row.rule, row.value)
    return {column: str(row.get(column) or "").strip() for column in columns}
