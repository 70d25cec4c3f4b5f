"""The chunk of a partition that fills, and the events that come into it."""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.cells import Trigger
from streams.columns import Bools, Columns
from streams.counting import ChunkCounts
from streams.seen import Hashes, Mark, SeenChunk, packed

Ints = NDArray[np.int64]
New = dict[int, list[Hashes]]  # by the moment from which they are remembered
ID, MATTER = range(2)  # kinds of keys that are met


@dataclass
class Chunk:
    """The chunk that fills.

    Attributes:
        start: offset of its first record, and its id.
        stamp: of that record (ms).
        first: whether what lies before it was never counted.
        end: one past its last record.
        marks: what became of its records; a place for each offset that it can have.
        new: by kind, hashes of the keys that were not known before.
    """

    start: int
    stamp: int
    _: KW_ONLY
    first: bool
    end: int
    counts: ChunkCounts
    marks: NDArray[np.uint8]
    triggers: list[Trigger] = field(default_factory=list)
    late: int = 0
    new: tuple[New, New] = field(default_factory=lambda: ({}, {}))

    def note_new(self, kind: int, met: Iterable[tuple[int, Hashes]]) -> None:
        """Keys that were not known before, by the moment from which they are remembered."""
        for moment, hashes in met:
            self.new[kind].setdefault(moment, []).append(hashes)

    def mark(self, offsets: Ints, mark: Mark) -> None:
        self.marks[offsets - self.start] |= np.uint8(mark)

    def seen(self, following: int, watermark: int | None) -> SeenChunk:
        """What is to be known of it once it is closed."""
        ids, people = (
            {moment: packed(np.concatenate(hashes)) for moment, hashes in new.items()}
            for new in self.new
        )
        marks = self.marks[: self.end - self.start].tobytes()
        return SeenChunk(self.start, following, watermark, ids, people, marks)


class Batch(NamedTuple):
    """Events of one chunk, in their order.

    Attributes:
        offsets: of their records.
        passed: the watermark (ms) once each has come; ascending.
    """

    columns: Columns
    offsets: Ints
    passed: Ints

    def only(self, marks: Bools) -> "Batch":
        return Batch(self.columns.kept(marks), self.offsets[marks], self.passed[marks])
