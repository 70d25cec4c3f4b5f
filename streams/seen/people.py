"""Which ids, and which people about which matter, a partition has met, and for how long.

Time here is a watermark, cut into spans of a seventh of the horizon. What is met belongs to the
span of the moment that it came in, and is known until the partition's watermark, which never goes
back, has come to the eighth after it, when the whole span is forgotten at once. So what is known
is a function of the log: it depends neither on the pieces in which it is read nor on when a worker
was killed.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from streams.columnar.digests import Hashes
from streams.columnar.fields import Bools, Ints
from streams.seen.fingerprints import Fingerprints
from streams.seen.packed import Sought, fingerprints

SPANS = 7
NEVER = -(2**63)


class Met(NamedTuple):
    """What came of a meeting.

    Attributes:
        fresh: of each hash, whether it was not known.
        new: those that were not, by the moment (ms) at which their span begins.
    """

    fresh: Bools
    new: list[tuple[int, Hashes]]


class Seen:
    """Hashes of keys, by the span in which they were new.

    Args:
        horizon: milliseconds that the watermark goes on until a key may be forgotten.
    """

    def __init__(self, *, horizon: int) -> None:
        if horizon < SPANS:
            raise ValueError(f"horizon must be at least {SPANS} ms, got {horizon}")
        self._length = -(-horizon // SPANS)
        self._spans: dict[int, Fingerprints] = {}
        self._least = NEVER  # span that is not forgotten

    def __len__(self) -> int:
        return sum(map(len, self._spans.values()))

    @property
    def nbytes(self) -> int:
        return sum(held.nbytes for held in self._spans.values())

    @property
    def reach(self) -> int:
        """Milliseconds of the watermark that what is known goes back at most."""
        return (SPANS + 1) * self._length

    def meet(self, hashes: Hashes, moments: Ints, *, watermark: int | None = None) -> Met:
        """Ask for hashes in the order in which they come, and know them from then on.

        Args:
            hashes: of keys.
            moments: ms, at which each comes.
            watermark: how far the partition's has come, at most to the least moment; None: to the
                moments themselves, which ascend then.
        """
        fresh, new = np.empty(len(hashes), np.bool_), []
        for start, end in self.stretches(moments):
            part, moment = hashes[start:end], int(moments[start])
            self.advance(moment if watermark is None else watermark)
            span = moment // self._length
            fresh[start:end] = self._meet(part, span)
            if (some := part[fresh[start:end]]).size:
                new.append((span * self._length, some))
        return Met(fresh, new)

    def stretches(self, moments: Ints) -> Iterable[tuple[int, int]]:
        """Where the moments are of one span: from and to.

        A span that was left may be forgotten: all keys of a stretch are met before those of the
        next, of whatever kind.
        """
        if not len(moments):
            return ()
        spans = moments // self._length
        ends = np.flatnonzero(spans[1:] != spans[:-1]) + 1
        return pairwise((0, *ends.tolist(), len(moments)))

    def remember(self, moment: int, hashes: Hashes) -> None:
        """Know what was new at a moment before, unless it is forgotten by now."""
        if moment // self._length >= self._least:
            self._span(moment // self._length).add(fingerprints(hashes))

    def outlives(self, moment: int, watermark: int) -> bool:
        """Whether what was new at a moment is known yet where the watermark has come to."""
        return moment // self._length >= watermark // self._length - SPANS

    def advance(self, watermark: int) -> None:
        """Forget what the watermark leaves behind when it has come so far."""
        if (least := watermark // self._length - SPANS) > self._least:
            self._least = least
            self._forget(least)

    def _forget(self, before: int) -> None:
        """The newest has the room that all of them leave."""
        spans = {n: held for n, held in self._spans.items() if n >= before}
        if spans and len(spans) < len(self._spans):
            newest = spans[max(spans)]
            newest.lessen(sum(held.spare for held in spans.values()) - newest.spare)
        self._spans = spans

    def _span(self, number: int) -> Fingerprints:
        """Little comes into the newest so far once a newer one begins."""
        if number not in self._spans:
            beside = None if self._spans else 0
            if number > (newest := max(self._spans, default=number)):
                self._spans[newest].seal()
                beside = sum(held.spare for held in self._spans.values())
            self._spans[number] = Fingerprints(beside)
        return self._spans[number]

    def _meet(self, hashes: Hashes, span: int) -> Bools:
        """Of one span."""
        prints = fingerprints(hashes)
        fresh, sought = _first(prints), Sought(prints)
        for held in self._spans.values():
            for places in held.held(sought):
                fresh[places] = False
        self._span(span).add(prints[fresh])
        return fresh


def _first(prints: Hashes) -> Bools:
    """Marks each fingerprint where it stands first; few stand twice."""
    marks = np.ones(len(prints), np.bool_)
    ordered = np.sort(prints)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if again.size:
        places = np.flatnonzero(np.isin(prints, again))
        marks[places] = False
        marks[places[np.unique(prints[places], return_index=True)[1]]] = True
    return marks
