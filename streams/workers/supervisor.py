"""Roles as processes of this machine: start, restart what dies, stop in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from streams.broker.topics import Role

GRACE = 8.0  # seconds from SIGTERM to SIGKILL; Faust's own stop can hang
FIRST_PAUSE = 0.5  # seconds before a restart; doubled while it dies at once
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds of life after which a death counts as the first again
LOOK = 0.1

log = structlog.get_logger(__name__)


class Worker:
    """One role's process, over all its lives."""

    def __init__(self, role: Role, command: Sequence[str]) -> None:
        self.role = role
        self.deaths = 0
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def look(self, now: float) -> None:
        """Start it if it is due, note it if it died."""
        if self._process is None:
            if now >= self._due:
                self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
                self._started = now
            return
        code = self._process.poll()
        if code is None:
            return
        self.deaths = 1 if now - self._started > STEADY else self.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        log.warning("worker_died", role=self.role, code=code, restart_in_seconds=pause)
        self._process, self._due = None, now + pause

    def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            log.warning("worker_killed", role=self.role, after_seconds=GRACE)
            self._process.kill()
            self._process.wait()


class Supervisor:
    """Keeps one worker of each role alive.

    Args:
        roles: those of this machine.
        settings: the file that the workers read.
        instance: names this machine among those that run the same roles; one for each.
        pids: where the processes are listed, one `role pid` a line, for who must find them.
    """

    def __init__(
        self, roles: Sequence[Role], settings: Path | None, *,
        instance: str = "0", pids: Path | None = None,
    ) -> None:  # fmt: skip
        extra = ["--settings", str(settings)] if settings else []
        self.workers = [
            Worker(role, [sys.executable, "-m", "tocsin", "run", "--role", role,
                          "--instance", instance, *extra])
            for role in Role
            if role in roles
        ]  # fmt: skip
        self._pids = pids
        self._stopping = False

    def run(self, *, on_stop: Callable[[], None] = lambda: None) -> None:
        """Watch over them until SIGTERM or SIGINT; tells before they are stopped."""
        before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while not self._stopping:
                self._look()
                time.sleep(LOOK)
            on_stop()
        finally:
            # First those that write, so that what they wrote can still be dealt with.
            for worker in self.workers:
                worker.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _look(self) -> None:
        was = [worker.pid for worker in self.workers]
        for worker in self.workers:
            worker.look(time.monotonic())
        if self._pids and was != [worker.pid for worker in self.workers]:
            lines = [f"{worker.role} {worker.pid}\n" for worker in self.workers if worker.pid]
            fresh = self._pids.with_suffix(f".{os.getpid()}")
            fresh.write_text("".join(lines), encoding="utf-8")
            fresh.replace(self._pids)

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True
