"""Files of events as one history: in the order in which they are to be met."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from sys import maxsize
from typing import NamedTuple, Protocol

import numpy as np

from streams.columnar.fields import Bools, Coded, Field, Ints
from streams.columnar.vocabulary import Vocabulary
from streams.configuration.sections import BUCKET, Intake, Source, Stream
from streams.events.event import MILLISECOND, WORDS, Rejected, too_early
from streams.events.forms import FORMS
from streams.events.mapping import Mapping
from streams.files import inputs
from streams.files.course import Course, Entry, Owners, Part, Passage

BUCKET_MS = BUCKET // timedelta(milliseconds=1)


class Refused(NamedTuple):
    """A row that is no event."""

    file: Path
    row: int
    why: Rejected


class Arrival(NamedTuple):
    """When the rows come in (ms), and from which sources: none may lie far ahead of that."""

    now: int
    sources: Sequence[Source]

    def early(self, stream: Stream, times: Ints) -> tuple[Bools, int]:
        """Which of these times are, and by how much one may be ahead (ms)."""
        source = source_of(self.sources, stream)
        if source is None:
            return np.zeros(len(times), np.bool_), 0
        future = source.future // MILLISECOND
        return times > self.now + future, future


class Ended(Protocol):
    """What has come to an end, by stream in milliseconds."""

    @property
    def ends(self) -> dict[Stream, int]: ...


class Playable(Ended, Protocol):
    """Events in the order in which they are met."""

    def passages(self, owners: Owners) -> Iterator[list[Passage]]:
        """Some at a time, by stream and partition; `owners` gives the partitions of events."""
        ...


class History:
    """All events of some files, merged by event time or by the mapping's `received`.

    Held in memory: about 0.6 KB an event. Events met at the same time keep the order of the files.

    Args:
        paths: of the files.
        mapping: one for all of them, or None.
        intake: limits of an event.
        arrival: of the rows; None judges no time.
        on_rows: told how many rows were read.
    """

    def __init__(
        self, paths: Sequence[Path], mapping: Mapping | None, *, intake: Intake,
        arrival: Arrival | None = None, on_rows: Callable[[int], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.refused: list[Refused] = []
        self._arrival = arrival
        self._vocabulary = Vocabulary()
        parts = []
        for path in paths:
            for batch in inputs.read(path, mapping, intake=intake):
                parts.append(self._sound(path, batch))
                on_rows(len(batch.rows))
        self._course = Course([part for part in parts if len(part.met)])

    def __len__(self) -> int:
        return len(self._course)

    def passages(self, owners: Owners) -> Iterator[list[Passage]]:
        return self._course.passages(owners)

    def batches(self) -> Iterator[tuple[Entry, ...]]:
        return self._course.batches()

    @property
    def ends(self) -> dict[Stream, int]:
        """Milliseconds by stream; the end of the bucket of its last event, if it is over.

        What a stream's files do not reach is not told: it has not fallen silent there.
        """
        latest = maxsize if self._arrival is None else self._arrival.now
        last = self._course.last.items()
        return {stream: min(bucket_end(time), latest) for stream, time in last}

    @property
    def span(self) -> tuple[int, int]:
        """Milliseconds; the times of the first and of the last event."""
        return self._course.span

    def _sound(self, path: Path, batch: inputs.Batch) -> Part:
        """As intake judges records, but before a row can move the end of the history."""
        answers, met = batch.answers, batch.met
        columns, whys = answers.columns, dict(answers.odd)
        if self._arrival is not None:
            early, future = self._arrival.early(batch.stream, columns.times)
            times = zip(answers.places[early].tolist(), columns.times[early].tolist(), strict=True)
            whys |= {at: too_early(time, future_ms=future) for at, time in times}
            columns, met = columns.kept(~early), met[~early]
        self.refused += [
            Refused(path, int(batch.rows[at]), why)
            for at, why in sorted(whys.items())
            if isinstance(why, Rejected)
        ]
        for name in {*FORMS[batch.stream].keys, *WORDS}.intersection(columns.fields):
            columns[name] = self._held(name, columns.field(name))
        return Part(batch.stream, columns, met)

    def _held(self, name: str, field: Field) -> Field:
        """Of a field of few values each once."""
        names = self._vocabulary[name]
        return Coded(field.coded(names), names) if not names.full else field


def bucket_end(moment: int) -> int:
    """Milliseconds; the end of the bucket that holds a moment."""
    return (moment // BUCKET_MS + 1) * BUCKET_MS


def source_of(sources: Iterable[Source], stream: Stream) -> Source | None:
    """The first source of a stream, which takes its files."""
    return next((source for source in sources if source.stream == stream), None)
