"""Records that are written alike: what differs are strings and amounts, at places to be found.

A record that is an event tells how others are written: by what stands before, between and behind
the strings and the amounts that are values. A record that has the same there, whose strings hold no
escapes and no control characters and are UTF-8, is the same object with other values. So it need
not be parsed, and all such records are looked at together. An amount is a whole number of at most
twelve digits; any other number has to be the same in all.
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
LONGEST: Final = 12  # digits of an amount
TOKEN: Final = re.compile(rb'"[^"\\]*"|(?<=[\s:,\[])\d{1,%d}(?=[\s,\]}])' % LONGEST)
KEY: Final = re.compile(rb"\s*:")
QUOTE, BACKSLASH, SPACE, ZERO = b'"\\ 0'
KNOWN: Final = 64  # numbers of quotes, of whose layouts some are remembered
SHARE: Final = 32  # at least one in so many records must be written as the one that is tried


class Value(NamedTuple):
    """A string without its quotes, or the digits of an amount, in a record.

    Attributes:
        field: whose value it is; "" where the stream has none of that name.
        start, end: of its bytes.
        quoted: whether it is a string.
    """

    field: str
    start: int
    end: int
    quoted: bool


class Layout(NamedTuple):
    """How records are written.

    Attributes:
        fields: of the values, in their order; "" for one that the stream does not have.
        constants: the values that are the same in all, by field.
        opening: the quotes that begin the strings.
        told: the edges, as `edges` has them, that quotes tell, and the record's own.
        amounts: which of the values are amounts.
        gaps: what stands before each value, its quote included, and behind the last one; a row.
    """

    fields: Sequence[str]
    constants: Mapping[str, float]
    opening: Ints
    told: Ints
    amounts: Sequence[int]
    gaps: NDArray[np.void]

    @classmethod
    def of(cls, raw: bytes, event: Event) -> Self | None:
        """Of a record and what it says; None where its values alone do not show that."""
        tokens = list(TOKEN.finditer(raw))
        keys = [raw[one.start()] == QUOTE and bool(KEY.match(raw, one.end())) for one in tokens]
        names = [_bare(one) for one, key in zip(tokens, keys, strict=True) if key]
        if any(names.count(name) > 1 for name, _ in _stated(event, int)):  # which may be -0
            return None
        values = _values(tokens, keys, event)
        said = [(one.field, raw[one.start : one.end].decode()) for one in values if one.field]
        if sorted(said) != sorted((name, str(value)) for name, value in _stated(event, str, int)):
            return None
        edges = [0, *(edge for one in values for edge in (one.start, one.end)), len(raw)]
        gaps = [raw[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
        if max(map(len, gaps)) > PADDING:
            return None
        quotes = np.flatnonzero(np.frombuffer(raw, np.uint8) == QUOTE)
        quoted = [at for at, one in enumerate(values) if one.quoted]
        told = [0, *(edge for at in quoted for edge in (2 * at + 1, 2 * at + 2)), len(edges) - 1]
        return cls(
            [one.field for one in values], dict(_stated(event, bool, float)),
            opening=np.searchsorted(quotes, [values[at].start - 1 for at in quoted]),
            told=np.array(told), amounts=[at for at, one in enumerate(values) if not one.quoted],
            gaps=_side_by_side(gaps),
        )  # fmt: skip

    def edges(self, lines: "Lines", rows: Ints) -> Ints:
        """Of the gaps (rows) of some records (columns), where they begin and end, if written so."""
        told = lines.edges(rows, self.opening)
        if not self.amounts:
            return told
        edges = np.empty((2 * len(self.fields) + 2, len(rows)), np.int64)
        edges[self.told] = told
        for at in self.amounts:
            start = np.minimum(edges[2 * at] + self._widths[at], edges[-1])
            edges[2 * at + 1], edges[2 * at + 2] = start, start + _digits(lines.page, start)
        return edges

    def fitting(self, page: Page, edges: Ints) -> Bools:
        """Which records (columns) are written so, of whose gaps these are the edges (rows)."""
        kind, widths = self.gaps.dtype, self._widths
        fits: Bools = (edges[1::2] - edges[::2] == widths[:, None]).all(axis=0)
        for at in self.amounts:
            fits &= _are_amounts(page, edges[2 * at + 1], edges[2 * at + 2])
        written = np.zeros(len(fits), kind)
        for name, starts, width in zip(kind.names or (), edges[::2], widths, strict=True):
            written[name] = page.pieces(starts, width)
        unlike = _words(written) != _words(self.gaps)
        return fits & ~unlike.any(axis=1) if unlike.any() else fits

    @property
    def _widths(self) -> Ints:
        kind = self.gaps.dtype
        return np.array([kind[name].itemsize for name in kind.names or ()])


def _values(tokens: Sequence[re.Match[bytes]], keys: Sequence[bool], event: Event) -> list[Value]:
    """The strings and amounts of a record that are values, but for what is no amount to the event.

    A score may be written without a fraction.
    """
    found = []
    for at in (at for at, key in enumerate(keys) if not key):
        start, end = tokens[at].span()
        name = _bare(tokens[at - 1]) if at and keys[at - 1] else ""
        quoted, field = tokens[at][0][0] == QUOTE, name if name in event.__struct_fields__ else ""
        if quoted:
            found.append(Value(field, start + 1, end - 1, quoted))
        elif not field or type(getattr(event, field)) is int:
            found.append(Value(field, start, end, quoted))
    return found


def _bare(string: re.Match[bytes]) -> str:
    return string[0][1:-1].decode()


def _digits(page: Page, starts: Ints) -> Ints:
    """How many stand there one after the other; 0 for more than an amount may have."""
    letters = page.pieces(starts, LONGEST + 1).view(np.uint8).reshape(-1, LONGEST + 1)
    digits: Ints = (letters - ZERO > 9).argmax(axis=1)  # what is below a zero wraps around
    return digits


def _are_amounts(page: Page, starts: Ints, ends: Ints) -> Bools:
    """Which of these have digits, the first of them no zero that counts for nothing."""
    lengths = ends - starts
    bare: Bools = (lengths > 1) & (page.pieces(starts, 1) == b"0")
    return (lengths > 0) & ~bare


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


def _stated(event: Event, *kinds: type) -> list[tuple[str, Any]]:
    """The fields with values of just these types."""
    values = [(name, getattr(event, name)) for name in event.__struct_fields__]
    return [(name, value) for name, value in values if type(value) in kinds]


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
        spans: by field its strings or the digits of its amounts, of all records.
        constants: by field the other values, of all records.
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
                edges = layout.edges(lines, rows)
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
