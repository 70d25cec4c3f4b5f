"""Numbers for the values that the fields of events take, so that counting needs no strings."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Ints

Facts = NDArray[np.uint64]
Fact = Callable[[str], int]
LACKING: Final = 0
MOST: Final = 16_384  # values of a field, from which on a vocabulary is full


class Names(dict[str | None, int]):
    """The values of one field, numbered as they are met; LACKING is an absent one."""

    def __init__(self) -> None:
        super().__init__({None: LACKING})
        self._values: list[str | None] = [None]
        self._facts: dict[str, Facts] = {}
        self._translated: tuple[Names | None, Ints] = (None, np.zeros(0, np.int64))

    def __missing__(self, value: str) -> int:
        number = self[value] = len(self._values)
        self._values.append(value)
        return number

    @property
    def full(self) -> bool:
        return len(self) > MOST

    def numbers(self, values: Sequence[str | None]) -> Ints:
        return np.fromiter(map(self.__getitem__, values), np.int64, len(values))

    def values_of(self, numbers: Iterable[int]) -> list[str]:
        """For LACKING None, where it is among them."""
        return list(map(self._values.__getitem__, numbers))  # type: ignore[arg-type]

    def facts(self, name: str, fact: Fact) -> Facts:
        """By number a fact of its value, which is asked once a value; for LACKING 0."""
        known = self._facts.get(name, np.zeros(1, np.uint64))
        if len(known) < len(self._values):
            news = self._values[len(known) :]
            facts = np.fromiter(map(fact, news), np.uint64, len(news))  # type: ignore[arg-type]
            known = self._facts[name] = np.concatenate([known, facts])
        return known

    def translated(self, other: "Names") -> Ints:
        """By their number among the names of one other the numbers that values have here."""
        of, numbers = self._translated
        known = len(numbers) if of is other else 0
        if known < len(other):
            news = self.numbers(other.values_of(range(known, len(other))))
            numbers = np.concatenate([numbers[:known], news])
            self._translated = (other, numbers)
        return numbers


class Vocabulary(dict[str, Names]):
    """The names of each field. It only grows; whoever holds one takes another when it is full."""

    def __missing__(self, field: str) -> Names:
        names = self[field] = Names()
        return names

    @property
    def full(self) -> bool:
        return any(names.full for names in self.values())
