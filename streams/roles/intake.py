"""The worker that turns what comes in into counts."""

from streams import metrics
from streams.broker.topics import Role, Topics
from streams.intake import stage as intake
from streams.intake.stage import Intake
from streams.seen.recall import Recall
from streams.settings import Settings
from streams.sources.rekeying import TELL_EVERY, Rekeying
from streams.transport.runs import Run
from streams.workers.vitals import Vitals
from streams.workers.worker import Worker, every, made, run_by_run


def build(settings: Settings, bootstrap: str, instance: str | None) -> Worker:
    names = intake.topics(settings)
    own = [Topics.of(settings).source(source) for source in settings.sources if source.rekeyed]
    app = made(Role.INTAKE, settings, bootstrap, instance, reads=[*names, *own])
    stage = Intake(app, settings, recall=Recall(settings.kafka, bootstrap))
    rekeying = Rekeying(app, settings)
    vitals = Vitals(Role.INTAKE, app, [*names, *own])
    vitals.show_stage, vitals.restoring = stage.measure, lambda: stage.restoring
    metrics.begin_topics([*names, *own])

    async def take(run: Run) -> None:
        await (rekeying if run.topic in rekeying.topics else stage).take(run)

    run_by_run(app, [*names, *own], take, vitals)
    if own:
        every(app, TELL_EVERY, rekeying.tell, vitals)
        every(app, intake.MARK_EVERY, rekeying.mark, vitals)
    every(app, intake.EMIT_EVERY, stage.emit, vitals)
    every(app, intake.MARK_EVERY, stage.mark, vitals)
    return Worker(app, vitals)
