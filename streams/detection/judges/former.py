"""What was had of series that were retired, by name, for as long as whose it was lives."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from detectors.columns import Ints

Owner = tuple[int | str, ...]
"""A subject or a group: the place of its cut, then values of fields."""


class Name(NamedTuple):
    """A fault of a subject, or of a group."""

    owner: Owner
    fault: str


class Had(NamedTuple):
    """People, and the bucket of the first."""

    people: int
    since: int


class Former:
    """Of subjects and groups that live.

    Args:
        most: names of a cut, from which on no more of its series should be retired.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[Owner, dict[str, Had]] = {}
        self._names, self._singles = Counter[int | str](), Counter[Owner]()

    def keep(self, had: Iterable[tuple[Name, Had]]) -> None:
        for name, one in had:
            self.recall(name)
            self._held.setdefault(name.owner, {})[name.fault] = one
            self._note(name.owner, one, by=1)

    def recall(self, name: Name) -> Had | None:
        """What was had, which lives again and is kept here no more."""
        one = self._held.get(name.owner, {}).pop(name.fault, None)
        if one is not None:
            self._note(name.owner, one, by=-1)
        return one

    def leave(self, living: Collection[Owner]) -> None:
        """Forget what was had by others than these."""
        for owner in self._held.keys() - living:
            for one in self._held.pop(owner).values():
                self._note(owner, one, by=-1)

    def singles(self, owners: Sequence[Owner]) -> Ints:
        """By owner, how many of them one person had."""
        return np.array([self._singles[owner] for owner in owners], np.int64)

    @property
    def full(self) -> frozenset[int | str]:
        """Cuts of which no more should be retired."""
        return frozenset(cut for cut, names in self._names.items() if names >= self._most)

    def snapshot(self) -> Any:
        return [
            (owner, list(names.items())) for owner, names in sorted(self._held.items()) if names
        ]

    def restore(self, held: Any) -> None:
        kept = msgspec.convert(held, list[tuple[Owner, list[tuple[str, Had]]]])
        self.keep((Name(owner, fault), one) for owner, names in kept for fault, one in names)

    def _note(self, owner: Owner, one: Had, *, by: int) -> None:
        self._names[owner[0]] += by
        self._singles[owner] += by * (one.people == 1)
        if not self._singles[owner]:
            del self._singles[owner]
