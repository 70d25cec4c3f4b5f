"""Server-sent events: one for each incident that changed, and a sign of life."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from streams.response.incident_view import View

POLL_SECONDS = 0.5
BEAT_EVERY = 30  # polls
MOST_POLLS = 7200  # an hour: then the browser comes back, and is asked who it is

Pause = Callable[[float], Awaitable[None]]


async def stream(
    view: View, *, ended: Callable[[], bool], pause: Pause = asyncio.sleep
) -> AsyncIterator[str]:
    """`hello` with the version at first and whenever changes were missed, then `incident`s.

    A comment each `BEAT_EVERY` polls keeps proxies from closing the connection.
    """
    number, reach = view.number, view.reach
    yield "retry: 3000\n\n" + _hello(view)
    for poll in range(1, MOST_POLLS):
        await pause(POLL_SECONDS)
        if ended():
            return
        changed = view.since(number)
        missed = changed is None or view.reach is not reach
        number, reach = view.number, view.reach
        for name in changed or ():
            yield _changed(view, name)
        if missed:
            yield _hello(view)
        elif poll % BEAT_EVERY == 0:
            yield ": here\n\n"


def _changed(view: View, name: str) -> str:
    case = view.case(name)
    if case is None:
        return ""
    line = case.line
    said = {
        "id": line.id, "state": line.state, "colour": line.colour, "revision": line.revision,
        "version": view.version,
    }  # fmt: skip
    return _event("incident", said)


def _hello(view: View) -> str:
    return _event("hello", {"version": view.version})


def _event(name: str, said: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(said)}\n\n"
