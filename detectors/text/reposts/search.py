"""What each post of a run repeats, of the originals before it.

Whether a post is an original decides what a later one finds. So the answer is guessed and asked
for again until it stays: the first post never changes, the second not after one more round, and so
on. Hence it is the only answer, that of one post after another; two or three rounds find it.
"""

import numpy as np

from detectors.columns import Bools, Ints
from detectors.text.reposts.minhash import likeness
from detectors.text.reposts.originals import NONE, Originals
from detectors.text.reposts.posts import Matches, Posts


class Search:
    """A run of posts, whose numbers follow each other, before a table of originals.

    Args:
        horizon: milliseconds of event time between a copy and its original.
        least: likeness of a copy.
    """

    def __init__(self, posts: Posts, table: Originals, *, horizon: int, least: float) -> None:
        self._posts, self._table = posts, table
        self._horizon, self._least = horizon, least
        self._first = int(posts.numbers[0]) if len(posts.numbers) else 0
        self._slots = table.slots(posts.sketches)

    def matches(self) -> Matches:
        size = len(self._posts.numbers)
        found, copies = Matches.none(size), np.ones(size, np.bool_)
        while (found.copies != copies).any():
            copies = found.copies
            found = self._nearest(~copies)
        own = ~found.copies
        found.originals[own] = self._posts.numbers[own]
        return found

    def _nearest(self, original: Bools) -> Matches:
        """The nearest of each post, if these posts of the run are originals."""
        at, numbers = self._candidates(original)
        others, posts = self._of(numbers), self._posts.take(at)
        shares = likeness(others.sketches, posts.sketches)
        near = np.abs(posts.times - others.times) <= self._horizon
        kept = np.flatnonzero(near & (shares >= self._least))
        kept = kept[np.lexsort((-numbers[kept], shares[kept]))]  # the nearest is written last
        found = Matches.none(len(original))
        found.originals[at[kept]], found.likeness[at[kept]] = numbers[kept], shares[kept]
        found.same[at[kept]] = others.digests[kept] == posts.digests[kept]
        return found

    def _candidates(self, original: Bools) -> tuple[Ints, Ints]:
        """Pairs of a post's place and an original's number that have a band in common."""
        posts, bands, begins, held = self._slots
        entries = np.where(original[posts], np.arange(len(posts)), NONE)
        before = np.concatenate(([NONE], np.maximum.accumulate(entries)[:-1]))[: len(posts)]
        within = before >= begins
        other = posts[before]
        same = self._posts.sketches[other, bands] == self._posts.sketches[posts, bands]
        led = np.where(within, np.where(same, self._posts.numbers[other], NONE), held)
        led[self._posts.numbers[posts] - led >= self._table.most] = NONE
        some = led != NONE
        pairs = np.sort(led[some] * len(original) + posts[some])
        numbers, at = np.divmod(pairs[np.diff(pairs, prepend=NONE) > 0], len(original))
        return at, numbers

    def _of(self, numbers: Ints) -> Posts:
        """These originals."""
        found, within = self._table.held(numbers), numbers >= self._first
        for column, own in zip(found, self._posts, strict=True):
            column[within] = own[numbers[within] - self._first]
        return found
