"""Records kept for owners that are known only later, within a bound."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class Shelf(Generic[Item]):
    """Records by the name they belong to; of those not claimed the newest `most` are kept.

    Args:
        most: kept unclaimed.
        both: what is held of two records under one key; the first, where it is the same.
    """

    def __init__(self, most: int, both: Callable[[Item, Item], Item]) -> None:
        self._most, self._both = most, both
        self._items: dict[str, dict[Any, Item]] = {}
        self._claims: Counter[str] = Counter()
        self._unclaimed: dict[str, None] = {}

    def put(self, name: str, key: tuple[object, ...], item: Item) -> bool:
        """Whether the item is the first under its key, or changes what is held under it."""
        items = self._items.setdefault(name, {})
        if key in items:
            held, items[key] = items[key], self._both(items[key], item)
            return items[key] is not held
        items[key] = item
        if not self._claims[name]:
            self._unclaimed[name] = None
            self._forget_oldest()
        return True

    def get(self, name: str) -> tuple[Item, ...]:
        return tuple(self._items.get(name, {}).values())

    def claim(self, names: Iterable[str]) -> None:
        for name in names:
            self._claims[name] += 1
            self._unclaimed.pop(name, None)

    def release(self, names: Iterable[str]) -> None:
        for name in names:
            self._claims[name] -= 1
            if not self._claims[name]:
                del self._claims[name]
                self._items.pop(name, None)

    def _forget_oldest(self) -> None:
        if len(self._unclaimed) > self._most:
            oldest = next(iter(self._unclaimed))
            del self._unclaimed[oldest], self._items[oldest]
