"""Health of one worker, and the address that tells it: /live, /ready, /health and /metrics."""

import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import count
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.broker.topics import Role
from streams.configuration.sections import Operations

STUCK = 300.0  # seconds with one piece of work; a broker that is away for less mends itself


class PortError(Exception):
    """A port that cannot be served on; names the option."""


class Readiness(StrEnum):
    """Whether a worker does its part, and if not, why."""

    READY = "ready"
    STANDBY = "standby"
    STARTING = "starting"
    UNREACHABLE = "broker unreachable"
    REBALANCING = "rebalancing"
    RECOVERING = "recovering"
    UNASSIGNED = "no partitions"
    BLOCKED = "cannot write"

    @property
    def fine(self) -> bool:
        return self in (Readiness.READY, Readiness.STANDBY)


class Standing(NamedTuple):
    """A worker's place in its consumer group."""

    joined: bool
    reaches: bool  # the broker that coordinates its group
    rebalancing: bool
    recovering: bool
    partitions: int
    stands_by: bool
    blocked: bool = False


def readiness(standing: Standing) -> Readiness:
    """The first reason not to be ready; a role of one active worker may also stand by."""
    reasons = (
        (not standing.joined, Readiness.STARTING),
        (not standing.reaches, Readiness.UNREACHABLE),
        (standing.rebalancing, Readiness.REBALANCING),
        (standing.recovering, Readiness.RECOVERING),
        (standing.blocked, Readiness.BLOCKED),
        (standing.partitions > 0, Readiness.READY),
        (standing.stands_by, Readiness.STANDBY),
    )
    return next((reason for holds, reason in reasons if holds), Readiness.UNASSIGNED)


class Pulse:
    """Since when the stage has been busy with what it has not finished.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._numbers = count()
        self._begun: dict[int, float] = {}

    @contextmanager
    def working(self) -> Iterator[None]:
        number = next(self._numbers)
        self._begun[number] = self._clock()
        try:
            yield
        finally:
            del self._begun[number]

    @property
    def longest(self) -> float:
        """Seconds that the oldest unfinished piece of work has taken; 0 with none."""
        return self._clock() - min(self._begun.values()) if self._begun else 0.0

    @property
    def stuck(self) -> bool:
        return self.longest > STUCK


def listening(operations: Operations, role: Role) -> socket.socket | None:
    """The socket to serve a role on, None where it is off; raises PortError."""
    port = operations.port(role)
    rule = f"operations.{role}_port: must be a free port of operations.host or 0 for none"
    return bound(operations.host, port, rule=rule) if port else None


def bound(host: str, port: int, *, rule: str) -> socket.socket:
    """A socket that listens; raises PortError, which begins with the rule of its option."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]
        raise PortError(f"{rule}, got {port} on {host}: {why}") from None


def check(operations: Operations, roles: Iterable[Role]) -> None:
    """Raise PortError where one of the roles could not serve."""
    for role in roles:
        if (found := listening(operations, role)) is not None:
            found.close()


async def serve(
    on: socket.socket, *, pulse: Pulse, ready: Callable[[], Readiness],
    measure: Callable[[], Awaitable[None]], trouble: Callable[[], str] = lambda: "",
) -> None:  # fmt: skip
    """Answer on the socket from now on, until the event loop ends.

    Args:
        on: bound and listening.
        pulse: of the stage.
        ready: how the worker stands.
        measure: sets the gauges; called before they are told.
        trouble: what is said of a worker that is blocked.
    """
    from aiohttp import web  # noqa: PLC0415 - slow to import, and a supervisor serves nothing

    async def live(_: web.Request) -> web.Response:
        said = f"busy with one piece of work for {pulse.longest:.0f} s" if pulse.stuck else "live"
        return web.Response(text=f"{said}\n", status=503 if pulse.stuck else 200)

    async def readily(_: web.Request) -> web.Response:
        found = ready()
        said = f"{found}: {trouble()}" if found is Readiness.BLOCKED else found
        return web.Response(text=f"{said}\n", status=200 if found.fine else 503)

    async def metrics(_: web.Request) -> web.Response:
        await measure()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    site = web.Application()
    routes = {"/live": live, "/ready": readily, "/health": readily, "/metrics": metrics}
    site.add_routes([web.get(path, handler) for path, handler in routes.items()])
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.SockSite(runner, on).start()
