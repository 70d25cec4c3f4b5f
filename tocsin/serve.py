"""tocsin serve: web pages of the incidents, and their API."""

import logging
import secrets
import time
from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console

from streams import settings
from streams.broker import local, topics
from streams.configuration.sections import url
from streams.settings import Settings
from streams.workers import health, logs
from tocsin import language
from tocsin.errors import SettingsFile, one_line

Host = Annotated[str | None, typer.Option(help="Where to listen; else serve.host.")]
Port = Annotated[int | None, typer.Option(help="Where to listen; else serve.port.", min=1)]

FREE = "serve.port, --port: must be a free port of serve.host"
STOP_SECONDS = 5


def serve(host: Host = None, port: Port = None, file: SettingsFile = None) -> None:
    """Show the incidents as web pages, read only, until stopped.

    Example: tocsin serve --port 8470
    """
    logs.to_stderr()
    with one_line(settings.SettingsError, local.BrokerError, topics.TopicError):
        chosen = settings.load(file)
        bootstrap = local.address(chosen)
        topics.create(chosen, bootstrap)
    with one_line(health.PortError):
        _run(chosen, bootstrap, host or chosen.serve.host, port or chosen.serve.port)


def _run(chosen: Settings, bootstrap: str, host: str, port: int) -> None:
    import uvicorn  # noqa: PLC0415 - the web's libraries are slow to import

    from dashboards.pages import app  # noqa: PLC0415
    from dashboards.pages.desk import Desk  # noqa: PLC0415
    from dashboards.pages.server import Server  # noqa: PLC0415
    from streams.response import incident_log  # noqa: PLC0415
    from streams.response.incident_view import View  # noqa: PLC0415

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # `follow` says it, and once
    token = _token(chosen)
    desk = Desk(
        view=View(secrets.token_hex(4)), token=token, language=chosen.response.language,
        zone=chosen.detection.zone, clock=time.time, ended=lambda: server.should_exit,
    )  # fmt: skip
    built = app.build(desk, lambda: incident_log.follow(chosen, bootstrap, desk.view))
    config = uvicorn.Config(
        built, log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )  # fmt: skip
    server = Server(config)
    with health.bound(host, port, rule=FREE) as listening, suppress(KeyboardInterrupt):
        _announce(url(host, port), chosen, token)
        server.run(sockets=[listening])
    Console(highlight=False).print(language.words().say("stopped"))


def _token(chosen: Settings) -> str:
    """The one that is set, else a new one."""
    configured = chosen.serve.token
    return configured.get_secret_value() if configured else secrets.token_urlsafe(24)


def _announce(address: str, chosen: Settings, token: str) -> None:
    """Where the pages are; the token only where nobody else could know it."""
    console, words = Console(highlight=False), language.words()
    console.print(words.say("incidents at {address}", address=address), soft_wrap=True)
    if chosen.serve.token is None:
        said = words.say("token for this start: {token}", token=token)
        console.print(said, markup=False, soft_wrap=True)
