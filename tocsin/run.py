"""tocsin run: the workers."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams import settings
from streams.broker import local, topics
from streams.broker.topics import Role
from streams.detection import batches
from streams.settings import Settings
from streams.workers import health, logs
from streams.workers.supervisor import Supervisor
from tocsin import language
from tocsin.errors import SettingsFile, one_line
from tocsin.told_view import told

EXPECTED = (settings.SettingsError, local.BrokerError, topics.TopicError, health.PortError)


def run(
    file: SettingsFile = None,
    role: Annotated[
        list[Role] | None,
        typer.Option(help="This role only; give it again for another. All of them without it."),
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option(help="Name that the workers keep over restarts; another on each machine."),
    ] = None,
    pids: Annotated[Path | None, typer.Option(help="List the processes in this file.")] = None,
) -> None:
    """Run the roles, one process each, and restart one that dies; or one role in this process.

    Example: tocsin run --role intake --role detection
    """
    logs.to_stderr()
    roles = list(dict.fromkeys(role or Role))
    with one_line(*EXPECTED):
        chosen = settings.load(file)
        batches.load(chosen.tables.batches)  # told here, and not by a worker that cannot begin
        bootstrap = local.address(chosen)
        topics.create(chosen, bootstrap)
        if len(roles) > 1:
            health.check(chosen.operations, roles)
    if len(roles) == 1:
        raise typer.Exit(_here(roles[0], chosen, bootstrap, instance))
    _beside(chosen, bootstrap, Supervisor(roles, file, instance=instance or "0", pids=pids))


def _here(role: Role, chosen: Settings, bootstrap: str, instance: str | None) -> int:
    with one_line(health.PortError):
        on = health.listening(chosen.operations, role)
    from streams import roles  # noqa: PLC0415 - Faust is slow to import
    from streams.workers import worker  # noqa: PLC0415

    return worker.run(roles.build(role, chosen, bootstrap, instance=instance), on=on)


def _beside(chosen: Settings, bootstrap: str, workers: Supervisor) -> None:
    """Speaks on standard error, for the alerts of the terminal channel go to the other."""
    words, err = language.words(), Console(stderr=True, highlight=False)

    def tell(line: str) -> None:
        err.print(line, markup=False, soft_wrap=True)

    roles = words.listed([worker.role for worker in workers.workers])
    tell(words.say("{roles} begin, on Kafka at {address}; Ctrl-C stops them",
                  roles=roles, address=bootstrap))  # fmt: skip
    tell(told(words, chosen))
    workers.run(on_stop=lambda: tell(words.say("stopping {roles}", roles=roles)))
    tell(words.say("stopped; the next start goes on from here"))
