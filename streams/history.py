"""Files of events as one history: in the order in which they are to be met."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from itertools import islice
from operator import attrgetter
from pathlib import Path
from sys import maxsize
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from kafka.partitioner import default
from numpy.typing import NDArray

from streams import files
from streams.events import MILLISECOND, Event, Rejected, judge_times
from streams.mapping import Mapping
from streams.murmur import murmur2
from streams.sections import BUCKET, Intake, Key, Source, Stream

Ints = NDArray[np.int64]
Parsed = Event | Rejected
BATCH = 16_384
BUCKET_MS = BUCKET // timedelta(milliseconds=1)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event: when it is met (ms), of which stream it is."""

    met: int
    stream: Stream
    event: Event


class Refused(NamedTuple):
    """A row that is no event."""

    file: Path
    row: int
    why: Rejected


class Arrival(NamedTuple):
    """When the rows come in (ms), and from which sources: none may lie far ahead of that."""

    now: int
    sources: Sequence[Source]

    def judged(self, stream: Stream, rows: Sequence[Parsed]) -> Sequence[Parsed]:
        """As intake judges records, but before a row can move the end of the history."""
        source = source_of(self.sources, stream)
        if source is None:
            return rows
        stamps = np.full(len(rows), self.now)
        return judge_times(rows, stamps, future_ms=source.future // MILLISECOND)


class Ended(Protocol):
    """What has come to an end, by stream in milliseconds."""

    @property
    def ends(self) -> dict[Stream, int]: ...


class Playable(Ended, Protocol):
    """Events in the order in which they are met."""

    def batches(self) -> Iterator[tuple[Entry, ...]]: ...


class History:
    """All events of some files, merged by event time or by the mapping's `received`.

    Held in memory: about 0.7 KB an event. Events met at the same time keep the order of the files.

    Args:
        paths: of the files.
        mapping: one for all of them, or None.
        intake: limits of an event.
        arrival: of the rows; None judges no time.
        on_rows: told how many rows were read.
    """

    def __init__(
        self, paths: Sequence[Path], mapping: Mapping | None, *, intake: Intake,
        arrival: Arrival | None = None, on_rows: Callable[[int], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.refused: list[Refused] = []
        self._entries: list[Entry] = []
        self._arrival = arrival
        for path in paths:
            stream = mapping.stream if mapping else files.stream_of(path)
            for batch in files.read(path, mapping, intake=intake):
                self._take(path, stream, batch)
                on_rows(len(batch.rows))
        self._entries.sort(key=attrgetter("met"))

    def __len__(self) -> int:
        return len(self._entries)

    def batches(self) -> Iterator[tuple[Entry, ...]]:
        entries = iter(self._entries)
        while batch := tuple(islice(entries, BATCH)):
            yield batch

    @cached_property
    def ends(self) -> dict[Stream, int]:
        """Milliseconds by stream; the end of the bucket of its last event, if it is over.

        What a stream's files do not reach is not told: it has not fallen silent there.
        """
        latest = maxsize if self._arrival is None else self._arrival.now
        last: dict[Stream, int] = {}
        for entry in self._entries:
            last[entry.stream] = max(entry.event.time, last.get(entry.stream, 0))
        return {stream: min(bucket_end(time), latest) for stream, time in last.items()}

    @cached_property
    def span(self) -> tuple[int, int]:
        """Milliseconds; the times of the first and of the last event."""
        times = [entry.event.time for entry in self._entries]
        return min(times), max(times)

    def _take(self, path: Path, stream: Stream, batch: files.Batch) -> None:
        events: Sequence[Parsed] = batch.events
        if self._arrival is not None:
            events = self._arrival.judged(stream, events)
        for event, row, received in zip(events, batch.rows, batch.received, strict=True):
            if isinstance(event, Rejected):
                self.refused.append(Refused(path, row, event))
            else:
                met = event.time if received is None else received
                self._entries.append(Entry(met, stream, event))


def bucket_end(moment: int) -> int:
    """Milliseconds; the end of the bucket that holds a moment."""
    return (moment // BUCKET_MS + 1) * BUCKET_MS


def key_of(source: Source) -> Key:
    """What its events are keyed by where they are sent by us: by something in any case."""
    return "id" if source.key == "none" else source.key


def partition_of(source: Source, event: Event, partitions: int) -> int:
    """Where producers with Kafka's default partitioner put it."""
    return int(default.murmur2(files.key(event, key_of(source))) & 0x7FFFFFFF) % partitions


def partitions_of(source: Source, events: Sequence[Event], partitions: int) -> Ints:
    """The same of events of one stream, a batch at a time."""
    keys = files.keys(events, key_of(source))
    return (murmur2(keys).astype(np.int64) & 0x7FFFFFFF) % partitions


def source_of(sources: Iterable[Source], stream: Stream) -> Source | None:
    """The first source of a stream, which takes its files."""
    return next((source for source in sources if source.stream == stream), None)
