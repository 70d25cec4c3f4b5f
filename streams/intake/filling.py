"""The chunk of a partition that fills, and the events that come into it."""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from detectors.text.reposts.reposts import Reposts
from streams.columnar.digests import Hashes
from streams.columnar.fields import Bools, Ints
from streams.counts.counting import ChunkCounts
from streams.events.columns import Columns
from streams.intake.selection import Found
from streams.seen import originals
from streams.seen.record import Mark, SeenChunk, packed

New = dict[int, list[Hashes]]  # by the moment from which they are remembered
KINDS = range(4)  # of keys that are met
ID, MATTER, LINK, WORDS = KINDS


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
    triggers: list[Found] = field(default_factory=list)
    late: int = 0
    new: tuple[New, ...] = field(default_factory=lambda: tuple({} for _ in KINDS))

    def note_new(self, kind: int, met: Iterable[tuple[int, Hashes]]) -> None:
        """Keys that were not known before, by the moment from which they are remembered."""
        for moment, hashes in met:
            self.new[kind].setdefault(moment, []).append(hashes)

    def mark(self, offsets: Ints, mark: Mark) -> None:
        self.marks[offsets - self.start] |= np.uint8(mark)

    def seen(self, following: int, watermark: int | None, reposts: Reposts | None) -> SeenChunk:
        """What is to be known of it once it is closed."""
        ids, people = _packed(self.new[:1]), _packed(self.new[1:])
        marks = self.marks[: self.end - self.start].tobytes()
        seen = SeenChunk(self.start, following, watermark, ids, people, marks)
        if reposts is None:
            return seen
        return replace(seen, originals=originals.packed(reposts.added), posts=reposts.following)


def _packed(news: Iterable[New]) -> dict[int, bytes]:
    """One kind after another, as no fetch decides."""
    joined: New = {}
    for moment, hashes in chain.from_iterable(new.items() for new in news):
        joined.setdefault(moment, []).extend(hashes)
    return {moment: packed(np.concatenate(hashes)) for moment, hashes in joined.items()}


class Batch(NamedTuple):
    """Events of one chunk, in their order.

    Attributes:
        offsets: of their records.
        passed: the watermark (ms) once each has come; ascending.
    """

    columns: Columns
    offsets: Ints
    passed: Ints

    def part(self, start: int, stop: int) -> "Batch":
        columns = self.columns.part(start, stop)
        return Batch(columns, self.offsets[start:stop], self.passed[start:stop])

    def only(self, marks: Bools) -> "Batch":
        return Batch(self.columns.kept(marks), self.offsets[marks], self.passed[marks])
