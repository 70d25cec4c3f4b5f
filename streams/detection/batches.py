"""The reference table `batches`: when which batch was made and shipped, and how many units it has.

A CSV file with the columns product, batch, made, shipped, units; others are left alone. A batch
that is not in it, or has no day of shipping or no units, has no rate: what is not known is None
and stays unknown. The days are those of `detection.zone`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from streams.events.event import NAME
from streams.files import entries
from streams.files.entries import RefusedError, Texts
from streams.settings import SettingsError

COLUMNS: Final = ("product", "batch", "made", "shipped", "units")
MOST_UNITS: Final = 10**12
DAY_RULE: Final = "must be a day such as 2026-03-01, or empty"
UNITS_RULE: Final = f"must be a whole number from 1 to {MOST_UNITS}, or empty"
NAME_RULE: Final = f"must be 1 to {NAME} characters"

Name = tuple[str, str]  # product and batch
T = TypeVar("T")


class TableError(SettingsError):
    """A table that cannot be used; each line names file, row, column, rule and value."""

    def __init__(self, path: Path, *problems: str) -> None:
        super().__init__(*(f"{path}: {problem}" for problem in problems))


class Batch(NamedTuple):
    """What is known of one batch; `units` left the factory on `shipped`."""

    made: date | None
    shipped: date | None
    units: int | None

    @property
    def counted(self) -> bool:
        """Whether complaints can be told per unit in the field."""
        return self.shipped is not None and self.units is not None


UNKNOWN: Final = Batch(None, None, None)


class Batches(Mapping[Name, Batch]):
    """The table by product and batch; of what it lacks, `of` says that it is unknown."""

    def __init__(self, known: Mapping[Name, Batch] | None = None) -> None:
        self._known = dict(known or {})

    def __getitem__(self, name: Name) -> Batch:
        return self._known[name]

    def __iter__(self) -> Iterator[Name]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def of(self, product: str, batch: str) -> Batch:
        return self._known.get((product, batch), UNKNOWN)


def load(path: Path | None) -> Batches:
    """The table in the file, the empty one for no file; raises TableError."""
    if path is None:
        return Batches()
    known: dict[Name, Batch] = {}
    if problems := entries.read(path, COLUMNS, lambda _, texts: _put(texts, known)):
        raise TableError(path, *problems)
    return Batches(known)


def _put(texts: Texts, known: dict[Name, Batch]) -> None:
    known[_new(texts, known)] = _batch(texts)


def _new(texts: Texts, known: Mapping[Name, Batch]) -> Name:
    name = _name("product", texts), _name("batch", texts)
    if name in known:
        raise RefusedError("batch", "must be once for each product", name[1])
    return name


def _batch(texts: Texts) -> Batch:
    made, shipped = _day("made", texts), _day("shipped", texts)
    if made and shipped and shipped < made:
        raise RefusedError("shipped", f"must not be before made ({made})", texts["shipped"])
    return Batch(made, shipped, _parsed("units", texts, _units, UNITS_RULE))


def _name(column: str, texts: Texts) -> str:
    if not 1 <= len(texts[column]) <= NAME:
        raise RefusedError(column, NAME_RULE, texts[column])
    return texts[column]


def _day(column: str, texts: Texts) -> date | None:
    return _parsed(column, texts, date.fromisoformat, DAY_RULE)


def _units(text: str) -> int:
    units = int(text) if text.isdecimal() else 0
    if not 1 <= units <= MOST_UNITS:
        raise ValueError
    return units


def _parsed(column: str, texts: Texts, parse: Callable[[str], T], rule: str) -> T | None:
    text = texts[column]
    if not text:
        return None
    try:
        return parse(text)
    except ValueError:
        raise RefusedError(column, rule, text) from None
