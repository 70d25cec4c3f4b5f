"""State as columns: one NumPy array a field, the last axis counting series.

A state that only grows, is cut into snapshots and restored must know the type, the shape and the
first value of every field. They stand once, in the field's type: `Annotated[Floats, column(...)]`;
a field may also be a part with columns of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Kind:
    """Type, first value and leading rows of a column."""

    dtype: np.dtype[Any]
    first: float
    rows: int | None

    def fresh(self, n: int) -> Array:
        return np.full(n if self.rows is None else (self.rows, n), self.first, dtype=self.dtype)

    def lengthened(self, old: Array, n: int) -> Array:
        return np.concatenate([old, self.fresh(n - old.shape[-1])], axis=-1)

    def stretched(self, own: Array, n: int) -> Array:
        """The same in its own memory where nobody else holds it, so that it is not there twice."""
        old, rows = own.shape[-1], 1 if self.rows is None else self.rows
        try:
            own.resize((*own.shape[:-1], n))
        except ValueError:  # somebody holds it, or a view of it
            return self.lengthened(own, n)
        flat = own.reshape(-1)
        for row in reversed(range(rows)):  # each lies closer to the start than where it goes
            flat[row * n : row * n + old] = flat[row * old : (row + 1) * old]
            flat[row * n + old : (row + 1) * n] = self.first
        return own

    def restored(self, name: str, kept: Array) -> Array:
        """`kept` itself, where it may be written; raises ValueError if it is not this column's."""
        if kept.dtype != self.dtype or kept.shape[:-1] != self.fresh(0).shape[:-1]:
            raise ValueError(
                f"column {name} must be {self.dtype} with rows {self.rows}, "
                f"got {kept.dtype} with shape {kept.shape}"
            )
        return np.require(kept, requirements=["C", "O", "W"])


def column(dtype: DTypeLike, first: float = 0, *, rows: int | None = None) -> Kind:
    """A column of shape (n,), or (rows, n), that holds `first` in a series just born."""
    return Kind(np.dtype(dtype), first, rows)


@dataclass(slots=True)
class Columns:
    """Base of every per-series state. A state owns its arrays; a step updates them in place."""

    @classmethod
    def empty(cls, n: int = 0) -> Self:
        return _made(cls, lambda _, kind: kind.fresh(n))

    @classmethod
    def of(cls, columns: Mapping[str, Array]) -> Self:
        """The state a snapshot was taken of, which owns the arrays from now on.

        Raises ValueError on a column that does not fit.
        """
        names = [name for name, _ in _arrays(cls.empty())]
        if set(names) != set(columns):
            raise ValueError(f"{cls.__name__} must hold {names}, got {sorted(columns)}")
        return _made(cls, lambda name, kind: kind.restored(name, columns[name]))

    @property
    def size(self) -> int:
        """Number of series."""
        name, kind = _fields(type(self))[0]
        first = getattr(self, name)
        return int(first.shape[-1]) if isinstance(kind, Kind) else first.size

    def columns(self) -> dict[str, Array]:
        """All columns by name (`part.column` in a part), for a snapshot that is taken at once."""
        return dict(_arrays(self))

    def grown(self, n: int) -> Self:
        """The same series in the same places, and new ones up to `n`; itself without any."""
        if n == self.size:
            return self
        if n < self.size:
            raise ValueError(f"a state only grows: n must be at least {self.size}, got {n}")
        old = dict(_arrays(self))
        return _made(type(self), lambda name, kind: kind.lengthened(old[name], n))

    def lengthen(self, n: int) -> None:
        """Grow itself: a column at a time, in place where no other holds it; never less."""
        if n < self.size:
            raise ValueError(f"n must be at least {self.size}, got {n}")
        for part, name, kind in _places(self):
            setattr(part, name, kind.stretched(_out(part, name), n))

    def retain(self, series: Ints) -> None:
        """Hold these series alone, in this order; a column at a time."""
        for part, name, _ in _places(self):
            setattr(part, name, _taken(getattr(part, name), series))

    def take(self, series: Ints | slice) -> Self:
        """These series in this order: a copy for indices, a view for a slice."""
        return type(self)(
            *[
                _taken(getattr(self, name), series) if isinstance(kind, Kind)
                else getattr(self, name).take(series)
                for name, kind in _fields(type(self))
            ]
        )  # fmt: skip

    def rearranged(self, places: Ints) -> Self:
        """The series of these places in this order, a fresh one for -1."""
        return self.grown(self.size + 1).take(places)


C = TypeVar("C", bound=Columns)
Fields = tuple[tuple[str, Kind | type[Columns]], ...]
"""Each field with what its column is, or its part."""


def _read(cls: type[Columns]) -> Fields:
    hints: list[tuple[str, Any]] = [(f.name, f.type) for f in fields(cls)]
    return tuple(
        (name, hint if isinstance(hint, type) else hint.__metadata__[0]) for name, hint in hints
    )


# Every step asks, so it is read once; mypy takes a class for as unhashable as what it makes.
_fields = cast("Callable[[type[Columns]], Fields]", cache(_read))


def _arrays(columns: Columns, prefix: str = "") -> Iterator[tuple[str, Array]]:
    for name, kind in _fields(type(columns)):
        value = getattr(columns, name)
        if isinstance(kind, Kind):
            yield prefix + name, value
        else:
            yield from _arrays(value, f"{prefix}{name}.")


def _places(columns: Columns) -> Iterator[tuple[Columns, str, Kind]]:
    """Where its arrays are, with those of its parts."""
    for name, kind in _fields(type(columns)):
        if isinstance(kind, Kind):
            yield columns, name, kind
        else:
            yield from _places(getattr(columns, name))


def _out(part: Columns, name: str) -> Array:
    """The array of a field, which holds it no more."""
    array: Array = getattr(part, name)
    delattr(part, name)
    return array


def _made(cls: type[C], make: Callable[[str, Kind], Array], prefix: str = "") -> C:
    return cls(
        *(
            make(prefix + name, kind) if isinstance(kind, Kind)
            else _made(kind, make, f"{prefix}{name}.")
            for name, kind in _fields(cls)
        )
    )  # fmt: skip


def _taken(array: Array, series: Ints | slice) -> Array:
    """Of indices a copy in which each row lies together, as in what it is of."""
    if isinstance(series, slice):
        return array[..., series]
    taken: Array = array.take(series, axis=-1)
    return taken


def summed(rows: Array) -> Array:
    """Sum over the first axis, in its order whatever the number of series."""
    total: Array = rows[0].copy()
    for row in rows[1:]:
        total += row
    return total
