"""Logs of a source to test with, and readings of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from streams.configuration.sections import Cut, Detection, Intake, Source
from streams.counts.cells import Cells, Counts, decode
from streams.events.columns import Answers, End, Parsed
from streams.events.event import Complaint, Mention, Rejected
from streams.intake.reading import Emission, Plan, Reading
from streams.seen.people import Seen
from streams.seen.recall import Recollection
from streams.settings import Settings

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_704_067_200_000  # Monday 2024-01-01, midnight UTC
BURN = "My daughter burned her hand on your kettle."
FIRE = "The charger caught fire while we were asleep"
CUTS = (
    Cut(stream="complaints", by=("category",)),
    Cut(stream="complaints", by=("product", "category"), family="product", group="category"),
)


class Record(NamedTuple):
    offset: int
    stamp: int
    parsed: Parsed


def settings(
    *, shards: int = 1, partitions: int = 1, records: int = 1024, **source: Any
) -> Settings:
    """Two cuts of complaints, and of mentions by product."""
    facts: dict[str, Any] = {"topic": "complaints", "stream": "complaints", "key": "person"}
    posts = Source(topic="mentions", stream="mentions", key="root", partitions=partitions)
    return Settings(
        sources=(Source(**(facts | {"partitions": partitions} | source)), posts),
        cuts=(*CUTS, Cut(stream="mentions", by=("product",))),
        detection=Detection(shards=shards, series=100, false_alarms_per_week=100),
        intake=Intake(chunk_records=records),
    )


def plan(which: Settings | None = None) -> Plan:
    which = which or settings(shards=2, records=8)
    return Plan(which, which.sources[0], which.sources[0].partitions)


def complaint(name: object, time: int = START, **fields: Any) -> Complaint:
    """A billing complaint about the kettle that needs no text to be read."""
    facts = {"product": "kettle", "category": "billing", "sentiment": "neutral"}
    return Complaint(id=str(name), time=time, **(facts | fields))


def mention(name: object, time: int = START, **fields: Any) -> Mention:
    facts = {"product": "kettle", "category": "billing", "sentiment": "neutral"}
    return Mention(id=str(name), time=time, **(facts | fields))


def log(parsed: Iterable[Parsed], *, offset: int = 0, every: int = 0) -> list[Record]:
    """Records that came at the time of their event, or `every` milliseconds from START on."""
    return [
        Record(at, START + n * every if every or isinstance(one, Rejected) else one.time, one)
        for n, (at, one) in enumerate(zip(range(offset, 10**9), parsed, strict=False))
    ]


class Partition:
    """One reading of a partition; all that came out of it."""

    def __init__(
        self, plan: Plan, number: int = 0, *, first: bool = True, seen: Seen | None = None,
        watermark: int | None = None,
    ) -> None:  # fmt: skip
        seen = seen or Seen(horizon=plan.horizon)
        self.reading = Reading(plan, number, first=first, seen=seen, watermark=watermark)
        self.plan = plan
        self.closed: list[Emission] = []

    def take(self, records: Sequence[Record]) -> list[Emission]:
        offsets = np.array([r.offset for r in records], np.int64)
        stamps = np.array([r.stamp for r in records], np.int64)
        closed = self.reading.take(offsets, stamps, Answers.of([r.parsed for r in records]))
        self.closed += closed
        return closed

    def counts(self, shard: int = 0) -> list[Counts]:
        """Closed chunks, and the one that fills."""
        last = self.reading.so_far()
        return [decode(e.counts[shard]) for e in [*self.closed, *([last] if last else [])]]

    def seen_so_far(self) -> dict[str, Any]:
        """All that a reader of the partition can tell apart."""
        last = self.reading.so_far()
        return {
            "closed": self.closed,
            "open": last,
            "refusals": self.reading.refusals,
            "tally": self.reading.tally,
            "watermark": self.reading.watermark,
            "end": self.reading.end,
        }


def read(which: Plan, runs: Iterable[Sequence[Record]], **held: Any) -> Partition:
    partition = Partition(which, **held)
    for run in runs:
        partition.take(run)
    return partition


def restarted(partition: Partition, at: Emission) -> Partition:
    """A worker that begins after a closed chunk, once the `seen` log was written."""
    again = Partition(partition.plan, first=False, watermark=at.watermark)
    if at.watermark is not None and at.closed is not None:
        recollection = Recollection(
            again.reading.seen, before=at.closed, watermark=at.watermark,
            reposts=again.reading.reposts,
        )  # fmt: skip
        recollection.take([one.seen for one in partition.closed if one.seen is not None])
        recollection.require_joined("seen", begins=0, now=0)
        recollection.finish()
    return again


def total(records: Iterable[Counts], column: str = "people") -> dict[tuple[int, str, int], int]:
    """Sums by cut, key and minute over the newest record of each chunk."""
    newest = {record.start: record for record in records}
    sums: dict[tuple[int, str, int], int] = {}
    for record in newest.values():
        for cut, cells in enumerate(record.cells):
            if isinstance(cells, Cells):
                numbers = cells.numbers()
                columns = (numbers.series, numbers.minutes, getattr(numbers, column))
                for series, minute, n in np.array(columns).T.tolist():
                    cell = cut, cells.keys[series], minute
                    sums[cell] = sums.get(cell, 0) + n
    return sums


@st.composite
def events(draw: st.DrawFn, stamp: int) -> Parsed:
    """What a record of this timestamp may say: late, early, too early, again, harmful, nothing."""
    kind = draw(st.sampled_from(["event"] * 12 + ["rejected", "end"]))
    if kind == "rejected":
        return Rejected("time", "", "is required")
    if kind == "end":
        return End(stamp + draw(st.integers(-HOUR, 2 * HOUR)))
    return Complaint(
        id=draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz")),
        time=stamp - draw(st.integers(-5, 120)) * MINUTE + draw(st.sampled_from([0] * 9 + [HOUR])),
        person=draw(st.sampled_from([None, "ann", "bob", "eve"])),
        product=draw(st.sampled_from([None, "kettle", "iron"])),
        category=draw(st.sampled_from([None, "billing", "staff"])),
        severity=draw(st.sampled_from([None, None, None, "safety", "leak"])),
        text=draw(st.sampled_from([None, None, "Nobody answers the phone.", BURN, FIRE])),
    )


@st.composite
def logs(draw: st.DrawFn, most: int = 32) -> list[Record]:
    """A partition's log with holes in its offsets and pauses of up to a day in its timestamps."""
    offset, stamp = draw(st.integers(0, 20)), START
    records = []
    for _ in range(draw(st.integers(1, most))):
        records.append(Record(offset, stamp, draw(events(stamp))))
        offset += draw(st.sampled_from([1, 1, 1, 2, 9]))
        stamp += draw(st.sampled_from([0, 0, 500, 3_000, 11_000, HOUR, DAY]))
    return records


@st.composite
def runs(draw: st.DrawFn, records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The log in any partition into runs."""
    inner = st.integers(1, max(len(records) - 1, 1))
    cuts = sorted({0, len(records), *draw(st.lists(inner, max_size=len(records)))})
    return iter([records[start:end] for start, end in pairwise(cuts)])
