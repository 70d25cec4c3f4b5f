"""The rows of a CSV file, as spreadsheets of several countries write them."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from streams.events.event import Rejected
from streams.events.rejections import shown

HEAD: Final = 1 << 16  # bytes that are looked at before the first row is read
SEPARATORS: Final = ",;\t|"
TITLES: Final = 4  # lines above the header, at most
# A Chinese character in GBK; of two bytes above 0xA0 nearly all of such a text consists.
HANZI: Final = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
HIGH: Final = re.compile(rb"[\x80-\xff]")
MOSTLY: Final = 0.8


class Dialect(NamedTuple):
    """How the bytes of a CSV file become text, and what stands between its values."""

    encoding: str = "utf-8"
    separator: str = ","
    titles: int = 0  # lines above the header

    @property
    def rule(self) -> str:
        return f"must be {self.encoding.upper()}"


def dialect(head: Sequence[bytes]) -> Dialect:
    """Read from the first lines; where they leave it open, UTF-8 and commas."""
    encoding = _encoding(head)
    lines = [line.decode(encoding, "replace") for line in head[: TITLES + 2]] or [""]
    parts = [(_separator(line), line) for line in lines]
    titles = next((n for n in range(len(lines) - 1) if _names(parts, n)), 0)
    return Dialect(encoding, parts[titles][0], titles)


def _separator(line: str) -> str:
    return max(SEPARATORS, key=lambda one: len(_values(line, one)))


def _names(parts: Sequence[tuple[str, str]], place: int) -> bool:
    """Whether a line names columns: the first where it is no mere title, or what follows titles.

    A title is one value in a line; names are two or more, no numbers, and above as many values.
    """
    (separator, line), (_, below) = parts[place : place + 2]
    names = [name for name in map(str.strip, _values(line, separator)) if name]
    if place == 0:
        return len(names) > 1 or line.count('"') % 2 == 1
    alike = len(_values(line, separator)) == len(_values(below, separator))
    return len(names) > 1 and alike and not any(name[0].isdigit() for name in names)


def _encoding(head: Sequence[bytes]) -> str:
    """GB18030, which holds GBK, where most lines with foreign bytes are Chinese and no UTF-8."""
    foreign = [line for line in head if not line.isascii()]
    # One damaged row must not turn the file, and two characters of GBK may be UTF-8 by chance.
    strange = [line for line in foreign if not _is(line, "utf-8")]
    if 2 * len(strange) <= len(foreign):
        return "utf-8"
    text = b"".join(strange)
    chinese = 2 * len(HANZI.findall(text)) >= MOSTLY * len(HIGH.findall(text))
    return "gb18030" if chinese else "utf-8"


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _values(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


class Table:
    """The rows of a CSV file; a row that is not CSV or not text is a rejection."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        head = list(_head(lines))
        self._dialect = dialect(head)
        self._damaged = False
        decoded = self._decoded(chain(head[self.titles :], lines))
        self._rows = csv.reader(decoded, delimiter=self._dialect.separator)

    @property
    def titles(self) -> int:
        """Lines above the header, which are passed over."""
        return self._dialect.titles

    def header(self) -> list[str] | Rejected:
        """The names of the columns; read it before the rows."""
        first = next(iter(self), None)
        if isinstance(first, Rejected):
            return first
        return [name.strip() for name in first or ()]

    def __iter__(self) -> Iterator[list[str] | Rejected]:
        while True:
            try:
                values = next(self._rows)
            except StopIteration:
                return
            except csv.Error as failure:
                yield Rejected("row", "", f"must be CSV: {_reason(failure)}")
                continue
            if self._damaged:
                self._damaged = False
                yield Rejected("row", shown(",".join(values)), self._dialect.rule)
            else:
                yield values

    def _decoded(self, lines: Iterable[bytes]) -> Iterator[str]:
        for line in lines:
            try:
                yield line.decode(self._dialect.encoding)
            except UnicodeDecodeError:
                self._damaged = True
                yield line.decode(self._dialect.encoding, errors="backslashreplace")


def _reason(failure: csv.Error) -> str:
    """Without the advice that is meant for programmers."""
    return str(failure).partition(" - ")[0]


def _head(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The first lines, up to `HEAD` bytes; the rest stays in the iterator."""
    size = 0
    for line in lines:
        yield line
        size += len(line)
        if size >= HEAD:
            return
