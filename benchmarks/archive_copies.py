"""The days of an archive before those that were written: copies of their files."""

from datetime import timedelta
from functools import partial
from typing import NamedTuple

from benchmarks import load
from streams.archive import layout, sheets
from streams.archive.layout import File
from streams.archive.places import Folder

RUN = 8192  # records
CHUNK = 1024
PARTITIONS = 4
TOPIC = "complaints"
DAY = 86_400_000  # ms
# What differs in a copy: offsets, by whose they are, and times.
MOVED = {
    TOPIC: ({"offset": TOPIC}, ("stamp", "time")),
    layout.MARKS: ({"offset": layout.MARKS, "first": TOPIC, "to": TOPIC}, ("stamp",)),
}
OTHER = "SELECT * REPLACE ({values}) FROM read_parquet({path})"


class Part(NamedTuple):
    """What goes through the worker, and how often it is copied to the days before.

    Attributes:
        events: written.
        days: of event time that they take.
        copies: of them.
        grid: offsets of a file at most.
    """

    events: int
    days: float
    copies: int
    grid: int

    @property
    def start(self) -> int:
        """When they begin (ms)."""
        return load.START + int(self.days * self.copies * DAY)

    @property
    def turns(self) -> int:
        return -(-self.events // RUN)

    def span(self, folder: str) -> int:
        """Offsets of a partition that one copy has to itself; a file ends with them."""
        held = -(-self.turns // PARTITIONS) * RUN
        return -(-held // self.grid) * self.grid // (CHUNK if folder == layout.MARKS else 1)


def copied(place: Folder, part: Part) -> None:
    """Put each file into the days before, with times and offsets of its own."""
    with sheets.connected() as connection:
        for file, *_ in layout.pieces(layout.listed(place.names())):  # not what is to leave
            for number in range(1, part.copies + 1):
                query = _other(place.path(file.name), file, part, number)
                copy = _moved(file, part, number)
                place.put(copy.name, partial(sheets.copy, connection, query))


def _moved(file: File, part: Part, number: int) -> File:
    span = part.span(file.folder)
    end = (part.copies + 1) * span if file.end is None else file.end
    day = file.day - timedelta(days=int(part.days) * number)
    return file._replace(day=day, first=file.first - number * span, end=end - number * span)


def _other(path: str, file: File, part: Part, number: int) -> str:
    """The rows of the copy."""
    offsets, times = MOVED[file.folder]
    back = f"to_days({int(part.days) * number})"
    values = [f'("{name}" - {number * part.span(of)}) AS "{name}"' for name, of in offsets.items()]
    values += [f'("{name}" - {back})::TIMESTAMP_MS AS "{name}"' for name in times]
    return OTHER.format(values=", ".join(values), path=sheets.text(path))
