"""Which posts are copies of another: as their source says, by their link, or by their words.

A copy counts as a repost with its reach, and adds no person. Two posts with the same link are one
only where the later has no words of its own: three hundred opinions about an article are three
hundred posts. Of so few words that anybody may write them, only the same author's are copies.
"""

from collections.abc import Callable, Sequence
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
            roots = zip(columns["id"], columns["root"], strict=True)
            marks |= np.array([root not in (None, own) for own, root in roots], np.bool_)
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
    linked = ~_new(LINK, list(map(_address, columns["link"])), passed, meet)
    return Copies(found.copies | said | few & linked, found.same | said)


def _address(link: str | None) -> str | None:
    """A link without what varies from copy to copy; None for a whole site, which is no post."""
    if link is None:
        return None
    address = link.partition("#")[0].rpartition("://")[2].rstrip("/")
    return address if "/" in address or "?" in address else None


def _sayings(columns: Columns, texts: Essences) -> list[str | None]:
    """Who said the few words that a post has."""
    few = (texts.lengths > 0) & (texts.lengths < ENOUGH)
    told = zip(columns["author"], few.tolist(), texts.digests().tolist(), strict=True)
    return [
        f"{author}\x1f{digest:x}" if short and author is not None else None
        for author, short, digest in told
    ]


def _new(kind: int, keys: Sequence[str | None], passed: Ints, meet: Meet) -> Bools:
    """Which keys were not met before; None never is."""
    some = np.array([key is not None for key in keys], np.bool_)
    new = np.ones(len(keys), np.bool_)
    new[some] = meet(kind, digests([key for key in keys if key is not None], kind), passed[some])
    return new
