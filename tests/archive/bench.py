"""A worker of the archive on a disk that may be full."""

import asyncio
import errno
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from faust.types import TP

from streams.archive import views
from streams.archive.layout import listed
from streams.archive.places import Folder, Place, Placed, PlaceError, Save
from streams.archive.stage import Archive
from streams.settings import Archive as Kept
from streams.settings import Settings
from streams.transport.runs import Run
from tests.archive.records import Consumer

TOPIC = "complaints"
TP0 = TP(TOPIC, 0)
MARKS = TP("seen-complaints", 0)
GRID = 10
DAY_OF_START = datetime(2023, 11, 14, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Narrow:
    """A folder on a disk that is full as long as `full`, and that then loses what was begun.

    As long as `away` it cannot be listed.
    """

    def __init__(self, lies_in: Place) -> None:
        self.full = self.away = False
        self.lies_in = lies_in

    def put(self, name: str, save: Save) -> Placed:
        def until_full(path: Path) -> None:
            save(path)
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return self.lies_in.put(name, until_full)

    def version(self, name: str) -> str | None:
        return self.lies_in.version(name)

    def clear(self, *, now: float) -> None:
        self.lies_in.clear(now=now)

    def names(self) -> list[str]:
        if self.away:
            raise PlaceError(f"archive {self.lies_in}: cannot be read: Host is down")
        return self.lies_in.names()

    def delete(self, names: Iterable[str]) -> None:
        self.lies_in.delete(names)

    def path(self, name: str) -> str:
        return self.lies_in.path(name)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.lies_in.attach(connection)


class Busy(Narrow):
    """A place where something happens when it is asked the nth time for the path of a file."""

    def __init__(self, lies_in: Place, meanwhile: Callable[[], None], *, nth: int) -> None:
        super().__init__(lies_in)
        self._meanwhile, self._left = meanwhile, nth

    def path(self, name: str) -> str:
        self._left -= 1
        if self._left == 0:
            self._meanwhile()
        return super().path(name)


class Bench:
    """A worker on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.now = DAY_OF_START
        self.kept: timedelta | None = None
        self.place = Narrow(Folder(folder))
        self.consumer = Consumer(
            {TP0, TP(TOPIC, 1), TP("mentions", 0), TP("complaint-updates", 0), MARKS}
        )
        self.worker = self.restarted()

    def restarted(self) -> Archive:
        """Another process: nothing of the first is left but its files."""
        settings = Settings(archive=Kept(file_records=GRID, retention=self.kept))
        self.worker = Archive(
            lambda: self.consumer, settings, self.place, clock=self.clock, now=lambda: self.now
        )
        return self.worker

    def take(self, *runs: Run) -> None:
        async def taken() -> None:
            for one in runs:
                await self.worker.take(one)

        asyncio.run(taken())

    def write(self, *, after: float = 10.0) -> None:
        self.clock.now += after
        asyncio.run(self.worker.write())

    def rest(self, *, looks: int = 62) -> None:
        """Nothing comes for an hour."""
        for _ in range(looks):
            self.write(after=60.0)

    def files(self) -> list[tuple[int, int | None]]:
        return [(file.first, file.end) for file in listed(self.place.names())]

    def rows(self, query: str) -> list[Any]:
        return views.opened(self.place).execute(query).fetchall()

    def offsets(self) -> list[int]:
        return [row[0] for row in self.rows('SELECT "offset" FROM complaints ORDER BY "offset"')]
