"""One reading of a source partition: records in offset order become the counts of chunks.

Pure: what comes out is a function of the log, of the settings and of what was seen before. The
log is cut where the settings say, by offset and record timestamp, so that every reading of it
makes the same chunks; a chunk's id is the offset of its first record.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import not_
from typing import Any, NamedTuple

import numpy as np
import xxhash
from msgspec.structs import replace
from numpy.typing import NDArray

from streams.cells import ChunkCounts, Columns, Counts, Trigger, encode, layout, shard_of
from streams.completion import complete
from streams.events import Event, Rejected, judge_times, times_of, who
from streams.people import Seen
from streams.sections import Source, counted
from streams.settings import Settings

Ints = NDArray[np.int64]
MINUTE = 60_000
ID, MATTER = range(2)  # kinds of keys that are met
PERSON = {"complaints": "person", "mentions": "author"}  # the field, by stream


class End(NamedTuple):
    """The end of the input, stated in the log: the watermark moves to `time` (ms)."""

    time: int


Parsed = Event | Rejected | End


class Refusal(NamedTuple):
    """A record that is no event, and why."""

    offset: int
    why: Rejected


class Emission(NamedTuple):
    """A chunk's counts, one record a shard.

    Attributes:
        closed: where the next chunk starts; None while this one fills.
        watermark: what the next chunk must know.
    """

    counts: list[bytes]
    closed: int | None
    watermark: int | None


@dataclass(frozen=True)
class Plan:
    """How a source is read; the same for all its partitions."""

    settings: Settings
    source: Source
    partitions: int

    @property
    def approximate(self) -> bool:
        """People are counted inside a partition; only a key by person makes that exact."""
        return self.source.key != "person"


@dataclass
class _Chunk:
    """The chunk that fills."""

    start: int
    stamp: int
    first: bool
    end: int
    counts: ChunkCounts
    triggers: list[Trigger] = field(default_factory=list)
    late: int = 0


class Reading:
    """The state of one partition's reading.

    Args:
        plan: of the source.
        partition: its number.
        first: whether what lies before the first record was never counted.
        seen: what was met in this partition before; its pending part belongs to this reading.
        watermark: where the reading before it stood at the chunk that comes first now.
    """

    def __init__(
        self, plan: Plan, partition: int, *, first: bool, seen: Seen, watermark: int | None = None
    ) -> None:
        self.watermark = watermark
        self.refusals: list[Refusal] = []
        self.tally: Counter[str] = Counter()
        self._plan = plan
        self._partition = partition
        self._first = first
        self._seen = seen
        self._chunk: _Chunk | None = None
        intake = plan.settings.intake
        self._records = intake.chunk_records
        self._span = int(intake.chunk_span.total_seconds() * 1000)
        self._lateness = int(plan.source.lateness.total_seconds() * 1000)
        self._future = int(plan.source.future.total_seconds() * 1000)
        self._cuts = counted(plan.settings.cuts, plan.source.stream)
        self._layout = layout(self._cuts)

    @property
    def seen(self) -> Seen:
        return self._seen

    @property
    def end(self) -> int | None:
        """One past the last record taken into the chunk that fills."""
        return self._chunk.end if self._chunk else None

    def take(self, offsets: Ints, stamps: Ints, parsed: Sequence[Parsed]) -> list[Emission]:
        """Take a run of records; returns the chunks it closed.

        Args:
            offsets: ascending.
            stamps: record timestamps in milliseconds.
            parsed: what each record says.
        """
        closed, at = [], 0
        while at < len(parsed):
            if self._chunk is None:
                self._open(int(offsets[at]), int(stamps[at]))
            stop = at + self._fitting(offsets[at:], stamps[at:])
            if stop > at:
                self._count(offsets[at:stop], stamps[at:stop], parsed[at:stop])
            if stop < len(parsed):
                closed.append(self._close(int(offsets[stop])))
            at = stop
        return closed

    def so_far(self) -> Emission | None:
        """The counts of the chunk that fills."""
        if self._chunk is None:
            return None
        return Emission(self._encoded(self._chunk, closed=False), None, self.watermark)

    def mark(self, *, end: int, idle: int) -> bytes:
        """The record that says the partition was idle for `idle` more milliseconds."""
        return encode(replace(self._blank(end, end, closed=True, first=self._first), idle=idle))

    def _open(self, offset: int, stamp: int) -> None:
        self._chunk = _Chunk(offset, stamp, self._first, offset, ChunkCounts(self._cuts))
        self._first = False

    def _fitting(self, offsets: Ints, stamps: Ints) -> int:
        """How many of these records belong to the chunk that fills."""
        assert self._chunk is not None
        other = offsets // self._records != self._chunk.start // self._records
        other |= stamps // self._span > self._chunk.stamp // self._span
        return int(np.argmax(other)) if other.any() else len(offsets)

    def _close(self, following: int) -> Emission:
        assert self._chunk is not None
        self._chunk.end = following
        emission = Emission(self._encoded(self._chunk, closed=True), following, self.watermark)
        self._seen.settle(self.watermark)
        self._chunk = None
        return emission

    def _count(self, offsets: Ints, stamps: Ints, parsed: Sequence[Parsed]) -> None:
        """Count records of one chunk; an end of input splits them."""
        assert self._chunk is not None
        self._chunk.end = int(offsets[-1]) + 1
        at = 0
        for place, mark in [(at, one) for at, one in enumerate(parsed) if type(one) is End]:
            self._count_events(offsets[at:place], stamps[at:place], parsed[at:place])
            self.watermark = max(self.watermark or mark.time, mark.time)
            at = place + 1
        self._count_events(offsets[at:], stamps[at:], parsed[at:])

    def _count_events(self, offsets: Ints, stamps: Ints, parsed: Sequence[Any]) -> None:
        events, stamps = self._sound(offsets, stamps, parsed)
        times = stamps if self._plan.source.clock == "arrival" else times_of(events)
        events, times = self._fresh(events, times)
        events, times = self._timely(events, times)
        if events:
            self._add(events, times)

    def _sound(
        self, offsets: Ints, stamps: Ints, parsed: Sequence[Any]
    ) -> tuple[list[Event], Ints]:
        """Set the rejected aside, those with an impossible time among them."""
        judged = judge_times(parsed, stamps, future_ms=self._future)
        if Rejected not in set(map(type, judged)):
            return list(parsed), stamps
        whys = [event if type(event) is Rejected else None for event in judged]
        self.refusals += [
            Refusal(int(offset), why) for offset, why in zip(offsets, whys, strict=True) if why
        ]
        kept = [why is None for why in whys]
        self.tally["rejected"] += kept.count(False)
        return list(compress(parsed, kept)), stamps[kept]

    def _fresh(self, events: list[Event], times: Ints) -> tuple[list[Event], Ints]:
        """Leave out ids met before."""
        marks = self._seen.fresh([event.id for event in events], times, kind=ID)
        if all(marks):
            return events, times
        self.tally["duplicate"] += marks.count(False)
        return list(compress(events, marks)), times[marks]

    def _timely(self, events: list[Event], times: Ints) -> tuple[list[Event], Ints]:
        """Leave out what came below the watermark of its moment, and move the watermark.

        A late event that is enough by itself is reported all the same, at the time it came.
        """
        if not len(times):
            return events, times
        marks = np.maximum.accumulate(times) - self._lateness
        if self.watermark is not None:
            marks = np.maximum(marks, self.watermark)
        start = times[0] if self.watermark is None else self.watermark
        before = np.concatenate(([start], marks[:-1]))
        self.watermark = int(marks[-1])
        late = times < before
        if not late.any():
            return events, times
        self._report_late(list(compress(events, late)), times[late], before[late])
        return list(compress(events, ~late)), times[~late]

    def _report_late(self, events: list[Event], times: Ints, came: Ints) -> None:
        assert self._chunk is not None
        self._chunk.late += len(events)
        self.tally["late"] += len(events)
        columns = Columns(events, (came // MINUTE).tolist(), source=self._plan.source.topic)
        self._trigger(columns, (times // MINUTE).tolist())

    def _add(self, events: list[Event], times: Ints) -> None:
        assert self._chunk is not None
        self.tally["counted"] += len(events)
        if self._plan.source.stream == "updates":
            return
        minutes = (times // MINUTE).tolist()
        columns = Columns(events, minutes, source=self._plan.source.topic)
        self._trigger(columns, minutes)
        columns.again = self._again(columns)
        self._chunk.counts.add(columns)

    def _trigger(self, columns: Columns, occurred: list[int]) -> None:
        """Complete the columns from the texts, and keep the events that are enough."""
        assert self._chunk is not None
        for place, harm, quote in complete(columns):
            event = columns.events[place]
            if columns["repost_of"][place] is not None:
                continue  # who repeats a post has seen nothing himself
            self._chunk.triggers.append(
                Trigger(
                    harm, columns.minutes[place], occurred[place], event.id, _unreadable(event),
                    columns.scope(place), quote,
                )
            )  # fmt: skip

    def _again(self, columns: Columns) -> list[bool] | None:
        """Marks what adds no person: copies, and the same person about product and category."""
        people, posts = columns[PERSON[self._plan.source.stream]], columns["repost_of"]
        copies = len(posts) - posts.count(None)
        named = [person is not None for person in people]
        if copies:
            named = [known and post is None for known, post in zip(named, posts, strict=True)]
        matters: Iterable[Any] = zip(people, columns["product"], columns["category"], strict=True)
        times = np.array(columns.minutes, np.int64) * MINUTE
        if not all(named):
            matters, times = compress(matters, named), times[named]
        keys = [f"{person}\x1f{product}\x1f{category}" for person, product, category in matters]
        marks = self._seen.fresh(keys, times, kind=MATTER)
        if all(marks) and not copies:
            return None
        self.tally += Counter(repeat=marks.count(False), repost=copies)
        if all(named):
            return list(map(not_, marks))
        fresh = iter(marks)
        return [
            post is not None or (known and not next(fresh))
            for post, known in zip(posts, named, strict=True)
        ]

    def _encoded(self, chunk: _Chunk, *, closed: bool) -> list[bytes]:
        shards = self._plan.settings.detection.shards
        blank = self._blank(chunk.start, chunk.end, closed=closed, first=chunk.first)
        parts = zip(chunk.counts.by_shard(shards), _by_shard(chunk.triggers, shards), strict=True)
        return [
            encode(replace(blank, late=chunk.late, cells=cells, triggers=triggers))
            for cells, triggers in parts
        ]

    def _blank(self, start: int, end: int, *, closed: bool, first: bool) -> Counts:
        return Counts(
            version=self._plan.settings.version, stream=self._plan.source.stream,
            topic=self._plan.source.topic, partition=self._partition,
            partitions=self._plan.partitions, start=start, end=end, closed=closed, first=first,
            watermark=self.watermark, idle=0, approximate=self._plan.approximate, late=0,
            cells=[], triggers=[], layout=self._layout,
        )  # fmt: skip


def _unreadable(event: Event) -> str:
    """A name for the person that tells two apart and names nobody."""
    return xxhash.xxh3_64_hexdigest(
        (f"p{person}" if (person := who(event)) else f"i{event.id}").encode()
    )


def _by_shard(triggers: Sequence[Trigger], shards: int) -> list[list[Trigger]]:
    """A trigger goes where its product's family lives; in an order that no run decides."""
    split: list[list[Trigger]] = [[] for _ in range(shards)]
    for trigger in sorted(triggers, key=lambda trigger: (trigger.event, trigger.harm)):
        split[shard_of("product", trigger.scope.get("product", ""), shards=shards)].append(trigger)
    return split
