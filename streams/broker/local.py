"""A Kafka broker of one node on this machine, for trying Tocsin out and for its tests.

The Java process inherits an exclusive lock on HOME/kafka/broker.lock and holds it as long as it
lives, so that a process id that was given to another process is never taken for the broker.
"""

import fcntl
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker import jvm
from streams.broker.jvm import BrokerError
from streams.broker.node import HOST, Node
from streams.settings import Settings

__all__ = ["Broker", "BrokerError", "address", "down", "refusal", "status", "up"]

START_SECONDS = 60.0
STOP_SECONDS = 20.0
NOWHERE = 'no broker: set kafka.bootstrap or run "tocsin kafka up"'


@dataclass(frozen=True)
class Broker:
    """A running broker: where clients connect, its process, and when it was started."""

    bootstrap: str
    pid: int
    started: datetime


def up(home: Path) -> Broker:
    """Starts the broker of `home`, or finds it running; returns when it answers.

    Raises BrokerError with the end of its log when it does not answer within a minute.
    """
    node = Node.of(home)
    with _one_at_a_time(node):
        running = _running(node)
        if running is None:
            running = _started(node)
        _await_answer(node, running)
        return running


def down(home: Path) -> bool:
    """Stops the broker of `home`; whether there was one."""
    node = Node.of(home)
    if not node.folder.exists():
        return False
    with _one_at_a_time(node):
        running = _running(node)
        if running is None:
            return False
        _stop(node, running.pid)
        return True


def status(home: Path) -> Broker | None:
    """The running broker of `home`, or None; waits for a start that is under way."""
    node = Node.of(home)
    if not node.folder.exists():
        return None
    with _one_at_a_time(node):
        return _running(node)


def address(settings: Settings) -> str:
    """Where the broker is: as set, else the running local one; raises BrokerError."""
    if settings.kafka.bootstrap:
        return settings.kafka.bootstrap
    running = status(settings.home)
    if running is None:
        raise BrokerError(NOWHERE)
    return running.bootstrap


@contextmanager
def _one_at_a_time(node: Node) -> Iterator[None]:
    """Of two that call `up` at once the second waits, and finds the broker of the first."""
    node.folder.mkdir(parents=True, exist_ok=True)
    with (node.folder / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _alive(node: Node) -> bool:
    try:
        with node.lock.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _running(node: Node) -> Broker | None:
    if not _alive(node):
        return None
    try:
        written = json.loads(node.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BrokerError(
            f"a broker runs in {node.folder} without {node.record.name}; end its process"
        ) from None
    started = datetime.fromisoformat(written["started"])
    return Broker(f"{HOST}:{written['port']}", written["pid"], started)


def _started(node: Node) -> Broker:
    java, classes = str(jvm.java()), jvm.classpath()
    port, controller = _ports(node)
    node.record.unlink(missing_ok=True)
    node.configure(port=port, controller=controller)
    command = [java, *node.java_options, "-cp", classes]
    if not node.formatted:
        jvm.run([*command, *node.format_arguments])
    pid = _spawn(node, [*command, "kafka.Kafka", str(node.properties)])
    started = datetime.now(UTC)
    record = {"pid": pid, "port": port, "controller": controller, "started": started.isoformat()}
    node.record.write_text(json.dumps(record), encoding="utf-8")
    return Broker(f"{HOST}:{port}", pid, started)


def _ports(node: Node) -> tuple[int, int]:
    """The ports of last time where they are free, so that clients find the broker again."""
    try:
        written = json.loads(node.record.read_text(encoding="utf-8"))
        before = written["port"], written["controller"]
    except (OSError, ValueError, KeyError):
        before = 0, 0
    with _bound(before[0]) as port, _bound(before[1]) as controller:
        return port, controller


@contextmanager
def _bound(wanted: int) -> Iterator[int]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, wanted))
        except OSError:
            listener.bind((HOST, 0))
        yield listener.getsockname()[1]


def _spawn(node: Node, command: list[str]) -> int:
    """The id of the process, in a session of its own; it outlives us and holds the lock."""
    with node.console.open("wb") as console, node.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return os.posix_spawn(
            command[0],
            command,
            jvm.environment(),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, console.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, console.fileno(), 2),
                (os.POSIX_SPAWN_DUP2, lock.fileno(), 3),
            ],
            setsid=True,
        )


def _await_answer(node: Node, broker: Broker) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(broker.bootstrap):
        if not _alive(node):
            _reap(broker.pid)
            raise BrokerError(f"the broker ended at its start: {node.last_lines()}")
        if time.monotonic() > deadline:
            raise BrokerError(
                f"the broker did not answer within {START_SECONDS:.0f} s: {node.last_lines()}"
            )
        time.sleep(0.05)


def refusal(bootstrap: str) -> str:
    """Why no address of "host:port,host:port" takes a connection; empty where one does."""
    for one in bootstrap.split(","):
        host, _, port = one.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
        except (OSError, OverflowError) as error:
            reason = str(error)
        else:
            return ""
    return reason


def _answers(bootstrap: str) -> bool:
    # kafka-python leaves its sockets open when it meets nobody.
    if refusal(bootstrap):
        return False
    try:
        admin = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=2000)
    except KafkaError:
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except KafkaError:
        return False
    finally:
        admin.close()


def _stop(node: Node, pid: int) -> None:
    for order in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        deadline = time.monotonic() + STOP_SECONDS
        while _alive(node) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not _alive(node):
            _reap(pid)
            return
    raise BrokerError(f"the broker does not end, though its process {pid} was killed")


def _reap(pid: int) -> None:
    """Takes leave of the ended process where it was a child of this very one."""
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
