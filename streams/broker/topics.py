"""Every topic of ours: its name, its partitions, and how long and how large its records are."""

import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from streams.broker import clients
from streams.broker.local import BrokerError
from streams.settings import Kafka, Settings, Source

MIB = 1 << 20
MOST_SENT = 6 * MIB  # bytes of a record before it is compressed
PATIENCE = 30.0  # seconds
TABLE = "state"  # of the roles that have one
YEAR = timedelta(days=365)
DAY = str(timedelta(days=1) // timedelta(milliseconds=1))
# Without these a segment that is not full is never looked through.
SOON_COMPACTED = {"segment.ms": DAY, "max.compaction.lag.ms": DAY}
WAITING = timedelta(days=14)  # how long the records of a source are kept


class Role(StrEnum):
    """The stages; each is a consumer group of its own."""

    INTAKE = "intake"
    DETECTION = "detection"
    RESPONSE = "response"
    ARCHIVE = "archive"


def group(settings: Settings, role: Role) -> str:
    """Name of a role's consumer group, which also begins the name of its changelog."""
    return f"{settings.kafka.topic_prefix}{settings.kafka.group_prefix}-{role}"


class TopicError(Exception):
    """Topics on the broker that do not fit the settings; one line for each."""


@dataclass(frozen=True)
class Topics:
    """The full names: each carries the prefix of the installation."""

    prefix: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Topics":
        return cls(settings.kafka.topic_prefix)

    def source(self, source: Source) -> str:
        """The topic that this source's events come in on."""
        return self.prefix + source.topic

    def rekeyed(self, source: Source) -> str:
        """The same events, keyed by what people, or posts, are counted by."""
        return f"{self.prefix}rekeyed-{source.topic}"

    def counted(self, source: Source) -> str:
        """The topic whose records are counted and archived."""
        return self.rekeyed(source) if source.rekeyed else self.source(source)

    def seen(self, source: Source) -> str:
        """What each partition of it has seen, and what became of its events."""
        return f"{self.prefix}seen-{'rekeyed-' if source.rekeyed else ''}{source.topic}"

    @property
    def counts(self) -> str:
        """Intake to detection; one partition a shard."""
        return f"{self.prefix}counts"

    @property
    def signals(self) -> str:
        """Public: what detection found."""
        return f"{self.prefix}signals"

    @property
    def defect_batch_signals(self) -> str:
        """Public: the signals about product batches, for product teams."""
        return f"{self.prefix}defect-batch-signals"

    @property
    def incident_inputs(self) -> str:
        """The one ordered log that incidents are a function of."""
        return f"{self.prefix}incident-inputs"

    @property
    def incidents(self) -> str:
        """Public: each change of an incident."""
        return f"{self.prefix}incidents"

    @property
    def notifications(self) -> str:
        """Public: what was sent to whom."""
        return f"{self.prefix}notifications"

    @staticmethod
    def changelog(settings: Settings, role: Role) -> str:
        """What restores the table of a role, named as Faust names it."""
        return f"{group(settings, role)}-{TABLE}-changelog"

    @property
    def dead_letters(self) -> str:
        """Events that could not be read, with the reason."""
        return f"{self.prefix}dead-letters"


@dataclass(frozen=True)
class Topic:
    """What a topic is created with; `retention` None keeps its records for ever.

    `partitions_by` is the option that sets the number of partitions, if one does. `arrival`
    stamps records when the broker gets them: events of last year would else be deleted at once.
    In a topic that is `erasable` a record goes within days once another one has its key.
    """

    name: str
    partitions: int
    retention: timedelta | None
    partitions_by: str = ""
    arrival: bool = True
    compacted: bool = False
    erasable: bool = False
    max_message_bytes: int = MIB
    segment_bytes: int = 256 * MIB

    def configuration(self, replication: int) -> dict[str, str]:
        """As Kafka names and writes it; with 3 replicas two must have each record."""
        kept = self.retention
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": "-1" if kept is None else str(kept // timedelta(milliseconds=1)),
            "retention.bytes": "-1",
            "max.message.bytes": str(self.max_message_bytes),
            "segment.bytes": str(self.segment_bytes),
            "message.timestamp.type": "LogAppendTime" if self.arrival else "CreateTime",
            "min.insync.replicas": str(max(1, replication - 1)),
            **self._erasing,
        }

    @property
    def _erasing(self) -> dict[str, str]:
        """What makes it erasable."""
        if not self.erasable:
            return {}
        return SOON_COMPACTED | ({} if self.compacted else {"cleanup.policy": "compact,delete"})


def table(settings: Settings) -> tuple[Topic, ...]:
    """All topics of an installation; raises TopicError where a source takes one of our names."""
    names = Topics.of(settings)
    sources = [
        Topic(
            names.source(source),
            source.partitions,
            WAITING,
            partitions_by=f"sources[{position}].partitions",
            arrival=False,
            max_message_bytes=4 * MIB,
        )
        for position, source in enumerate(settings.sources)
    ]
    inner = [
        *(
            Topic(
                names.rekeyed(source),
                source.partitions,
                WAITING,
                partitions_by=f"sources[{position}].partitions",
                max_message_bytes=5 * MIB,
            )
            for position, source in enumerate(settings.sources)
            if source.rekeyed
        ),
        *(
            Topic(
                names.seen(source),
                source.partitions,
                # What waits to be read may be as old as the source's records are kept.
                settings.detection.remembered(source.stream) + source.lateness + WAITING,
                partitions_by=f"sources[{position}].partitions",
                max_message_bytes=4 * MIB,
                segment_bytes=64 * MIB,
            )
            for position, source in enumerate(settings.sources)
        ),
        # Intake and response reckon with the records' own timestamps in these two.
        Topic(
            names.counts,
            settings.detection.shards,
            None,
            partitions_by="detection.shards",
            arrival=False,
            max_message_bytes=4 * MIB,
            segment_bytes=64 * MIB,  # records below a snapshot are freed by whole segments
        ),
        # Response deletes what it has applied; no other may, for what waits may be of any age.
        Topic(names.incident_inputs, 1, None, arrival=False, segment_bytes=64 * MIB),
        Topic(names.signals, 1, YEAR),
        Topic(names.defect_batch_signals, 1, YEAR),
        Topic(names.incidents, 1, YEAR),
        Topic(names.notifications, 1, YEAR),
        Topic(names.dead_letters, 1, timedelta(days=30), max_message_bytes=5 * MIB, erasable=True),
        Topic(
            names.changelog(settings, Role.DETECTION),
            settings.detection.shards,
            None,
            partitions_by="detection.shards",
            compacted=True,
            erasable=True,
            segment_bytes=64 * MIB,
        ),
        Topic(
            names.changelog(settings, Role.RESPONSE),
            1,
            None,
            compacted=True,
            erasable=True,
            segment_bytes=64 * MIB,
        ),
    ]
    _refuse_taken(sources, inner)
    return (*sources, *inner)


def trim(settings: Settings, bootstrap: str, keep_from: Mapping[int, int]) -> None:
    """Deletes the counts of shards below their offsets; raises BrokerError where it cannot."""
    counts = Topics.of(settings).counts
    with _admin(settings.kafka, bootstrap) as admin:
        admin.delete_records({TopicPartition(counts, n): at for n, at in keep_from.items()})


def committed(settings: Settings, bootstrap: str, role: Role, place: TopicPartition) -> int:
    """Where a role stands in a partition; 0 where it never committed; raises BrokerError."""
    commit = commits(settings, bootstrap, role, [place]).get(place)
    return 0 if commit is None else commit.offset


def commits(
    settings: Settings, bootstrap: str, role: Role, places: Iterable[TopicPartition]
) -> dict[TopicPartition, OffsetAndMetadata]:
    """What a role has committed, where it has; raises BrokerError."""
    with _admin(settings.kafka, bootstrap) as admin:
        name = group(settings, role)
        offsets = clients.coordinated(admin.list_group_offsets, {name: list(places)})[name]
        return {place: commit for place, commit in offsets.items() if commit.offset >= 0}


def forget(settings: Settings, bootstrap: str, place: TopicPartition, before: int) -> None:
    """Deletes the records of a partition below an offset; raises BrokerError."""
    with _admin(settings.kafka, bootstrap) as admin:
        admin.delete_records({place: before})


def retire(
    settings: Settings, bootstrap: str, role: Role, place: TopicPartition, *,
    below: int, before: int,
) -> None:  # fmt: skip
    """Deletes what a role has committed, below an offset and written before a moment (epoch ms).

    Raises BrokerError where it cannot.
    """
    below = min(below, committed(settings, bootstrap, role, place))
    with _admin(settings.kafka, bootstrap) as admin:
        first_kept = admin.list_partition_offsets({place: before})[place].offset
        admin.delete_records({place: below if first_kept < 0 else min(below, first_kept)})


def ids(kafka: Kafka, bootstrap: str, names: Collection[str]) -> dict[str, str]:
    """The broker's own name of each topic, which a topic made anew does not share."""
    with _admin(kafka, bootstrap) as admin:
        return {
            topic["name"]: str(topic["topic_id"]) for topic in admin.describe_topics(list(names))
        }


def renew(settings: Settings, bootstrap: str, roles: Collection[Role]) -> None:
    """Counts and snapshots begin empty, and the roles' groups without a commit.

    Raises:
        BrokerError: where the broker does not answer, and where a worker of a role runs.
    """
    names = Topics.of(settings)
    wanted = {names.counts, names.changelog(settings, Role.DETECTION)}
    groups = [group(settings, role) for role in roles]
    with _admin(settings.kafka, bootstrap) as admin:
        _refuse_working(admin, groups)
        there = {topic["name"] for topic in admin.describe_topics()}
        admin.delete_topics(sorted(wanted & there))
        _await_gone(admin, wanted)
        admin.delete_groups(groups)
    create(settings, bootstrap)


def _refuse_working(admin: Any, groups: Collection[str]) -> None:
    """A worker that has just been stopped counts as one until its session is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = clients.coordinated(admin.describe_groups, list(groups))
        busy = [name for name, described in found.items() if described["members"]]
        if not busy:
            return
        if time.monotonic() > deadline:
            raise BrokerError(f"group {busy[0]}: must have no worker, stop tocsin run first")
        time.sleep(0.5)


def _await_gone(admin: Any, names: Collection[str]) -> None:
    """The broker answers before a topic is gone, and refuses its name until then."""
    deadline = time.monotonic() + PATIENCE
    while {topic["name"] for topic in admin.describe_topics()} & set(names):
        if time.monotonic() > deadline:
            raise BrokerError(f"topics {', '.join(sorted(names))}: not gone after {PATIENCE:.0f} s")
        time.sleep(0.1)


def place(settings: Settings, bootstrap: str, role: Role, offsets: Mapping[Any, Any]) -> None:
    """Where a role without workers goes on; raises BrokerError."""
    with _admin(settings.kafka, bootstrap) as admin:
        alter, name = admin.alter_group_offsets, group(settings, role)
        answers = clients.coordinated(alter, name, dict(offsets)) if offsets else {}
    if refused := [f"{tp.topic}[{tp.partition}]" for tp, why in answers.items() if why.errno]:
        raise BrokerError(f"group {group(settings, role)}: refused offsets of {', '.join(refused)}")


def _refuse_taken(sources: list[Topic], inner: list[Topic]) -> None:
    taken = {topic.name for topic in sources} & {topic.name for topic in inner}
    if taken:
        raise TopicError(f"sources.topic: must not be a topic of Tocsin's own, got {sorted(taken)}")


def create(settings: Settings, bootstrap: str) -> tuple[str, ...]:
    """Creates the missing topics and returns their names; nothing is created beside a wrong one.

    Raises TopicError where an existing topic has another number of partitions than the settings
    say, and BrokerError where the broker does not answer.
    """
    wanted = table(settings)
    with _admin(settings.kafka, bootstrap) as admin:
        there = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}
        if wrong := misfits(wanted, there):
            raise TopicError("\n".join(wrong))
        missing = [topic for topic in wanted if topic.name not in there]
        if missing:
            _create(admin, missing, settings.kafka.replication)
    return tuple(topic.name for topic in missing)


def misfits(wanted: tuple[Topic, ...], there: Mapping[str, int]) -> list[str]:
    """One line for each topic that exists with another number of partitions."""
    return [
        f"topic {topic.name}: must have {_counted(topic.partitions)}"
        f"{f' ({topic.partitions_by})' if topic.partitions_by else ''}, has {there[topic.name]}"
        for topic in wanted
        if there.get(topic.name, topic.partitions) != topic.partitions
    ]


def _counted(partitions: int) -> str:
    return "1 partition" if partitions == 1 else f"{partitions} partitions"


def _create(admin: Any, missing: list[Topic], replication: int) -> None:
    asked = {
        topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": replication,
            "configs": topic.configuration(replication),
        }
        for topic in missing
    }
    answer = admin.create_topics(asked, raise_errors=False)
    refused = [
        f"topic {topic['name']}: {topic['error_message']}"
        for topic in answer["topics"]
        # Somebody else who created it a moment ago had the same settings.
        if topic["error_code"] not in {0, TopicAlreadyExistsError.errno}
    ]
    if refused:
        raise TopicError("\n".join(refused))
    admin.wait_for_topics(list(asked))


def _admin(kafka: Kafka, bootstrap: str) -> AbstractContextManager[Any]:
    return clients.opened(KafkaAdminClient, kafka, bootstrap, bootstrap_timeout_ms=10_000)
