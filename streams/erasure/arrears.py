"""What the stages have still to read: what it tells of a person comes after the erasure."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.archive.layout import MARKS, File, listed
from streams.archive.missing import reached
from streams.archive.places import Place
from streams.broker import records, topics
from streams.broker.topics import Role, Topics
from streams.intake.standing import Standing
from streams.settings import Settings
from streams.transport import runs

PATIENCE: Final = 20.0  # seconds, for what lies in the topics to be read
LOOK: Final = 0.5

Offsets = Mapping[TopicPartition, int]
Commits = Mapping[TopicPartition, OffsetAndMetadata]
Done = Callable[[Role, Collection[TopicPartition]], Offsets]  # below which nothing is left to do


class Arrears(NamedTuple):
    """By partition of a topic how many offsets a role is behind."""

    role: Role
    topic: str
    partitions: Mapping[int, int]


class Log(Protocol):
    """What is asked of a topic; as `records.Log` says it."""

    name: str

    def ends(self) -> Offsets: ...

    def unread(self, reached: Offsets, ends: Offsets) -> dict[int, int]: ...


def awaited(
    settings: Settings, bootstrap: str, place: Place, *, patience: float = PATIENCE
) -> list[Arrears]:
    """Wait for what lies in the topics at this moment; returns what is left unread even so.

    Of intake too, which makes dead letters of what it refuses. What it has to carry on under
    another key comes first: it is in no topic yet that is archived.

    Raises:
        BrokerError: where the broker does not answer.
        PlaceError: where the archive cannot be listed.
    """
    until = time.monotonic() + patience + settings.archive.rewrite_every.total_seconds()
    names, sources = Topics.of(settings), settings.sources

    def done(role: Role, places: Collection[TopicPartition]) -> Offsets:
        commits = topics.commits(settings, bootstrap, role, places)
        ids = topics.ids(settings.kafka, bootstrap, {one.topic for one in places})
        reached = archived(place, commits) if role is Role.ARCHIVE else counted(commits)
        return of_topics_there(reached, commits, ids)

    with records.connected(settings.kafka, bootstrap) as cluster:

        def wait(named: Collection[str], *roles: Role) -> list[Arrears]:
            logs = [cluster.log(name) for name in named if name in cluster.names]
            return left(logs, roles, done, until=until)

        carried = wait([names.source(one) for one in sources if one.rekeyed], Role.INTAKE)
        return carried + wait(list(map(names.counted, sources)), Role.INTAKE, Role.ARCHIVE)


def left(
    logs: Sequence[Log], roles: Collection[Role], done: Done, *, until: float
) -> list[Arrears]:
    """What the roles have not read of what the logs hold now, at a moment (monotonic seconds)."""
    ends = {place: end for log in logs for place, end in log.ends().items()}
    while (found := list(_unread(logs, roles, done, ends))) and time.monotonic() < until:
        time.sleep(LOOK)
    return found


def _unread(
    logs: Sequence[Log], roles: Collection[Role], done: Done, ends: Offsets
) -> Iterator[Arrears]:
    for role in roles:
        reached = done(role, ends)
        for log in logs:
            if behind := log.unread(reached, ends):
                yield Arrears(role, log.name, behind)


def archived(place: Place, commits: Commits) -> Offsets:
    """The commit follows closed files, and is behind what the open one holds.

    What is closed beyond the commit is read and written again.
    """
    done = Counter({one: commit.offset for one, commit in commits.items()})
    files = [file for file in listed(place.names()) if file.folder != MARKS]
    again = {_place(file) for file in files if (file.end or 0) > done[_place(file)]}
    held = reached(place, (file for file in files if _place(file) not in again))
    return done | Counter({TopicPartition(*one[1:]): at for one, at in held.items()})


def _place(file: File) -> TopicPartition:
    return TopicPartition(file.topic, file.partition)


def of_topics_there(reached: Offsets, commits: Commits, ids: Mapping[str, str]) -> Offsets:
    """Without what was reached in a topic of the same name that is gone."""
    return {
        place: at
        for place, at in reached.items()
        if place not in commits
        or not runs.of_another(commits[place].metadata, ids.get(place.topic, ""))
    }


def counted(commits: Commits) -> Offsets:
    """The commit stays where a chunk begins; its note says how far it is counted."""
    return {place: max(commit.offset, _noted(commit)) for place, commit in commits.items()}


def _noted(commit: OffsetAndMetadata) -> int:
    """0 where the note is of re-keying, whose commit stands where it is."""
    _, note = runs.said(commit.metadata)
    with suppress(ValueError):
        return Standing.noted(note).counted
    return 0
