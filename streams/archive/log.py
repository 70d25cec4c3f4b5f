"""The archive read as the log it was: partition by partition, in the order of the offsets."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from sys import maxsize
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast, get_args

import numpy as np

from streams.archive import columns, sheets
from streams.archive.layout import File, Piece, listed, pieces
from streams.archive.places import Place, reading
from streams.broker.topics import Topics
from streams.columnar.fields import Ints
from streams.events.columns import Answers
from streams.files.history import Refused, bucket_end
from streams.settings import Settings, Source, Stream
from streams.sources.origins import Carried

AT_ONCE: Final = 4096  # records of a partition that are handed over together
NONE: Final[Mapping[str, Source]] = MappingProxyType({})


class Batch(NamedTuple):
    """Consecutive records of one partition.

    Attributes:
        stream: of the source.
        topic: of the source, by its full name.
        partition: of the source.
        offsets: ascending.
        stamps: record timestamps in milliseconds.
        answers: what the records say.
        carried: what their keys say, where they are re-keyed.
    """

    stream: Stream
    topic: str
    partition: int
    offsets: Ints
    stamps: Ints
    answers: Answers
    carried: Carried | None = None


class ArchiveError(Exception):
    """An archive that does not fit the settings; one line."""


class Reach:
    """How far the events of an archive reach, in milliseconds."""

    def __init__(self) -> None:
        self.refused: Sequence[Refused] = ()
        self.span = maxsize, 0
        self._events = 0
        self._latest: dict[Stream, int] = {}

    def __len__(self) -> int:
        return self._events

    def note(self, batch: Batch, *, future: int) -> None:
        """Events further ahead of their records than `future` (ms) are refused and do not count."""
        times = batch.answers.columns.times
        sound = times <= batch.stamps[batch.answers.places] + future
        if not sound.any():
            return
        first, last = int(times[sound].min()), int(times[sound].max())
        self.span = min(self.span[0], first), max(self.span[1], last)
        self._events += int(sound.sum())
        self._latest[batch.stream] = max(self._latest.get(batch.stream, 0), last)

    @property
    def ends(self) -> dict[Stream, int]:
        """The end of the bucket of each stream's last event."""
        return {stream: bucket_end(time) for stream, time in self._latest.items()}


class Log:
    """The records of an archive.

    Args:
        place: of its files.

    Raises:
        PlaceError: where they cannot be listed.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pieces = [
            piece
            for piece in pieces(listed(place.names()))
            if piece.file.folder in get_args(Stream)
        ]
        self._connection = sheets.connected()
        place.attach(self._connection)

    def sources(self, settings: Settings) -> dict[str, Source]:
        """By topic what the settings say of it.

        Raises:
            ArchiveError: where they know no such topic, or fewer partitions.
        """
        known = {Topics.of(settings).counted(source): source for source in settings.sources}
        for topic, partitions in self.partitions.items():
            if topic not in known:
                raise ArchiveError(
                    f"archive {self._place}: topic {topic} must be one of the sources, "
                    f"got {', '.join(sorted(known))}"
                )
            if partitions > known[topic].partitions:
                raise ArchiveError(
                    f"archive {self._place}: topic {topic} has {partitions} partitions, its "
                    f"source must have as many, got {known[topic].partitions}"
                )
        return known

    def holds(self, topic: str, partition: int) -> bool:
        """Whether there is any record of the partition."""
        return (topic, partition) in {(p.file.topic, p.file.partition) for p in self._pieces}

    @property
    def partitions(self) -> Mapping[str, int]:
        """By topic how many there are, as far as they hold records."""
        numbers: dict[str, int] = {}
        for file in (piece.file for piece in self._pieces):
            numbers[file.topic] = max(numbers.get(file.topic, 0), file.partition + 1)
        return numbers

    def batches(self, sources: Mapping[str, Source] = NONE) -> Iterator[Batch]:
        """All records; of several partitions those first that were written first.

        Args:
            sources: by topic what the settings say of it; without it nothing is re-keyed.
        """
        logs = [
            self._partition(list(own), sources)
            for _, own in groupby(self._pieces, key=attrgetter("file.partition_of"))
        ]
        return heapq.merge(*logs, key=_written)

    def _partition(self, own: Iterable[Piece], sources: Mapping[str, Source]) -> Iterator[Batch]:
        for piece in own:
            source = sources.get(piece.file.topic)
            yield from self._read(piece, rekeyed=source is not None and source.rekeyed)

    def _read(self, piece: Piece, *, rekeyed: bool) -> Iterator[Batch]:
        name, stream = piece.file.name, cast("Stream", piece.file.folder)
        with reading(self._place, name), self._connection.cursor() as cursor:
            path = self._place.path(name)
            cursor.execute(_query(stream, path, piece.condition, rekeyed=rekeyed))
            while rows := cursor.fetchmany(AT_ONCE):
                yield _batch(piece.file, stream, rows, rekeyed=rekeyed)


def _query(stream: Stream, path: str, condition: str, *, rekeyed: bool) -> str:
    """The columns in their order, times as milliseconds; of raw values only what words say."""
    wanted = [
        f'epoch_ms("{name}")' if kind == "TIMESTAMP_MS" else f'"{name}"'
        for name, kind in columns.types(stream, rekeyed=rekeyed).items()
        if name != "raw"
    ]
    wanted += [f"CASE WHEN {columns.ORIGIN} IS NULL THEN raw END"] if rekeyed else []
    return (
        f"SELECT {', '.join(wanted)} FROM read_parquet({sheets.text(path)}) "
        f'WHERE {condition} ORDER BY "offset"'
    )


def _batch(file: File, stream: Stream, rows: Sequence[Sequence[Any]], *, rekeyed: bool) -> Batch:
    types = columns.types(stream, rekeyed=rekeyed)
    names = [name for name in types if name != "raw"] + (["raw"] if rekeyed else [])
    held = dict(zip(names, zip(*rows, strict=True), strict=True))
    offsets, stamps = (np.array(held[name], np.int64) for name in ("offset", "stamp"))
    carried = Carried.of(held[columns.ORIGIN], held["raw"]) if rekeyed else None
    if carried is not None:
        stamps = carried.stamps(stamps)
    answers = columns.answers(stream, held)
    return Batch(stream, file.topic, file.partition, offsets, stamps, answers, carried)


def _written(batch: Batch) -> int:
    return int(batch.stamps[0])
