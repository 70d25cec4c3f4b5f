"""What the workers of all roles are made of: the Faust app, its work run by run, its process."""

import asyncio
import gc
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

import faust
import mode
from aiokafka.errors import GroupCoordinatorNotAvailableError

from streams.broker import security, topics
from streams.broker.topics import TABLE, Role, group
from streams.settings import Settings
from streams.transport import chunks
from streams.transport.chunks import StageApp
from streams.transport.runs import Run
from streams.transport.stopping import last_resort
from streams.workers import health
from streams.workers.echoes import Echoes
from streams.workers.vitals import Vitals

MIB = 1 << 20
TALKATIVE = (
    "aiokafka", "aiokafka.cluster", "aiokafka.conn", "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator", "aiokafka.producer.sender",
)  # fmt: skip
RAW = {"key_serializer": "raw", "value_serializer": "raw"}


class Worker(NamedTuple):
    """One process of a role."""

    app: StageApp
    vitals: Vitals


def made(
    role: Role, settings: Settings, bootstrap: str, instance: str | None, *, reads: list[str]
) -> StageApp:
    """Its options are these alone: what Faust finds in the environment would override them."""
    chunks.register()
    return StageApp(
        group(settings, role),
        run_topics=reads,
        topic_ids=partial(topics.ids, settings.kafka, bootstrap),
        broker=[f"{chunks.SCHEME}://{server}" for server in bootstrap.split(",")],
        broker_credentials=security.credentials(settings.kafka),
        broker_session_timeout=10.0,
        broker_heartbeat_interval=1.0,  # by which a survivor hears that another is dead
        broker_commit_interval=1.0,
        broker_max_poll_records=16384,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{role}-{instance}" if instance else None,
        consumer_metadata_max_age_ms=10_000,
        consumer_max_fetch_size=4 * MIB,
        producer_acks=-1,
        producer_compression_type="zstd",
        producer_linger=0.01,
        producer_max_batch_size=512 * 1024,
        producer_max_request_size=topics.MOST_SENT,
        stream_buffer_maxsize=1024,
        stream_wait_empty=True,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        TableManager=chunks.Tables,
        datadir=str(settings.home / role),
        web_enabled=False,
        env={},
    )


async def _at_once() -> None:
    """There is always room for another run."""


def run_by_run(
    app: StageApp, names: list[str], work: Callable[[Run], Awaitable[None]], vitals: Vitals, *,
    room: Callable[[], Awaitable[None]] = _at_once,
) -> None:  # fmt: skip
    """Do the work for each run of the topics, when there is room for it."""

    async def take(runs: Any) -> None:
        async for run in runs:
            await room()
            if app.consumer.overtaken(run):
                continue
            async with last_resort(str(run)):
                run.require_order()
                with vitals.pulse.working():
                    await work(run)
                last = run.records[-1]
                vitals.took(
                    run.tp, offset=last.offset, stamp=last.timestamp / 1000, runs=run.number + 1
                )
            app.consumer.taken(run)

    app.agent(app.topic(*names, acks=False, **RAW), name=vitals.role)(take)


def table(app: StageApp, partitions: int) -> faust.Table:
    return app.Table(TABLE, partitions=partitions, key_type=bytes, value_type=bytes)


def every(
    app: StageApp, seconds: float, work: Callable[[], Awaitable[None]], vitals: Vitals
) -> None:
    """Do the work again and again while the worker is up, and end with it."""

    async def again() -> None:
        async with last_resort():
            while not app.should_stop:
                await app.sleep(seconds)
                if not (app.rebalancing or app.in_recovery or app.should_stop):
                    with vitals.pulse.working():
                        await work()

    app.task(again)


def run(worker: Worker, *, on: socket.socket | None = None) -> int:
    """Run a worker until it is told to stop; returns its exit code.

    On the socket it tells its health from the first moment, recovery included.
    """
    import uvloop  # noqa: PLC0415 - not on every platform

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    # A run is tens of thousands of records and no cycle; looked through as often as by default
    # they cost an event one and a half of its ten microseconds.
    gc.set_threshold(100_000, 20, 20)
    _say_less()
    app, vitals = worker
    beside = [] if on is None else [mode.Service.from_awaitable(_served(on, vitals))]
    faust_worker = faust.Worker(
        app, *beside, loglevel="WARNING", redirect_stdouts=False, quiet=True
    )
    faust_worker.spinner = None
    try:
        faust_worker.execute_from_commandline()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


async def _served(on: socket.socket, vitals: Vitals) -> None:
    await health.serve(
        on, pulse=vitals.pulse, ready=lambda: vitals.readiness, measure=vitals.measure,
        trouble=vitals.trouble,
    )  # fmt: skip


def _say_less() -> None:
    logging.getLogger("aiokafka.consumer.group_coordinator").addFilter(_not_yet)
    # While the broker is away they say some hundreds of lines a second.
    echoes = Echoes(time.monotonic)
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(echoes)


def _not_yet(record: logging.LogRecord) -> bool:
    """Leaves out what each new broker answers first: its coordinators are not ready yet."""
    return GroupCoordinatorNotAvailableError.__name__ not in record.getMessage()
