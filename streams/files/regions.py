"""The reference table `regions`: by which names each region goes, and which border on it.

A CSV file with the columns region, parent, neighbours, aliases; of others `english` holds one more
alias. Neighbours and aliases are lists with ";" between (or "|", "、"). Who names a neighbour is
its neighbour too.
Where no file is set there is `provinces.csv`, the 34 divisions of China at the level of a
province; those that a strait parts from the next are neighbours of that.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from streams.columnar.fields import Coded, Field
from streams.columnar.vocabulary import Names
from streams.configuration.sections import Tables
from streams.events.event import NAME, Rejected
from streams.events.rejections import few, shown
from streams.files.tables import Table

COLUMNS: Final = ("region", "parent", "neighbours", "aliases")
BUILT_IN: Final = Path(__file__).with_name("provinces.csv")
NAMED: Final = {"zh": "region", "en": "english"}
"""The column of the names under which its regions are counted, by language."""
MOST: Final = 1000  # series of a cut that goes to all shards
BETWEEN: Final = re.compile(r"[;|、]")
BOM: Final = "\ufeff"
NAME_RULE: Final = f"must be 1 to {NAME} characters"
ALIAS_RULE: Final = "must be once in the table, case and blanks apart"


class _Row(NamedTuple):
    """A region as it is written; `number` is that of its row, after the header's 1."""

    number: int
    region: str
    parent: str
    neighbours: Sequence[str]
    aliases: Sequence[str]


@dataclass(frozen=True)
class Regions:
    """The table.

    Attributes:
        neighbours: by region, in the table's order; symmetric.
        parents: by region, the area it belongs to; empty where it is in none.
        aliases: by `folded` name the region, whose own name is among them.
    """

    neighbours: Mapping[str, frozenset[str]]
    parents: Mapping[str, str]
    aliases: Mapping[str, str]

    def named(self, value: str) -> str:
        """The name under which it is counted; one that is in no row stays as it is."""
        return self.aliases.get(folded(value), value)

    def scope(self, scope: Mapping[str, str]) -> dict[str, str]:
        """With its region, where it has one, by the name under which it is counted."""
        return {
            field: self.named(value) if field == "region" else value
            for field, value in scope.items()
        }

    def counted(self, field: Field, names: Names) -> Field:
        """The values of a field under these names; the table is asked once a distinct value."""
        numbers = field.coded(names)
        renamed = names.facts("region", lambda value: names[self.named(value)])
        return Coded(renamed.view(np.int64)[numbers], names)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """By region its number, in the table's order."""
        return {region: place for place, region in enumerate(self.neighbours)}

    @property
    def adjacent(self) -> tuple[tuple[int, ...], ...]:
        """By number those of its neighbours, ascending."""
        return tuple(
            tuple(sorted(self.places[near] for near in nears)) for nears in self.neighbours.values()
        )

    @property
    def areas(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the regions of each area."""
        held: dict[str, list[int]] = {}
        for region, place in self.places.items():
            held.setdefault(self.parents[region], []).append(place)
        return tuple(tuple(places) for area, places in held.items() if area)


NONE: Final = Regions({}, {}, {})


def folded(name: str) -> str:
    """What two names share that differ in case or blanks alone."""
    return " ".join(name.split()).casefold()


def of(tables: Tables) -> Regions:
    """The table that is set, else the built-in one; raises ValueError, a line for each problem."""
    if tables.regions is not None:
        return load(tables.regions)
    return NONE if tables.provinces == "off" else provinces(tables.provinces)


@cache
def provinces(language: str) -> Regions:
    """The built-in table, under the names of a language."""
    return load(BUILT_IN, column=NAMED[language])


def load(path: Path, *, column: str = "region") -> Regions:
    """The table in a file, whose regions are counted by their names in a column.

    Raises ValueError: file, row, column, rule and value, a line for each problem.
    """
    problems: list[str] = []
    try:
        with path.open("rb") as content:
            rows = list(islice(_rows(Table(iter(content)), column, problems.append), MOST + 1))
    except OSError as failure:
        raise ValueError(f"{path}: cannot be read: {failure.strerror}") from None
    if len(rows) > MOST:
        problems.append(f"must hold at most {MOST} regions")
    table = _table(rows, problems.append)
    if problems:
        raise ValueError("\n".join(f"{path}: {problem}" for problem in few(problems)))
    return table


def _rows(table: Table, column: str, refuse: Callable[[str], None]) -> Iterator[_Row]:
    header = table.header()
    names = [] if isinstance(header, Rejected) else [name.removeprefix(BOM) for name in header]
    if absent := [one for one in dict.fromkeys((*COLUMNS, column)) if one not in names]:
        refuse(f"must be a CSV file with the columns {', '.join(COLUMNS)}; lacks {absent}")
        return
    for number, values in enumerate(table, table.titles + 2):
        if isinstance(values, Rejected):
            refuse(f"row {number}: {values.rule}, got {values.value!r}")
        elif any(values):
            texts = dict(zip(names, map(str.strip, values), strict=False))
            yield _row(number, texts, column)


def _row(number: int, texts: Mapping[str, str], column: str) -> _Row:
    others = (texts.get(one, "") for one in NAMED.values())
    names = dict.fromkeys((*others, *_list(texts, "aliases")))
    region = texts.get(column, "")
    aliases = [name for name in names if name and name != region]
    return _Row(number, region, texts.get("parent", ""), _list(texts, "neighbours"), aliases)


def _list(texts: Mapping[str, str], column: str) -> list[str]:
    parts = map(str.strip, BETWEEN.split(texts.get(column, "")))
    return [part for part in parts if part]


def _table(rows: Sequence[_Row], refuse: Callable[[str], None]) -> Regions:
    aliases = _aliases(rows, refuse)
    neighbours: dict[str, set[str]] = {row.region: set() for row in rows}
    for row in rows:
        for name in row.neighbours:
            near = aliases.get(folded(name))
            if near is None or near == row.region:
                rule = "must be other regions of the table"
                refuse(f"row {row.number}: neighbours: {rule}, got {shown(name)!r}")
            else:
                neighbours[row.region].add(near)
                neighbours[near].add(row.region)
    symmetric = {region: frozenset(near) for region, near in neighbours.items()}
    return Regions(symmetric, {row.region: row.parent for row in rows}, aliases)


def _aliases(rows: Sequence[_Row], refuse: Callable[[str], None]) -> dict[str, str]:
    """The region that each name stands for, which no other may go by."""
    owners: dict[str, _Row] = {}
    for row in rows:
        for column, name in (("region", row.region), *(("aliases", one) for one in row.aliases)):
            if not 1 <= len(name) <= NAME:
                refuse(f"row {row.number}: {column}: {NAME_RULE}, got {shown(name)!r}")
            elif owners.setdefault(folded(name), row) is not row:
                refuse(f"row {row.number}: {column}: {ALIAS_RULE}, got {shown(name)!r}")
    return {name: row.region for name, row in owners.items()}
