"""What chunks add to the posts that others may repeat: as it travels, and put together again."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detectors.text.reposts.posts import Posts
from detectors.text.reposts.reposts import Reposts
from streams.seen.record import WIDE, SeenChunk

COLUMNS = 3  # of a row, before its sketch


def packed(posts: Posts) -> bytes:
    """Row by row: number, time, digest, sketch; 152 bytes each."""
    whole = (posts.numbers.astype(np.uint64), posts.times.astype(np.uint64), posts.digests)
    return np.column_stack([*whole, posts.sketches]).astype(WIDE).tobytes()


def unpacked(rows: bytes) -> Posts:
    blank = Posts.blank(0)
    width = COLUMNS + blank.sketches.shape[1]
    columns = np.frombuffer(rows, WIDE).reshape(-1, width).astype(np.uint64, copy=False)
    numbers, times, digests = columns.T[:COLUMNS]
    return Posts(numbers.astype(np.int64), times.astype(np.int64), digests, columns[:, COLUMNS:])


class _Link(NamedTuple):
    """What a chunk adds, where it begins, and how many posts there had been at its end."""

    first: int
    originals: bytes
    posts: int


class Chain:
    """The chunks that join up to the first one to be read, each to the next.

    What a log holds beside them adds nothing: chunks that were cut otherwise and never committed,
    and those of a topic that had the name before.

    Args:
        reposts: of the partition, with no post in it.
        before: the first chunk to be read.
    """

    def __init__(self, reposts: Reposts, *, before: int) -> None:
        self._reposts, self._before = reposts, before
        self._by_end: dict[int, _Link] = {}

    def take(self, chunks: Sequence[SeenChunk]) -> None:
        """Chunks before the first to be read; of one that comes again the later counts."""
        self._by_end |= {c.to: _Link(c.first, c.originals, c.posts) for c in chunks}
        if chunks:
            oldest = chunks[-1].posts - self._reposts.most
            self._by_end = {to: link for to, link in self._by_end.items() if link.posts > oldest}

    def restore(self) -> None:
        for link in reversed(self._links()):
            self._reposts.restore(unpacked(link.originals), following=link.posts)

    def _links(self) -> list[_Link]:
        """The newest first. Numbers begin anew where a reading began without the one before."""
        links: list[_Link] = []
        end = self._before
        while (link := self._by_end.pop(end, None)) and (
            not links or link.posts <= links[-1].posts
        ):
            links.append(link)
            end = link.first
        return links
