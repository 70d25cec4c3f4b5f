"""What a commit of intake says beside its offset, which is where a chunk starts."""

from typing import NamedTuple


class Standing(NamedTuple):
    """What a reading needs to know to go on from a commit.

    Attributes:
        watermark: of the partition at the offset committed, milliseconds; None before any event.
        origins: of a re-keyed partition, what it knew of them there.
        counted: below this offset nothing is lost unsaid: the chunk that fills was sent up to it,
            or what is missing before it was told of; 0 where that is not known.
    """

    watermark: int | None = None
    origins: str = ""
    counted: int = 0

    @property
    def note(self) -> str:
        mark = "" if self.watermark is None else str(self.watermark)
        origins = f"/{self.origins}" if self.origins else ""
        return f"{mark}{origins}:{self.counted}" if self.counted else f"{mark}{origins}"

    @classmethod
    def noted(cls, note: str) -> "Standing":
        """Raises ValueError where the note is none."""
        before, _, counted = note.partition(":")
        mark, _, origins = before.partition("/")
        return cls(int(mark) if mark else None, origins, int(counted or 0))
