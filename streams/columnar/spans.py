"""Strings as places in the bytes they came in, looked at together and made objects only if asked.

No character of theirs is a control character: zeros can stand behind them, and an empty one is
one that is absent.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import Final, Self, overload

import numpy as np
import xxhash
from numpy.typing import NDArray

from streams.columnar.digests import Hashes
from streams.columnar.fields import Bools, Chosen, Field, Ints

Words = NDArray[np.uint64]
Letters = NDArray[np.uint8]
Pieces = NDArray[np.bytes_]
WORD: Final = 8  # bytes
WIDEST: Final = 64  # bytes, up to which strings are taken as words
BLANKS: Final = np.uint32(0x20202020)
PADDING: Final = 256  # bytes behind a page, so that pieces may go beyond it


class Page:
    """Bytes in which strings lie, and from which pieces of one length are taken.

    Args:
        raw: the bytes, and PADDING behind them.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.held = np.frombuffer(raw, np.uint8)[:-PADDING]

    @classmethod
    def of(cls, raws: Iterable[bytes]) -> Self:
        """One after the other."""
        return cls(b"".join([*raws, bytes(PADDING)]))

    @cached_property
    def ascii(self) -> bool:
        return self.raw.isascii()

    def pieces(self, starts: Ints, width: int) -> Pieces:
        """So many bytes from each place on."""
        pieces = np.ndarray((len(self.raw) - width + 1,), f"S{width}", self.raw, strides=(1,))
        return pieces[starts]


class Values(Sequence[bytes]):
    """Bytes that lie among others, each made an object only if asked for.

    Args:
        raw: in which they lie.
        starts: ascending; none begins before the one before it ends.
        lengths: of each.
    """

    def __init__(self, raw: bytes, starts: Ints, lengths: Ints) -> None:
        self._raw, self.starts, self.lengths = raw, starts, lengths

    @classmethod
    def of(cls, raws: Sequence[bytes]) -> "Values":
        if isinstance(raws, Values):
            return raws
        lengths = np.fromiter(map(len, raws), np.int64, len(raws))
        return cls(Page.of(raws).raw, np.cumsum(lengths) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, which: int) -> bytes: ...
    @overload
    def __getitem__(self, which: slice) -> "Values": ...
    def __getitem__(self, which: int | slice) -> "bytes | Values":
        if isinstance(which, slice):
            return Values(self._raw, self.starts[which], self.lengths[which])
        start = int(self.starts[which])
        return self._raw[start : start + int(self.lengths[which])]

    def __iter__(self) -> Iterator[bytes]:
        ends = (self.starts + self.lengths).tolist()
        return (self._raw[s:e] for s, e in zip(self.starts.tolist(), ends, strict=True))

    def laid_out(self) -> "Values":
        """Where nothing but blanks lies between them, and PADDING behind them."""
        ends = self.starts + self.lengths
        gaps = self.starts[1:] - ends[:-1]
        if self.lengths.sum() + PADDING == len(self._raw):
            return self
        if not gaps.size or gaps.min() < BLANKS.itemsize or gaps.max() > PADDING:
            return Values.of(list(self))
        first, size = int(self.starts[0]), int(ends[-1] - self.starts[0])
        page = np.zeros(size + PADDING, np.uint8)
        page[:size] = np.frombuffer(self._raw, np.uint8, size, first)
        words = np.ndarray((size,), BLANKS.dtype, page.data, strides=(1,))
        begins, last = ends[:-1] - first, self.starts[1:] - first - BLANKS.itemsize
        for at in range(0, int(gaps.max()), BLANKS.itemsize):
            words[np.minimum(begins + at, last)] = BLANKS
        return Values(page.tobytes(), self.starts - first, self.lengths)

    @property
    def page(self) -> Page:
        """Of those that are laid out."""
        return Page(self._raw)


class Spans(Field):
    """A field whose values are strings on a page.

    Args:
        page: UTF-8.
        starts: of the strings.
        lengths: in bytes; 0 where it is absent.
    """

    def __init__(self, page: Page, starts: Ints, lengths: Ints) -> None:
        self.page, self.starts, self.lengths = page, starts, lengths

    def __len__(self) -> int:
        return len(self.starts)

    def chosen(self, which: Chosen) -> Self:
        return type(self)(self.page, self.starts[which], self.lengths[which])

    def followed_by(self, others: Sequence[Field]) -> Self | None:
        """Where all are strings, on a page that holds nothing else."""
        like = [self, *(one for one in others if isinstance(one, type(self)))]
        if len(like) <= len(others):
            return None
        page = Page.of(b"".join(one.bytes()) for one in like)
        lengths = np.concatenate([one.lengths for one in like])
        return type(self)(page, np.cumsum(lengths) - lengths, lengths)

    def values(self) -> list[str | None]:
        return [found.decode() or None for found in self.bytes()]

    def present(self) -> Bools:
        return self.lengths > 0

    def digests(self, kind: int) -> Hashes:
        hashed = map(xxhash.xxh3_64_intdigest, self.bytes(), repeat(kind))
        return np.fromiter(hashed, np.uint64, len(self))

    @property
    def longest(self) -> int:
        return int(self.lengths.max(initial=0))

    def words(self) -> Words:
        """The bytes of each string (columns), of at most WIDEST, filled up with zeros."""
        number = max(-(-self.longest // WORD), 1)
        pieces = self.page.pieces(self.starts, number * WORD).view("<u8").reshape(-1, number)
        if self.lengths.min(initial=self.longest) == self.longest:  # as of most kinds of ids
            return (pieces & KEPT[self.longest, :number]).T
        words: Words = (pieces & KEPT[:, :number].take(self.lengths, axis=0)).T
        return words

    def letters(self) -> Letters | None:
        """The bytes of each string (rows) where all have equally many."""
        width = self.longest
        if not 0 < width <= WIDEST or (self.lengths != width).any():
            return None
        return self.page.pieces(self.starts, width).view(np.uint8).reshape(-1, width)

    def bytes(self) -> Sequence[bytes]:
        if self.longest > WIDEST:
            return [self.page.raw[start:end] for start, end in self._bounds()]
        words = np.ascontiguousarray(self.words().T)
        taken: list[bytes] = words.view(f"S{words.shape[1] * WORD}").ravel().tolist()
        return taken

    def _bounds(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts.tolist(), (self.starts + self.lengths).tolist(), strict=True)


class Amounts(Spans):
    """A field whose values are whole numbers, as digits on a page; of at most 18."""

    def values(self) -> list[int | None]:  # type: ignore[override]
        return [int(found) if found else None for found in self.bytes()]

    def amounts(self) -> Ints:
        width = max(self.longest, 1)
        digits = self.page.pieces(self.starts, width).view(np.uint8).reshape(-1, width) - ord("0")
        behind = self.lengths[:, None] - np.arange(1, width + 1)
        worth = np.where(behind < 0, 0, 10 ** np.maximum(behind, 0))
        amounts: Ints = (digits * worth).sum(axis=1)
        return amounts


def _kept() -> Words:
    """Of strings of each length (rows) the bits of each word (columns) that belong to them."""
    kept = np.arange(WIDEST) < np.arange(WIDEST + 1)[:, None]
    return np.where(kept, 0xFF, 0).astype(np.uint8).view("<u8").astype(np.uint64)


KEPT: Final = _kept()
