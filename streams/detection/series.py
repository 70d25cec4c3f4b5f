"""All series of one stream in one shard, and what came of them in the hours that are open.

A key gets a row as soon as it is seen and a life at the close of the first bucket it has people
in; new lives are taken in the order of their keys, so that what judges know by life depends on
the counts and not on the order in which partitions were read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from streams.columnar.fields import Bools, Ints
from streams.configuration.sections import MINUTES, Cut
from streams.counts.cells import SEPARATOR, Cells

MOST_BROADCAST = 1000  # series of one cut that go to all shards
UNBORN = -1
NO_ROW = -1
NONE = np.empty(0, np.int64)


class Key(NamedTuple):
    """A series: the number of its cut, and the fields joined by SEPARATOR."""

    cut: int
    fields: str


class Absence(StrEnum):
    """Why a key of which people came has no life."""

    RETIRED = "retired"
    REFUSED = "refused"


class Contribution(NamedTuple):
    """What one chunk adds: people by row and bucket, and by cut people of series past the bound."""

    rows: Ints
    buckets: Ints
    people: Ints
    refused: Ints

    def moved(self, rows: Ints) -> "Contribution":
        """With its rows where they have moved to; of those that are gone nobody is missed."""
        moved = rows[self.rows]
        at = moved != NO_ROW
        return self._replace(rows=moved[at], buckets=self.buckets[at], people=self.people[at])


class Series:
    """The series of the cuts of a stream.

    Args:
        cuts: what is counted; the total of the stream follows them and is never judged.
        most: how many series there may be; people of further ones are counted in `refused`, and
            so are those past MOST_BROADCAST of a cut that goes to all shards.
        tells: whether this shard tells of the series of a key.
        asked: whether somebody may ask why a key has no life; that is kept then, without bound.

    Attributes:
        lives: the keys of those that live.
        own: by life, whether this shard tells of it.
        kin: by life, the number of its kin: the series of its cut, and of its family where it
            has one.
        last: by life, how many weeks had ended when it had people last.
        refused: people of series past a bound, by cut.
        absent: why keys have no life, or had none before they got one.
    """

    def __init__(
        self, cuts: Sequence[Cut], *, most: int, tells: Callable[[Key], bool], asked: bool = False
    ) -> None:
        self.cuts = cuts
        self.refused = np.zeros(len(cuts), np.int64)
        self.lives: list[Key] = []
        self.own = np.empty(0, np.bool_)
        self.tells = tells
        self._most, self._asked = most, asked
        self.absent: dict[Key, Absence] = {}
        self._rows: list[dict[str, int]] = [{} for _ in (*cuts, None)]
        self._keys: list[Key] = []
        self._row_of, self._life_of = NONE, NONE
        self.kin, self._kin_numbers = NONE, dict[Key, int]()
        self.last = NONE
        self._open: dict[int, Ints] = {}
        self._total = self._row(len(cuts), "")

    def scope(self, life: int) -> dict[str, str]:
        return self.scope_of(self.lives[life])

    def scope_of(self, key: Key) -> dict[str, str]:
        cut = self.cuts[key.cut]
        fields = zip(cut.by, key.fields.split(SEPARATOR), strict=True)
        return {"stream": cut.stream, **cut.where, **dict(fields)}

    def key_of(self, scope: Mapping[str, str]) -> Key | None:
        """The key that a series of this scope has; None where no cut counts by its fields."""
        for place, cut in enumerate(self.cuts):
            fixed = {"stream": cut.stream, **cut.where}
            if {*fixed, *cut.by} == scope.keys() and fixed.items() <= scope.items():
                return Key(place, SEPARATOR.join(scope[field] for field in cut.by))
        return None

    def life(self, key: Key) -> int:
        """The place among the living; UNBORN before."""
        row = self._rows[key.cut].get(key.fields)
        return UNBORN if row is None else int(self._life_of[row])

    @property
    def fullness(self) -> float:
        """Share that is taken of the bound of all, whose total is one more, or of a cut's own."""
        own = [len(self._rows[cut]) for cut in range(len(self.cuts)) if self._broadcast(cut)]
        return max((len(self._keys) - 1) / self._most, max(own, default=0) / MOST_BROADCAST)

    @property
    def first_open(self) -> int | None:
        """The oldest bucket with counts that is not closed."""
        return min((bucket for bucket, people in self._open.items() if people.any()), default=None)

    def place(self, cells: Sequence[Cells | None]) -> Contribution:
        """Give the cells of all cuts their rows; those past the bound are refused."""
        held = [(cut, one) for cut, one in enumerate(cells) if one is not None]
        if not held:
            return Contribution(NONE, NONE, NONE, np.zeros_like(self.refused))
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
        cuts = np.repeat([cut for cut, _ in held], [own.people.size for own in numbers])
        refused = np.zeros_like(self.refused)
        np.add.at(refused, cuts[~known], people[~known])
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

    def knows(self, key: Key) -> bool:
        """Whether it is counted: those past the bound are not."""
        return key.fields in self._rows[key.cut]

    def counts(self, cut: int, bucket: int) -> dict[str, int]:
        """People in an open bucket by the key of one cut."""
        if bucket not in self._open:
            return {}
        people = self._people(bucket)
        return {key: int(people[row]) for key, row in self._rows[cut].items() if people[row]}

    def people(self, bucket: int) -> Ints:
        """People in an open bucket, by life."""
        return self._counts(bucket, self._row_of)

    def people_of(self, lives: Ints, bucket: int) -> Ints:
        return self._counts(bucket, self._row_of[lives])

    def touched(self, contribution: Contribution, bucket: int) -> Ints:
        """The lives that it adds to in a bucket, each once."""
        lives = self._life_of[np.unique(contribution.rows[contribution.buckets == bucket])]
        living: Ints = lives[lives != UNBORN]
        return living

    def bear(self, bucket: int) -> list[Key]:
        """Take among the living those whose first people came in this bucket, in their order."""
        unborn = np.flatnonzero(self._life_of == UNBORN)
        fresh = unborn[self._counts(bucket, unborn) > 0].tolist()
        keys = map(self._keys.__getitem__, fresh)
        born = sorted(key for key in keys if key.cut < len(self.cuts))
        if born:
            rows = np.array([self._rows[key.cut][key.fields] for key in born], np.int64)
            self._row_of = np.append(self._row_of, rows)
            self._live(born)
        return born

    def note(self, people: Ints, *, week: int) -> None:
        """Who came in a bucket that closes, by life, when so many weeks had ended."""
        self.last[people > 0] = week

    def forget(self, bucket: int) -> None:
        """A bucket that all have judged."""
        self._open.pop(bucket, None)

    def retire(self, kept: Bools) -> Ints:
        """Forget the other lives; returns by row where it has moved to, NO_ROW where it is gone.

        A key that has people in an open bucket keeps its row, to be born anew when that closes;
        one that has not, and no life, has none either.
        """
        stays = self._staying(kept)
        moved = np.where(stays, np.cumsum(stays) - 1, NO_ROW)
        if stays.all() and kept.all():
            return moved
        self._open = {
            bucket: self._people(bucket)[: stays.size][stays] for bucket in list(self._open)
        }
        self._remember(
            Absence.RETIRED, (self.lives[life] for life in np.flatnonzero(~kept).tolist())
        )
        last, self._row_of = self.last[kept], moved[self._row_of[kept]]
        self._index([self._keys[row] for row in np.flatnonzero(stays).tolist()])
        self.last = last
        return moved

    def snapshot(self) -> dict[str, Any]:
        rows = len(self._keys)
        return {
            "cuts": np.array([key.cut for key in self._keys], np.int64),
            "fields": [key.fields for key in self._keys],
            "row_of": self._row_of, "last": self.last,
            "open": {bucket: self._people(bucket)[:rows] for bucket in list(self._open)},
            "refused": self.refused,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> None:
        self._row_of = held["row_of"]
        self._index(list(map(Key, held["cuts"].tolist(), held["fields"])))
        self.last, self._open, self.refused = held["last"], held["open"], held["refused"]

    def _index(self, keys: list[Key]) -> None:
        """Everything that follows from the keys by row, and from the rows by life."""
        self._keys, self._rows = keys, [{} for _ in self._rows]
        for row, key in enumerate(keys):
            self._rows[key.cut][key.fields] = row
        self._life_of = np.full(len(keys), UNBORN)
        self.lives, self.own, self.last = [], np.empty(0, np.bool_), NONE
        self.kin, self._kin_numbers = NONE, {}
        self._live([keys[row] for row in self._row_of.tolist()])

    def _staying(self, kept: Bools) -> Bools:
        """By row, whether it has a life that is kept, or people in an open bucket."""
        stays = np.zeros(len(self._keys), np.bool_)
        stays[self._total] = True
        stays[self._row_of[kept]] = True
        for bucket in list(self._open):
            stays |= self._people(bucket)[: stays.size] != 0
        return stays

    def _live(self, born: list[Key]) -> None:
        """Their rows are the last that have a life."""
        living = len(self.lives)
        self.lives += born
        self.kin = np.append(self.kin, self._kin_of(born))
        self.own = np.append(self.own, np.array([self.tells(key) for key in born], np.bool_))
        self.last = np.append(self.last, np.zeros(len(born), np.int64))
        self._life_of[self._row_of[living:]] = np.arange(living, len(self.lives))

    def _kin_of(self, keys: Sequence[Key]) -> Ints:
        """Numbered in the order of birth, so that a restart numbers them alike."""
        kin = (Key(key.cut, self._family(key)) for key in keys)
        numbers = self._kin_numbers
        return np.array([numbers.setdefault(one, len(numbers)) for one in kin], np.int64)

    def _family(self, key: Key) -> str:
        cut = self.cuts[key.cut]
        if cut.family is None:
            return ""
        return key.fields.split(SEPARATOR)[cut.by.index(cut.family)]

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
        own = cut == len(self.cuts) or self._broadcast(cut)
        full = len(self._keys) > self._most or (own and len(rows) >= MOST_BROADCAST)
        if full:  # the total is one more than the bound
            self._remember(Absence.REFUSED, [Key(cut, fields)])
            return NO_ROW
        rows[fields] = len(self._keys)
        self._keys.append(Key(cut, fields))
        if len(self._keys) > len(self._life_of):
            room = np.full(max(64, len(self._life_of) // 8), UNBORN)
            self._life_of = np.append(self._life_of, room)
        return rows[fields]

    def _remember(self, absence: Absence, keys: Iterable[Key]) -> None:
        if self._asked:
            self.absent |= dict.fromkeys(keys, absence)

    def _broadcast(self, cut: int) -> bool:
        """Its series are in every shard."""
        return self.cuts[cut].family is None

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
