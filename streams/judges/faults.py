"""Which fault stands out in a batch: complaints of its product by batch and category.

They are counted where the settings have a cut by product, batch and category beside the one by
product and batch, whatever judges it. So what is held is bounded as all series are.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from alerts.defects import evidence_of
from alerts.rates import Disproportion
from detectors import disproportion
from streams.cells import SEPARATOR
from streams.judges.judge import Closed, Roster
from streams.judges.register import Row
from streams.sections import Cut
from streams.series import Series

BY = {"product", "batch", "category"}


class Faults:
    """People of each batch and category, since they are counted.

    Args:
        cuts: of the stream.
        judged: places of those by product and batch.
    """

    def __init__(self, cuts: Sequence[Cut], judged: Collection[int]) -> None:
        beside = ((cut, _beside(cuts, cuts[cut])) for cut in sorted(judged))
        self._beside = {cut: place for cut, place in beside if place is not None}
        self._cuts, self._roster = cuts, Roster(self._beside.values())
        self._people = np.zeros(0, np.int64)
        self._names: list[tuple[str, str]] = []  # of batch and category, by place
        self._places = defaultdict[tuple[int, str], list[int]](list)  # by cut and product

    def close(self, closed: Closed) -> None:
        self._follow(closed.series)
        self._people += closed.people[self._roster.lives]

    def of(self, row: Row) -> tuple[str, Disproportion] | None:
        """The category that is out of proportion in a batch of its product, and how far."""
        places = self._places.get((self._beside.get(row.cut, -1), row.product), [])
        names = [self._names[place] for place in places]
        batches, categories = (sorted({name[at] for name in names}) for at in (0, 1))
        if row.batch not in batches:
            return None
        table = np.zeros((len(batches), len(categories)), np.int64)
        rows = [batches.index(batch) for batch, _ in names]
        columns = [categories.index(category) for _, category in names]
        table[rows, columns] = self._people[places]
        found, at = disproportion.of_faults(table), batches.index(row.batch)
        own = int(disproportion.own_faults(found)[at])
        return (categories[own], evidence_of(found, (at, own))) if own >= 0 else None

    def snapshot(self) -> Any:
        return self._people

    def restore(self, held: Any) -> None:
        self._people = held

    def _follow(self, series: Series) -> None:
        for place in range(len(self._names), self._roster.follow(series)):
            key = series.lives[self._roster.lives[place]]
            values = dict(zip(self._cuts[key.cut].by, key.fields.split(SEPARATOR), strict=True))
            self._names.append((values["batch"], values["category"]))
            self._places[key.cut, values["product"]].append(place)
        fresh = len(self._names) - self._people.size
        self._people = np.append(self._people, np.zeros(max(fresh, 0), np.int64))


def _beside(cuts: Sequence[Cut], cut: Cut) -> int | None:
    """The cut that parts the same by category, in the same shards."""
    alike = (
        n
        for n, other in enumerate(cuts)
        if set(other.by) == BY and other.family == cut.family and other.where == cut.where
    )
    return next(alike, None)
