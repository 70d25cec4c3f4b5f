"""How long a part of the work stood still, and what it was that stopped it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.chaos.battle import Struck
from benchmarks.chaos.strikes import Target
from streams.broker.topics import Role, Topics
from tests.kafka.installation import Installation

Moments = Sequence[int]  # epoch ms at which something was seen to go on
JOINED = "rebalance"  # what stands still without a blow


class Standstill(NamedTuple):
    """A part of a role's work did not go on.

    Attributes:
        role: whose.
        since: epoch ms.
        seconds: from `cause` until it went on.
        cause: what was struck.
    """

    role: Role
    since: int
    seconds: float
    cause: str


class _Blow(NamedTuple):
    """When it fell, and from when on one can recover from it (epoch ms)."""

    at: int
    over: int
    cause: str


def standstills(
    progress: Mapping[Role, Iterable[Moments]], struck: Sequence[Struck]
) -> Iterator[Standstill]:
    """Each time between two moments of a part of the work.

    They count from the last blow that fell into them: a kill, or the return of the broker, for
    while it is away nothing can go on. What stands still without a blow does so because a
    worker has been found dead, or has come back.
    """
    for role, parts in progress.items():
        mine = list(_stopping(struck, role))
        for before, after in (gap for part in parts for gap in pairwise(part)):
            felt = [
                (min(blow.over, after), blow.cause)
                for blow in mine
                if blow.at < after and before < blow.over
            ]
            since, cause = max(felt, default=(before, JOINED))
            yield Standstill(role, before, round((after - since) / 1000, 1), cause)


def slowest(found: Iterable[Standstill]) -> dict[str, float]:
    """Seconds, by cause."""
    longest: dict[str, float] = defaultdict(float)
    for one in found:
        longest[one.cause] = max(longest[one.cause], one.seconds)
    return dict(longest)


def _stopping(struck: Sequence[Struck], role: Role) -> Iterator[_Blow]:
    """What the role has to recover from."""
    fallen = 0
    for blow, at in struck:
        if blow.target is Target.BROKER and blow.returns:
            yield _Blow(fallen, at, blow.target)
        elif blow.target is Target.BROKER:
            fallen = at
        elif not blow.returns and blow.role in (None, role):
            yield _Blow(at, at, f"{blow.target} {role}")


def progress(installation: Installation, *, until: int) -> dict[Role, list[Moments]]:
    """When each source partition was counted, each shard kept, each input applied.

    Args:
        installation: that was struck.
        until: epoch ms; events flowed as long.
    """
    settings, topics = installation.settings, installation.topics
    return {
        Role.INTAKE: _by_partition(_counts(installation), until),
        Role.DETECTION: _by_partition(
            _records(installation, Topics.changelog(settings, Role.DETECTION)), until
        ),
        Role.RESPONSE: _by_partition(
            _records(installation, topics.changelog(settings, Role.RESPONSE)), until
        ),
    }


def _by_partition(moments: Iterable[tuple[Any, int]], until: int) -> list[Moments]:
    found: dict[Any, list[int]] = defaultdict(list)
    for part, at in moments:
        if at <= until:
            found[part].append(at)
    return [sorted(times) for times in found.values()]


def _records(installation: Installation, topic: str) -> Iterable[tuple[int, int]]:
    return ((record.partition, record.timestamp) for record in installation.reader.topic(topic))


def _counts(installation: Installation) -> Iterable[tuple[tuple[str, int], int]]:
    """Of each source partition, as the first shard was told."""
    records = installation.reader.topic(installation.topics.counts)
    first = [record.timestamp for record in records if record.partition == 0]
    places = ((counts.topic, counts.partition) for counts in installation.counts(0))
    return zip(places, first, strict=True)
