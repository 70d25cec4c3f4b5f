"""The stage of detection on a broker that can die and refuse: what it writes, and goes on from."""

import asyncio
from collections.abc import Callable
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiokafka.errors import KafkaError
from faust.types import TP
from structlog.testing import capture_logs

from streams import metrics
from streams.broker.topics import Topics
from streams.counts.cells import decode, encode
from streams.detection import snapshots
from streams.detection.shards import Shard
from streams.detection.snapshots import Frozen, Place, SnapshotError
from streams.detection.stage import CountsHoleError, Detection
from streams.intake.reading import Plan
from streams.settings import Settings
from streams.transport.runs import Begin, LostRunError, Run
from tests.streams.counts import applied, busy, records
from tests.streams.logs import Partition, settings

EVERY = 10
STEP = 14  # events
COUNTS = TP("counts", 0)
CHANGELOG = "changelog"
Refusal = Callable[[str, bytes | None], bool]


def under(**detection: Any) -> Settings:
    plain = settings()
    held = plain.detection.model_copy(update={"snapshot_every": EVERY} | detection)
    return plain.model_copy(update={"detection": held})


BEFORE, AFTER = under(), under(false_alarms_per_week=50.0)


@cache
def counts() -> list[bytes]:
    """A shard's log of six days of complaints, the surge among them."""
    partition, found = Partition(Plan(BEFORE, BEFORE.sources[0], 1)), []
    said = records(busy())
    for at in range(0, len(said), STEP):
        found += partition.take(said[at : at + STEP])
        found += [last] if (last := partition.reading.so_far()) is not None else []
    return [emission.counts[0] for emission in found]


def in_one_go(which: Settings = BEFORE) -> Frozen:
    """The state of a shard that has never stopped."""
    shard = Shard(which, 0)
    applied(shard, map(decode, counts()))
    return shard.snapshot()


class Broker:
    """Keeps what it is sent, unless it refuses it; survives every worker.

    Attributes:
        trimmed: the first of the counts that it still has.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None]] = []
        self.committed: int | None = None
        self.trimmed = 0
        self.refuses: Refusal = lambda *_: False

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, *_: Any
    ) -> asyncio.Future[None]:
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.refuses(topic, key):
            acknowledged.set_exception(KafkaError("no space left on device"))
        else:
            self.sent.append((topic, key, value))
            acknowledged.set_result(None)
        return acknowledged

    def table(self) -> dict[bytes, bytes]:
        """As it is restored from the changelog."""
        held: dict[bytes, bytes] = {}
        for topic, key, value in self.sent:
            if topic == CHANGELOG and key is not None:
                held.pop(key, None)
                if value is not None:
                    held[key] = value
        return held

    def written(self) -> list[Place]:
        """Slices and markers in the order they came."""
        return [
            Place.of(key)
            for topic, key, value in self.sent
            if topic == CHANGELOG and key is not None and value is not None
        ]

    def whole(self) -> list[int]:
        held = self.table()
        return snapshots.offsets(held, 0)

    def tear(self, offset: int) -> None:
        """Another slice under the marker, as a worker of other settings leaves it when killed."""
        self.sent.append((CHANGELOG, Place(0, offset, 0).key(), b"of other settings"))


class Worker:
    """One life of a process that has the shard 0."""

    def __init__(self, broker: Broker, which: Settings = BEFORE, *, dear: bool = False) -> None:
        """Where snapshots are dear, what is done between two looks at the clock takes a second."""
        self.broker = broker
        clock = count(1.0).__next__ if dear else lambda: 0.0
        self.table: Any = SimpleNamespace(data=broker.table(), changelog_topic_name=CHANGELOG)
        consumer = SimpleNamespace(assignment=lambda: {COUNTS}, declare_durable=self._commit)
        app: Any = SimpleNamespace(producer=broker, consumer=consumer)
        self.topics = Topics.of(which)
        self.stage = Detection(app, which, self.table, delete=self._delete, now=clock, spent=clock)
        self._runs = 0
        begin = Begin(broker.committed, "", broker.trimmed)
        self.position = max(begin.start(self.stage.reads_from(COUNTS)), broker.trimmed)
        self._begin: Begin | None = begin

    def _commit(self, tp: TP, offset: int) -> None:
        assert tp == COUNTS
        self.broker.committed = offset

    def _delete(self, keep_from: Any) -> None:
        self.broker.trimmed = max(self.broker.trimmed, keep_from[0])

    async def read(self, to: int, *, at_once: int = 3) -> "Worker":
        """Take the log's records below `to`."""
        while self.position < to:
            upper = min(self.position + at_once, to)
            records = [
                SimpleNamespace(offset=n, value=counts()[n]) for n in range(self.position, upper)
            ]
            run = Run(COUNTS.topic, COUNTS.partition, records, self._begin, self._runs)
            self._begin, self._runs, self.position = None, self._runs + 1, upper
            await self.stage.take(run)
        return self

    @property
    def state(self) -> Frozen:
        return self.stage._owned[0].shard.snapshot()


def passed_over() -> float:
    (family,) = metrics.SNAPSHOTS_PASSED_OVER.collect()
    return sum(sample.value for sample in family.samples if sample.name.endswith("_total"))


async def test_the_commit_follows_the_marker_and_the_signals_below_it() -> None:
    broker = Broker()
    worker = await Worker(broker).read(EVERY)
    assert (broker.whole(), broker.committed) == ([], None)
    await worker.read(EVERY + 1)
    assert (broker.whole(), broker.committed) == ([EVERY], EVERY)
    *slices, marker = broker.written()
    assert slices
    assert marker == Place(0, EVERY, None)


async def test_a_restart_goes_on_where_a_worker_that_never_stopped_would() -> None:
    broker = Broker()
    await Worker(broker).read(25)
    after = await Worker(broker).read(len(counts()))
    assert after.state == in_one_go()


async def test_what_was_just_restored_is_not_written_again() -> None:
    broker = Broker()
    await Worker(broker).read(2 * EVERY + 1)
    before = len(broker.sent)
    worker = await Worker(broker, AFTER).read(3 * EVERY)
    assert [s for s in broker.sent[before:] if s[0] == CHANGELOG] == []
    await worker.read(3 * EVERY + 1)
    assert broker.whole() == [2 * EVERY, 3 * EVERY]


async def test_where_snapshots_are_dear_there_are_fewer_and_nothing_else_is_said() -> None:
    often, seldom = Broker(), Broker()
    await Worker(often).read(len(counts()))
    worker = await Worker(seldom, dear=True).read(len(counts()))
    assert (often.whole(), seldom.whole()) == ([2 * EVERY, 3 * EVERY], [EVERY, 3 * EVERY])
    assert worker.state == in_one_go()
    assert [s for s in seldom.sent if s[0] != CHANGELOG] == [
        s for s in often.sent if s[0] != CHANGELOG
    ]


async def test_of_two_snapshots_the_older_is_in_the_changelog_and_not_in_memory() -> None:
    broker = Broker()
    worker = await Worker(broker).read(2 * EVERY + 1)
    for held in (worker, await Worker(broker).read(2 * EVERY + 1)):
        table = held.table.data
        assert snapshots.offsets(table, 0) == broker.whole() == [EVERY, 2 * EVERY]
        assert snapshots.joined(table, 0, 2 * EVERY) == snapshots.joined(
            broker.table(), 0, 2 * EVERY
        )
        older = snapshots.superseded(table, 0, offset=2 * EVERY)
        assert older
        assert not any(table[key] for key in older)
        assert all(broker.table()[key] for key in older)


async def test_a_torn_snapshot_is_passed_over_for_the_one_before_it_and_said() -> None:
    broker = Broker()
    await Worker(broker).read(2 * EVERY + 5)
    broker.tear(2 * EVERY)
    assert broker.committed == 2 * EVERY
    before = passed_over()
    with capture_logs() as said:
        worker = await Worker(broker).read(2 * EVERY)
    assert [one["event"] for one in said] == ["snapshot_passed_over", "shard_restored"]
    assert "its bytes are not those written" in said[0]["why"]
    assert said[1]["offset"] == EVERY
    assert passed_over() == before + 1
    await worker.read(len(counts()))
    assert worker.state == in_one_go()


async def test_a_torn_snapshot_is_no_longer_counted_among_those_that_are_kept() -> None:
    broker = Broker()
    await Worker(broker).read(2 * EVERY + 5)
    broker.tear(2 * EVERY)
    other = under(snapshot_every=3 * EVERY)
    worker = await Worker(broker, other).read(3 * EVERY + 1)
    assert broker.whole() == [EVERY, 3 * EVERY]
    await worker.stage.trim()
    assert broker.trimmed == EVERY


@pytest.mark.parametrize("at", range(4))
async def test_killed_anywhere_in_the_first_snapshot_after_other_settings_it_goes_on(
    at: int,
) -> None:
    """Slices, marker, deletion of what is old: it dies at the record `at` of them."""
    broker = Broker()
    await Worker(broker).read(2 * EVERY + 5)
    left = [at]

    def refuses(topic: str, _: bytes | None) -> bool:
        left[0] -= topic == CHANGELOG
        return left[0] < 0

    broker.refuses = refuses
    with pytest.raises(KafkaError):
        await Worker(broker, AFTER).read(len(counts()))
    broker.refuses = lambda *_: False
    worker = await Worker(broker, AFTER).read(len(counts()))
    assert worker.broker.committed == len(counts()) // EVERY * EVERY


async def test_on_a_disk_that_refuses_the_snapshot_a_shard_stands_and_commits_nothing() -> None:
    broker = Broker()
    await Worker(broker).read(2 * EVERY)
    broker.refuses = lambda topic, _: topic == CHANGELOG
    for _ in range(3):
        with pytest.raises(KafkaError, match="no space left on device"):
            await Worker(broker).read(2 * EVERY + 1)
        assert (broker.committed, broker.whole()) == (EVERY, [EVERY])
    broker.refuses = lambda *_: False
    worker = await Worker(broker).read(len(counts()))
    assert broker.committed == 3 * EVERY
    assert worker.state == in_one_go()


async def test_a_signal_that_is_refused_stops_the_shard_before_its_snapshot() -> None:
    broker = Broker()
    worker = Worker(broker)
    broker.refuses = lambda topic, _: topic == worker.topics.signals
    with pytest.raises(KafkaError):
        await worker.read(len(counts()))
    assert (broker.committed, broker.whole()) == (2 * EVERY, [EVERY, 2 * EVERY])
    assert worker.position > 2 * EVERY


async def test_where_no_snapshot_is_whole_the_shard_stops_by_name() -> None:
    broker = Broker()
    await Worker(broker).read(2 * EVERY + 5)
    broker.tear(EVERY)
    broker.tear(2 * EVERY)
    with pytest.raises(SnapshotError, match=f"offset {2 * EVERY}: its bytes are not those"):
        await Worker(broker).read(len(counts()))


async def test_counts_that_are_gone_stop_the_shard_by_name() -> None:
    broker = Broker()
    await Worker(broker).read(2 * EVERY + 5)
    broker.tear(2 * EVERY)
    broker.trimmed = EVERY + 3
    with pytest.raises(CountsHoleError, match=f"the next record must be {EVERY}, got {EVERY + 3}"):
        await Worker(broker).read(len(counts()))


async def test_a_run_that_was_lost_on_its_way_stops_the_shard_by_name() -> None:
    worker = await Worker(Broker()).read(6)
    worker._runs += 1
    with pytest.raises(LostRunError, match="run 3 does not follow run 1"):
        await worker.read(9)


async def test_reports_of_harm_that_a_record_had_no_room_for_are_told_in_the_log() -> None:
    worker = Worker(Broker())
    full = msgspec.structs.replace(decode(counts()[0]), closed=True, untold=3)
    record = SimpleNamespace(offset=0, value=encode(full))
    with capture_logs() as lines:
        await worker.stage.take(Run(COUNTS.topic, COUNTS.partition, [record], worker._begin, 0))
    assert [line["untold"] for line in lines if line["event"] == "triggers_untold"] == [3]
