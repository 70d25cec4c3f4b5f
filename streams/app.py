"""The Faust apps, one a role: the only place where the parts are put together."""

import asyncio
import gc
import logging
import os
import socket
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

import faust
import mode
import structlog
from aiokafka.errors import GroupCoordinatorNotAvailableError

from alerts.deliveries import DeliveryState
from alerts.inputs import Result
from alerts.signal import Kind, SignalState
from streams import chunks, health, intake, metrics, security, topics
from streams.archive import retention
from streams.archive import stage as archiving
from streams.archive.places import place
from streams.archive.stage import Archive, recordings
from streams.chunks import Run, StageApp
from streams.detection import Detection
from streams.echoes import Echoes
from streams.intake import Intake
from streams.recall import Recall
from streams.recipients import recipients
from streams.rekeying import TELL_EVERY, Rekeying
from streams.response import Response
from streams.settings import Settings
from streams.topics import TABLE, Role, Topics, group
from streams.vitals import Vitals

DIED = 70  # exit code of a stage that must not go on
MIB = 1 << 20
TALKATIVE = (
    "aiokafka", "aiokafka.cluster", "aiokafka.conn", "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator", "aiokafka.producer.sender",
)  # fmt: skip
RAW = {"key_serializer": "raw", "value_serializer": "raw"}

log = structlog.get_logger(__name__)


@asynccontextmanager
async def last_resort(at: str = "") -> AsyncIterator[None]:
    """End the process on any error, before what caused it is left behind.

    Faust would commit past it. What is not durable is read again after the restart; `at` names
    the records that are held.
    """
    try:
        yield
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        log.critical("stage_stopped", why=why, **({"at": at} if at else {}), exc_info=True)
        sys.stderr.flush()
        os._exit(DIED)


class Worker(NamedTuple):
    """One process of a role."""

    app: StageApp
    vitals: Vitals


def build(role: Role, settings: Settings, bootstrap: str, *, instance: str | None = None) -> Worker:
    """The worker of a role, not started yet.

    Args:
        role: which stage.
        settings: of the installation.
        bootstrap: of the broker.
        instance: a static member's id: a worker that restarts under it disturbs nobody.
    """
    make = {
        Role.INTAKE: _intake, Role.DETECTION: _detection, Role.RESPONSE: _response,
        Role.ARCHIVE: _archive,
    }[role]  # fmt: skip
    return make(settings, bootstrap, instance)


def _app(
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
        producer_max_request_size=6 * MIB,
        stream_buffer_maxsize=1024,
        stream_wait_empty=True,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        datadir=str(settings.home / role),
        web_enabled=False,
        env={},
    )


def _intake(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    names = intake.topics(settings)
    own = [Topics.of(settings).source(source) for source in settings.sources if source.rekeyed]
    app = _app(Role.INTAKE, settings, bootstrap, instance, reads=[*names, *own])
    stage = Intake(app, settings, recall=Recall(settings.kafka, bootstrap))
    rekeying = Rekeying(app, settings)
    vitals = Vitals(Role.INTAKE, app, [*names, *own])
    vitals.show_stage, vitals.restoring = stage.measure, lambda: stage.restoring
    metrics.begin_topics(names)

    async def take(run: Run) -> None:
        await (rekeying if run.topic in rekeying.topics else stage).take(run)

    _run_by_run(app, [*names, *own], take, vitals)
    if own:
        _every(app, TELL_EVERY, rekeying.tell, vitals)
        _every(app, intake.MARK_EVERY, rekeying.mark, vitals)
    _every(app, intake.EMIT_EVERY, stage.emit, vitals)
    _every(app, intake.MARK_EVERY, stage.mark, vitals)
    return Worker(app, vitals)


def _detection(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    counts = Topics.of(settings).counts
    app = _app(Role.DETECTION, settings, bootstrap, instance, reads=[counts])
    stage = Detection(
        app, settings, _table(app, settings.detection.shards),
        delete=partial(topics.trim, settings, bootstrap),
    )  # fmt: skip
    vitals = Vitals(Role.DETECTION, app, [counts])
    vitals.show_stage = stage.measure
    metrics.begin_signals(Kind, SignalState)
    _run_by_run(app, [counts], stage.take, vitals)
    _every(app, settings.detection.trim_every.total_seconds(), stage.trim, vitals)
    return Worker(app, vitals)


def _response(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    log_of_inputs = Topics.of(settings).incident_inputs
    app = _app(Role.RESPONSE, settings, bootstrap, instance, reads=[log_of_inputs])
    channels, told = recipients(settings)
    stage = Response(
        app, settings, _table(app, 1), channels=channels, recipients=told,
        worker=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
    )  # fmt: skip

    vitals = Vitals(Role.RESPONSE, app, [log_of_inputs])
    vitals.show_stage = stage.measure
    metrics.begin_channels(channels, DeliveryState, Result)
    _run_by_run(app, [log_of_inputs], stage.take, vitals)
    _every(app, settings.response.tick.total_seconds(), stage.tick, vitals)
    return Worker(app, vitals)


def _archive(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    names = list(recordings(settings))
    app = _app(Role.ARCHIVE, settings, bootstrap, instance, reads=names)
    lies = place(settings)
    stage = Archive(lambda: app.consumer, settings, lies, clock=time.monotonic)
    vitals = Vitals(Role.ARCHIVE, app, names)
    vitals.trouble = lambda: stage.trouble
    metrics.begin_archive(names, archiving.STATES)
    _run_by_run(app, names, stage.take, vitals, room=stage.room)
    _every(app, archiving.LOOK, stage.write, vitals)
    if settings.archive.retention is not None:
        retire = partial(retention.retire, lies, settings.archive.retention)
        _every(app, retention.LOOK, retire, vitals)
    return Worker(app, vitals)


async def _at_once() -> None:
    """There is always room for another run."""


def _run_by_run(
    app: StageApp, names: list[str], work: Callable[[Run], Awaitable[None]], vitals: Vitals, *,
    room: Callable[[], Awaitable[None]] = _at_once,
) -> None:  # fmt: skip
    """Do the work for each run of the topics, when there is room for it."""

    async def take(runs: Any) -> None:
        async for run in runs:
            await room()
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


def _table(app: StageApp, partitions: int) -> faust.Table:
    return app.Table(TABLE, partitions=partitions, key_type=bytes, value_type=bytes)


def _every(
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
    _log_without_values()
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


def _log_without_values() -> None:
    """Tracebacks alone: the variables beside them hold what persons have written."""
    *others, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*others, plain])
    logging.getLogger("aiokafka.consumer.group_coordinator").addFilter(_not_yet)
    # While the broker is away they say some hundreds of lines a second.
    echoes = Echoes(time.monotonic)
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(echoes)


def _not_yet(record: logging.LogRecord) -> bool:
    """Leaves out what each new broker answers first: its coordinators are not ready yet."""
    return GroupCoordinatorNotAvailableError.__name__ not in record.getMessage()
