"""What records say, column by column: parsing fills them, reading and counting work on them."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
from msgspec.structs import astuple

from streams.columnar.fields import Bools, Chosen, Field, Ints, Listed, field_of
from streams.events.event import Event, Rejected

NO_TIMES = np.empty(0, np.int64)


class End(NamedTuple):
    """The end of the input, stated in the log: the watermark moves to `time` (ms)."""

    time: int


Parsed = Event | Rejected | End
ODD = frozenset({Rejected, End})


class Columns:
    """Events of one stream, in the order of their log.

    Args:
        times: milliseconds, one an event.
        fields: by name; one that no event has may be left out. A list is the values of a field.
    """

    def __init__(self, times: Ints, fields: Mapping[str, Field | list[Any]]) -> None:
        self.times = times
        self._fields = {name: field_of(values) for name, values in fields.items()}

    @classmethod
    def of(cls, events: Sequence[Event]) -> "Columns":
        values = transposed(events)
        return cls(np.array(values.pop("time", ()), np.int64), values)

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """The events of all, in their order."""
        times = np.concatenate([NO_TIMES, *(part.times for part in parts)])
        names = {name for part in parts for name in part.fields}
        return cls(times, {n: Field.joined([part.field(n) for part in parts]) for n in names})

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, name: str) -> list[Any]:
        return self.field(name).values()

    def __setitem__(self, name: str, values: Field | list[Any]) -> None:
        """Complete a field from elsewhere, such as the text."""
        self._fields[name] = field_of(values)

    def field(self, name: str) -> Field:
        if name not in self._fields:
            self._fields[name] = Listed([None] * len(self))
        return self._fields[name]

    @property
    def fields(self) -> Iterable[str]:
        """Those that any of them may have."""
        return self._fields.keys()

    def part(self, start: int, stop: int) -> "Columns":
        if start == 0 and stop >= len(self):
            return self
        return self._chosen(slice(start, stop))

    def kept(self, marks: Bools) -> "Columns":
        """The events that are marked."""
        return self if marks.all() else self._chosen(marks)

    def ordered(self, places: Ints) -> "Columns":
        """The events in another order."""
        return self._chosen(places)

    def _chosen(self, which: Chosen) -> "Columns":
        fields = {name: field.chosen(which) for name, field in self._fields.items()}
        return Columns(self.times[which], fields)


def transposed(events: Sequence[Event]) -> dict[str, list[Any]]:
    """By field the values of events of one stream; without the fields that none of them has."""
    if not events:
        return {}
    columns = zip(*map(astuple, events), strict=True)
    named = zip(events[0].__struct_fields__, columns, strict=True)
    return {
        field: list(values)
        for field, values in named
        if values[0] is not None or values.count(None) < len(values)
    }


@dataclass(frozen=True, slots=True)
class Answers:
    """What consecutive records say.

    Attributes:
        columns: of those that are events.
        places: of these among the records, ascending.
        odd: what is no event, by its place.
        size: how many records there are.
    """

    columns: Columns
    places: Ints
    odd: Mapping[int, Rejected | End]
    size: int

    @classmethod
    def of(cls, parsed: Sequence[Parsed]) -> "Answers":
        if ODD.isdisjoint(map(type, parsed)):
            return cls.sound(Columns.of(cast("Sequence[Event]", parsed)))
        odd = {at: one for at, one in enumerate(parsed) if isinstance(one, Rejected | End)}
        events = [one for one in parsed if not isinstance(one, Rejected | End)]
        places = np.delete(np.arange(len(parsed)), list(odd))
        return cls(Columns.of(events), places, odd, len(parsed))

    @classmethod
    def sound(cls, columns: Columns) -> "Answers":
        """Of records that are all events."""
        return cls(columns, np.arange(len(columns)), {}, len(columns))

    @classmethod
    def joined(cls, parts: Sequence["Answers"]) -> "Answers":
        """One after the other."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(part.size for part in parts)]).tolist()
        shifted = list(zip(parts, starts, strict=False))
        places = [part.places + start for part, start in shifted]
        odd = {at + start: one for part, start in shifted for at, one in part.odd.items()}
        columns = Columns.joined([part.columns for part in parts])
        return cls(columns, np.concatenate([NO_TIMES, *places]), odd, starts[-1])

    @classmethod
    def mingled(cls, columns: Columns, marks: Bools, others: "Answers") -> "Answers":
        """Events, and what the records say that are not marked as theirs."""
        elsewhere = np.flatnonzero(~marks)
        places = np.concatenate([np.flatnonzero(marks), elsewhere[others.places]])
        order = np.argsort(places)
        odd = {int(elsewhere[at]): one for at, one in others.odd.items()}
        joined = Columns.joined([columns, others.columns]).ordered(order)
        return cls(joined, places[order], odd, len(marks))

    def __len__(self) -> int:
        return self.size

    def part(self, start: int, stop: int) -> "Answers":
        if start == 0 and stop >= self.size:
            return self
        first, last = bisect_left(self.places, start), bisect_left(self.places, stop)
        odd = {at - start: one for at, one in self.odd.items() if start <= at < stop}
        places = self.places[first:last] - start
        return Answers(self.columns.part(first, last), places, odd, stop - start)

    def with_ends(self, ends: Mapping[int, End]) -> "Answers":
        """The same records, some of which end the input whatever else they say."""
        if not ends:
            return self
        kept = ~np.isin(self.places, list(ends))
        odd = dict(self.odd) | dict(ends)
        return Answers(self.columns.kept(kept), self.places[kept], odd, self.size)
