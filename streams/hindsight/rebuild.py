"""All state of intake and detection made again from the archive, under today's settings.

A new number of shards, or other cuts, need counts of their own: the counts and the snapshots that
there are go, the archive is counted anew, and each shard's state becomes its snapshot at offset 0
of counts that begin empty. Intake goes on with the first chunk that the archive does not hold
whole; where its `seen` logs do not join up with that, what they would bring back is written into
them. No history enters a live topic, and the state of incidents stays as it is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kafka import KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.archive.log import Batch, Log
from streams.broker import clients, records, topics
from streams.broker.topics import Role, Topics
from streams.counts.cells import decode
from streams.detection import snapshots
from streams.detection.shards import Shard
from streams.intake.reading import Emission, Plan, Reading
from streams.intake.rekeyed import reading_of
from streams.seen import record as seen
from streams.seen.record import SeenChunk
from streams.settings import Settings

PATIENCE = 60  # seconds


class Position(NamedTuple):
    """Where intake goes on in a partition, and what it notes there."""

    offset: int
    note: str


@dataclass
class State:
    """What the archive's closed chunks lead to.

    Attributes:
        shards: their states.
        positions: of the source partitions that hold a closed chunk.
        seen: by partition of the `seen` logs what they would have to bring back.
    """

    shards: list[Shard]
    positions: dict[TopicPartition, Position] = field(default_factory=dict)
    seen: dict[TopicPartition, deque[SeenChunk]] = field(default_factory=dict)


class Counting:
    """Counts an archive.

    Args:
        settings: of the installation.
        log: its records.

    Raises:
        ArchiveError: for a topic or a partition that the settings do not have.
    """

    def __init__(self, settings: Settings, log: Log) -> None:
        self._sources, self._log, self._topics = log.sources(settings), log, Topics.of(settings)
        self.state = State([Shard(settings, n) for n in range(settings.detection.shards)])
        self._partitions = {
            TopicPartition(topic, n): reading_of(Plan(settings, source, source.partitions), n)
            for topic, source in self._sources.items()
            for n in range(source.partitions)
        }

        self._blanks = self._without_records()

    def _without_records(self) -> dict[str, list[Reading]]:
        """By topic; their marks say that they hold nobody up."""
        blanks: dict[str, list[Reading]] = {topic: [] for topic in self._sources}
        for place, blank in self._partitions.items():
            if not self._log.holds(*place):
                blanks[place.topic].append(blank)
        return blanks

    def run(self, *, on_events: Callable[[int], None] = lambda _: None) -> State:
        for batch in self._log.batches(self._sources):
            self._take(batch)
            on_events(len(batch.answers))
        return self.state

    def _take(self, batch: Batch) -> None:
        place = TopicPartition(batch.topic, batch.partition)
        reading = self._partitions[place]
        emissions = reading.take(batch.offsets, batch.stamps, batch.answers, batch.carried)
        for emission in emissions:
            assert emission.closed is not None
            self._apply(emission.counts)
            self._note_seen(place, emission, reach=reading.reach)
            self.state.positions[place] = Position(emission.closed, emission.note)
        for blank in self._blanks.get(batch.topic, ()):
            self._apply([blank.mark(end=0, idle=1)] * len(self.state.shards))

    def _note_seen(self, place: TopicPartition, emission: Emission, *, reach: int) -> None:
        """Keep what it has seen, and let go of what no reading goes back to any more."""
        log = TopicPartition(self._topics.seen(self._sources[place.topic]), place.partition)
        kept = self.state.seen.setdefault(log, deque())
        if emission.seen is not None:
            kept.append(emission.seen)
        while kept and _is_past(kept[0], emission.watermark, reach=reach):
            kept.popleft()

    def _apply(self, counts: list[bytes]) -> None:
        for shard, raw in zip(self.state.shards, counts, strict=True):
            shard.apply(decode(raw))


def _is_past(chunk: SeenChunk, watermark: int | None, *, reach: int) -> bool:
    """A chunk without an event brings nothing back."""
    return watermark is not None and (chunk.newest is None or chunk.newest < watermark - reach)


def put(settings: Settings, bootstrap: str, state: State) -> None:
    """Put the state in the place of what there is; no worker of the two roles may run.

    It can be interrupted anywhere and done again: intake's positions come last.

    Raises:
        BrokerError: where the broker refuses, and where a worker still runs.
    """
    topics.renew(settings, bootstrap, [Role.INTAKE, Role.DETECTION])
    with clients.opened(KafkaProducer, settings.kafka, bootstrap, acks="all") as producer:
        _write_shards(Topics.changelog(settings, Role.DETECTION), state.shards, producer)
        _write_seen({log: state.seen[log] for log in _lost(settings, bootstrap, state)}, producer)
    topics.place(settings, bootstrap, Role.INTAKE, _offsets(state.positions))


def _offsets(positions: Mapping[TopicPartition, Position]) -> dict[Any, Any]:
    return {place: OffsetAndMetadata(at.offset, at.note, -1) for place, at in positions.items()}


def _write_shards(changelog: str, shards: list[Shard], producer: Any) -> None:
    """Each shard's snapshot, the marker last."""
    for number, shard in enumerate(shards):
        for key, value in snapshots.sliced(number, 0, shard.snapshot()).items():
            producer.send(changelog, key=key, value=value, partition=number).get(timeout=PATIENCE)


def _lost(settings: Settings, bootstrap: str, state: State) -> list[TopicPartition]:
    """The `seen` logs that do not join up with intake's positions, though there was something."""
    with records.connected(settings.kafka, bootstrap) as cluster:
        there = {
            (TopicPartition(name, record.partition), seen.decode(record.value).to)
            for name in {log.topic for log in state.seen}
            for record in cluster.log(name).whole()
        }
    joined = ((log, chunks[-1].to) for log, chunks in state.seen.items() if chunks)
    return [log for log, to in joined if (log, to) not in there]


def _write_seen(chunks: Mapping[TopicPartition, Iterable[SeenChunk]], producer: Any) -> None:
    sent = [
        producer.send(log.topic, value=seen.encode(chunk), partition=log.partition)
        for log, held in chunks.items()
        for chunk in held
    ]
    for one in sent:
        one.get(timeout=PATIENCE)
