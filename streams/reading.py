"""One reading of a source partition: records in offset order become the counts of chunks.

Pure: what comes out is a function of the log, of the settings and of what was seen before. The
log is cut where the settings say, by offset and record timestamp, so that every reading of it
makes the same chunks; a chunk's id is the offset of its first record.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import not_
from typing import Any, NamedTuple

import numpy as np
import xxhash
from msgspec.structs import replace
from numpy.typing import NDArray

from streams.cells import ChunkCounts, Columns, Counts, Trigger, encode, layout, shard_of
from streams.completion import complete
from streams.events import MILLISECOND, Event, Rejected, judge_times, times_of, who
from streams.filling import ID, MATTER, Batch, Chunk
from streams.people import Seen, hashed
from streams.sections import Source, counted
from streams.seen import Mark, SeenChunk
from streams.settings import Settings

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MINUTE = 60_000
KNOWN = {ID: Mark.DUPLICATE, MATTER: Mark.REPEAT}  # what an event is whose key was met before
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
        seen: what the chunk has met, once it is closed.
    """

    counts: list[bytes]
    closed: int | None
    watermark: int | None
    seen: SeenChunk | None = None


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

    @property
    def horizon(self) -> int:
        """Milliseconds that the watermark goes on while an event is within the repeat horizon.

        One that still counts may lie behind the watermark's newest event by the lateness.
        """
        return (self.settings.detection.repeat_horizon + self.source.lateness) // MILLISECOND


class Reading:
    """The state of one partition's reading.

    Args:
        plan: of the source.
        partition: its number.
        first: whether what lies before the first record was never counted.
        seen: what was met in this partition in the chunks before.
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
        self._chunk: Chunk | None = None
        intake = plan.settings.intake
        self._records = intake.chunk_records
        self._span = intake.chunk_span // MILLISECOND
        self._lateness = plan.source.lateness // MILLISECOND
        self._future = plan.source.future // MILLISECOND
        self._remembered = plan.settings.detection.repeat_horizon // MILLISECOND
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
        self._chunk = Chunk(
            offset, stamp, first=self._first, end=offset, counts=ChunkCounts(self._cuts),
            marks=np.zeros(self._records, np.uint8),
        )  # fmt: skip
        self._first = False

    def _fitting(self, offsets: Ints, stamps: Ints) -> int:
        """How many of these records belong to the chunk that fills."""
        assert self._chunk is not None
        other = offsets // self._records != self._chunk.start // self._records
        other |= stamps // self._span > self._chunk.stamp // self._span
        return int(np.argmax(other)) if other.any() else len(offsets)

    def _close(self, following: int) -> Emission:
        assert self._chunk is not None
        seen = self._chunk.seen(following, self.watermark)
        self._chunk.end = following
        counts = self._encoded(self._chunk, closed=True)
        self._chunk = None
        return Emission(counts, following, self.watermark, seen)

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
        events, sound = self._sound(offsets, stamps, parsed)
        if not events:
            return
        times = stamps[sound] if self._plan.source.clock == "arrival" else times_of(events)
        before, passed = self._pass(times)
        batch = Batch(events, offsets[sound], times, passed)
        fresh = self._meet(ID, [event.id for event in events], batch)
        late = fresh & (times < before)
        if late.any():
            self._set_late_aside(batch.only(late), before[late])
        if (timely := fresh & ~late).any():
            self._add(batch.only(timely))

    def _sound(
        self, offsets: Ints, stamps: Ints, parsed: Sequence[Any]
    ) -> tuple[list[Event], Bools | slice]:
        """Set the rejected aside, those with an impossible time among them."""
        judged = judge_times(parsed, stamps, future_ms=self._future)
        if Rejected not in set(map(type, judged)):
            return list(parsed), slice(None)
        sound = np.array([type(event) is not Rejected for event in judged])
        self.refusals += [
            Refusal(offset, why)
            for offset, why in zip(offsets.tolist(), judged, strict=True)
            if type(why) is Rejected
        ]
        self._note(Mark.REJECTED, offsets[~sound])
        return list(compress(parsed, sound)), sound

    def _pass(self, times: Ints) -> tuple[Ints, Ints]:
        """Move the watermark; returns it as it was before each event and once it had come.

        A duplicate moves it too: that it passed shows as much as that of the first.
        """
        passed = np.maximum.accumulate(times) - self._lateness
        start = passed[0] if self.watermark is None else self.watermark
        passed = np.maximum(passed, start)
        self.watermark = int(passed[-1])
        return np.concatenate(([start], passed[:-1])), passed

    def _meet(self, kind: int, keys: Sequence[str], batch: Batch) -> Bools:
        """Which keys of these events are new; the others are marked."""
        assert self._chunk is not None
        met = self._seen.meet(hashed(keys, kind=kind), batch.passed)
        self._chunk.note_new(kind, met.new)
        self._note(KNOWN[kind], batch.offsets[~met.fresh])
        return met.fresh

    def _note(self, mark: Mark, offsets: Ints) -> None:
        assert self._chunk is not None
        if len(offsets):
            self._chunk.mark(offsets, mark)
            self.tally[str(mark.name).lower()] += len(offsets)

    def _set_late_aside(self, batch: Batch, came: Ints) -> None:
        """Report those that are enough by themselves all the same, at the time they came.

        Not what is later than ids are remembered: nobody could tell it from a replay.
        """
        assert self._chunk is not None
        self._chunk.late += len(batch.events)
        self._note(Mark.LATE, batch.offsets)
        known = batch.times >= came - self._remembered
        batch, came = batch.only(known), came[known]
        columns = Columns(batch.events, (came // MINUTE).tolist(), source=self._plan.source.topic)
        self._trigger(columns, (batch.times // MINUTE).tolist())

    def _add(self, batch: Batch) -> None:
        assert self._chunk is not None
        self.tally["counted"] += len(batch.events)
        if self._plan.source.stream == "updates":
            return
        minutes = (batch.times // MINUTE).tolist()
        columns = Columns(batch.events, minutes, source=self._plan.source.topic)
        self._trigger(columns, minutes)
        columns.again = self._again(columns, batch)
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

    def _again(self, columns: Columns, batch: Batch) -> list[bool] | None:
        """Marks what adds no person: copies, and the same person about product and category."""
        people, posts = columns[PERSON[self._plan.source.stream]], columns["repost_of"]
        copies = len(posts) - posts.count(None)
        named = [person is not None for person in people]
        if copies:
            named = [known and post is None for known, post in zip(named, posts, strict=True)]
            self.tally["repost"] += copies
        matters: Iterable[Any] = zip(people, columns["product"], columns["category"], strict=True)
        if not all(named):
            matters, batch = compress(matters, named), batch.only(np.array(named))
        keys = [f"{person}\x1f{product}\x1f{category}" for person, product, category in matters]
        marks = self._meet(MATTER, keys, batch).tolist()
        if all(marks) and not copies:
            return None
        if all(named):
            return list(map(not_, marks))
        fresh = iter(marks)
        return [
            post is not None or (known and not next(fresh))
            for post, known in zip(posts, named, strict=True)
        ]

    def _encoded(self, chunk: Chunk, *, closed: bool) -> list[bytes]:
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
