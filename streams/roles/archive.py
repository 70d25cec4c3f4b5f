"""The worker that keeps what came in."""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from streams import metrics
from streams.archive import retention
from streams.archive import stage as archiving
from streams.archive.places import Place, place
from streams.archive.stage import Archive, recordings
from streams.broker.topics import Role
from streams.settings import Settings
from streams.workers.vitals import Vitals
from streams.workers.worker import Worker, every, made, run_by_run


def build(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    names = list(recordings(settings))
    app = made(Role.ARCHIVE, settings, bootstrap, instance, reads=names)
    lies = place(settings)
    stage = Archive(
        lambda: app.consumer, settings, lies, clock=time.monotonic, now=partial(datetime.now, UTC)
    )
    vitals = Vitals(Role.ARCHIVE, app, names)
    vitals.trouble = lambda: stage.trouble
    metrics.begin_archive(names, archiving.STATES)
    run_by_run(app, names, stage.take, vitals, room=stage.room)
    for seconds, work in duties(stage, lies, settings).items():
        every(app, seconds, work, vitals)
    return Worker(app, vitals)


def duties(
    stage: Archive, lies: Place, settings: Settings
) -> Mapping[float, Callable[[], Awaitable[None]]]:
    """What the worker does though no record comes, by the seconds between two times."""
    return {
        archiving.LOOK: stage.write,
        retention.LOOK: partial(retention.retire, lies, settings.archive.retention),
    }
