"""Which posts repeat an earlier one, by near-identical text.

A post joins the original that is most like it. It is never linked through another copy, which
would chain what is unrelated; and too few words are no evidence: everybody writes "thank you".
"""

import numpy as np

from detectors.columns import Ints
from detectors.text.reposts.essence import Essences
from detectors.text.reposts.minhash import sketches
from detectors.text.reposts.originals import Originals
from detectors.text.reposts.posts import Matches, Posts
from detectors.text.reposts.search import Search

ENOUGH = 16  # characters of an essence
ALIKE = 0.5  # share of runs in common
STRETCH = 1024  # posts searched for at once


class Reposts:
    """The originals of one partition, as far back as a copy is looked for.

    What it answers depends on the posts and their order, not on the pieces in which it was asked.

    Args:
        horizon: milliseconds of event time between a copy and its original.
        most: an original is forgotten after so many posts; 280 to 410 bytes each.
    """

    def __init__(self, *, horizon: int, most: int) -> None:
        if horizon < 1:
            raise ValueError(f"horizon must be at least 1 ms, got {horizon}")
        self._horizon = horizon
        self._table = Originals(most=most)
        self._following = 0
        self._added: list[Posts] = []

    @property
    def most(self) -> int:
        """Posts after which an original is forgotten."""
        return self._table.most

    @property
    def following(self) -> int:
        """The number of the next post."""
        return self._following

    @property
    def added(self) -> Posts:
        """The originals since the last chunk was closed: what a restart needs of this one."""
        return Posts.joined(self._added)

    def match(self, texts: Essences, times: Ints) -> Matches:
        """What each text repeats, in order; one that repeats none is its own original.

        One of fewer than `ENOUGH` characters is neither, and is not numbered.
        """
        places = np.flatnonzero(texts.lengths >= ENOUGH)
        numbers = self._following + np.arange(len(places))
        drawn, digests = sketches(texts)[places], texts.digests(places)
        posts = Posts(numbers, times[places], digests, drawn)
        found = Matches.none(len(times))
        stretch = min(STRETCH, self._table.most)
        for start in range(0, len(places), stretch):
            part = slice(start, start + stretch)
            for column, values in zip(found, self._search(posts.take(part)), strict=True):
                column[places[part]] = values
        return found

    def settle(self) -> None:
        """The chunk is closed."""
        self._added.clear()

    def restore(self, posts: Posts, *, following: int) -> None:
        """Take in what a chunk had added, and where it ended; the oldest chunk first."""
        if following < self._following:
            raise ValueError(f"following must be at least {self._following}, got {following}")
        self._table.add(posts)
        self._following = following

    def _search(self, posts: Posts) -> Matches:
        """What posts that come next repeat; those that repeat none are originals from now on."""
        found = Search(posts, self._table, horizon=self._horizon, least=ALIKE).matches()
        originals = posts.take(~found.copies)
        self._table.add(originals)
        self._added.append(originals)
        self._following += len(posts.numbers)
        return found
