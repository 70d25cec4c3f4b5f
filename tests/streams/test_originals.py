"""The posts that a partition knew are put together again from what its chunks added."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.text.reposts.essence import essences
from detectors.text.reposts.minhash import BANDS
from detectors.text.reposts.posts import Posts
from detectors.text.reposts.reposts import Reposts
from streams.seen.originals import Chain, packed, unpacked
from streams.seen.record import SeenChunk

TEXTS = [
    "The kettle leaks at the lid and nobody at support answers the phone",
    "Ordered an iron three weeks ago, the courier still has no idea where it is",
    "Our parcel came open and half of what we had paid for was missing",
    "My card was charged twice and the hotline tells me to wait for a month",
]
WORDS = st.integers(0, 2**64 - 1)


def written(texts: Sequence[str], *ends: int, most: int = 100) -> list[SeenChunk]:
    """Chunks of one post each, as a reading of its own writes them."""
    reposts, chunks = Reposts(horizon=1000, most=most), []
    for text, (first, to) in zip(texts, pairwise((0, *ends)), strict=True):
        reposts.match(essences([text]), np.zeros(1, np.int64))
        added = packed(reposts.added)
        chunks.append(SeenChunk(first, to, 0, {}, {}, b"", added, reposts.following))
        reposts.settle()
    return chunks


def known(*chunks: SeenChunk, before: int, most: int = 100) -> list[int]:
    """Which of the texts are copies after a restart."""
    reposts = Reposts(horizon=1000, most=most)
    chain = Chain(reposts, before=before)
    chain.take(chunks)
    chain.restore()
    copies = reposts.match(essences(TEXTS), np.zeros(len(TEXTS), np.int64)).copies
    return np.flatnonzero(copies).tolist()


@given(st.integers(0, 9), st.data())
def test_posts_are_read_as_they_were_written(size: int, data: st.DataObject) -> None:
    rows = st.lists(WORDS, min_size=size, max_size=size)
    numbers, times, digests = (np.array(data.draw(rows), np.uint64) for _ in range(3))
    drawn = np.array(data.draw(st.lists(rows, min_size=BANDS, max_size=BANDS)), np.uint64).T
    posts = Posts(numbers.view(np.int64), times.view(np.int64), digests, drawn)
    for one, other in zip(unpacked(packed(posts)), posts, strict=True):
        assert one.tolist() == other.tolist()
    assert len(packed(posts)) == 152 * size


def test_chunks_that_come_again_add_their_posts_once() -> None:
    first, second = written(TEXTS[:2], 10, 20)
    assert known(first, second, first, second, first, before=20) == [0, 1]


def test_chunks_that_were_cut_otherwise_and_not_committed_add_nothing() -> None:
    first, *stale = written([TEXTS[0], TEXTS[1], TEXTS[2]], 10, 20, 30)
    _, recut = written([TEXTS[0], TEXTS[3]], 10, 25)
    assert known(first, *stale, recut, before=25) == [0, 3]


def test_a_topic_that_had_the_name_before_adds_nothing() -> None:
    former = written(TEXTS[:3], 7, 12, 90)
    assert known(*former, *written(TEXTS[3:], 10), before=10) == [3]


def test_a_reading_that_began_knowing_nothing_begins_the_chain() -> None:
    lost = written(TEXTS[:3], 3, 6, 10)
    (anew,) = written(TEXTS[3:], 10)
    after = SeenChunk(10, 20, 0, {}, {}, b"", anew.originals, anew.posts)
    assert known(*lost, after, before=20) == [3]
