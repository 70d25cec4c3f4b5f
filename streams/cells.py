"""Counting a chunk's events by the configured cuts, and the record that carries the counts."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import xxhash
from msgspec.structs import astuple

from streams.sections import Cut
from streams.tallies import Ints, Table, Tally

SEPARATOR: Final = "\x1f"  # joins the fields of a series' key; refused inside a field
NARROW: Final = np.dtype("<i4")
WIDE: Final = np.dtype("<i8")
SCOPE: Final = ("product", "batch", "region")  # of a single event


class CellNumbers(NamedTuple):
    """Numbers of the cells of one cut; arrays of equal length.

    Attributes:
        series: the place of each cell's series among the keys.
        minutes: since the epoch, of event time.
        events: all events but the late and the duplicate.
        people: those of them that are neither the same person again about the same matter nor
            copies of a post.
        reposts: copies of a post; original posts are `events - reposts`.
        reach: followers of the authors.
    """

    series: Ints
    minutes: Ints
    events: Ints
    people: Ints
    reposts: Ints
    reach: Ints


class Cells(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a chunk adds to the series of one cut; a cell is a series and a minute.

    The numbers travel as arrays, so that neither side loops over cells.

    Attributes:
        keys: the series that have cells, the fields of the cut joined by SEPARATOR.
        packed: `CellNumbers` but the reach, row by row, as little-endian int32.
        reach: as little-endian int64. Empty: none.
    """

    keys: list[str]
    packed: bytes
    reach: bytes

    @classmethod
    def pack(cls, keys: list[str], numbers: CellNumbers) -> "Cells":
        reach = numbers.reach.astype(WIDE).tobytes() if numbers.reach.any() else b""
        return cls(keys, np.array(numbers[:-1], NARROW).tobytes(), reach)

    def numbers(self) -> CellNumbers:
        narrow = np.frombuffer(self.packed, NARROW).astype(np.int64).reshape(5, -1)
        reach = np.frombuffer(self.reach, WIDE) if self.reach else np.zeros_like(narrow[0])
        return CellNumbers._make((*narrow, reach))


class Trigger(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One event that is enough by itself."""

    harm: str
    minute: int  # it counts in; a late one counts when it came
    occurred: int  # minute of its own time
    event: str
    who: str  # the person, unreadable; the event where nobody is named
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
        cells: by cut, in the order of the settings; then those of the channels, and last the
            total of the stream.
        triggers: events that are enough by themselves.
        layout: of the cuts, whose numbers the cells go by.
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
    layout: str

    @property
    def of_cuts(self) -> list[Cells | None]:
        return list(map(_decoded, self.cells[:-2]))

    @property
    def of_channels(self) -> Cells | None:
        return _decoded(self.cells[-2]) if self.cells else None

    @property
    def of_total(self) -> Cells | None:
        return _decoded(self.cells[-1]) if self.cells else None


def _decoded(cells: Cells | msgspec.Raw | None) -> Cells | None:
    """Only what is about to be encoded is raw."""
    return cells if isinstance(cells, Cells) else None


encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(Counts).decode


def layout(cuts: Iterable[Cut]) -> str:
    """A name for what the numbers of the cuts stand for."""
    names = "\n".join(f"{cut.name} by {cut.family or 'all'}" for cut in cuts)
    return xxhash.xxh3_64_hexdigest(names.encode())


class Columns:
    """The events of a run that count, as columns.

    Args:
        events: parsed and completed, neither late nor duplicate.
        minutes: of their times.
        source: the topic, which cuts may name as "source".

    Attributes:
        again: marks events that add no person: repeat contacts and copies; None for none.
    """

    def __init__(self, events: Sequence[Any], minutes: list[int], *, source: str) -> None:
        self.minutes = minutes
        self.again: list[bool] | None = None
        self.events = events
        self._columns: dict[str, list[str | None]] = {"source": [source] * len(events)}

    def __getitem__(self, field: str) -> list[str | None]:
        if field not in self._columns:
            self._columns[field] = self._of_events.get(field) or [None] * len(self.events)
        return self._columns[field]

    @cached_property
    def _of_events(self) -> dict[str, list[Any]]:
        """The fields of the events, which are all of one stream."""
        if not self.events:
            return {}
        columns = map(list, zip(*map(astuple, self.events), strict=True))
        return dict(zip(self.events[0].__struct_fields__, columns, strict=True))

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
        """What one event is about, of the fields it has; of a post only the product."""
        fields = SCOPE[:1] if self.reaching else SCOPE
        values = {field: self[field][place] for field in fields}
        return {field: value for field, value in values.items() if value is not None}

    @property
    def reaching(self) -> bool:
        """Whether the stream's events have a reach."""
        return bool(self.events) and hasattr(self.events[0], "followers")

    def numbers(self) -> Ints:
        """What `Tally.table` sums up of each event."""
        numbers = np.zeros((5, len(self.events)), np.int64)
        numbers[0], numbers[1] = self.minutes, 1
        if self.again is not None:
            numbers[2] = self.again
        if self.reaching:
            numbers[3] = [post is not None for post in self["repost_of"]]
            numbers[4] = [followers or 0 for followers in self._of_events["followers"]]
        return numbers


class _Count:
    """The tally of one cut; without one, of the whole stream."""

    def __init__(self, cut: Cut | None) -> None:
        self._cut = cut
        self._tally = Tally()

    def add(self, columns: Columns) -> None:
        events = len(columns.events)
        if self._cut is None:
            self._tally.add_all(events)
            return
        fields = zip(*(columns[field] for field in self._cut.by), strict=True)
        mask = columns.mask(self._cut.where)
        self._tally.add(fields, events, None if mask is None else np.array(mask, np.bool_))

    def by_shard(self, numbers: Ints, shards: int) -> Sequence[Cells | msgspec.Raw | None]:
        if self._cut is None or self._cut.family is None:
            table = self._tally.table(numbers)
            return [msgspec.Raw(encode(_cells(table, 0))) if table.series.size else None] * shards
        owners = _Owners(self._cut.family, shards)
        of_family = itemgetter(self._cut.by.index(self._cut.family))
        table = self._tally.table(
            numbers, lambda keys: map(owners.__getitem__, map(of_family, keys))
        )
        return [_cells(table, shard) for shard in range(shards)]


class _Owners(dict[str, int]):
    """The shard of each value of a family."""

    def __init__(self, family: str, shards: int) -> None:
        super().__init__()
        self._family, self._shards = family, shards

    def __missing__(self, value: str) -> int:
        shard = self[value] = shard_of(self._family, value, shards=self._shards)
        return shard


def _cells(table: Table, owner: int) -> Cells | None:
    """The cells of one owner's series, which stand together."""
    first, last = np.searchsorted(table.owners, (owner, owner + 1)).tolist()
    start, end = np.searchsorted(table.series, (first, last)).tolist()
    if start == end:
        return None
    series, minutes = table.series[start:end] - first, table.minutes[start:end]
    events, repeats, reposts, reach = table.sums[:, start:end]
    keys = [SEPARATOR.join(fields) for fields in table.keys[first:last]]
    return Cells.pack(keys, CellNumbers(series, minutes, events, events - repeats, reposts, reach))


class ChunkCounts:
    """All the tallies of one chunk; the last is the stream's total."""

    def __init__(self, cuts: Sequence[Cut]) -> None:
        self._counts = [_Count(cut) for cut in cuts] + [_Count(None)]
        self._numbers = [np.empty((5, 0), np.int64)]

    def add(self, columns: Columns) -> None:
        self._numbers.append(columns.numbers())
        for count in self._counts:
            count.add(columns)

    def by_shard(self, shards: int) -> list[list[Cells | msgspec.Raw | None]]:
        """For each shard its cells of each cut; those without a family go to all."""
        numbers = np.concatenate(self._numbers, axis=1)
        by_cut = (count.by_shard(numbers, shards) for count in self._counts)
        return [list(own) for own in zip(*by_cut, strict=True)]


def shard_of(family: str, value: str, *, shards: int) -> int:
    """The shard that holds the series of one family, such as all batches of a product."""
    return xxhash.xxh3_64_intdigest(f"{family}={value}".encode()) % shards
