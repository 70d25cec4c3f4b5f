"""What a commit of intake says beside its offset, which is where a chunk starts."""

from collections.abc import Iterable
from itertools import chain, groupby
from typing import Final, NamedTuple

FIRST: Final = "first"  # in the place of the watermark, which a first chunk starts without
MOST_LETTERS: Final = 16  # stretches, so that a note keeps to the 4 KB that a broker takes


class Standing(NamedTuple):
    """What a reading needs to know to go on from a commit.

    Attributes:
        watermark: of the partition at the offset committed, milliseconds; None before any event.
        origins: of a re-keyed partition, what it knew of them there.
        counted: below this offset nothing is lost unsaid: the chunk that fills was sent up to it,
            or what is missing before it was told of; 0 where that is not known.
        letters: offsets in the chunk that fills whose dead letters are in their log; of many
            stretches the newest.
        first: the chunk is the first of all.
    """

    watermark: int | None = None
    origins: str = ""
    counted: int = 0
    letters: tuple[range, ...] = ()
    first: bool = False

    def lettered(self, offsets: Iterable[int]) -> "Standing":
        """Once these records have their letters too."""
        known = sorted({*chain.from_iterable(self.letters), *offsets})
        runs = groupby(enumerate(known), key=lambda place: place[1] - place[0])
        stretches = [[at for _, at in run] for _, run in runs]
        letters = tuple(range(some[0], some[-1] + 1) for some in stretches[-MOST_LETTERS:])
        return self._replace(letters=letters)

    @property
    def note(self) -> str:
        mark = FIRST if self.first else "" if self.watermark is None else str(self.watermark)
        origins = f"/{self.origins}" if self.origins else ""
        counted = str(self.counted or "")
        letters = ",".join(f"{one.start}+{len(one)}" for one in self.letters)
        return f"{mark}{origins}:{counted}:{letters}".rstrip(":")

    @classmethod
    def noted(cls, note: str) -> "Standing":
        """Raises ValueError where the note is none."""
        before, _, reached = note.partition(":")
        counted, _, letters = reached.partition(":")
        mark, _, origins = before.partition("/")
        first = mark == FIRST
        watermark = int(mark) if mark and not first else None
        return cls(watermark, origins, int(counted or 0), tuple(_letters(letters)), first)


def _letters(noted: str) -> Iterable[range]:
    for one in filter(None, noted.split(",")):
        start, count = map(int, one.split("+"))
        yield range(start, start + count)
