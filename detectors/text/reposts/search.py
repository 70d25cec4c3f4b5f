"""What each post of a run repeats, of the originals before it.

Whether a post is an original decides what a later one finds. So the answer is guessed and asked
for again until it stays: the first post never changes, the second not after one more round, and so
on. Hence it is the only answer, that of one post after another; two or three rounds find it.
"""

import numpy as np

from detectors.columns import Bools, Floats, Ints
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
        self._size = len(posts.numbers)
        self._first = int(posts.numbers[0]) if self._size else 0
        self._slots = table.slots(posts.sketches)
        self._compared = np.empty(0, np.int64), np.empty(0)  # pairs of the last round, and shares

    def matches(self) -> Matches:
        found, copies = Matches.none(self._size), np.ones(self._size, np.bool_)
        while (found.copies != copies).any():
            copies = found.copies
            found = self._nearest(~copies)
        own = ~found.copies
        found.originals[own] = self._posts.numbers[own]
        return found

    def _nearest(self, original: Bools) -> Matches:
        """The nearest of each post, if these posts of the run are originals."""
        pairs = self._pairs(original)
        shares = self._shares(pairs)
        kept = shares >= self._least
        shares, (numbers, at) = shares[kept], np.divmod(pairs[kept], self._size)
        same = self._of(numbers).digests == self._posts.digests[at]
        order = np.lexsort((-numbers, shares))  # the nearest is written last
        found, at = Matches.none(self._size), at[order]
        found.originals[at], found.likeness[at] = numbers[order], shares[order]
        found.same[at] = same[order]
        return found

    def _pairs(self, original: Bools) -> Ints:
        """An original's number, times the posts, and a post's place that have a band in common.

        Ascending, and so by number.
        """
        posts, bands, begins, held = self._slots
        entries = np.where(original[posts], np.arange(len(posts)), NONE)
        before = np.concatenate(([NONE], np.maximum.accumulate(entries)[:-1]))[: len(posts)]
        within = before >= begins
        other = posts[before]
        same = self._posts.sketches[other, bands] == self._posts.sketches[posts, bands]
        led = np.where(within, np.where(same, self._posts.numbers[other], NONE), held)
        led[self._posts.numbers[posts] - led >= self._table.most] = NONE
        some = led != NONE
        pairs = np.sort(led[some] * self._size + posts[some])
        distinct: Ints = pairs[np.diff(pairs, prepend=NONE) > 0]
        return distinct

    def _shares(self, pairs: Ints) -> Floats:
        """What each pair has in common; most are those of the round before."""
        before, known = self._compared
        places = np.searchsorted(before, pairs)
        again = np.append(before, NONE)[places] == pairs
        shares = np.empty(len(pairs))
        shares[again] = known[places[again]]
        shares[~again] = self._compare(pairs[~again])
        self._compared = pairs, shares
        return shares

    def _compare(self, pairs: Ints) -> Floats:
        """The share of runs that each pair has in common; 0 where they are too far apart."""
        numbers, at = np.divmod(pairs, self._size)
        others, posts = self._of(numbers), self._posts.take(at)
        near = np.abs(posts.times - others.times) <= self._horizon
        shares: Floats = near * likeness(others.sketches, posts.sketches)
        return shares

    def _of(self, numbers: Ints) -> Posts:
        """These originals, of which the numbers ascend."""
        own = np.searchsorted(numbers, self._first)
        held = self._table.held(numbers[:own])
        return Posts.joined([held, self._posts.take(numbers[own:] - self._first)])
