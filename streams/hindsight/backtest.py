"""The whole way from events to incidents in one process, without Kafka.

The same functions as in the workers, over as many simulated partitions: its confirmed signals
equal those through Kafka for the same events in the same order. Shards divide the work and not
what is found: a series has the same numbers in any company, so that one shard holds them all.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from alerts import lifecycle
from alerts.incident import IncidentLine, Reason
from alerts.inputs import Input, SignalInput, Tick
from alerts.lifecycle import Incidents
from alerts.signal import Signal
from streams.archive.log import Log, Reach
from streams.columnar.fields import Ints
from streams.configuration.sections import Stream
from streams.counts.cells import decode
from streams.detection.shards import Shard
from streams.detection.stream import Watch
from streams.events.columns import Columns
from streams.events.event import MILLISECOND
from streams.files.course import Passage
from streams.files.history import Ended, Playable, bucket_end, source_of
from streams.hindsight import simulation
from streams.hindsight.simulation import Partition, Topic
from streams.intake.reading import Emission, Plan
from streams.settings import Settings
from streams.sources.keys import partitions_of

LARGEST = 1 << 14  # records of a chunk

Turn = tuple[Iterator[Emission], int]  # what is counted next, and of how many events


class Outcome(NamedTuple):
    """What a part of the history led to, in order."""

    signals: list[Signal]
    incidents: list[IncidentLine]


class Backtest:
    """Plays a history.

    Args:
        settings: of the installation; each stream's files go to its first source.
        now: milliseconds; the records' timestamps, which no event may be far ahead of. Those of an
            archive have their own.
        watch: is shown each hour that has been judged.

    Attributes:
        reach: of the archive that was played.
    """

    def __init__(self, settings: Settings, *, now: int, watch: Watch | None = None) -> None:
        self.opened = 0
        self.reach = Reach()
        self._settings = undivided(settings)
        self._now = now
        self._shard = Shard(self._settings, 0, watch=watch)
        self._incidents = Incidents()
        self._topics: dict[str, Topic] = {}
        self._inputs = 0

    def play(
        self, past: Playable | Log, *, on_events: Callable[[int], None] = lambda _: None
    ) -> Iterator[Outcome]:
        """Play files, or an archive: its records as they lay in their partitions.

        Raises:
            ArchiveError: for a topic or a partition that the settings do not have.
        """
        for emissions, events in self._log(past) if isinstance(past, Log) else self._files(past):
            yield self._respond(self._detect(emissions))
            on_events(events)

    @property
    def rejected(self) -> int:
        return sum(part.tally["rejected"] for part in self._all)

    @property
    def late(self) -> int:
        return sum(part.tally["late"] for part in self._all)

    @property
    def duplicates(self) -> int:
        return sum(part.tally["duplicate"] for part in self._all)

    @property
    def series(self) -> int:
        return self.learnt[1]

    @property
    def learnt(self) -> tuple[int, int]:
        """How many series have learnt what is usual, of how many."""
        return self._shard.learnt()

    @property
    def places(self) -> tuple[int, int]:
        """How many share the budget now, and over how many it is spread."""
        return self._shard.places(), self._settings.detection.series

    @property
    def _all(self) -> list[Partition]:
        return [part for topic in self._topics.values() for part in topic.partitions]

    def _owners(self, stream: Stream, columns: Columns) -> Ints:
        source = source_of(self._settings.sources, stream)
        if source is None:
            return np.zeros(len(columns), np.int64)
        return partitions_of(source, columns, source.partitions)

    def _files(self, history: Playable) -> Iterator[Turn]:
        for passages in history.passages(self._owners):
            yield self._intake(passages), sum(len(one.columns) for one in passages)
        yield self._end(history), 0

    def _log(self, log: Log) -> Iterator[Turn]:
        sources = log.sources(self._settings)
        for batch in log.batches(sources):
            self._now = int(batch.stamps.max())
            self.reach.note(batch, future=sources[batch.topic].future // MILLISECOND)
            part = self._topic(sources[batch.topic].topic).partitions[batch.partition]
            yield part.count(batch.stamps, batch.answers, batch.carried), len(batch.answers)
        yield self._end(self.reach), 0

    def _intake(self, passages: Iterable[Passage]) -> Iterator[Emission]:
        met: dict[str, Topic] = {}
        for stream, number, columns in passages:
            if (source := source_of(self._settings.sources, stream)) is not None:
                topic = met[source.topic] = self._topic(source.topic)
                yield from topic.take(number, columns, now=self._now)
        for topic in met.values():
            yield from topic.pass_on(now=self._now)

    def _end(self, history: Ended) -> Iterator[Emission]:
        """Close what is open: every source of a stream ends where the stream's history does."""
        for source in self._settings.sources:
            if source.stream not in history.ends:
                continue
            # Rows from the future are refused, and must not move time either.
            latest = bucket_end(self._now + source.future // MILLISECOND)
            end = min(history.ends[source.stream], latest)
            for part in self._topic(source.topic).partitions:
                yield from part.finish(end, now=self._now)

    def _topic(self, name: str) -> Topic:
        if name not in self._topics:
            source = next(s for s in self._settings.sources if s.topic == name)
            self._topics[name] = simulation.topic(Plan(self._settings, source, source.partitions))
        return self._topics[name]

    def _detect(self, emissions: Iterator[Emission]) -> list[Signal]:
        """In the order of event time, in which response would meet them."""
        found = [
            signal
            for emission in emissions
            for raw in emission.counts
            for signal in self._shard.apply(decode(raw))
        ]
        return sorted(found, key=attrgetter("at"))

    def _respond(self, signals: list[Signal]) -> Outcome:
        """Event time is the log's time here, for nobody waits."""
        lines: list[IncidentLine] = []
        for signal in signals:
            moment = int(signal.at.timestamp() * 1000)
            lines += self._step(Tick(at=moment)) if moment > self._incidents.now else []
            lines += self._step(SignalInput(signal))
        self.opened += sum(line.reason is Reason.OPENED for line in lines)
        return Outcome(signals, lines)

    def _step(self, item: Input) -> tuple[IncidentLine, ...]:
        self._inputs += 1
        self._incidents, decision = lifecycle.step(self._incidents, item, offset=self._inputs)
        return decision.incidents


def undivided(settings: Settings) -> Settings:
    """Settings of one shard that has room for the series of all, and of chunks as large as may be.

    What is found depends on neither.
    """
    detection, intake = settings.detection, settings.intake
    room = detection.max_series * detection.shards
    one = detection.model_copy(update={"shards": 1, "max_series": room})
    large = intake.model_copy(update={"chunk_records": LARGEST, "chunk_span": timedelta.max})
    return settings.model_copy(update={"detection": one, "intake": large})
