"""The chunk transport: Faust's own Kafka driver, handing over runs instead of records.

Stock Faust spends some 40 microseconds a record on its way to an agent. Here an agent gets one
message for each fetched run of a partition's records, raw bytes inside, and commits follow what
the stage declares durable instead of what it acknowledged. Only the declared input topics are
read so: a table's changelog passes through the same consumer and stays one message a record.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from typing import Any, ClassVar

import faust
import structlog
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.tables import TableManager
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams import metrics
from streams.transport import fetches
from streams.transport.runs import Begin, Run, begun, noted
from streams.transport.stopping import last_resort

log = structlog.get_logger(__name__)
SCHEME = "chunks"
WAITING = 4  # runs handed over and not taken yet, at which no more are fetched
# An idle broker keeps a fetch for so many ms, and an idle worker waits so long for records. With
# Faust's 1500 and 1000, all that is asked on that connection, and the end of a recovery, waits.
WAIT = 200
FRESH = 5.0  # seconds; so old an answer may be and still say that nothing is to be read


def note_lost(tp: TP, lost: int) -> None:
    """Say and count what was due and is gone."""
    log.error("records_lost", topic=tp.topic, partition=tp.partition, lost=lost)
    metrics.LOST.labels(tp.topic).inc(lost)


class StageApp(faust.App):
    """A Faust app that reads `run_topics` in runs; `topic_ids` tells their ids, and may block.

    Attributes:
        reads_from: the offset that the stage has to read a partition from, where its tables are
            restored; None: what is committed will do.
        takes_over: done with a partition that is assigned to this worker, before it is read.
        stopping: ends the worker on an error within it; Faust's own crash names no reason.
    """

    def __init__(
        self, *args: Any, run_topics: Sequence[str],
        topic_ids: Callable[[Collection[str]], Mapping[str, str]], **kwargs: Any,
    ) -> None:  # fmt: skip
        self.run_topics, self.topic_ids = frozenset(run_topics), topic_ids
        self.reads_from: Callable[[TP], int | None] = lambda _: None
        self.takes_over: Callable[[TP], Awaitable[None]] = _as_it_is
        self.stopping: Callable[[], AbstractAsyncContextManager[None]] = last_resort
        super().__init__(*args, **kwargs)


async def _as_it_is(_: TP) -> None:
    """Whoever had the partition before does no harm."""


class Tables(TableManager):
    """Faust gives tables a second to be declared in; ours are there before a worker starts."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class _Thread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread; what its public face lacks is reached here and nowhere else."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust ties the isolation level to its own transactions, which we do not use; records
        # of an aborted transaction must not be counted all the same.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_wait_ms = WAIT  # noqa: SLF001
        return consumer

    async def _fetch_records(self, consumer: Any, *args: Any, **kwargs: Any) -> Any:
        for tp, fetched in consumer._fetcher._records.items():  # noqa: SLF001
            if tp.topic in self.app.run_topics:
                fetches.by_the_batch(fetched)
        return await super()._fetch_records(consumer, *args, **kwargs)

    async def commit_noted(self, offsets: Mapping[TP, OffsetAndMetadata]) -> bool:
        """Commit; False where the group has moved on without us."""
        try:
            commits = {TopicPartition(*tp): commit for tp, commit in offsets.items()}
            await self.call_thread(self._ensure_consumer().commit, commits)
        except (CommitFailedError, IllegalStateError) as refused:
            log.warning("commit_refused", why=str(refused))
            return False
        return True

    @property
    def coordinated(self) -> Any:
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001
        return coordinator.coordinator_id is not None

    async def committed(self, tps: Sequence[TP]) -> Mapping[TP, OffsetAndMetadata]:
        """The commits with their notes; partitions without one are left out."""
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001
        wanted = [TopicPartition(*tp) for tp in tps]
        found = await self.call_thread(coordinator.fetch_committed_offsets, wanted)
        return {TP(*tp): commit for tp, commit in found.items() if commit.offset >= 0}

    async def at_end(self, tp: TP) -> bool:
        """A fresh fetch answer found no record after our position, and no open transaction."""
        consumer = self._ensure_consumer()
        end, fetched_at = consumer.highwater(tp), consumer.last_poll_timestamp(tp)
        if end is None or time.time() - fetched_at / 1000 > FRESH:
            return False
        return bool(end == consumer.last_stable_offset(tp) == await self.position(tp))


class _ReadOffsets(dict[TP, int | None]):
    """Where Faust has read to; what lies below it drops, but nothing of the topics read in runs.

    A run of an overtaken reading may be handed over after the seek. Where it reaches further than
    the first runs of the reading after, those would be dropped for it.
    """

    def __init__(self, run_topics: Collection[str]) -> None:
        super().__init__()
        self._run_topics = run_topics

    def __getitem__(self, tp: TP) -> int | None:
        return None if tp.topic in self._run_topics else self.get(tp)


class Consumer(driver.Consumer):
    """Reads declared topics in runs and commits what is declared durable."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _ReadOffsets(self.app.run_topics)
        self._durable: dict[TP, OffsetAndMetadata] = {}
        self._ids: Mapping[str, str] = {}
        self._committed: dict[TP, OffsetAndMetadata] = {}
        self._begins: dict[TP, Begin] = {}
        self._numbers: dict[TP, int] = {}
        self._taken: dict[TP, int] = {}
        self._follows: dict[TP, int] = {}
        self._reading, self._readings = 0, dict[TP, int]()
        self._stir = asyncio.Event()
        # Faust also seeks from within a fetch that a rebalance has overtaken, beside the seek of
        # the recovery. Nothing may be read between a seek and the begin that it sets, or the
        # reading would begin in the middle.
        self._seeking = asyncio.Lock()

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    def declare_durable(self, tp: TP, offset: int, note: str = "") -> None:
        """All that records below `offset` lead to is acknowledged; the commit may pass them."""
        self._durable[tp] = OffsetAndMetadata(offset, noted(self._ids.get(tp.topic, ""), note))

    @property
    def coordinated(self) -> bool:
        """The broker that coordinates the group answers; it stays so until a heartbeat fails."""
        return bool(self._thread.coordinated)

    def inputs(self) -> set[TP]:
        """The partitions read in runs."""
        return {tp for tp in self.assignment() if tp in self._numbers}

    def begin(self, tp: TP) -> Begin | None:
        """Where its present reading begins, as long as that has no run; not to be kept."""
        return self._begins.get(tp)

    def delivered(self, tp: TP) -> int:
        """How many runs of the present reading were handed over."""
        return self._numbers.get(tp, 0)

    def overtaken(self, run: Run) -> bool:
        """Its reading is over: what is not durable of it is read again, and nothing else is due.

        At a rebalance Faust empties its queue, then still fills in the run it was about to queue.
        """
        return self._readings.get(run.tp) != run.reading

    def taken(self, run: Run) -> None:
        """The stage is done with the run; there is room for another."""
        if self._taken.get(run.tp) == run.number and not self.overtaken(run):
            self._taken[run.tp] = run.number + 1
            self._stir.set()

    async def caught_up(self, tp: TP) -> bool:
        """Nothing more to read for now, and no transaction open."""
        return tp in self._active_partitions and await self._thread.at_end(tp)

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what was declared durable since the last time."""
        mine = self.assignment()
        due = {
            tp: commit
            for tp, commit in self._durable.items()
            if tp in mine and self._is_news(tp, commit)
        }
        if not due or not await self._thread.commit_noted(due):
            return False
        self._committed.update(due)
        return True

    def _is_news(self, tp: TP, commit: OffsetAndMetadata) -> bool:
        """A commit that stays where it is may have more to say."""
        done = self._committed.get(tp)
        return done is None or (commit != done and commit.offset >= done.offset)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        # Faust forgets first and commits then, which replays every partition at each rebalance.
        await self.force_commit()
        await super().on_partitions_revoked(revoked)
        for held in (self._durable, self._committed, self._begins, self._numbers, self._taken,
                     self._follows, self._readings):  # fmt: skip
            held.clear()

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        super().resume_partitions(tps)
        self._stir.set()

    async def perform_seek(self) -> None:
        """Go to the commits, or as far below as a stage says; without one, where the log begins.

        Who gives it up leaves it to end: the consumer's thread would go on with its part, and move
        what the next seek has set.
        """
        await asyncio.shield(self._seek())

    async def _seek(self) -> None:
        async with self._seeking:
            await super().perform_seek()
            await self._begin()

    async def _begin(self) -> None:
        """Begin a new reading of all partitions that are read in runs."""
        inputs = [TP(*tp) for tp in self.assignment() if tp.topic in self.app.run_topics]
        if not inputs:
            return
        for tp in inputs:
            self._readings.pop(tp, None)
            await self.app.takes_over(tp)
        commits = await self._thread.committed(inputs)
        earliest = await self.earliest_offsets(*inputs)
        ends = await self.highwaters(*inputs)
        ids = await asyncio.to_thread(self.app.topic_ids, {tp.topic for tp in inputs})
        async with self.app.stopping():
            begins = {
                tp: begun(tp, commits.get(tp), earliest[tp], ends[tp], ids.get(tp.topic, ""))
                for tp in inputs
            }
        self._ids = ids
        # What was declared in a reading before may lie below what another worker committed since.
        self._committed.update(commits)
        await self.seek_wait({tp: begins[tp].start(self.app.reads_from(tp)) for tp in inputs})
        self._begins.update(begins)
        self._reading += 1
        self._readings.update(dict.fromkeys(inputs, self._reading))
        self._numbers.update(dict.fromkeys(inputs, 0))
        self._taken.update(dict.fromkeys(inputs, 0))
        self._follows.update(dict.fromkeys(inputs, 0))
        self._stir.set()

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - as Faust calls it
    ) -> Any:
        if not set(filter(self._sought, active_partitions or ())):
            await self._stirred(timeout)
            return {}
        if not await self._room(timeout):
            return {}
        async with self._seeking:
            return await self._fetched(active_partitions or set(), timeout)

    async def _fetched(self, active: set[TP], seconds: float) -> Mapping[TP, Sequence[Any]]:
        sought = set(filter(self._sought, active))
        taken: Mapping[TP, Any] = await super()._getmany(sought, min(seconds, WAIT / 1000))
        return {
            tp: [self._run(TP(*tp), found)] if tp.topic in self.app.run_topics else found
            for tp, found in taken.items()
            if self._sought(tp)
        }

    async def _room(self, seconds: float) -> bool:
        """Wait for the stage; Faust would pause partitions instead, for a second each time."""
        if self._waiting >= WAITING:
            await self._stirred(seconds)
        return self._waiting < WAITING

    async def _stirred(self, seconds: float) -> None:
        """Return when more may be read or a run was taken, or after so long."""
        self._stir.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), seconds)

    @property
    def _waiting(self) -> int:
        return sum(self._numbers.values()) - sum(self._taken.values())

    def _sought(self, tp: TP) -> bool:
        """Whether it may be read: Faust resumes the inputs after a recovery, then seeks them."""
        return tp.topic not in self.app.run_topics or tp in self._numbers

    def _run(self, tp: TP, fetched: Sequence[Any]) -> Run:
        """The run of what was fetched, which `_to_message` opens."""
        number = self._numbers.get(tp, 0)
        self._numbers[tp] = number + 1
        begin = self._begins.pop(tp, None)
        follows, self._follows[tp] = self._follows.get(tp, 0), fetched[-1].offset + 1
        reading = self._readings.get(tp, 0)
        return Run(tp.topic, tp.partition, fetched, begin, number, follows, reading)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if not isinstance(record, Run):
            return super()._to_message(tp, record)
        # Read here, run by run: in the thread that fetches, the stage had to wait at each step.
        run = replace(record, records=fetches.records(record.records))
        last = run.records[-1]
        return ConsumerMessage(
            *tp, last.offset, last.timestamp / 1000.0, 0, (), None, run,
            None, 0, 0, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip


class Producer(driver.Producer):
    """Idempotent, so that a retry neither doubles nor reorders."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}

    async def send_batches(
        self, topic: str, partition: int, records: Sequence[tuple[bytes | None, bytes | None]]
    ) -> list["asyncio.Future[Any]"]:
        """Send keys and values in batches made here, at a fifth of what each record else costs.

        They keep their order, and follow those that were sent so before.
        """
        producer, now, sent = self._ensure_producer(), time.time_ns() // 1_000_000, []
        batch = producer.create_batch()
        for key, value in records:
            if batch.append(timestamp=now, key=key, value=value) is None:
                sent.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(timestamp=now, key=key, value=value)
        if batch.record_count():
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        return sent


class Transport(driver.Transport):
    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer


def register() -> None:
    """Make the scheme known to Faust."""
    fetches.install()
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
