"""The worker that turns signals into incidents and messages."""

import os
import socket
import time
import uuid

from faust.types import TP

from alerts.deliveries import DeliveryState
from alerts.inputs import Result
from streams import metrics
from streams.broker.topics import Role, Topics
from streams.response.books import Books
from streams.response.recipients import recipients
from streams.response.stage import Response
from streams.settings import Settings
from streams.workers.vitals import Vitals
from streams.workers.worker import Worker, every, last_resort, made, run_by_run


def build(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    log_of_inputs = Topics.of(settings).incident_inputs
    app = made(Role.RESPONSE, settings, bootstrap, instance, reads=[log_of_inputs])
    channels, told = recipients(settings)
    books = Books(settings, bootstrap)
    stage = Response(
        app, settings, books, channels=channels, recipients=told,
        worker=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
        clock=lambda: time.time_ns() // 1_000_000,
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
    return Worker(app, vitals)
