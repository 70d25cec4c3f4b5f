"""Which fault stands out in a batch: complaints of its product by batch and category.

They are counted where the settings have a cut by product, batch and category beside the one by
product and batch, whatever judges it. So what is held is bounded as all series are.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec import convert

from alerts.defects import evidence_of
from alerts.rates import Disproportion
from detectors import disproportion
from detectors.columns import Ints
from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR
from streams.detection.judges.fleet.register import Row
from streams.detection.judges.judge import Closed, Roster
from streams.detection.retirement import Retirement
from streams.detection.series import Series

BY = "product", "batch", "category"
GONE = -1
Product = tuple[int, str]
"""A cut, and a product in it."""
Name = tuple[str, str]
"""A batch and a category."""


class Table(NamedTuple):
    """What is out of proportion in a product; `own` is the column of a batch's fault, or -1."""

    batches: dict[str, int]
    categories: list[str]
    found: disproportion.Disproportion
    own: Ints


class Faults:
    """People of each batch and category, since they are counted.

    Those of series that are retired stay, by their names, until all of the product are: what is
    told of a batch is held against its product.

    Args:
        cuts: of the stream.
        judged: places of those by product and batch.
    """

    def __init__(self, cuts: Sequence[Cut], judged: Collection[int]) -> None:
        beside = {cut: cuts[cut].beside(cuts, *BY, family=cuts[cut].family) for cut in judged}
        self._beside = {cut: place for cut, place in beside.items() if place is not None}
        self._cuts, self._roster = cuts, Roster(self._beside.values())
        self._people = np.zeros(0, np.int64)
        self._names: list[Name] = []  # by place
        self._places = defaultdict[Product, list[int]](list)  # by cut and product
        self._former = defaultdict[Product, dict[Name, int]](dict)  # of those that are retired
        self._tables = dict[Product, Table]()  # the same, as of the bucket closed last

    def close(self, closed: Closed) -> None:
        self._follow(closed.series)
        self._people += closed.people[self._roster.lives]
        self._tables.clear()

    def of(self, row: Row) -> tuple[str, Disproportion] | None:
        """The category that is out of proportion in a batch of its product, and how far."""
        whose = self._beside.get(row.cut, -1), row.product
        if whose not in self._places:
            return None
        if whose not in self._tables:
            self._tables[whose] = self._table(whose)
        table = self._tables[whose]
        at = table.batches.get(row.batch, -1)
        own = int(table.own[at])
        if at < 0 or own < 0:
            return None
        return table.categories[own], evidence_of(table.found, (at, own))

    def _table(self, whose: Product) -> Table:
        """Of a product; many of its batches may be told of at once."""
        former, places = self._former.get(whose, {}), self._places[whose]
        names = [*former, *(self._names[place] for place in places)]
        batches, categories = (sorted({name[at] for name in names}) for at in (0, 1))
        rows, columns = ({name: n for n, name in enumerate(ones)} for ones in (batches, categories))
        people = np.zeros((len(batches), len(categories)), np.int64)
        at = [rows[batch] for batch, _ in names], [columns[category] for _, category in names]
        people[at] = [*former.values(), *self._people[places].tolist()]
        found = disproportion.of_faults(people)
        return Table(rows, categories, found, disproportion.own_faults(found))

    def retire(self, retirement: Retirement) -> None:
        places = self._roster.retire(retirement)
        moved = np.full(len(self._names), GONE)
        moved[places] = np.arange(places.size)
        for whose, own in self._places.items():
            gone = [place for place in own if moved[place] == GONE]
            self._former[whose] |= {self._names[n]: int(self._people[n]) for n in gone}
            own[:] = [int(moved[place]) for place in own if moved[place] != GONE]
        for whose in [whose for whose, own in self._places.items() if not own]:
            del self._places[whose], self._former[whose]
        self._names = [self._names[place] for place in places.tolist()]
        self._people = self._people[places]
        self._tables.clear()

    def snapshot(self) -> Any:
        held = sorted((whose, names) for whose, names in self._former.items() if names)
        former = [(whose, list(names.items())) for whose, names in held]
        return {"people": self._people, "former": former}

    def restore(self, held: Any) -> None:
        self._people = held["people"]
        for whose, names in convert(held["former"], list[tuple[Product, list[tuple[Name, int]]]]):
            self._former[whose] = dict(names)
        self._tables.clear()

    def _follow(self, series: Series) -> None:
        """After a restart all are new, and their people are known."""
        fresh = list[int]()
        for place in range(len(self._names), self._roster.follow(series)):
            key = series.lives[self._roster.lives[place]]
            values = dict(zip(self._cuts[key.cut].by, key.fields.split(SEPARATOR), strict=True))
            whose, name = (key.cut, values["product"]), (values["batch"], values["category"])
            self._names.append(name)
            self._places[whose].append(place)
            if place >= self._people.size:
                fresh.append(self._former[whose].pop(name, 0))
        self._people = np.append(self._people, np.array(fresh, np.int64))
