"""All series of one stream in one shard: their open buckets, their detector, their alarms.

A key gets a row as soon as it is seen and a life at the close of the first bucket it has people
in; new lives are taken in the order of their keys, so that the detector's state depends on the
counts and not on the order in which partitions were read.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.alarm import NEVER, Alarms, Changes, Hysteresis
from detectors.season import Rhythm
from detectors.surge import Expectation, Surge, SurgeState, Verdict
from streams.cells import SEPARATOR, Cells
from streams.sections import MINUTES, Cut

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MOST_BROADCAST = 1000  # series of one cut that go to all shards
UNBORN = -1
NO_ROW = -1
NONE = np.empty(0, np.int64)


class Key(NamedTuple):
    """A series: the number of its cut, and the fields joined by SEPARATOR."""

    cut: int
    fields: str


class Contribution(NamedTuple):
    """What one chunk adds: people by row and bucket, and people of series past the bound."""

    rows: Ints
    buckets: Ints
    people: Ints
    refused: int


class Judged(NamedTuple):
    """A closed bucket: the verdict on all living series and what it changed.

    Attributes:
        verdict: None where no series lives yet.
        changes: lives whose alarm fired, grew or ended.
        fired: by life, the bucket its alarm fired in; this bucket where none stood.
        withdrawn: lives whose provisional alarm was not confirmed.
    """

    verdict: Verdict | None
    changes: Changes
    fired: Ints
    withdrawn: list[int]


class Series:
    """The series of the cuts of a stream.

    Args:
        cuts: what is counted; the total of the stream follows them and is never judged.
        most: how many series there may be; people of further ones are counted in `refused`.
    """

    def __init__(self, cuts: Sequence[Cut], *, most: int) -> None:
        self.cuts = cuts
        self.refused = 0
        self.lives: list[Key] = []
        self.alarms = Alarms.empty()
        self._most = most
        self._surge = SurgeState.empty()
        self._provisional: set[int] = set()
        self._rows: list[dict[str, int]] = [{} for _ in (*cuts, None)]
        self._keys: list[Key] = []
        self._row_of, self._life_of = NONE, NONE
        self._open: dict[int, Ints] = {}
        self._expectation: Expectation | None = None
        self._total = self._row(len(cuts), "")

    def scope(self, life: int) -> dict[str, str]:
        cut = self.cuts[self.lives[life].cut]
        fields = zip(cut.by, self.lives[life].fields.split(SEPARATOR), strict=True)
        return {"stream": cut.stream, **cut.where, **dict(fields)}

    @property
    def learning(self) -> Bools:
        """By life, whether it is still to learn what is usual."""
        return self._surge.learning

    @property
    def fullness(self) -> float:
        """Share of the bound that is taken; the total is one more than it."""
        return (len(self._keys) - 1) / self._most

    @property
    def first_open(self) -> int | None:
        """The oldest bucket with counts that is not closed."""
        return min((bucket for bucket, people in self._open.items() if people.any()), default=None)

    def place(self, cells: Sequence[Cells | None]) -> Contribution:
        """Give the cells of all cuts their rows; those past the bound are refused."""
        held = [(cut, one) for cut, one in enumerate(cells) if one is not None]
        if not held:
            return Contribution(NONE, NONE, NONE, 0)
        numbers = [one.numbers() for _, one in held]
        rows = np.concatenate(
            [
                np.array(self._rows_of(cut, one.keys), np.int64)[own.series]
                for (cut, one), own in zip(held, numbers, strict=True)
            ]
        )
        buckets = np.concatenate([own.minutes for own in numbers]) // MINUTES
        people = np.concatenate([own.people for own in numbers])
        known = rows != NO_ROW
        refused = int(people[~known].sum())
        return Contribution(rows[known], buckets[known], people[known], refused)

    def total(self, contribution: Contribution, *, through: int) -> int:
        """People of the whole stream in the contribution's buckets up to this one."""
        counted = (contribution.rows == self._total) & (contribution.buckets <= through)
        return int(contribution.people[counted].sum())

    def add(self, contribution: Contribution, *, sign: int, after: int) -> None:
        """Add to (1) or take from (-1) the buckets after the one closed last."""
        self.refused += sign * contribution.refused
        for bucket in np.unique(contribution.buckets).tolist():
            if bucket <= after:
                continue
            at = contribution.buckets == bucket
            rows, people = contribution.rows[at], sign * contribution.people[at]
            np.add.at(self._people(bucket), rows, people)

    def counts(self, cut: int, bucket: int) -> dict[str, int]:
        """People in an open bucket by the key of one cut."""
        if bucket not in self._open:
            return {}
        people = self._people(bucket)
        return {key: int(people[row]) for key, row in self._rows[cut].items() if people[row]}

    def close(self, bucket: int, surge: Surge, hysteresis: Hysteresis, *, masked: bool) -> Judged:
        """Judge the bucket, then learn it; what it gives birth to is judged from the next on."""
        fired = np.where(self.alarms.fired == NEVER, bucket, self.alarms.fired)
        verdict, changes = None, Changes(NONE, NONE, NONE)
        if self._expectation is not None and self.lives:
            counts = self._counts(bucket, self._row_of)
            mask = np.full(counts.size, masked)
            self._surge, verdict = surge.step(self._surge, self._expectation, counts, mask)
            self.alarms, changes = hysteresis.step(self.alarms, verdict, bucket=bucket)
        withdrawn = sorted(self._provisional - set(changes.fired.tolist()))
        self._provisional.clear()
        return Judged(verdict, changes, fired, withdrawn)

    def newborn(self, bucket: int) -> list[Key]:
        """Series whose first people came in this bucket, in their order."""
        unborn = np.flatnonzero(self._life_of == UNBORN)
        fresh = unborn[self._counts(bucket, unborn) > 0].tolist()
        return sorted(key for key in map(self._keys.__getitem__, fresh) if key.cut < len(self.cuts))

    def bear(self, bucket: int, born: Sequence[Key], group_of: Callable[[Key], int]) -> None:
        """Take the newborn among the living; forget the bucket."""
        self._open.pop(bucket, None)
        if not born:
            return
        living = len(self.lives)
        self.lives += born
        groups = np.array([group_of(key) for key in born], np.int64)
        self._surge = self._surge.grow(born=bucket, groups=groups)
        rows = np.array([self._rows[key.cut][key.fields] for key in born], np.int64)
        self._row_of = np.append(self._row_of, rows)
        self._life_of[rows] = np.arange(living, len(self.lives))
        self.alarms = self.alarms.grown(len(self.lives))

    def expect(self, surge: Surge, rhythm: Rhythm, *, bucket: int) -> None:
        """Freeze what the next bucket to close should hold."""
        self._expectation = surge.expect(self._surge, rhythm, bucket=bucket)

    def foresee(
        self, contribution: Contribution, surge: Surge, hysteresis: Hysteresis, *, bucket: int
    ) -> tuple[dict[int, int], Verdict | None]:
        """Lives that would fire if the bucket closed with what it holds so far, not said before.

        By life the place in the verdict.
        """
        lives = self._life_of[np.unique(contribution.rows[contribution.buckets == bucket])]
        lives = lives[lives != UNBORN]
        if self._expectation is None or not lives.size:
            return {}, None
        verdict = surge.judge(
            self._surge, self._expectation, self._counts(bucket, self._row_of[lives]), series=lives
        )
        fires = hysteresis.would_fire(self.alarms.take(lives), verdict)
        found = {int(lives[at]): int(at) for at in fires if int(lives[at]) not in self._provisional}
        self._provisional.update(found)
        return found, verdict

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs; the expectation is frozen anew from it."""
        rows = len(self._keys)
        return {
            "keys": self._keys, "row_of": self._row_of,
            "open": {bucket: self._people(bucket)[:rows] for bucket in list(self._open)},
            "refused": self.refused, "provisional": sorted(self._provisional),
            "surge": self._surge.columns(), "alarms": self.alarms.columns(),
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._keys = [Key(*key) for key in held["keys"]]
        for row, key in enumerate(self._keys):
            self._rows[key.cut][key.fields] = row
        self._row_of = held["row_of"]
        self.lives = [self._keys[row] for row in self._row_of.tolist()]
        self._life_of = np.full(len(self._keys), UNBORN)
        self._life_of[self._row_of] = np.arange(len(self.lives))
        self._open, self.refused = held["open"], held["refused"]
        self._provisional = set(held["provisional"])
        self._surge, self.alarms = SurgeState.of(held["surge"]), Alarms.of(held["alarms"])

    def _rows_of(self, cut: int, keys: list[str]) -> list[int]:
        known: list[Any] = list(map(self._rows[cut].get, keys))
        if None not in known:
            return known
        return [self._row(cut, key) for key in keys]

    def _row(self, cut: int, fields: str) -> int:
        rows = self._rows[cut]
        row = rows.get(fields)
        if row is not None:
            return row
        broadcast = cut == len(self.cuts) or self.cuts[cut].family is None
        full = len(self._keys) > self._most or (broadcast and len(rows) >= MOST_BROADCAST)
        if full:  # the total is one more than the bound
            return NO_ROW
        rows[fields] = len(self._keys)
        self._keys.append(Key(cut, fields))
        if len(self._keys) > len(self._life_of):
            room = np.full(max(64, len(self._life_of)), UNBORN)
            self._life_of = np.append(self._life_of, room)
        return rows[fields]

    def _people(self, bucket: int) -> Ints:
        """The bucket's array, at least as long as there are rows."""
        people = self._open.get(bucket, NONE)
        if len(people) < len(self._keys):
            longer = np.zeros(len(self._life_of), np.int64)
            longer[: len(people)] = people
            people = self._open[bucket] = longer
        return people

    def _counts(self, bucket: int, rows: Ints) -> Ints:
        if bucket not in self._open:
            return np.zeros(len(rows), np.int64)
        return self._people(bucket)[rows]
