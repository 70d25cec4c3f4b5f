"""Which fault stands out in a batch: complaints of its product by batch and category.

They are counted where the settings have a cut by product, batch and category beside the one by
product and batch, whatever judges it. So what is held is bounded as all series are.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from alerts.defects import evidence_of
from alerts.rates import Disproportion
from detectors import disproportion
from detectors.columns import Ints
from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR
from streams.detection.judges.fleet.register import Row
from streams.detection.judges.judge import Closed, Roster
from streams.detection.series import Series

BY = "product", "batch", "category"


class Table(NamedTuple):
    """What is out of proportion in a product; `own` is the column of a batch's fault, or -1."""

    batches: dict[str, int]
    categories: list[str]
    found: disproportion.Disproportion
    own: Ints


class Faults:
    """People of each batch and category, since they are counted.

    Args:
        cuts: of the stream.
        judged: places of those by product and batch.
    """

    def __init__(self, cuts: Sequence[Cut], judged: Collection[int]) -> None:
        beside = {cut: cuts[cut].beside(cuts, *BY, family=cuts[cut].family) for cut in judged}
        self._beside = {cut: place for cut, place in beside.items() if place is not None}
        self._cuts, self._roster = cuts, Roster(self._beside.values())
        self._people = np.zeros(0, np.int64)
        self._names: list[tuple[str, str]] = []  # of batch and category, by place
        self._places = defaultdict[tuple[int, str], list[int]](list)  # by cut and product
        self._tables = dict[tuple[int, str], Table]()  # the same, as of the bucket closed last

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
            self._tables[whose] = self._table(self._places[whose])
        table = self._tables[whose]
        at = table.batches.get(row.batch, -1)
        own = int(table.own[at])
        if at < 0 or own < 0:
            return None
        return table.categories[own], evidence_of(table.found, (at, own))

    def _table(self, places: Sequence[int]) -> Table:
        """Of a product; many of its batches may be told of at once."""
        names = [self._names[place] for place in places]
        batches, categories = (sorted({name[at] for name in names}) for at in (0, 1))
        rows, columns = ({name: n for n, name in enumerate(ones)} for ones in (batches, categories))
        people = np.zeros((len(batches), len(categories)), np.int64)
        at = [rows[batch] for batch, _ in names], [columns[category] for _, category in names]
        people[at] = self._people[list(places)]
        found = disproportion.of_faults(people)
        return Table(rows, categories, found, disproportion.own_faults(found))

    def snapshot(self) -> Any:
        return self._people

    def restore(self, held: Any) -> None:
        self._people = held
        self._tables.clear()

    def _follow(self, series: Series) -> None:
        for place in range(len(self._names), self._roster.follow(series)):
            key = series.lives[self._roster.lives[place]]
            values = dict(zip(self._cuts[key.cut].by, key.fields.split(SEPARATOR), strict=True))
            self._names.append((values["batch"], values["category"]))
            self._places[key.cut, values["product"]].append(place)
        fresh = len(self._names) - self._people.size
        self._people = np.append(self._people, np.zeros(max(fresh, 0), np.int64))
