"""The pages as a visitor meets them, over a view of the test's own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import uvicorn

from dashboards.pages.app import build
from dashboards.pages.desk import Desk
from streams.response.incident_view import Reach, View
from tests.pages.scene import ZONE, Log, day

TOKEN = "correct-horse-battery"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Clock:
    """Epoch seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def view() -> View:
    """The day's incidents, read to the end."""
    filled = Log().play(day()).view()
    filled.reach = Reach.CURRENT
    return filled


def desk(shown: View | None = None, **changes: Any) -> Desk:
    facts: dict[str, Any] = {
        "view": view() if shown is None else shown, "token": TOKEN, "language": "en",
        "zone": ZONE, "clock": Clock(), "ended": lambda: False,
    }  # fmt: skip
    return Desk(**(facts | changes))


def visitor(site: Desk, *, admitted: bool = True, https: bool = False) -> httpx.AsyncClient:
    """Who asks; errors of the app come back as the answers that a browser would get."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=build(site), raise_app_exceptions=False),
        base_url="https://tocsin.test" if https else "http://tocsin.test",
        headers=BEARER if admitted else {},
    )


@contextmanager
def served(site: Desk) -> Iterator[str]:
    """The address of a real server on this machine, stopped afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = build(replace(site, ended=lambda: server.should_exit))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
