"""Events of several streams in the order in which they are met, held in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, cast

import msgspec
import numpy as np

from streams.columnar.fields import Ints
from streams.configuration.sections import Stream
from streams.events.columns import Columns
from streams.events.event import Event
from streams.events.forms import FORMS

BATCH: Final = 16_384
Owners = Callable[[Stream, Columns], Ints]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event: when it is met (ms), of which stream it is."""

    met: int
    stream: Stream
    event: Event


class Passage(NamedTuple):
    """Events of one partition of a stream, in the order in which they are met."""

    stream: Stream
    partition: int
    columns: Columns


class Part(NamedTuple):
    """Events of one stream, and when each is met (ms)."""

    stream: Stream
    columns: Columns
    met: Ints


class Course:
    """Of those that are met at the same time the part that is given first comes first.

    Args:
        parts: in any order; none is empty.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._streams = list(dict.fromkeys(part.stream for part in parts))
        self._columns = [_joined(parts, stream) for stream in self._streams]
        self._met = np.concatenate([np.empty(0, np.int64), *(part.met for part in parts)])
        codes = [self._streams.index(part.stream) for part in parts]
        self._codes = np.repeat(np.array(codes, np.int64), [len(part.met) for part in parts])
        self._places = np.empty_like(self._met)
        for code, columns in enumerate(self._columns):
            self._places[self._codes == code] = np.arange(len(columns))
        self._order = np.argsort(self._met, kind="stable")

    def __len__(self) -> int:
        return len(self._met)

    @property
    def last(self) -> Mapping[Stream, int]:
        """The time (ms) of each stream's last event."""
        latest = [int(columns.times.max()) for columns in self._columns]
        return dict(zip(self._streams, latest, strict=True))

    @property
    def span(self) -> tuple[int, int]:
        """Milliseconds; the times of the first and of the last event."""
        return min(int(one.times.min()) for one in self._columns), max(self.last.values())

    def passages(self, owners: Owners) -> Iterator[list[Passage]]:
        """Some at a time, by stream and partition; `owners` gives the partitions of events."""
        held = list(zip(self._streams, self._columns, strict=True))
        owned = [_owned(stream, columns, owners) for stream, columns in held]
        for places in self._batches():
            yield [
                passage
                for (stream, columns), own, of in zip(held, places, owned, strict=True)
                for passage in parted(stream, columns, own, of[own])
            ]

    def batches(self) -> Iterator[tuple[Entry, ...]]:
        """The same one by one."""
        held = list(zip(self._streams, self._columns, strict=True))
        for some, places in zip(self._stretches(), self._batches(), strict=True):
            events = [
                iter(events_of(stream, columns.ordered(own)))
                for (stream, columns), own in zip(held, places, strict=True)
            ]
            met = zip(self._met[some].tolist(), self._codes[some].tolist(), strict=True)
            yield tuple(Entry(when, self._streams[code], next(events[code])) for when, code in met)

    def _batches(self) -> Iterator[list[Ints]]:
        """By stream the places of the events of a batch."""
        for some in self._stretches():
            codes, places = self._codes[some], self._places[some]
            yield [places[codes == code] for code in range(len(self._streams))]

    def _stretches(self) -> Iterator[Ints]:
        return (self._order[at : at + BATCH] for at in range(0, len(self), BATCH))


def events_of(stream: Stream, columns: Columns) -> list[Event]:
    """Columns as the events they were."""
    kind = cast("Callable[..., Event]", FORMS[stream].kind)
    fields = ("time", *columns.fields)
    values = zip(columns.times.tolist(), *(columns[field] for field in fields[1:]), strict=True)
    return [kind(**dict(zip(fields, row, strict=True))) for row in values]


def parted(stream: Stream, columns: Columns, places: Ints, owners: Ints) -> Iterator[Passage]:
    """The events in these places by the partitions that own them."""
    for number in np.unique(owners).tolist():
        yield Passage(stream, number, columns.ordered(places[owners == number]))


def _owned(stream: Stream, columns: Columns, owners: Owners) -> Ints:
    starts = range(0, len(columns), BATCH)
    return np.concatenate([owners(stream, columns.part(at, at + BATCH)) for at in starts])


def _joined(parts: Sequence[Part], stream: Stream) -> Columns:
    return Columns.joined([part.columns for part in parts if part.stream == stream])
