"""A consumer begins to read anew at each assignment; what is left of a reading before is known."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import faust
import pytest
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata
from faust.types import TP

from streams.transport import chunks
from streams.transport.chunks import Consumer, StageApp
from streams.transport.runs import LogTruncatedError, Run
from streams.transport.wire import Records

CALLS = TP("calls", 2)


class Thread(faust.Service):  # type: ignore[misc]
    """A broker's partition of records that nobody has committed, unless told otherwise.

    It answers with so many at once. As Faust's own, it ends what it was asked for, even where the
    caller no longer waits.
    """

    size = 1
    seeks = 0
    coordinator: asyncio.Event | None = None  # which the first seek to the commits waits for
    position = 0
    commit: int | None = None
    moved_on = False  # the group, without this consumer

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[OffsetAndMetadata] = []

    def assignment(self) -> set[TP]:
        return {CALLS}

    async def commit_noted(self, offsets: Mapping[TP, OffsetAndMetadata]) -> bool:
        if not self.moved_on:
            self.commit = offsets[CALLS].offset
            self.commits += offsets.values()
        return not self.moved_on

    async def seek_to_committed(self) -> Mapping[TP, int]:
        return await asyncio.shield(self._sought())

    async def _sought(self) -> Mapping[TP, int]:
        self.seeks += 1
        if self.coordinator and self.seeks == 1:
            await self.coordinator.wait()
        self.position = self.commit or 0
        return {}

    async def committed(self, _: Sequence[TP]) -> Mapping[TP, Any]:
        return {} if self.commit is None else {CALLS: OffsetAndMetadata(self.commit, "")}

    async def earliest_offsets(self, *tps: TP) -> Mapping[TP, int]:
        return dict.fromkeys(tps, 0)

    async def highwaters(self, *tps: TP) -> Mapping[TP, int]:
        return dict.fromkeys(tps, 3)

    def highwater(self, _: TP) -> int:
        return 3

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.position = partitions[CALLS]

    async def getmany(self, active: Collection[TP], _: float) -> Mapping[TP, Records]:
        first, self.position = self.position, self.position + self.size
        records = [
            ConsumerRecord(*CALLS, offset, 7, 0, None, b"{}", None, -1, 2, ())
            for offset in range(first, self.position)
        ]
        return {tp: Records.of(records) for tp in active}


class Reader(Consumer):
    def _new_consumer_thread(self) -> Any:
        return Thread()


async def _nothing(*_: Any) -> None:
    """Whoever else would be told of it."""


def reader(callback: Callable[[Any], Awaitable[None]] = _nothing) -> Reader:
    """One whose runs go to the callback where Faust hands them over."""
    chunks.register()
    app = StageApp(
        "readings", run_topics=["calls"], topic_ids=lambda _: {}, env={}, web_enabled=False,
        broker=[f"{chunks.SCHEME}://127.0.0.1:1"],
    )  # fmt: skip
    return Reader(
        app.transport, callback=callback, on_partitions_revoked=_nothing,
        on_partitions_assigned=_nothing,
    )  # fmt: skip


@pytest.fixture
async def consumer() -> Consumer:
    return reader()


async def fetched(consumer: Consumer) -> Run:
    ((run,),) = (await consumer._getmany({CALLS}, 0)).values()
    assert isinstance(run, Run)
    return run


async def test_runs_of_the_present_reading_follow_each_other_from_its_begin(
    consumer: Consumer,
) -> None:
    await consumer.perform_seek()
    first, second = await fetched(consumer), await fetched(consumer)
    assert first.begin is not None
    assert [first.number, second.number] == [0, 1]
    assert not consumer.overtaken(first)
    assert not consumer.overtaken(second)


async def test_a_run_that_was_left_over_at_a_rebalance_is_known_as_overtaken(
    consumer: Consumer,
) -> None:
    await consumer.perform_seek()
    await fetched(consumer)
    left = await fetched(consumer)
    await consumer.on_partitions_revoked({CALLS})
    assert consumer.overtaken(left)
    await consumer.perform_seek()
    anew = await fetched(consumer)
    assert consumer.overtaken(left)
    assert not consumer.overtaken(anew)
    assert anew.begin is not None
    assert [record.offset for record in anew.records] == [0]


async def test_a_seek_that_was_given_up_does_not_move_the_reading_that_begins_after_it(
    consumer: Consumer,
) -> None:
    thread, coordinator = consumer._thread, asyncio.Event()
    thread.commit, thread.coordinator = 2, coordinator
    consumer.app.reads_from = lambda _: 0
    given_up = asyncio.create_task(consumer.perform_seek())
    await asyncio.sleep(0)
    given_up.cancel()
    anew = asyncio.create_task(consumer.perform_seek())
    for _ in range(10):
        await asyncio.sleep(0)
    assert thread.seeks == 1
    coordinator.set()
    await anew
    runs = [await fetched(consumer) for _ in range(2)]
    assert [run.records[0].offset for run in runs] == [0, 1]


class Stage:
    """Takes what is handed over once it is let through."""

    def __init__(self) -> None:
        self.asked, self.open = asyncio.Event(), asyncio.Event()
        self.taken = asyncio.Queue[Run]()

    async def __call__(self, message: Any) -> None:
        self.asked.set()
        await self.open.wait()
        await self.taken.put(message.value)


async def test_a_run_left_over_that_reached_further_keeps_back_none_of_the_reading_after() -> None:
    stage = Stage()
    consumer = reader(stage)
    consumer.app._consumer = consumer
    consumer.resume_partitions({CALLS})
    consumer._thread.size = 100
    await consumer.perform_seek()
    handing_over = asyncio.create_task(consumer._drain_messages(faust.Service()))
    async with asyncio.timeout(60):
        await stage.asked.wait()
        consumer._thread.size = 1
        await consumer.perform_seek()
        stage.open.set()
        left, first, second = [await stage.taken.get() for _ in range(3)]
    handing_over.cancel()
    assert consumer.overtaken(left)
    assert [first.number, second.number] == [0, 1]
    assert first.begin is not None


@pytest.mark.parametrize("event", ["a reading begins", "a recovery reads", "a run is taken"])
async def test_who_finds_nothing_to_read_hears_at_once_when_there_is(
    consumer: Consumer, event: str
) -> None:
    if event == "a run is taken":
        await consumer.perform_seek()
        runs = [await fetched(consumer) for _ in range(chunks.WAITING)]
    waiting = asyncio.create_task(consumer._getmany({CALLS}, 3600))
    await asyncio.sleep(0)
    if event == "a reading begins":
        await consumer.perform_seek()
    elif event == "a recovery reads":
        consumer.resume_partitions({TP("changelog", 0)})
    else:
        consumer.taken(runs[0])
    async with asyncio.timeout(60):
        await waiting


async def test_a_run_left_over_takes_no_room_of_the_reading_after(consumer: Consumer) -> None:
    await consumer.perform_seek()
    left = await fetched(consumer)
    await consumer.perform_seek()
    consumer.taken(left)
    for _ in range(chunks.WAITING):
        await fetched(consumer)
    assert await consumer._getmany({CALLS}, 0) == {}


@pytest.mark.parametrize(("reads_from", "first"), [(None, 2), (1, 1), (0, 0), (3, 2)])
async def test_a_stage_that_stands_below_its_commit_is_read_to_from_there(
    consumer: Consumer, reads_from: int | None, first: int
) -> None:
    consumer._thread.commit = 2
    consumer.app.reads_from = lambda _: reads_from
    await consumer.perform_seek()
    run = await fetched(consumer)
    assert [record.offset for record in run.records] == [first]
    assert run.begin is not None
    assert run.begin.committed == 2


async def test_a_commit_that_stays_where_it_is_is_sent_again_only_with_more_to_say(
    consumer: Consumer,
) -> None:
    await consumer.perform_seek()
    for note in ("a", "a", "b"):
        consumer.declare_durable(CALLS, 1, note)
        await consumer.force_commit()
    assert consumer._thread.commits == [(1, " a"), (1, " b")]


async def test_what_a_reading_before_declared_takes_no_commit_back(consumer: Consumer) -> None:
    consumer._thread.commit = 2
    await consumer.perform_seek()
    for offset in (1, 3):
        consumer.declare_durable(CALLS, offset)
        await consumer.force_commit()
    assert consumer._thread.commits == [(3, " ")]


async def test_a_commit_of_another_log_stops_the_worker_by_name_before_anything_is_read(
    consumer: Consumer,
) -> None:
    stopped: list[str] = []

    @asynccontextmanager
    async def stopping() -> AsyncIterator[None]:
        try:
            yield
        except LogTruncatedError as error:
            stopped.append(str(error))
            raise

    consumer.app.stopping = stopping
    consumer._thread.commit = 4
    with pytest.raises(LogTruncatedError):
        await consumer.perform_seek()
    (said,) = stopped
    assert "calls[2]: the commit 4 is above the log's end 3" in said
    assert consumer.inputs() == set()


async def test_what_is_durable_is_committed_before_a_partition_goes(consumer: Consumer) -> None:
    await consumer.perform_seek()
    await fetched(consumer)
    consumer.declare_durable(CALLS, 1)
    await consumer.on_partitions_revoked({CALLS})
    assert consumer._thread.commit == 1
    await consumer.perform_seek()
    anew = await fetched(consumer)
    assert [record.offset for record in anew.records] == [1]


async def test_what_was_read_and_is_not_durable_is_not_committed(consumer: Consumer) -> None:
    await consumer.perform_seek()
    consumer.taken(await fetched(consumer))
    await consumer.on_partitions_revoked({CALLS})
    assert consumer._thread.commit is None


async def test_a_commit_goes_forward_alone(consumer: Consumer) -> None:
    await consumer.perform_seek()
    consumer.declare_durable(CALLS, 2)
    assert await consumer.force_commit()
    assert not await consumer.force_commit()
    consumer.declare_durable(CALLS, 1)
    assert not await consumer.force_commit()
    assert consumer._thread.commit == 2


async def test_what_was_durable_before_a_rebalance_is_not_committed_after_it(
    consumer: Consumer,
) -> None:
    await consumer.perform_seek()
    consumer.declare_durable(CALLS, 1)
    consumer._thread.moved_on = True
    await consumer.on_partitions_revoked({CALLS})
    consumer._thread.moved_on = False
    assert not await consumer.force_commit()
    assert consumer._thread.commit is None


async def test_a_commit_that_was_refused_is_tried_again(consumer: Consumer) -> None:
    await consumer.perform_seek()
    consumer.declare_durable(CALLS, 1)
    consumer._thread.moved_on = True
    assert not await consumer.force_commit()
    consumer._thread.moved_on = False
    assert await consumer.force_commit()
    assert consumer._thread.commit == 1
