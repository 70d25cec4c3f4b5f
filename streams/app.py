"""The Faust apps, one a role: the only place where the parts are put together."""

import asyncio
import os
import socket
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import faust
import httpx
import structlog
from rich.console import Console

from alerts.channels import Channel
from alerts.channels.terminal import Terminal
from alerts.channels.webhook import Webhook
from alerts.deliveries import Recipient
from streams import chunks, intake, security
from streams.chunks import StageApp
from streams.detection import Detection
from streams.intake import Intake
from streams.response import Response
from streams.settings import Settings
from streams.topics import TABLE, Role, Topics, group

DIED = 70  # exit code of a stage that must not go on
MIB = 1 << 20
RAW = {"key_serializer": "raw", "value_serializer": "raw"}

log = structlog.get_logger(__name__)


@asynccontextmanager
async def last_resort() -> AsyncIterator[None]:
    """End the process on any error, before what caused it is left behind.

    Faust would commit past it. What is not durable is read again after the restart.
    """
    try:
        yield
    except Exception as error:
        log.critical("stage_stopped", why=f"{type(error).__name__}: {error}", exc_info=True)
        sys.stderr.flush()
        os._exit(DIED)


def build(role: Role, settings: Settings, bootstrap: str, *, instance: str | None = None) -> Any:
    """The app of a role.

    Args:
        role: which stage.
        settings: of the installation.
        bootstrap: of the broker.
        instance: a static member's id: a worker that restarts under it disturbs nobody.
    """
    make = {Role.INTAKE: _intake, Role.DETECTION: _detection, Role.RESPONSE: _response}[role]
    return make(settings, bootstrap, instance)


def _app(
    role: Role, settings: Settings, bootstrap: str, instance: str | None, *, reads: list[str]
) -> StageApp:
    chunks.register()
    return StageApp(
        group(settings, role),
        run_topics=() if role is Role.RESPONSE else reads,
        broker=[f"{chunks.SCHEME}://{server}" for server in bootstrap.split(",")],
        broker_credentials=security.credentials(settings.kafka),
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_commit_interval=1.0,
        broker_max_poll_records=16384,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{role}-{instance}" if instance else None,
        consumer_metadata_max_age_ms=10_000,
        consumer_max_fetch_size=4 * MIB,
        producer_acks=-1,
        producer_compression_type="lz4",
        producer_linger=0.002,
        producer_max_batch_size=512 * 1024,
        producer_max_request_size=6 * MIB,
        stream_buffer_maxsize=4,
        stream_wait_empty=True,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        datadir=str(settings.home / role),
        web_enabled=False,
    )


def _intake(settings: Settings, bootstrap: str, instance: str | None) -> StageApp:
    names = intake.topics(settings)
    app = _app(Role.INTAKE, settings, bootstrap, instance, reads=names)
    stage = Intake(app, settings)

    async def take(runs: Any) -> None:
        async for run in runs:
            async with last_resort():
                await stage.take(run)

    app.agent(app.topic(*names, acks=False, **RAW), name="intake")(take)
    _every(app, intake.EMIT_EVERY, stage.emit)
    _every(app, intake.MARK_EVERY, stage.mark)
    return app


def _detection(settings: Settings, bootstrap: str, instance: str | None) -> StageApp:
    counts = Topics.of(settings).counts
    app = _app(Role.DETECTION, settings, bootstrap, instance, reads=[counts])
    stage = Detection(app, settings, _table(app, settings.detection.shards))

    async def take(runs: Any) -> None:
        async for run in runs:
            async with last_resort():
                await stage.take(run)

    app.agent(app.topic(counts, acks=False, **RAW), name="detection")(take)
    return app


def _response(settings: Settings, bootstrap: str, instance: str | None) -> StageApp:
    log_of_inputs = Topics.of(settings).incident_inputs
    app = _app(Role.RESPONSE, settings, bootstrap, instance, reads=[log_of_inputs])
    channels, recipients = _channels(settings)
    stage = Response(
        app, settings, _table(app, 1), channels=channels, recipients=recipients,
        worker=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
    )  # fmt: skip

    async def take(inputs: Any) -> None:
        async for event in inputs.events():
            async with last_resort():
                await stage.take(event)

    app.agent(app.topic(log_of_inputs, **RAW), name="response")(take)
    _every(app, settings.response.tick.total_seconds(), stage.tick)
    return app


def _table(app: StageApp, partitions: int) -> faust.Table:
    return app.Table(TABLE, partitions=partitions, key_type=bytes, value_type=bytes)


def _every(app: StageApp, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work again and again while the worker is up, and end with it."""

    async def again() -> None:
        async with last_resort():
            while not app.should_stop:
                await app.sleep(seconds)
                if not (app.rebalancing or app.in_recovery or app.should_stop):
                    await work()

    app.task(again)


def _channels(settings: Settings) -> tuple[dict[str, Channel], list[Recipient]]:
    """What is switched on, and who is told by it."""
    channels: dict[str, Channel] = {}
    if settings.channels.terminal.enabled:
        channels["terminal"] = Terminal(Console())
    if settings.channels.webhook.url:
        hook = settings.channels.webhook
        channels["webhook"] = Webhook(
            hook.url,
            secret=hook.secret.get_secret_value() if hook.secret else "",
            client=httpx.AsyncClient(timeout=hook.timeout / timedelta(seconds=1)),
            clock=time.time,
        )
    recipients = [
        Recipient(
            name=name, channel=name, language=settings.response.language,
            zone=settings.detection.zone,
        )
        for name in channels
    ]  # fmt: skip
    return channels, recipients


def run(app: StageApp) -> int:
    """Run a worker until it is told to stop; returns its exit code."""
    import uvloop  # noqa: PLC0415 - not on every platform

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    _log_without_values()
    worker = faust.Worker(app, loglevel="WARNING", redirect_stdouts=False, quiet=True)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _log_without_values() -> None:
    """Tracebacks alone: the variables beside them hold what persons have written."""
    *others, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*others, plain])
