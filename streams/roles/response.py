"""The worker that turns signals into incidents and messages."""

import os
import socket
import uuid

from alerts.deliveries import DeliveryState
from alerts.inputs import Result
from streams import metrics
from streams.broker.topics import Role, Topics
from streams.response.recipients import recipients
from streams.response.stage import Response
from streams.settings import Settings
from streams.workers.vitals import Vitals
from streams.workers.worker import Worker, every, made, run_by_run, table


def build(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    log_of_inputs = Topics.of(settings).incident_inputs
    app = made(Role.RESPONSE, settings, bootstrap, instance, reads=[log_of_inputs])
    channels, told = recipients(settings)
    stage = Response(
        app, settings, table(app, 1), channels=channels, recipients=told,
        worker=f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
    )  # fmt: skip

    vitals = Vitals(Role.RESPONSE, app, [log_of_inputs])
    vitals.show_stage = stage.measure
    metrics.begin_channels(channels, DeliveryState, Result)
    metrics.FOREIGN.labels(log_of_inputs)
    run_by_run(app, [log_of_inputs], stage.take, vitals)
    every(app, settings.response.tick.total_seconds(), stage.tick, vitals)
    return Worker(app, vitals)
