"""A sample of somebody's data, before anything is known of its meaning."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeVar
from unicodedata import east_asian_width

from streams.events.event import Rejected
from streams.events.translation import Scalar, written

MOST: Final = 20_000  # rows; enough to know a column by
Item = TypeVar("Item")


class Refused(NamedTuple):
    """A row that is no row of values."""

    place: str
    why: Rejected


@dataclass(frozen=True)
class Sample:
    """Rows of files or of a topic, spread evenly over all of it.

    Attributes:
        name: what people call it.
        columns: in the order of the file.
        total: rows that it was taken from, the refused included.
        twice: names of several columns, which no mapping can tell apart; they are none of these.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    total: int
    refused: Sequence[Refused] = ()
    twice: Sequence[str] = ()

    @cached_property
    def profiles(self) -> "dict[str, Profile]":
        return {name: profile(name, self.rows) for name in self.columns}


@dataclass(frozen=True)
class Profile:
    """What the values of one column look like.

    Objects and arrays are no values: no mapping reads them.

    Attributes:
        rows: how many have or lack a value.
        values: how often each occurs, as a CSV file would hold it; blank ones are absent.
        raws: the first value that was written so, as it was.
    """

    name: str
    rows: int
    values: Counter[str] = field(default_factory=Counter)
    raws: dict[str, Scalar] = field(default_factory=dict)

    @cached_property
    def filled(self) -> int:
        return self.values.total()

    @cached_property
    def share_filled(self) -> float:
        return self.filled / self.rows if self.rows else 0.0

    @property
    def distinct(self) -> int:
        return len(self.values)

    @property
    def repeats(self) -> float:
        """How often a value occurs, on average."""
        return self.filled / self.distinct if self.distinct else 0.0

    @cached_property
    def width(self) -> float:
        """Mean length in columns of a terminal, in which a Chinese character takes two."""
        cells = sum(_width(value[:400]) * n for value, n in self.values.items())
        return cells / self.filled if self.filled else 0.0

    def share(self, known: Iterable[str]) -> float:
        """How much of what is filled has one of these values."""
        return sum(self.values[value] for value in known) / self.filled if self.filled else 0.0


def profile(name: str, rows: Sequence[Mapping[str, Any]]) -> Profile:
    values: Counter[str] = Counter()
    raws: dict[str, Scalar] = {}
    for row in rows:
        raw = row.get(name)
        if raw is None or isinstance(raw, dict | list):
            continue
        if (text := written(raw)).strip():
            values[text] += 1
            raws.setdefault(text, raw)
    return Profile(name, len(rows), values, raws)


def spread(items: Iterable[Item], most: int = MOST) -> list[Item]:
    """At least `most` of the items where there are as many, evenly spread over all of them."""
    kept: list[Item] = []
    stride = 1
    for number, item in enumerate(items):
        if number % stride == 0:
            kept.append(item)
        if len(kept) >= 2 * most:
            del kept[1::2]
            stride *= 2
    return kept


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(1 + (east_asian_width(c) in "WF") for c in text)
