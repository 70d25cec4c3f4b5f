"""The record that carries a chunk's counts to one shard."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from streams.columnar.fields import Ints
from streams.configuration.sections import Cut

SEPARATOR: Final = "\x1f"  # joins the fields of a series' key; refused inside a field
NARROW: Final = np.dtype("<i4")
WIDE: Final = np.dtype("<i8")


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

    def packed(self) -> "PackedNumbers":
        """As they travel."""
        return PackedNumbers(np.array(self[:-1], NARROW), self.reach.astype(WIDE))


class PackedNumbers(NamedTuple):
    """`CellNumbers` but the reach, row by row, and the reach."""

    narrow: NDArray[np.int32]
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
        return cls.of(keys, numbers.packed(), slice(None))

    @classmethod
    def of(cls, keys: list[str], numbers: PackedNumbers, cells: slice) -> "Cells":
        """Some of the cells, of these series."""
        reach = numbers.reach[cells]
        return cls(
            keys, numbers.narrow[:, cells].tobytes(), reach.tobytes() if reach.any() else b""
        )

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
        untold: further triggers, for which the record has no room.
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
    untold: int = 0

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


def shard_of(family: str, value: str, *, shards: int) -> int:
    """The shard that holds the series of one family, such as all batches of a product."""
    return xxhash.xxh3_64_intdigest(f"{family}={value}".encode()) % shards
