"""Counting a chunk's events by the configured cuts, and the record that carries the counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, Final

import msgspec
import xxhash

from streams.sections import Cut

SEPARATOR: Final = "\x1f"  # joins the fields of a series' key; refused inside a field
SCOPE: Final = ("product", "batch", "region", "category")  # of a single event


class Cells(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a chunk adds to the series of one cut; columns of equal length.

    Attributes:
        keys: series, the fields of the cut joined by SEPARATOR.
        minutes: minutes since the epoch, of event time.
        events: all events but the late and the duplicate.
        people: those of them that are not the same person again about the same matter.
        reposts: copies of a post; original posts are `events - reposts`. Empty: none.
        reach: followers of the authors. Empty: none.
    """

    keys: list[str]
    minutes: list[int]
    events: list[int]
    people: list[int]
    reposts: list[int]
    reach: list[int]


class Trigger(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One event that is enough by itself."""

    harm: str
    minute: int  # it counts in; a late one counts when it came
    occurred: int  # minute of its own time
    event: str
    scope: dict[str, str]
    quote: str


class Counts(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The counts of one chunk so far, for one shard.

    Attributes:
        version: of the settings it was counted under.
        stream: complaints or mentions.
        topic: of the source.
        partition: of the source.
        partitions: how many the source has.
        start: offset of the chunk's first record, which is its id ("from").
        end: one past its last record so far; the next chunk's start once it is closed ("to").
        closed: no further record belongs to it.
        first: the chunk before it was never seen by this log (a new topic, or records lost).
        watermark: milliseconds of event time; no later event of this partition counts below it.
        idle: milliseconds the partition was idle since its last mark; 0 in a chunk.
        approximate: the source is not keyed by person, so people are counted per partition.
        late: events of the chunk that came below the watermark.
        cells: by cut, in the order of the settings; the total of the stream comes last.
        triggers: events that are enough by themselves.
    """

    version: str
    stream: str
    topic: str
    partition: int
    partitions: int
    start: int
    end: int
    closed: bool
    first: bool
    watermark: int | None
    idle: int
    approximate: bool
    late: int
    cells: list[Cells | msgspec.Raw | None]
    triggers: list[Trigger]


encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(Counts).decode


class _Tally:
    """Counts of one cut while a chunk fills: (minute, field, ...) to number."""

    __slots__ = ("cut", "events", "reach", "repeats", "reposts")

    def __init__(self, cut: Cut | None) -> None:
        self.cut = cut
        self.events: Counter[tuple[Any, ...]] = Counter()
        self.repeats: Counter[tuple[Any, ...]] = Counter()
        self.reposts: Counter[tuple[Any, ...]] = Counter()
        self.reach: Counter[tuple[Any, ...]] = Counter()

    def add(self, columns: "Columns") -> None:
        by = self.cut.by if self.cut else ()
        cells = list(zip(columns.minutes, *(columns[field] for field in by), strict=True))
        self._add(cells, columns, columns.mask(self.cut.where) if self.cut else None)

    def _add(
        self, cells: list[tuple[Any, ...]], columns: "Columns", mask: list[bool] | None
    ) -> None:
        self.events.update(compress(cells, mask) if mask else cells)
        for tally, marked in ((self.repeats, columns.again), (self.reposts, columns.repost)):
            if marked is not None:
                both = map(all, zip(marked, mask, strict=True)) if mask else marked
                tally.update(compress(cells, both))
        for cell, reach in columns.reaching(cells, mask):
            self.reach[cell] += reach

    def cells(self) -> Cells:
        """The columns; an event that lacks a field of the cut is in none of its series."""
        found = [(cell, n) for cell, n in self.events.items() if None not in cell]
        found.sort()
        return Cells(
            [SEPARATOR.join(cell[1:]) for cell, _ in found],
            [cell[0] for cell, _ in found],
            [n for _, n in found],
            [n - self.repeats[cell] for cell, n in found]
            if self.repeats
            else [n for _, n in found],
            [self.reposts[cell] for cell, _ in found] if self.reposts else [],
            [self.reach[cell] for cell, _ in found] if self.reach else [],
        )


class Columns:
    """The events of a run that count, as columns.

    Args:
        events: parsed and completed, neither late nor duplicate.
        minutes: of their times.
        source: the topic, which cuts may name as "source".

    Attributes:
        again: marks repeat contacts; None where there are none.
    """

    def __init__(self, events: Sequence[Any], minutes: list[int], *, source: str) -> None:
        self.minutes = minutes
        self.again: list[bool] | None = None
        self.events = events
        self._columns: dict[str, list[str | None]] = {"source": [source] * len(events)}

    def __getitem__(self, field: str) -> list[str | None]:
        if field not in self._columns:
            self._columns[field] = [getattr(event, field, None) for event in self.events]
        return self._columns[field]

    def __setitem__(self, field: str, values: list[str | None]) -> None:
        """Complete a field from elsewhere, such as the text."""
        self._columns[field] = values

    def mask(self, where: Mapping[str, str]) -> list[bool] | None:
        """Which events have the fixed values; None where nothing is fixed."""
        if not where:
            return None
        masks = [[value == wanted for value in self[field]] for field, wanted in where.items()]
        return masks[0] if len(masks) == 1 else [all(marks) for marks in zip(*masks, strict=True)]

    def scope(self, place: int) -> dict[str, str]:
        """What one event is about, of the fields it has."""
        values = {field: self[field][place] for field in SCOPE}
        return {field: value for field, value in values.items() if value is not None}

    @property
    def repost(self) -> list[bool] | None:
        if not self.events or not hasattr(self.events[0], "repost_of"):
            return None
        return [event.repost_of is not None for event in self.events]

    def reaching(
        self, cells: list[tuple[Any, ...]], mask: list[bool] | None
    ) -> Iterable[tuple[tuple[Any, ...], int]]:
        if not self.events or not hasattr(self.events[0], "followers"):
            return ()
        reach = [event.followers or 0 for event in self.events]
        both = zip(cells, reach, strict=True)
        return compress(both, mask) if mask else both


class ChunkCounts:
    """All the tallies of one chunk; the last is the stream's total."""

    def __init__(self, cuts: Sequence[Cut]) -> None:
        self._tallies = [_Tally(cut) for cut in cuts] + [_Tally(None)]

    def add(self, columns: Columns) -> None:
        for tally in self._tallies:
            tally.add(columns)

    def by_shard(self, shards: int) -> list[list[Cells | msgspec.Raw | None]]:
        """For each shard its cells of each cut; those without a family go to all."""
        split: list[list[Cells | msgspec.Raw | None]] = [[] for _ in range(shards)]
        for tally in self._tallies:
            cells = tally.cells()
            parts: Sequence[Cells | msgspec.Raw | None]
            if not cells.keys:
                parts = [None] * shards
            elif tally.cut is None or tally.cut.family is None:
                parts = [msgspec.Raw(encode(cells))] * shards
            else:
                parts = _split(cells, tally.cut, shards)
            for own, part in zip(split, parts, strict=True):
                own.append(part)
        return split


def shard_of(family: str, value: str, *, shards: int) -> int:
    """The shard that holds the series of one family, such as all batches of a product."""
    return xxhash.xxh3_64_intdigest(f"{family}={value}".encode()) % shards


def _split(cells: Cells, cut: Cut, shards: int) -> list[Cells | None]:
    assert cut.family is not None
    place = cut.by.index(cut.family)
    values = [key.split(SEPARATOR)[place] for key in cells.keys]
    owner = {value: shard_of(cut.family, value, shards=shards) for value in set(values)}
    owners = [owner[value] for value in values]
    return [_only(cells, [o == shard for o in owners]) for shard in range(shards)]


def _only(cells: Cells, mask: list[bool]) -> Cells | None:
    if not any(mask):
        return None
    return Cells(*(list(compress(column, mask)) for column in msgspec.structs.astuple(cells)))
