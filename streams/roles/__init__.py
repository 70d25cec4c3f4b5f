"""The worker of each role: the only place where the parts are put together."""

from importlib import import_module

from streams.broker.topics import Role
from streams.settings import Settings
from streams.workers.worker import Worker


def build(role: Role, settings: Settings, bootstrap: str, *, instance: str | None = None) -> Worker:
    """The worker of a role, not started yet.

    What the other roles need is not imported: it would double the time of a start.

    Args:
        role: which stage.
        settings: of the installation.
        bootstrap: of the broker.
        instance: a static member's id: a worker that restarts under it disturbs nobody.
    """
    worker: Worker = import_module(f"{__name__}.{role}").build(settings, bootstrap, instance)
    return worker
