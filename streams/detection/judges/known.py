"""All that is known of combinations, as series are born, retired and born again."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from detectors.columns import Bools, Ints
from detectors.novelty import Before, Combinations
from streams.detection.judges.combinations import Index, People, Seen, Sums
from streams.detection.judges.former import Former, Had, Name
from streams.detection.judges.judge import NOBODY, Closed, Seat
from streams.detection.retirement import Retirement
from streams.detection.series import UNBORN, Series


class Known:
    """The combinations of the cuts judged, with their subjects, groups and faults.

    Of series that were retired it is held by name what they had, for as long as their subject, or
    their group, has another that lives; a subject that comes back after that begins anew.

    Attributes:
        state: of the combinations that live, in the places of `index`.
    """

    def __init__(self, seat: Seat) -> None:
        self._cuts, self._judged = seat.cuts, seat.of("novelty")
        self.index = self._indexed()
        self.state = Combinations.empty()
        self._sums = Sums(Seen.empty(), People.empty(), Seen.empty())
        self._former = Former(seat.settings.detection.max_series)
        self._singles, self._begun = NOBODY, False

    @property
    def subjects(self) -> Seen:
        return self._sums.subjects

    def follow(self, closed: Closed) -> None:
        """Take in what was born; where it begins in the middle, what lives already is no news."""
        known, faults = self.state.size, self._sums.faults.size
        self.state = self.state.grown(self.index.follow(closed.series))
        self._sums = self._sums.grown(self.index.sizes)
        self._recall(np.arange(known, self.state.size))
        if self._singles.size != self.subjects.size:
            self._count_singles()
        self._recall_faults(self.index.names[2][faults:], faults)
        if not self._begun:
            self.state.told[self.index.lives < closed.born] = True
            self._begun = True

    def before(self, closed: Closed) -> Before:
        return self.index.before(
            self.state, self._sums, self._singles, closed.people, bucket=closed.bucket
        )

    def count(self, closed: Closed) -> None:
        self.index.count(closed.people, self._sums, bucket=closed.bucket)

    def holds(self, series: Series) -> Ints:
        """The lives of cuts of which no more names can be held."""
        return self.index.of(self._former.full, series)

    def retire(self, retirement: Retirement, series: Series) -> None:
        """Hold by name what goes of what stays."""
        before, self.index = self.index, self._indexed()
        stays = retirement.lives(before.lives) != UNBORN
        self.index.follow(series)
        self._keep(before, ~stays)
        self.state = self.state.take(np.flatnonzero(stays))
        pairs = zip(before.names, self.index.names, strict=True)
        self._sums = self._sums.rearranged([_moved(*names) for names in pairs])
        self._count_singles()

    def snapshot(self) -> dict[str, Any]:
        subjects, groups, faults = self._sums
        return {
            "state": self.state.columns(), "subjects": subjects.columns(),
            "groups": groups.columns(), "faults": faults.columns(),
            "former": self._former.snapshot(), "begun": self._begun,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self.state = Combinations.of(held["state"])
        self._sums = Sums(
            Seen.of(held["subjects"]), People.of(held["groups"]), Seen.of(held["faults"])
        )
        self._former.restore(held["former"])
        self._begun = held["begun"]

    def _indexed(self) -> Index:
        return Index(self._cuts, self._judged)

    def _recall(self, places: Ints) -> None:
        """Of those just born, whether they had been retired: they are known."""
        for place, name in zip(places.tolist(), self.index.combinations(places), strict=True):
            if (had := self._former.recall(name)) is not None:
                self.state.people[place], self.state.first[place] = had
                self.state.told[place] = True
                self._singles = NOBODY

    def _recall_faults(self, names: Iterable[Name], first: int) -> None:
        for number, name in enumerate(names, first):
            if (had := self._former.recall(name)) is not None:
                faults = self._sums.faults
                faults.people[number], faults.since[number] = had

    def _keep(self, before: Index, gone: Bools) -> None:
        """What those had that are gone, of subjects and of groups that stay."""
        places = np.flatnonzero(gone)
        had = map(Had, self.state.people[places].tolist(), self.state.first[places].tolist())
        self._former.keep(zip(before.combinations(places), had, strict=True))
        faults, (subjects, groups, left) = self._sums.faults, map(set, self.index.names)
        self._former.keep(
            (name, Had(int(faults.people[number]), int(faults.since[number])))
            for number, name in enumerate(before.names[2])
            if name not in left
        )
        self._former.leave(subjects | groups)

    def _count_singles(self) -> None:
        self._singles = self._former.singles(self.index.names[0])


def _moved(names: list[Any], to: list[Any]) -> Ints:
    """Where what has these names now had its place; -1 for none."""
    places = {name: place for place, name in enumerate(names)}
    return np.array([places.get(name, -1) for name in to], np.int64)
