"""Combinations of a subject and a fault: which subject, and which group, each belongs to.

A subject is a product, and its group all products, or a batch, and its group those of its product.
What a group has of a fault is told by the cut by category alone, which is in all shards, for a
product, and by the combinations themselves for a batch, whose group is in one shard.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np

from detectors.columns import Columns, Ints, column
from detectors.novelty import Before, Combinations
from streams.configuration.sections import Cut
from streams.counts.cells import SEPARATOR
from streams.detection.retirement import Retirement
from streams.detection.series import Key, Series


@dataclass(slots=True)
class Subjects(Columns):
    """By product or batch: people with any fault, and the bucket of the first (-1: none yet)."""

    people: Annotated[Ints, column(np.int64)]
    since: Annotated[Ints, column(np.int64, -1)]


@dataclass(slots=True)
class People(Columns):
    """By group, or by group and fault."""

    people: Annotated[Ints, column(np.int64)]


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
        subjects, groups, faults: how many there are.
        lives: of the combinations, by place.
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

    @property
    def all_lives(self) -> Ints:
        """Of the combinations, and of what all have of a fault."""
        lives: Ints = self._members[0]
        return lives

    def retire(self, retirement: Retirement) -> None:
        """None of its own are among those that go."""
        self._members[0] = retirement.lives(self._members[0])
        self._seen = retirement.left(self._seen)

    def before(
        self, state: Combinations, subjects: Subjects, groups: Ints, faults: Ints, *, bucket: int
    ) -> Before:
        """What is known of each combination, its own not counted among others."""
        _, subject, group, fault, _ = self._combinations
        people, since = subjects.people[subject], subjects.since[subject]
        others = np.maximum(groups[group] - people, 0)
        share = np.clip((faults[fault] - state.people) / np.maximum(others, 1), 0.0, 1.0)
        return Before(people, np.where(since < 0, bucket, since), others, share)

    def count(
        self, people: Ints, subjects: Subjects, groups: Ints, faults: Ints, *, bucket: int
    ) -> None:
        """Take in who came in a bucket, by life."""
        life, subject = self._combinations[:2]
        np.add.at(subjects.people, subject, people[life])
        subjects.since[(subjects.since < 0) & (subjects.people > 0)] = bucket
        life, _, group, fault, _ = self._members[:, self._members[4] == 1]
        np.add.at(groups, group, people[life])
        np.add.at(faults, fault, people[life])

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
            faults.setdefault((group, category), len(faults)),
            feeds=(subject is None) == (len(group) == 1),
        )  # fmt: skip


def _whole(cuts: Sequence[Cut], cut: Cut) -> int | None:
    """The cut by category alone that tells what all products have; None for batches."""
    return None if "batch" in cut.by else cut.beside(cuts, "category", family=None)
