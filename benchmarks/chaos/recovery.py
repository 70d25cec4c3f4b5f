"""How long a part of the work stood still, and what it was that stopped it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

from benchmarks.chaos.battle import Struck
from benchmarks.chaos.strikes import Target
from streams.broker.topics import Role, Topics
from tests.kafka.installation import Installation

Moments = Sequence[int]  # epoch ms at which something was seen to go on
Part = tuple[str, int]  # of a role's work: a topic's partition
Parts = Mapping[Part, Iterable[int]]
Progress = Mapping[Role, Sequence[Moments]]
JOINED = "rebalance"  # what stands still without a blow


class Standstill(NamedTuple):
    """A part of a role's work did not go on.

    Attributes:
        role: whose.
        since: epoch ms.
        seconds: from `cause` until it went on, or until the end where it did not.
        cause: what was struck.
    """

    role: Role
    since: int
    seconds: float
    cause: str


class _Blow(NamedTuple):
    """When it fell, and until when one cannot recover from it (epoch ms)."""

    at: int
    over: int
    cause: str


def standstills(
    progress: Progress, struck: Sequence[Struck], *, until: int
) -> Iterator[Standstill]:
    """Each time between two moments of a part of the work, and from the last one to `until`.

    They count from the first blow that fell into them, for a part that has not gone on has not
    recovered from it when another falls; the time for which the broker is away is left out, for
    nothing can go on then. What stands still without a blow does so because a worker has been
    found dead, or has come back.

    Args:
        progress: of each part of a role's work the moments, ascending.
        struck: in the order of their times.
        until: epoch ms; as long there was something to do for every part.
    """
    outages = [blow for blow in _stopping(struck, None) if blow.over > blow.at]
    for role, own in progress.items():
        mine = list(_stopping(struck, role))
        for before, after in chain.from_iterable(pairwise([*part, until]) for part in own):
            felt = [blow for blow in mine if blow.at < after and before < blow.over]
            first = min(felt, default=_Blow(before, before, JOINED))
            since = max(first.at, before)
            lasted = after - since - sum(_within(one, since, after) for one in outages)
            yield Standstill(role, before, round(lasted / 1000, 1), first.cause)


def _within(outage: _Blow, since: int, until: int) -> int:
    return max(min(outage.over, until) - max(outage.at, since), 0)


def slowest(found: Iterable[Standstill]) -> dict[str, float]:
    """Seconds, by cause."""
    longest: dict[str, float] = defaultdict(float)
    for one in found:
        longest[one.cause] = max(longest[one.cause], one.seconds)
    return dict(longest)


def _stopping(struck: Sequence[Struck], role: Role | None) -> Iterator[_Blow]:
    """What the role has to recover from; of what falls on all of them without one."""
    fallen = 0
    for blow, at in struck:
        if blow.target is Target.BROKER and blow.returns:
            yield _Blow(fallen, at, blow.target)
        elif blow.target is Target.BROKER:
            fallen = at
        elif not blow.returns and blow.role in (None, role):
            yield _Blow(at, at, f"{blow.target} {role}")


def progress(installation: Installation, files: Parts, *, since: int, until: int) -> Progress:
    """When each source partition was counted and archived, each shard kept, each input applied.

    Args:
        installation: that was struck.
        files: of the archive, and when each partition's were written.
        since: epoch ms; from then on there was something to do for every part.
        until: epoch ms; events flowed as long.
    """
    settings, topics = installation.settings, installation.topics
    kept = Topics.changelog(settings, Role.DETECTION)
    told = topics.changelog(settings, Role.RESPONSE)
    counted = [
        (source.topic, number) for source in settings.sources for number in range(source.partitions)
    ]
    archived = [
        (topics.counted(source), number)
        for source in settings.sources
        for number in range(source.partitions)
    ]
    shards = [(kept, shard) for shard in range(settings.detection.shards)]
    found = {
        Role.INTAKE: parts(counted, _counts(installation)),
        Role.DETECTION: parts(shards, _records(installation, kept)),
        Role.RESPONSE: parts([(told, 0)], _records(installation, told)),
        Role.ARCHIVE: parts(
            archived, ((part, at) for part, moments in files.items() for at in moments)
        ),
    }
    return {
        role: [sorted(at for at in moments if at <= until) or [since] for moments in own.values()]
        for role, own in found.items()
    }


def parts(wanted: Iterable[Part], moments: Iterable[tuple[Part, int]]) -> dict[Part, list[int]]:
    """By part, those that never went on among them; KeyError for one that nobody knows."""
    found: dict[Part, list[int]] = {part: [] for part in wanted}
    for part, at in moments:
        found[part].append(at)
    return found


def _records(installation: Installation, topic: str) -> Iterable[tuple[Part, int]]:
    records: Sequence[Any] = installation.reader.topic(topic)
    return (((topic, record.partition), record.timestamp) for record in records)


def _counts(installation: Installation) -> Iterable[tuple[Part, int]]:
    """Of each source partition, as the first shard was told."""
    places = [(counts.topic, counts.partition) for counts in installation.counts(0)]
    records = installation.reader.topic(installation.topics.counts)  # idle ones speak meanwhile
    first = (record.timestamp for record in records if record.partition == 0)
    return zip(places, first, strict=False)
