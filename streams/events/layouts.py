"""Records that are written alike: what differs between them are strings, at places to be found.

A record that is an event tells how others are written: by what stands before, between and behind
the strings that are values. A record that has the same there, whose strings hold no escapes and no
control characters and are UTF-8, is the same object with other strings. So it need not be parsed,
and all such records are looked at together.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from streams.columnar.fields import Bools, Ints, Listed
from streams.columnar.spans import PADDING, WORD, Page, Spans, Values, Words
from streams.events.event import Event

Example = Callable[[bytes], Event | None]
STRING: Final = re.compile(rb'"[^"\\]*"')
KEY: Final = re.compile(rb"\s*:")
QUOTE, BACKSLASH, SPACE = b'"\\ '
KNOWN: Final = 64  # numbers of quotes, of whose layouts some are remembered
SHARE: Final = 8  # at least one in so many records must be written as the one that is tried


class Layout(NamedTuple):
    """How records are written.

    Attributes:
        fields: whose values are strings, in their order; "" for one that the stream does not have.
        constants: the values that are no strings, by field.
        quotes: in each record.
        opening: the quotes that begin the values.
        gaps: what stands before each value, its quote included, and behind the last one; a row.
    """

    fields: Sequence[str]
    constants: Mapping[str, float]
    quotes: int
    opening: Ints
    gaps: NDArray[np.void]

    @classmethod
    def of(cls, raw: bytes, event: Event) -> Self | None:
        """Of a record and what it says; None where its strings alone do not show that."""
        strings = list(STRING.finditer(raw))
        keys = [KEY.match(raw, one.end()) is not None for one in strings]
        values = [at for at, key in enumerate(keys) if not key]
        named = [_bare(strings[at - 1]) if keys[at - 1] else "" for at in values]
        said = [(name, _bare(strings[at])) for name, at in zip(named, values, strict=True)]
        known = [one for one in said if one[0] in event.__struct_fields__]
        if sorted(known) != sorted(_stated(event, str).items()):
            return None
        edges = [0, *(edge for at in values for edge in _inside(strings[at])), len(raw)]
        gaps = [raw[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
        if max(map(len, gaps)) > PADDING:
            return None
        fields = [name if name in event.__struct_fields__ else "" for name in named]
        opening, quotes = 2 * np.array(values), 2 * len(strings)
        return cls(fields, _stated(event, int, float), quotes, opening, _side_by_side(gaps))

    def fitting(self, page: Page, edges: Ints) -> Bools:
        """Which records (columns) are written so, of whose gaps these are the edges (rows)."""
        kind = self.gaps.dtype
        widths = np.array([kind[name].itemsize for name in kind.names or ()])
        fits: Bools = (edges[1::2] - edges[::2] == widths[:, None]).all(axis=0)
        written = np.zeros(len(fits), kind)
        for name, starts, width in zip(kind.names or (), edges[::2], widths, strict=True):
            written[name] = page.pieces(starts, width)
        unlike = _words(written) != _words(self.gaps)
        return fits & ~unlike.any(axis=1) if unlike.any() else fits


def _side_by_side(gaps: Sequence[bytes]) -> NDArray[np.void]:
    """One row of them, which is whole words long."""
    widths = list(map(len, gaps))
    ends = np.cumsum(widths)
    kind = np.dtype(
        {
            "names": [f"{number}" for number in range(len(gaps))],
            "formats": [f"S{width}" for width in widths],
            "offsets": (ends - widths).tolist(),
            "itemsize": int(-(-ends[-1] // WORD) * WORD),
        }
    )
    row = np.zeros(1, kind)
    row[0] = tuple(gaps)
    return row


def _words(rows: NDArray[np.void]) -> Words:
    return rows.view(np.uint64).reshape(len(rows), -1)


def _stated(event: Event, *kinds: type) -> dict[str, Any]:
    """The fields that are of these types."""
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    return {name: value for name, value in values.items() if isinstance(value, kinds)}


def _bare(string: re.Match[bytes]) -> str:
    return string.group()[1:-1].decode()


def _inside(string: re.Match[bytes]) -> tuple[int, int]:
    """Where a string begins and ends without its quotes."""
    return string.start() + 1, string.end() - 1


class Lines:
    """Records on a page, with nothing or blanks between them, and the quotes in each."""

    def __init__(self, values: Values) -> None:
        laid = values.laid_out()
        self.page, self.begins, self.lengths = laid.page, laid.starts, laid.lengths
        self.ends = self.begins + self.lengths
        self.quotes = np.flatnonzero(self.page.held == QUOTE)
        self._each = self._evenly()
        if self._each:
            self._first = np.arange(0, len(self.quotes), self._each)
        else:
            self._first = np.searchsorted(self.quotes, self.begins)
        self.counts = np.diff(self._first, append=len(self.quotes))

    def __len__(self) -> int:
        return len(self.begins)

    def __getitem__(self, row: int) -> bytes:
        return self.page.raw[self.begins[row] : self.ends[row]]

    def _evenly(self) -> int:
        """How many quotes each record has, where all have equally many; else 0."""
        each, rest = divmod(len(self.quotes), max(len(self.ends), 1))
        if rest or not each:
            return 0
        firsts, lasts = self.quotes[::each], self.quotes[each - 1 :: each]
        return each if (firsts >= self.begins).all() and (lasts < self.ends).all() else 0

    def plain(self) -> Bools:
        """Which hold no escapes and no control characters; none where not all are UTF-8."""
        held, plain = self.page.held, np.ones(len(self.ends), np.bool_)
        if not (self.page.ascii or _is_text(self.page.raw)):
            return ~plain
        if held.min(initial=SPACE) < SPACE or b"\\" in self.page.raw:
            odd = np.flatnonzero((held < SPACE) | (held == BACKSLASH))
            plain[np.searchsorted(self.ends, odd, side="right")] = False
        return plain

    def edges(self, rows: Ints, opening: Ints) -> Ints:
        """Of the gaps (rows) of some of the records (columns), where they begin and end."""
        edges = np.empty((2 * len(opening) + 2, len(rows)), np.int64)
        edges[0], edges[-1] = self.begins[rows], self.ends[rows]
        if self._each and len(rows) == len(self.ends):
            quotes = self.quotes.reshape(len(rows), self._each).T
            edges[1:-1:2], edges[2:-1:2] = quotes[opening], quotes[opening + 1]
        else:
            places = self._first[rows] + opening[:, None]
            edges[1:-1:2], edges[2:-1:2] = self.quotes[places], self.quotes[places + 1]
        edges[1:-1:2] += 1
        return edges


class Alike(NamedTuple):
    """What records say that are written as others are.

    Attributes:
        spans: by field its strings, of all records.
        constants: by field the values that are no strings, of all records.
        marks: which records these are; of another one no field is there.
    """

    spans: dict[str, Spans]
    constants: dict[str, Listed]
    marks: Bools


class Layouts:
    """How the records of one stream are written, as far as it is known.

    Args:
        example: what a record says; None where it is no event.
    """

    def __init__(self, example: Example) -> None:
        self._example = example
        self._known: dict[int, list[Layout]] = {}  # by their quotes

    def alike(self, lines: Lines) -> Alike:
        """What records say, of JSON, that are written as others are."""
        size = len(lines)
        marks = np.zeros(size, np.bool_)
        places: dict[str, Ints] = {}
        constants: dict[str, Listed] = {}
        for layout, rows, edges in self._groups(lines):
            chosen = rows if len(rows) < size else slice(None)
            marks[chosen] = True
            for field, start, end in zip(layout.fields, edges[1::2], edges[2::2], strict=False):
                held = places.setdefault(field, np.zeros((2, size), np.int64))
                held[0, chosen], held[1, chosen] = start, end - start
            for field, value in layout.constants.items():
                constants.setdefault(field, Listed([None] * size)).put(value, rows)
        places.pop("", None)
        return Alike({f: Spans(lines.page, *at) for f, at in places.items()}, constants, marks)

    def _groups(self, lines: Lines) -> Iterator[tuple[Layout, Ints, Ints]]:
        """Records of one layout, and the edges of their gaps."""
        plain = lines.plain()
        for count in np.unique(lines.counts[plain]).tolist():
            rows = np.flatnonzero(plain & (lines.counts == count))
            known, used = self._known.pop(count, []), []
            while SHARE * len(rows) >= len(lines):
                tried, layout = bool(known), known.pop() if known else self._layout(lines[rows[0]])
                if layout is None:
                    break
                edges = lines.edges(rows, layout.opening)
                fits = layout.fitting(lines.page, edges)
                if fits.all():
                    yield layout, rows, edges
                elif SHARE * np.count_nonzero(fits) >= len(rows):
                    yield layout, rows[fits], edges[:, fits]
                elif tried:
                    continue
                else:
                    break
                used.append(layout)
                rows = rows[~fits]
            self._known[count] = used + known
        if len(self._known) > KNOWN:
            self._known.clear()

    def _layout(self, raw: bytes) -> Layout | None:
        event = self._example(raw)
        return None if event is None else Layout.of(raw, event)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
