"""Counts logs for shards to read, and what shards make of them."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np

from alerts.signal import Signal, SignalState
from streams.counts.cells import Counts, decode
from streams.detection.shards import Shard
from streams.events.columns import Columns, End, Parsed
from streams.events.event import Complaint, Event
from streams.intake.reading import Plan
from streams.settings import Settings
from streams.sources.keys import partitions_of
from tests.streams.logs import DAY, HOUR, START, Partition, Record, complaint

DAYS = 6
SURGE = 5 * 24 + 9
"""The bucket, since START, in which ten times as many people complain of the kettle's bills."""
Log = list[Counts]


@cache
def busy(days: int = DAYS, *, surge: int = SURGE, hours: int = 4) -> list[Complaint]:
    """Three complaints an hour on three matters, and a surge."""
    chance = np.random.default_rng(5)
    matters = [("kettle", "billing"), ("kettle", "staff"), ("iron", "billing")]
    rates = np.ones((days * 24, 3))
    rates[surge : surge + hours, 0] *= 10
    found = [
        (START + hour * HOUR + int(chance.integers(HOUR)), matters[matter])
        for hour, row in enumerate(chance.poisson(rates))
        for matter, n in enumerate(row.tolist())
        for _ in range(n)
    ]
    return [
        complaint(n, time, product=product, category=category)
        for n, (time, (product, category)) in enumerate(sorted(found))
    ]


def stored(events: Iterable[Event], path: Path = Path("complaints.jsonl")) -> Path:
    """A file of events, an event a line; in the folder that one is in unless a path is given."""
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    return path


def parted(which: Settings, events: Sequence[Event]) -> list[list[Event]]:
    """By partition, as producers would."""
    source = which.sources[0]
    owners = partitions_of(source, Columns.of(events), source.partitions).tolist()
    return [
        [event for event, owner in zip(events, owners, strict=True) if owner == number]
        for number in range(source.partitions)
    ]


def records(events: Iterable[Parsed], *, ends: int = START + DAYS * DAY) -> list[Record]:
    """Read long after they happened; the input ends."""
    said = [*events, End(ends)]
    return [Record(n, START + 999 * DAY + n, one) for n, one in enumerate(said)]


def emitted(
    which: Settings, log: Sequence[Record], number: int = 0, *, every: int = 25, after: int = 0
) -> list[Log]:
    """What intake sends of a partition, each for all shards: `every` so many records it emits.

    The first `after` records come at once.
    """
    partition = Partition(Plan(which, which.sources[0], which.sources[0].partitions), number)
    sent = []
    starts = [0, *range(after, len(log), every)] if after else range(0, len(log), every)
    for start, end in pairwise([*starts, len(log)]):
        sent += partition.take(log[start:end])
        if (emission := partition.reading.so_far()) is not None:
            sent.append(emission)
    return [[decode(raw) for raw in emission.counts] for emission in sent]


def merged(logs: Sequence[Sequence[Any]], chance: Random | None = None) -> list[Any]:
    """One log of several in a random order, or in turn; each keeps its own order."""
    turns = [(n, at) for n, one in enumerate(logs) for at in range(len(one))]
    order = sorted(turns, key=lambda turn: turn[1])
    if chance is not None:
        chance.shuffle(order)
    rest = [iter(one) for one in logs]
    return [next(rest[n]) for n, _ in order]


def applied(shard: Shard, log: Iterable[Counts]) -> list[Signal]:
    return [signal for counts in log for signal in shard.apply(counts)]


def of_shard(number: int, log: Iterable[Log]) -> Log:
    return [records[number] for records in log]


def decided(signals: Iterable[Signal]) -> list[tuple[Any, ...]]:
    """What must not depend on how the counts were read: all but the provisional."""
    return sorted(
        (
            s.id, s.state, s.revision, s.kind, tuple(sorted(s.scope.items())), s.bucket, s.onset,
            s.observed, f"{s.expected:.9g}", f"{s.score:.9g}",
        )
        for s in signals
        if s.state in (SignalState.CONFIRMED, SignalState.CLEARED)
    )  # fmt: skip


def learnt(shard: Shard) -> dict[str, Any]:
    """All that a shard has learnt of each series, whatever rows they lie in."""
    state: dict[str, Any] = {}
    for name, stream in shard._streams.items():
        series = stream.series
        surge = stream.judges.snapshot()["judges"]["surge"]
        lives = {
            key: {column: array[..., life].tolist() for column, array in surge["state"].items()}
            for life, key in enumerate(series.lives)
        }
        alarms = {name: array.tolist() for name, array in surge["alarms"].items()}
        # Profiles are numbered in the order of birth, which is that of the keys.
        held = {
            bucket: {key: int(people[row]) for row, key in enumerate(series._keys) if people[row]}
            for bucket, people in series.snapshot()["open"].items()
        }
        state[name] = {
            "lives": lives,
            "alarms": alarms,
            "order": series.lives,
            "open": {bucket: people for bucket, people in held.items() if people},
            "profiles": msgspec.to_builtins(
                {name: array.tolist() for name, array in stream._groups._profiles.columns().items()}
            ),
            "closed": stream.closed,
            "late": shard.late_at_detection,
        }
    return state


def played(which: Settings, log: Iterable[Log]) -> tuple[list[Signal], list[Shard]]:
    """All shards over the same log."""
    log, shards, found = list(log), [], []
    for number in range(which.detection.shards):
        shards.append(Shard(which, number))
        found += applied(shards[-1], of_shard(number, log))
    return found, shards
