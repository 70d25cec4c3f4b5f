"""The worker that turns counts into signals."""

from functools import partial

from alerts.signal import Kind, SignalState
from streams import metrics
from streams.broker import topics
from streams.broker.topics import Role, Topics
from streams.detection.stage import Detection
from streams.settings import Settings
from streams.workers.vitals import Vitals
from streams.workers.worker import Worker, every, made, run_by_run, table


def build(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    counts = Topics.of(settings).counts
    app = made(Role.DETECTION, settings, bootstrap, instance, reads=[counts])
    stage = Detection(
        app, settings, table(app, settings.detection.shards),
        delete=partial(topics.trim, settings, bootstrap),
    )  # fmt: skip
    app.reads_from = stage.reads_from
    vitals = Vitals(Role.DETECTION, app, [counts])
    vitals.show_stage = stage.measure
    metrics.begin_signals(Kind, SignalState)
    run_by_run(app, [counts], stage.take, vitals)
    every(app, settings.detection.trim_every.total_seconds(), stage.trim, vitals)
    return Worker(app, vitals)
