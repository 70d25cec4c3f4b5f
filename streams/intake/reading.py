"""One reading of a source partition: records in offset order become the counts of chunks.

Pure: what comes out is a function of the log, of the settings and of what was seen before. The
log is cut where the settings say, by offset and record timestamp, so that every reading of it
makes the same chunks; a chunk's id is the offset of its first record.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xxhash
from msgspec.structs import replace

from detectors.text.reposts.reposts import Reposts
from streams.columnar.digests import Hashes, digest, mixed
from streams.columnar.fields import Bools, Coded, Ints
from streams.columnar.vocabulary import Vocabulary
from streams.configuration.sections import Source, counted
from streams.counts.cells import Counts, Trigger, encode, layout, shard_of
from streams.counts.counting import MINUTE, ChunkCounts
from streams.events.columns import Answers, Columns, End
from streams.events.completion import complete
from streams.events.event import MILLISECOND, Rejected, too_early
from streams.intake.copies import Copies
from streams.intake.filling import ID, MATTER, Batch, Chunk
from streams.intake.selection import Found, Selection, selected
from streams.intake.standing import Standing
from streams.seen.people import Seen
from streams.seen.record import Mark, SeenChunk
from streams.settings import Settings
from streams.sources.origins import Carried

PERSON = {"complaints": "person", "mentions": "author"}  # the field, by stream
MATTERS = ("product", "category")  # what a person contacts us about
SCOPE = {"complaints": ("product", "batch", "region"), "mentions": ("product",)}  # of one event


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
        origins: of a re-keyed partition, what the next chunk must know of them.
    """

    counts: list[bytes]
    closed: int | None
    watermark: int | None
    seen: SeenChunk | None = None
    origins: str = ""

    @property
    def note(self) -> str:
        """What the commit that follows it says; a reading goes on from that."""
        return self.standing.note

    @property
    def standing(self) -> Standing:
        return Standing(self.watermark, self.origins)


@dataclass(frozen=True)
class Plan:
    """How a source is read; the same for all its partitions."""

    settings: Settings
    source: Source
    partitions: int

    @property
    def approximate(self) -> bool:
        """People are counted inside a partition; only a key by person makes that exact."""
        return self.source.counted_by != "person"

    @property
    def horizon(self) -> int:
        """Milliseconds that the watermark goes on while an event is within the repeat horizon.

        One that still counts may lie behind the watermark's newest event by the lateness.
        """
        return (self.settings.detection.repeat_horizon + self.source.lateness) // MILLISECOND

    def reposts(self) -> Reposts | None:
        """What a partition knows of posts before its first; None where nobody repeats any."""
        if self.source.stream != "mentions":
            return None
        detection = self.settings.detection
        horizon = detection.repost_horizon // MILLISECOND
        return Reposts(horizon=horizon, most=detection.max_posts)


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
        self._reposts = plan.reposts()
        self._vocabulary = Vocabulary()
        self._chunk: Chunk | None = None
        intake = plan.settings.intake
        self._records = intake.chunk_records
        self._span = intake.chunk_span // MILLISECOND
        self._lateness = plan.source.lateness // MILLISECOND
        self._future = plan.source.future // MILLISECOND
        self._remembered = plan.settings.detection.repeat_horizon // MILLISECOND
        self._cuts = counted(plan.settings.cuts, plan.source.stream)
        self._regions = plan.settings.regions
        self._layout = layout(self._cuts)

    @property
    def seen(self) -> Seen:
        return self._seen

    @property
    def reach(self) -> int:
        """Milliseconds of the watermark that what it must know at its start goes back at most."""
        remembered = self._plan.settings.detection.remembered(self._plan.source.stream)
        return max(self._seen.reach, remembered // MILLISECOND + self._lateness)

    @property
    def reposts(self) -> Reposts | None:
        return self._reposts

    @property
    def end(self) -> int | None:
        """One past the last record taken into the chunk that fills."""
        return self._chunk.end if self._chunk else None

    @property
    def early(self) -> int:
        """Records that did not follow the last of their origin, and come again."""
        return 0

    def take(
        self, offsets: Ints, stamps: Ints, answers: Answers, carried: Carried | None = None
    ) -> list[Emission]:
        """Take a run of records; returns the chunks it closed.

        Args:
            offsets: ascending.
            stamps: record timestamps in milliseconds.
            answers: what each record says.
            carried: what their keys say, where they are re-keyed.
        """
        assert carried is None
        closed, at = [], 0
        while at < len(answers):
            if self._chunk is None:
                self._open(int(offsets[at]), int(stamps[at]))
            stop = at + self._fitting(offsets[at:], stamps[at:])
            if stop > at:
                self._count(offsets[at:stop], stamps[at:stop], answers.part(at, stop))
            if stop < len(answers):
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
        if self._vocabulary.full:
            self._vocabulary = Vocabulary()
        shards = self._plan.settings.detection.shards
        counts = ChunkCounts(self._cuts, self._vocabulary, shards=shards)
        marks = np.zeros(self._records, np.uint8)
        self._chunk = Chunk(
            offset, stamp, first=self._first, end=offset, counts=counts, marks=marks
        )
        self._first = False

    def _fitting(self, offsets: Ints, stamps: Ints) -> int:
        """How many of these records belong to the chunk that fills."""
        assert self._chunk is not None
        other = offsets // self._records != self._chunk.start // self._records
        other |= stamps // self._span > self._chunk.stamp // self._span
        return int(np.argmax(other)) if other.any() else len(offsets)

    def _close(self, following: int) -> Emission:
        assert self._chunk is not None
        seen = self._chunk.seen(following, self.watermark, self._reposts)
        self._chunk.end = following
        counts = self._encoded(self._chunk, closed=True)
        self._chunk = None
        if self._reposts is not None:
            self._reposts.settle()
        return Emission(counts, following, self.watermark, seen)

    def _count(self, offsets: Ints, stamps: Ints, answers: Answers) -> None:
        """Count records of one chunk; an end of input splits them."""
        assert self._chunk is not None
        self._chunk.end = int(offsets[-1]) + 1
        at = 0
        for place, mark in sorted(answers.odd.items()):
            if isinstance(mark, End):
                self._count_events(offsets[at:place], stamps[at:place], answers.part(at, place))
                self.watermark = max(self.watermark or mark.time, mark.time)
                at = place + 1
        self._count_events(offsets[at:], stamps[at:], answers.part(at, len(answers)))

    def _count_events(self, offsets: Ints, stamps: Ints, answers: Answers) -> None:
        columns, offsets = self._sound(offsets, stamps, answers)
        if not len(columns):
            return
        before, passed = self._pass(columns.times)
        batch = Batch(columns, offsets, passed)
        for start, stop in self._seen.stretches(passed):
            self._take_in(batch.part(start, stop), before[start:stop])

    def _take_in(self, batch: Batch, before: Ints) -> None:
        """Count events of one span, that came when the watermark was as it is told."""
        fresh = self._meet(ID, batch.columns.field("id").digests(ID), batch.passed)
        self._note(Mark.DUPLICATE, batch.offsets[~fresh])
        late = fresh & (batch.columns.times < before)
        if late.any():
            self._set_late_aside(batch.only(late), before[late])
        if (timely := fresh & ~late).any():
            self._add(batch.only(timely))

    def _sound(self, offsets: Ints, stamps: Ints, answers: Answers) -> tuple[Columns, Ints]:
        """The events and their offsets; those with an impossible time are refused too."""
        columns, places = answers.columns, answers.places
        whys = {at: why for at, why in answers.odd.items() if isinstance(why, Rejected)}
        early = columns.times > stamps[places] + self._future
        if early.any():
            times = zip(places[early].tolist(), columns.times[early].tolist(), strict=True)
            whys |= {at: too_early(time, future_ms=self._future) for at, time in times}
            columns, places = columns.kept(~early), places[~early]
        self.refusals += [Refusal(int(offsets[at]), why) for at, why in sorted(whys.items())]
        self._note(Mark.REJECTED, offsets[sorted(whys)])
        if self._plan.source.clock == "arrival":
            columns.times = stamps[places]
        return columns, offsets[places]

    def _pass(self, times: Ints) -> tuple[Ints, Ints]:
        """Move the watermark; returns it as it was before each event and once it had come.

        A duplicate moves it too: that it passed shows as much as that of the first.
        """
        passed = np.maximum.accumulate(times) - self._lateness
        start = passed[0] if self.watermark is None else self.watermark
        passed = np.maximum(passed, start)
        self.watermark = int(passed[-1])
        return np.concatenate(([start], passed[:-1])), passed

    @property
    def _forgets_by(self) -> int | None:
        """How far the watermark has come by which keys are forgotten; None: with each event."""
        return None

    def _meet(self, kind: int, hashes: Hashes, passed: Ints) -> Bools:
        """Which of these keys are new."""
        assert self._chunk is not None
        met = self._seen.meet(hashes, passed, watermark=self._forgets_by)
        self._chunk.note_new(kind, met.new)
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
        self._chunk.late += len(batch.columns)
        self._note(Mark.LATE, batch.offsets)
        if self._plan.source.stream == "updates":
            return
        known = batch.columns.times >= came - self._remembered
        told = batch.only(known)
        self._trigger(told, came[known], Copies.declared(told.columns))

    def _add(self, batch: Batch) -> None:
        assert self._chunk is not None
        columns = batch.columns
        self.tally["counted"] += len(columns)
        if self._plan.source.stream == "updates":
            return
        copies = self._copies(batch)
        self._trigger(batch, columns.times, copies)
        columns["source"] = Coded.same(self._plan.source.topic, events=len(columns))
        self._chunk.counts.add(columns, again=self._again(batch, copies), copies=copies.marks)

    def _copies(self, batch: Batch) -> Copies:
        if self._reposts is None:
            return Copies.none(len(batch.columns))
        if "text" in batch.columns.fields:  # it is asked for again
            batch.columns["text"] = batch.columns["text"]
        return Copies.found(batch.columns, batch.passed, reposts=self._reposts, meet=self._meet)

    def _trigger(self, batch: Batch, came: Ints, copies: Copies) -> None:
        """Complete the columns from the texts, and keep the events that are enough.

        Args:
            batch: of events.
            came: the times (ms) at which they count.
            copies: which of them repeat another.
        """
        assert self._chunk is not None
        columns = batch.columns
        if self._regions.aliases and "region" in columns.fields:
            names = self._vocabulary["region"]
            columns["region"] = self._regions.counted(columns.field("region"), names)
        harmful = [one for one in complete(columns) if not copies.mute[one.place]]
        # Who repeats a post has seen nothing himself.
        if not harmful:
            return
        told = columns.ordered(np.array([one.place for one in harmful]))
        people, scopes = told[PERSON[self._plan.source.stream]], self._scopes(told)
        told_of = zip(harmful, told["id"], people, scopes, strict=True)
        for (place, harm, quote), event, person, scope in told_of:
            trigger = Trigger(
                harm, int(came[place]) // MINUTE, int(columns.times[place]) // MINUTE, event,
                _unreadable(person, event), scope, quote,
            )  # fmt: skip
            self._chunk.triggers.append(Found(int(batch.offsets[place]), trigger))

    def _scopes(self, columns: Columns) -> list[dict[str, str]]:
        """What each event is about, of the fields it has."""
        fields = SCOPE[self._plan.source.stream]
        rows = zip(*(columns[field] for field in fields), strict=True)
        told = (zip(fields, values, strict=True) for values in rows)
        return [{field: value for field, value in one if value is not None} for one in told]

    def _again(self, batch: Batch, copies: Copies) -> Bools:
        """Marks what adds no person: copies, and the same person about product and category."""
        if reposts := int(copies.marks.sum()):
            self.tally["repost"] += reposts
        asked = batch.columns.field(PERSON[self._plan.source.stream]).present() & ~copies.marks
        fresh = self._meet(MATTER, self._matters(batch.columns)[asked], batch.passed[asked])
        self._note(Mark.REPEAT, batch.offsets[asked][~fresh])
        again = copies.marks.copy()
        again[asked] = ~fresh
        return again

    def _matters(self, columns: Columns) -> Hashes:
        """A digest of each event's person, product and category."""
        people = columns.field(PERSON[self._plan.source.stream]).digests(MATTER)
        return mixed(people, *(self._digests(columns, field) for field in MATTERS))

    def _digests(self, columns: Columns, field: str) -> Hashes:
        """Of each event's value of a field that few values have."""
        names = self._vocabulary[field]
        numbers = columns.field(field).coded(names)
        return names.facts("digest", digest)[numbers]

    def _encoded(self, chunk: Chunk, *, closed: bool) -> list[bytes]:
        blank = self._blank(chunk.start, chunk.end, closed=closed, first=chunk.first)
        triggers = _by_shard(chunk.triggers, self._plan.settings.detection.shards)
        parts = zip(chunk.counts.by_shard(), triggers, strict=True)
        return [
            encode(
                replace(
                    blank, late=chunk.late, cells=cells, triggers=told.triggers, untold=told.untold
                )
            )
            for cells, told in parts
        ]

    def _blank(self, start: int, end: int, *, closed: bool, first: bool) -> Counts:
        return Counts(
            version=self._plan.settings.version, stream=self._plan.source.stream,
            topic=self._plan.source.topic, partition=self._partition,
            partitions=self._plan.partitions, start=start, end=end, closed=closed, first=first,
            watermark=self.watermark, idle=0, approximate=self._plan.approximate, late=0,
            cells=[], triggers=[], layout=self._layout,
        )  # fmt: skip


def _unreadable(person: str | None, event: str) -> str:
    """A name for the person that tells two apart and names nobody."""
    return xxhash.xxh3_64_hexdigest((f"p{person}" if person else f"i{event}").encode())


def _by_shard(found: Sequence[Found], shards: int) -> list[Selection]:
    """A trigger goes where its product's family lives."""
    split: list[list[Found]] = [[] for _ in range(shards)]
    for one in found:
        product = one.trigger.scope.get("product", "")
        split[shard_of("product", product, shards=shards)].append(one)
    return list(map(selected, split))
