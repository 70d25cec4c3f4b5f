"""How the archive's files are named, where they are cut, and which of their rows count.

A file holds consecutive records of one partition. Where it ends is a property of the log, so
that a worker that reads the same records again writes the same file again; but for the last one of
a partition that rests, which closes where it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np

from streams.columnar.fields import Ints

MARKS: Final = "marks"  # the folder of what intake said of the records, beside the streams'
DAY: Final = 86_400_000  # milliseconds
ENDLESS: Final = 2**63 - 1
NAME: Final = re.compile(
    r"(?P<folder>[a-z]+)/(?P<topic>[\w.-]+)/day=(?P<day>\d{4}-\d\d-\d\d)/"
    r"(?P<partition>\d+)-(?P<first>\d{20})-(?P<end>\d{20}|open)\.parquet",
    re.ASCII,
)


class File(NamedTuple):
    """Records of a partition from the offset `first` to below `end`.

    Attributes:
        folder: the stream, or MARKS.
        topic: of the source.
        partition: of the source.
        day: of the first record's timestamp, in UTC.
        first: offset of the first record.
        end: where the next file begins; None while this one fills.
    """

    folder: str
    topic: str
    partition: int
    day: date
    first: int
    end: int | None = None

    @property
    def name(self) -> str:
        """Its path below the archive."""
        end = "open" if self.end is None else f"{self.end:020}"
        folder = f"{self.folder}/{self.topic}/day={self.day.isoformat()}"
        return f"{folder}/{self.partition}-{self.first:020}-{end}.parquet"

    @classmethod
    def of(cls, name: str) -> "File | None":
        """None for what is no file of ours."""
        if (found := NAME.fullmatch(name)) is None:
            return None
        try:
            day = date.fromisoformat(found["day"])
        except ValueError:
            return None
        end = None if found["end"] == "open" else int(found["end"])
        return cls(found["folder"], found["topic"], int(found["partition"]), day,
                   int(found["first"]), end)  # fmt: skip

    @property
    def partition_of(self) -> tuple[str, str, int]:
        return self.folder, self.topic, self.partition

    @property
    def limit(self) -> int:
        return ENDLESS if self.end is None else self.end


class Piece(NamedTuple):
    """What counts of a file: the records from the offset `start` to below `stop`."""

    file: File
    start: int
    stop: int

    @property
    def whole(self) -> bool:
        return (self.start, self.stop) == (self.file.first, self.file.limit)

    @property
    def condition(self) -> str:
        """In SQL."""
        return f'"offset" BETWEEN {self.start} AND {self.stop - 1}'


def listed(names: Iterable[str]) -> Iterator[File]:
    """The files among these names that are ours."""
    return (file for name in names if (file := File.of(name)) is not None)


def pieces(files: Iterable[File]) -> list[Piece]:
    """Each archived record once, partition by partition in the order of the log.

    Files overlap where a log was read again from another place, and where a file was closed a
    moment ago; of the files that hold a record the one that begins first is the one that counts,
    and of two that begin together the closed one: an open one may hold more.
    """
    found: list[Piece] = []
    for _, own in groupby(sorted(files, key=_order), key=attrgetter("partition_of")):
        found += _in_turn(list(own))
    return found


def _in_turn(own: Sequence[File]) -> Iterator[Piece]:
    """Of one partition; an open file ends where another one begins, if only at its own start."""
    passed = 0
    for file, following in zip_longest(own, own[1:]):
        start = max(file.first, passed)
        stop = following.first if file.end is None and following else file.limit
        if start < stop:
            yield Piece(file, start, stop)
            passed = stop


def _order(file: File) -> tuple[object, ...]:
    return *file.partition_of, file.first, file.limit


def days(stamps: Ints) -> Ints:
    """Days since the epoch, of timestamps in milliseconds."""
    return stamps // DAY


def day(stamp: int) -> date:
    return datetime.fromtimestamp(stamp // DAY * DAY // 1000, UTC).date()


def fitting(offsets: Ints, stamps: Ints, *, first: int, stamp: int, grid: int) -> int:
    """How many of these records belong into the file whose first one is given.

    Args:
        offsets: ascending.
        stamps: record timestamps in milliseconds.
        first: offset of the file's first record.
        stamp: its timestamp.
        grid: a file ends where the offset passes a multiple of it.
    """
    other = (offsets // grid != first // grid) | (days(stamps) > stamp // DAY)
    return int(np.argmax(other)) if other.any() else len(offsets)
