"""The archive: source topics and what intake said of them in, Parquet files out."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import structlog
from faust.types import TP

from streams import metrics
from streams.archive import columns, layout, leftovers, marks, orphans, retention, sheets
from streams.archive.columns import Rows
from streams.archive.layout import File
from streams.archive.missing import missing
from streams.archive.places import Place, PlaceError
from streams.archive.sheets import Sheet
from streams.broker.topics import Topics
from streams.settings import Settings, Stream
from streams.sources.decoding import Decoder, decoder
from streams.transport.runs import Begin, Run
from streams.transport.wire import Records

CLOSED, OPEN = STATES = ("closed", "open")
LOOK: Final = 0.2  # seconds between two looks at what is to be written
WAITING: Final = 4  # closed files not written yet, from which on no more records are taken
AGAIN: Final = 60.0  # seconds between two looks whether the open files are still ours
REST: Final = 60  # such looks without a record, after which a file does not wait for its next day
SHARE: Final = 4.0  # times as long as the open files took to write they are left alone then
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds after a failure; doubled while it fails

log = structlog.get_logger(__name__)


class Consumer(Protocol):
    """What the stage asks of Kafka."""

    def assignment(self) -> set[TP]: ...

    def declare_durable(self, tp: TP, offset: int, note: str = "") -> None: ...


class Recording(NamedTuple):
    """How the records of a topic become rows.

    Attributes:
        folder: of the files.
        topic: of the source.
        types: SQL types of the columns.
        grid: a file ends where the offset passes a multiple of it.
        rows: of records of a partition.
    """

    folder: str
    topic: str
    types: Mapping[str, str]
    grid: int
    rows: Callable[[int, Sequence[Any]], Rows]


@dataclass
class _Input:
    """What is held of a partition: the file that fills, and those that wait to be written."""

    recording: Recording
    runs: int = 0
    quiet: int = 0  # looks since the last record; a worker that was frozen has not looked
    open: Sheet | None = None
    closed: deque[Sheet] = field(default_factory=deque)
    left: str | None = None  # name of the open file that the file closed last has replaced
    begin: Begin | None = None  # of its reading, until it is known what is missing before


class Archive:
    """The stage of one worker.

    Args:
        consumer: says whose offsets are declared durable.
        settings: of the installation.
        place: of the files.
        clock: monotonic seconds.
        now: by which a day is over, and what is older than is kept.

    Attributes:
        trouble: why nothing can be written at present; empty where it can.
    """

    def __init__(
        self, consumer: Callable[[], Consumer], settings: Settings, place: Place, *,
        clock: Callable[[], float], now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.trouble = ""
        self._consumer, self._place, self._clock = consumer, place, clock
        self._now, self._kept = now, settings.archive.retention
        self._recordings = recordings(settings)
        self._every = settings.archive.rewrite_every.total_seconds()
        self._memory = sheets.connected(threads=1)
        self._writing = asyncio.Lock()
        self._inputs: dict[TP, _Input] = {}
        self._begun = True  # a reading, or the worker: what others left is not looked for yet
        self._room = asyncio.Event()
        self._room.set()
        self._pause, self._due, self._open_due, self._look_due = 0.0, 0.0, 0.0, 0.0

    async def room(self) -> None:
        """Wait until there is room for another run: what cannot be written fills the memory."""
        await self._room.wait()

    async def take(self, run: Run) -> None:
        """Add a run to the files of its partition; `write` places them."""
        async with self._writing:  # a file that is written may be one that is given up here
            held = self._held(run)
        held.quiet, recording = 0, held.recording
        rows = recording.rows(run.partition, run.records)
        offsets, stamps = rows["offset"], rows["stamp"].astype(np.int64)
        at = 0
        while at < len(offsets):
            sheet = held.open or self._opened(held, run, offset=offsets[at], stamp=stamps[at])
            stop = at + layout.fitting(
                offsets[at:], stamps[at:],
                first=sheet.file.first, stamp=sheet.stamp, grid=recording.grid,
            )  # fmt: skip
            if stop > at:
                sheet.add({name: column[at:stop] for name, column in rows.items()})
            if stop < len(offsets):
                self._close(held, sheet, int(offsets[stop]))
            at = stop
        metrics.ARCHIVED.labels(run.topic).inc(len(offsets))

    async def write(self) -> None:
        """Place what is closed, and now and then what has grown; after a failure wait longer."""
        now = self._clock()
        if now < self._due:
            return
        async with self._writing:
            self._forget_others()
            try:
                await self._write_due(now)
            except PlaceError as failure:
                self._failed(str(failure))
            else:
                self._recovered()
        self._look_for_room()

    async def _write_due(self, now: float) -> None:
        with _refusals(CLOSED):
            for tp, held in self._inputs.items():
                await self._look_before(tp, held)
                await self._write_closed(tp, held)
        if now >= self._open_due:
            with _refusals(OPEN):
                await self._write_open()
        if self._begun:
            await self._clear_leftovers()

    def _held(self, run: Run) -> _Input:
        """The partition's input; anew where a reading begins."""
        if run.begin is not None:
            self._forget(run.tp)
            self._begun = True
            self._inputs[run.tp] = _Input(self._recordings[run.topic], begin=run.begin)
        return run.following(self._inputs.get(run.tp))

    def _opened(self, held: _Input, run: Run, *, offset: int, stamp: int) -> Sheet:
        recording, first = held.recording, int(offset)
        day = layout.day(int(stamp))
        file = File(recording.folder, recording.topic, run.partition, day, first)
        held.open = Sheet(self._memory, file, stamp=int(stamp), types=recording.types)
        return held.open

    def _close(self, held: _Input, sheet: Sheet, following: int) -> None:
        sheet.close(following)
        held.closed.append(sheet)
        held.open = None
        self._look_for_room()

    async def _look_before(self, tp: TP, held: _Input) -> None:
        """Once, before a file of this reading is placed, settle what lies before it."""
        if held.begin is None:
            return
        own = (held.recording.folder, held.recording.topic, tp.partition)
        await asyncio.to_thread(orphans.close, self._place, own, held.begin)
        if lost := await asyncio.to_thread(missing, self._place, own, held.begin):
            log.error("records_not_archived", topic=tp.topic, partition=tp.partition, lost=lost)
        held.begin = None

    async def _write_closed(self, tp: TP, held: _Input) -> None:
        """In their order, each followed by the commit."""
        while held.closed:
            sheet = held.closed[0]
            if not self._expired(sheet):
                await self._put(sheet, CLOSED)
            if held.left is not None:
                await asyncio.to_thread(self._place.delete, [held.left])
            held.left = sheet.file._replace(end=None).name
            held.closed.popleft()
            sheet.drop()
            self._consumer().declare_durable(tp, sheet.file.limit)
            self._look_for_room()

    async def _write_open(self) -> None:
        """At most a fifth of the time goes into files that will be written again."""
        began = self._clock()
        if looks := began >= self._look_due:
            self._look_due = began + AGAIN
        self._close_ended(looks=looks)
        for sheet in [held.open for held in self._inputs.values() if held.open is not None]:
            if (sheet.grown or looks) and await asyncio.to_thread(self._is_behind, sheet):
                await self._put(sheet, OPEN)
        now = self._clock()
        self._open_due = now + max(self._every, SHARE * (now - began))

    def _close_ended(self, *, looks: bool) -> None:
        """Close the files that no record has closed: their day is over, and their partition rests.

        Another worker may cut the log elsewhere when it reads this stretch again: readers take
        each record once wherever files end, and what is closed here is followed by the commit.
        """
        today = self._now().date()
        for held in self._inputs.values():
            held.quiet += looks
            sheet = held.open
            if sheet is None or sheet.file.day >= today:
                continue
            if held.quiet > REST or self._expired(sheet):
                self._close(held, sheet, sheet.end)

    def _expired(self, sheet: Sheet) -> bool:
        """Whether the file is older than what is kept: written, it would be deleted again."""
        kept = self._kept
        return kept is not None and sheet.file.day < retention.oldest(kept, self._now())

    def _is_behind(self, sheet: Sheet) -> bool:
        """Whether the open file lacks something of ours.

        It may be another worker's: of one that was before us and had read further, which we leave
        until we have; or of one that was frozen, does not know it yet, and has replaced ours.
        """
        version = self._place.version(sheet.file.name)
        if version is None or version == sheet.version:
            return version is None or sheet.grown
        return sheets.reach(self._place, sheet.file, stamp=sheet.stamp) <= sheet.end

    async def _put(self, sheet: Sheet, state: str) -> None:
        sheet.settle()
        rows = sheet.rows
        placed = await asyncio.to_thread(self._place.put, sheet.file.name, sheet.save)
        sheet.written, sheet.version = rows, placed.version
        metrics.ARCHIVE_FILES.labels(state).inc()
        metrics.ARCHIVE_BYTES.labels(state).inc(placed.size)

    def _failed(self, why: str) -> None:
        if why != self.trouble:
            log.error("archive_not_written", why=why)
        self.trouble = why
        self._pause = min(max(2 * self._pause, FIRST_PAUSE), LONGEST_PAUSE)
        self._due = self._clock() + self._pause

    def _recovered(self) -> None:
        if self.trouble:
            log.warning("archive_written_again", after=self.trouble)
        self.trouble, self._pause = "", 0.0

    async def _clear_leftovers(self) -> None:
        """Nothing waits for it: what is refused is left to the next beginning."""
        self._begun = False
        try:
            await asyncio.to_thread(leftovers.clear, self._place)
        except PlaceError as failure:
            log.warning("archive_not_cleared", why=str(failure))

    def _forget_others(self) -> None:
        """Drop what belongs to partitions that were taken away; others read them now."""
        mine = self._consumer().assignment()
        for tp in [tp for tp in self._inputs if tp not in mine]:
            self._forget(tp)

    def _forget(self, tp: TP) -> None:
        if (held := self._inputs.pop(tp, None)) is not None:
            for sheet in (*held.closed, *filter(None, [held.open])):
                sheet.drop()

    def _look_for_room(self) -> None:
        waiting = sum(len(held.closed) for held in self._inputs.values())
        if waiting < WAITING:
            self._room.set()
        else:
            self._room.clear()


@contextmanager
def _refusals(state: str) -> Iterator[None]:
    """A place that cannot be read refuses the files as one that cannot be written does."""
    try:
        yield
    except PlaceError:
        metrics.ARCHIVE_FAILURES.labels(state).inc()
        raise


def recordings(settings: Settings) -> dict[str, Recording]:
    """By the topic that is read: each source, and what intake says of it."""
    names, found = Topics.of(settings), {}
    for source in settings.sources:
        topic, stream = names.counted(source), source.stream
        rows = partial(_rows, stream, decoder(names.source(source), source, settings.intake))
        grid = settings.archive.file_records
        types = columns.types(stream, rekeyed=source.rekeyed)
        found[topic] = Recording(stream, topic, types, grid, rows)
        found[names.seen(source)] = Recording(
            layout.MARKS, topic, marks.TYPES, marks.CHUNKS, _marks
        )
    return found


def _rows(stream: Stream, reads: Decoder, partition: int, records: Sequence[Any]) -> Rows:
    held = Records.of(records)
    rows = columns.rows(stream, held, reads.answers(partition, held))
    return rows | (columns.origins(held) if reads.rekeyed else {})


def _marks(_: int, records: Sequence[Any]) -> Rows:
    return marks.rows(records)
