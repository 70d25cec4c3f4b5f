"""Combinations of a subject and a fault: which subject, and which group, each belongs to.

A subject is a product, and its group all products, or a batch, and its group those of its product.
What a group has of a fault is told by the cut by category alone, which is in all shards, for a
product, and by the combinations themselves for a batch, whose group is in one shard.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np

from detectors.columns import Bools, Columns, Ints, column
from detectors.novelty import Before, Combinations
from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR
from streams.detection.judges.former import Name
from streams.detection.series import Key, Series


@dataclass(slots=True)
class Seen(Columns):
    """By subject, or by group and fault: people, and the bucket of the first (-1: none yet)."""

    people: Annotated[Ints, column(np.int64)]
    since: Annotated[Ints, column(np.int64, -1)]

    def add(self, places: Ints, people: Ints, *, bucket: int) -> None:
        np.add.at(self.people, places, people)
        self.since[(self.since < 0) & (self.people > 0)] = bucket


@dataclass(slots=True)
class People(Columns):
    """By group."""

    people: Annotated[Ints, column(np.int64)]


class Sums(NamedTuple):
    """What is known of subjects, of groups and of faults of groups, by their numbers."""

    subjects: Seen
    groups: People
    faults: Seen

    def grown(self, sizes: Sequence[int]) -> "Sums":
        subjects, groups, faults = sizes
        return Sums(
            self.subjects.grown(subjects), self.groups.grown(groups), self.faults.grown(faults)
        )

    def rearranged(self, places: Sequence[Ints]) -> "Sums":
        subjects, groups, faults = places
        return Sums(
            self.subjects.rearranged(subjects), self.groups.rearranged(groups),
            self.faults.rearranged(faults),
        )  # fmt: skip


class Member(NamedTuple):
    """A series: a combination, or where `subject` is -1 what all have of a fault."""

    life: int
    subject: int
    group: int
    fault: int
    feeds: bool


NOBODY = np.empty((len(Member._fields), 0), np.int64)


class Index:
    """The combinations in the order of their lives, so that a restart numbers them alike.

    Args:
        cuts: of the stream.
        judged: places of those whose series are combinations.

    Attributes:
        lives: of the combinations, by place.
        names: of subjects, of groups, and of faults with their group, by number.
    """

    def __init__(self, cuts: Sequence[Cut], judged: Collection[int]) -> None:
        self._cuts, self._judged = cuts, judged
        self._wholes = {cut: _whole(cuts, cuts[cut]) for cut in judged}
        self._numbers: tuple[dict[Any, int], ...] = ({}, {}, {})
        self._members, self._seen = NOBODY, 0

    @property
    def lives(self) -> Ints:
        lives: Ints = self._combinations[0]
        return lives

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many subjects, groups and faults of groups there are."""
        return tuple(map(len, self._numbers))

    @property
    def names(self) -> tuple[list[Any], ...]:
        return tuple(map(list, self._numbers))

    def combinations(self, places: Ints) -> list[Name]:
        """The subjects and faults of those at these places."""
        subjects, _, faults = self.names
        _, subject, _, fault, _ = self._combinations[:, places].tolist()
        return [
            Name(subjects[whose], faults[which].fault)
            for whose, which in zip(subject, fault, strict=True)
        ]

    def place(self, life: int) -> int | None:
        (at,) = np.nonzero(self.lives == life)
        return int(at[0]) if at.size else None

    def follow(self, series: Series) -> int:
        """Take in those that are new; returns how many combinations there are."""
        fresh = range(self._seen, len(series.lives))
        members = [one for life in fresh if (one := self._member(life, series.lives[life]))]
        if members:
            self._members = np.append(self._members, np.array(members, np.int64).T, axis=1)
        self._seen = fresh.stop
        return self.lives.size

    def own(self, series: Series) -> Bools:
        """By subject, whether this shard tells of its first combination."""
        lives, subject = self._combinations[:2]
        _, first = np.unique(subject, return_index=True)
        own: Bools = series.own[lives[first]]
        return own

    def of(self, cuts: Collection[int | str], series: Series) -> Ints:
        """The lives of these cuts, combinations or what all have of a fault."""
        own: Ints = self._members[0]
        return own[[series.lives[life].cut in cuts for life in own.tolist()]]

    def before(
        self, state: Combinations, sums: Sums, singles: Ints, came: Ints, *, bucket: int
    ) -> Before:  # fmt: skip
        """What is known of each combination, its own not counted among others.

        `singles` are those of each subject that live no more, and `came` people in the bucket, by
        life.
        """
        life, subject, group, fault, _ = self._combinations
        subjects, groups, faults = sums
        people, since = subjects.people[subject], subjects.since[subject]
        others = np.maximum(groups.people[group] - people, 0)
        of_fault = (faults.people[fault] - state.people) / np.maximum(others, 1)
        once = np.bincount(subject[state.people == 1], minlength=subjects.size) + singles
        coming = np.zeros(subjects.size, np.int64)
        np.add.at(coming, subject, came[life])
        return Before(
            people, coming[subject], np.where(since < 0, bucket, since), once[subject], others,
            np.clip(of_fault, 0.0, 1.0), faults.since[fault],
        )  # fmt: skip

    def count(self, people: Ints, sums: Sums, *, bucket: int) -> None:
        """Take in who came in a bucket, by life."""
        life, subject = self._combinations[:2]
        sums.subjects.add(subject, people[life], bucket=bucket)
        life, _, group, fault, _ = self._members[:, self._members[4] == 1]
        np.add.at(sums.groups.people, group, people[life])
        sums.faults.add(fault, people[life], bucket=bucket)

    @property
    def _combinations(self) -> Ints:
        members: Ints = self._members[:, self._members[1] >= 0]
        return members

    def _member(self, life: int, key: Key) -> Member | None:
        if key.cut in self._judged:
            values = dict(zip(self._cuts[key.cut].by, key.fields.split(SEPARATOR), strict=True))
            category, whole = values.pop("category"), self._wholes[key.cut]
            if whole is not None:
                return self._numbered(life, (key.cut, *values.values()), (whole,), category)
            group = (key.cut, values["product"] if "batch" in values else "")
            return self._numbered(life, (key.cut, *values.values()), group, category)
        if key.cut in self._wholes.values():
            return self._numbered(life, None, (key.cut,), key.fields)
        return None

    def _numbered(
        self, life: int, subject: tuple[Any, ...] | None, group: tuple[Any, ...], category: str
    ) -> Member:
        """A group of one number is that of a cut by category, whose series alone feed it."""
        subjects, groups, faults = self._numbers
        return Member(
            life, -1 if subject is None else subjects.setdefault(subject, len(subjects)),
            groups.setdefault(group, len(groups)),
            faults.setdefault(Name(group, category), len(faults)),
            feeds=(subject is None) == (len(group) == 1),
        )  # fmt: skip


def _whole(cuts: Sequence[Cut], cut: Cut) -> int | None:
    """The cut by category alone that tells what all products have; None for batches."""
    return None if "batch" in cut.by else cut.beside(cuts, "category", family=None)
