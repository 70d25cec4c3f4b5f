"""The worker that turns signals into incidents and messages."""

import os
import socket
import time
import uuid
from datetime import timedelta

from faust.types import TP
from kafka import TopicPartition

from alerts.deliveries import DeliveryState
from alerts.inputs import Result
from streams import metrics
from streams.broker import topics
from streams.broker.topics import Role, Topics
from streams.response.books import Books
from streams.response.recipients import recipients
from streams.response.stage import Response
from streams.settings import Settings
from streams.transport.stopping import last_resort
from streams.workers.vitals import Vitals
from streams.workers.worker import Worker, every, made, run_by_run

TRIM_EVERY = timedelta(hours=1)


def build(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    log_of_inputs = Topics.of(settings).incident_inputs
    app = made(Role.RESPONSE, settings, bootstrap, instance, reads=[log_of_inputs])
    channels, told = recipients(settings)
    books, kept = Books(settings, bootstrap), settings.response.inputs_kept

    def retire(below: int) -> None:
        topics.retire(
            settings, bootstrap, Role.RESPONSE, TopicPartition(log_of_inputs, 0),
            below=below, before=_now() - kept // timedelta(milliseconds=1),
        )  # fmt: skip

    stage = Response(
        app, settings, books, channels=channels, recipients=told,
        worker=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
        clock=_now, retire=retire,
    )  # fmt: skip

    async def take_over(_: TP) -> None:
        async with last_resort():
            await books.take_over()

    async def leave(*_: object, **__: object) -> None:
        await books.leave()

    app.takes_over = take_over
    app.on_before_shutdown.connect(leave)
    vitals = Vitals(Role.RESPONSE, app, [log_of_inputs])
    vitals.show_stage, vitals.restoring = stage.measure, lambda: stage.restoring
    metrics.begin_channels(channels, DeliveryState, Result)
    metrics.FOREIGN.labels(log_of_inputs)
    run_by_run(app, [log_of_inputs], stage.take, vitals)
    every(app, settings.response.tick.total_seconds(), stage.tick, vitals)
    every(app, min(kept, TRIM_EVERY).total_seconds(), stage.trim, vitals)
    return Worker(app, vitals)


def _now() -> int:
    return time.time_ns() // 1_000_000
