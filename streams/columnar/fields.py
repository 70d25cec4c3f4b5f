"""The values of one field of many events, in whichever form they came."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import chain, compress
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from streams.columnar.digests import Hashes, digests
from streams.columnar.vocabulary import LACKING, Names

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Chosen = slice | Ints | Bools


class Field(ABC):
    """One value an event; None where it is absent."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def chosen(self, which: Chosen) -> "Field":
        """Those of some events: a slice, their places, or a mark for each."""

    @abstractmethod
    def values(self) -> list[Any]: ...

    @abstractmethod
    def present(self) -> Bools:
        """Which events have it."""

    def distinct(self) -> set[Any]:
        return set(self.values())

    def digests(self, kind: int) -> Hashes:
        """Of its texts; an absent one counts as empty."""
        values = self.values()
        return digests([value or "" for value in values] if None in values else values, kind)

    def bytes(self) -> Sequence[bytes]:
        """Its texts in UTF-8; an absent one is empty."""
        return [(value or "").encode() for value in self.values()]

    def amounts(self) -> Ints:
        """Its numbers; an absent one counts nothing."""
        return np.array([value or 0 for value in self.values()], np.int64)

    def coded(self, names: Names) -> Ints:
        """The number of each value among these names."""
        return names.numbers(self.values())

    def told(self, places: Ints, values: Sequence[str]) -> "Field":
        """The same, with other values at these places."""
        held = list(self.values())
        for place, value in zip(places.tolist(), values, strict=True):
            held[place] = value
        return Listed(held)

    def filled(self, value: str) -> "Field":
        """The same, with a value where it is absent."""
        absent = np.flatnonzero(~self.present())
        return self.told(absent, [value] * len(absent)) if absent.size else self

    @classmethod
    def joined(cls, parts: Sequence["Field"]) -> "Field":
        """One after the other."""
        first, *others = parts
        listed = chain.from_iterable(part.values() for part in parts)
        return first.followed_by(others) or Listed(list(listed))

    def followed_by(self, others: Sequence["Field"]) -> "Field | None":
        """The same and the others in its form; None where they cannot be in it together."""
        return None


class Listed(Field):
    """As objects."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def chosen(self, which: Chosen) -> "Listed":
        if isinstance(which, slice):
            return Listed(self._values[which])
        if which.dtype == np.bool_:
            return Listed(list(compress(self._values, which.tolist())))
        return Listed([self._values[place] for place in which.tolist()])

    def values(self) -> list[Any]:
        return self._values

    def put(self, value: Any, places: Ints) -> None:
        for place in places.tolist():
            self._values[place] = value

    def present(self) -> Bools:
        if None not in self._values:
            return np.ones(len(self), np.bool_)
        return np.array([value is not None for value in self._values], np.bool_)


class Coded(Field):
    """As numbers of names: of a field that few values have."""

    def __init__(self, numbers: Ints, names: Names) -> None:
        self.numbers, self.names = numbers, names

    @classmethod
    def same(cls, value: str, *, events: int) -> Self:
        """One value for all."""
        names = Names()
        return cls(np.full(events, names[value]), names)

    def __len__(self) -> int:
        return len(self.numbers)

    def chosen(self, which: Chosen) -> "Coded":
        return Coded(self.numbers[which], self.names)

    def followed_by(self, others: Sequence[Field]) -> "Coded":
        numbers = [one.coded(self.names) for one in others]
        return Coded(np.concatenate([self.numbers, *numbers]), self.names)

    def values(self) -> list[Any]:
        return self.names.values_of(self.numbers.tolist())

    def present(self) -> Bools:
        present: Bools = self.numbers != LACKING
        return present

    def distinct(self) -> set[Any]:
        return set(self.names.values_of(np.unique(self.numbers).tolist()))

    def coded(self, names: Names) -> Ints:
        if names is self.names:
            return self.numbers
        return names.translated(self.names)[self.numbers]

    def told(self, places: Ints, values: Sequence[str]) -> "Coded":
        numbers = self.numbers.copy()
        numbers[places] = self.names.numbers(values)
        return Coded(numbers, self.names)


def field_of(values: Field | list[Any]) -> Field:
    return values if isinstance(values, Field) else Listed(values)
