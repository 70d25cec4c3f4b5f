"""Which posts are copies of another: as their source says, by their link, or by their words.

A copy counts as a repost with its reach, and adds no person. Two posts with the same link are one
only where the later has no words of its own: three hundred opinions about an article are three
hundred posts. Of so few words that anybody may write them, only the same author's are copies.
"""

from collections.abc import Callable, Mapping
from operator import ne
from typing import NamedTuple, Self

import numpy as np

from detectors.text.reposts.essence import Essences, essences
from detectors.text.reposts.reposts import ENOUGH, Reposts
from streams.columnar.digests import Hashes, digests
from streams.columnar.fields import Bools, Ints
from streams.events.columns import Columns
from streams.intake.filling import LINK, WORDS

Meet = Callable[[int, Hashes, Ints], Bools]
"""Which keys of a kind are new, of their hashes and the watermark (ms) once each has come."""


class Copies(NamedTuple):
    """Which events repeat another; arrays of equal length.

    Attributes:
        marks: they count as reposts, and add no person.
        mute: they say nothing of their own; who puts other words to a copy may tell of harm.
    """

    marks: Bools
    mute: Bools

    @classmethod
    def none(cls, events: int) -> Self:
        return cls(np.zeros(events, np.bool_), np.zeros(events, np.bool_))

    @classmethod
    def declared(cls, columns: Columns) -> Self:
        """Those that need no other post to be known: their source names one that they repeat."""
        marks = np.zeros(len(columns), np.bool_)
        if "repost_of" in columns.fields:
            marks |= columns.field("repost_of").present()
        if "root" in columns.fields:
            rooted = np.flatnonzero(columns.field("root").present())
            some = columns.ordered(rooted)
            marks[rooted] |= np.array(list(map(ne, some["root"], some["id"])), np.bool_)
        return cls(marks, marks)

    @classmethod
    def found(cls, columns: Columns, passed: Ints, *, reposts: Reposts, meet: Meet) -> Self:
        """Those declared, and those that are known by the posts before them.

        Args:
            columns: of posts of one chunk.
            passed: the watermark (ms) once each has come.
            reposts: the originals of the partition.
            meet: the keys of the partition.
        """
        copies = cls.declared(columns)
        if (own := ~copies.marks).any():
            rest = _undeclared(columns.kept(own), passed[own], reposts, meet)
            copies = cls(copies.marks.copy(), copies.mute.copy())
            copies.marks[own], copies.mute[own] = rest
        return copies


def _undeclared(columns: Columns, passed: Ints, reposts: Reposts, meet: Meet) -> Copies:
    texts = essences([text or "" for text in columns["text"]])
    found = reposts.match(texts, columns.times)
    few = texts.lengths < ENOUGH
    said = ~_new(WORDS, _sayings(columns, texts), passed, meet)
    linked = ~_new(LINK, _addresses(columns), passed, meet)
    return Copies(found.copies | said | few & linked, found.same | said)


def _addresses(columns: Columns) -> dict[int, str]:
    """The links without what varies from copy to copy; a whole site is no post."""
    linked = np.flatnonzero(columns.field("link").present())
    links = columns.field("link").chosen(linked).values()
    found = (link.partition("#")[0].rpartition("://")[2].rstrip("/") for link in links)
    told = zip(linked.tolist(), found, strict=True)
    return {place: address for place, address in told if "/" in address or "?" in address}


def _sayings(columns: Columns, texts: Essences) -> dict[int, str]:
    """Who said the few words that a post has."""
    few = (texts.lengths > 0) & (texts.lengths < ENOUGH) & columns.field("author").present()
    places = np.flatnonzero(few)
    authors = columns.field("author").chosen(places).values()
    told = zip(places.tolist(), authors, texts.digests(places).tolist(), strict=True)
    return {place: f"{author}\x1f{digest:x}" for place, author, digest in told}


def _new(kind: int, keys: Mapping[int, str], passed: Ints, meet: Meet) -> Bools:
    """Which posts have a key, of those by place, that was not met before, or none."""
    places = np.fromiter(keys, np.int64, len(keys))
    new = np.ones(len(passed), np.bool_)
    new[places] = meet(kind, digests(list(keys.values()), kind), passed[places])
    return new
