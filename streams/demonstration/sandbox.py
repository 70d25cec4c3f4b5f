"""A whole installation for a while: a Kafka, the workers, the pages, all on free ports."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import tomlkit

from streams import settings
from streams.broker import local, topics
from streams.broker.topics import Role
from streams.settings import ENVIRONMENT, Settings

GRACE = 20.0  # seconds from SIGTERM to SIGKILL; the supervisor gives its workers 8 each
LAST = 5  # lines of a log that tell why its process has ended
HOST = "127.0.0.1"


@contextmanager
def secluded() -> Iterator[None]:
    """No setting of the environment reaches in, such as where somebody's real broker is."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)}
    for name in kept:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(kept)


def configured(home: Path, *, language: str, zone: str) -> Settings:
    """The settings, which are also a file in `home`: alerts on the terminal, free ports."""
    *roles, pages = _free_ports(len(Role) + 1)
    options = {
        "home": str(home),
        # One worker would judge in each shard again what goes to all of them.
        "detection": {"zone": zone, "shards": 1},
        "response": {"language": language},
        "tables": {"provinces": language},
        "channels": {"terminal": {"enabled": True}},
        "serve": {"port": pages},
        "operations": {f"{role}_port": port for role, port in zip(Role, roles, strict=True)},
    }
    file(home).write_text(tomlkit.dumps(options), encoding="utf-8")
    return settings.load(file(home))


def file(home: Path) -> Path:
    return home / "tocsin.toml"


@contextmanager
def kafka(chosen: Settings) -> Iterator[str]:
    """A broker with all topics; its address."""
    try:
        # An interruption must not come between the broker's start and the note of its process.
        with ThreadPoolExecutor(1) as aside:
            bootstrap = aside.submit(local.up, chosen.home).result().bootstrap
            # Nor must it reach kafka-python, which keeps what is raised in its loop.
            aside.submit(topics.create, chosen, bootstrap).result()
        yield bootstrap
    finally:
        local.down(chosen.home)


class EndedError(Exception):
    """A process that should go on has ended; with its last words."""


class Process:
    """A command of ours as a process; `printed` is what it prints.

    It is in a session of its own: a terminal's Ctrl-C is for us, who stop it in order.
    """

    def __init__(self, home: Path, command: str, environment: Mapping[str, str]) -> None:
        self._command, self._log = command, home / f"{command}.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", command, "--settings", str(file(home))],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUTF8": "1", **environment},
            )  # fmt: skip
        assert self._process.stdout is not None
        self.printed: IO[bytes] = self._process.stdout

    def check(self) -> None:
        """Raise EndedError if it has ended."""
        if (code := self._process.poll()) is not None:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip()
            last = said.splitlines()[-LAST:]
            raise EndedError("\n".join([f"tocsin {self._command} ended with {code}", *last]))

    def await_word(self) -> None:
        """Return when it has printed a line; raise EndedError if it ends without one."""
        if not self.printed.readline():
            self._process.wait(GRACE)
            self.check()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.printed.close()


@contextmanager
def running(home: Path, command: str, environment: Mapping[str, str]) -> Iterator[Process]:
    """The command runs until the block ends."""
    process = Process(home, command, environment)
    try:
        yield process
    finally:
        process.stop()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        listeners = [held.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]
