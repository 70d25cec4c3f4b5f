"""A broker of the benchmark's own, topics filled with events, and processes beside it."""

import argparse
import json
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil
from kafka import KafkaProducer

from benchmarks import machine
from benchmarks.lifeline import lifeline
from streams.broker import local
from streams.broker.node import Node

DEADLINE = 900.0  # seconds for whatever is waited for
GRACE = 15.0  # seconds from SIGTERM to SIGKILL

# How events are put into topics.
WRITTEN: Final = {"acks": "all", "compression_type": "lz4", "batch_size": 128 * 1024}
MEASURED_WITH = ("faust-streaming", "aiokafka", "uvloop", "msgspec", "numpy")

Process = subprocess.Popen[bytes]


class Line(NamedTuple):
    """An event as it is put into a topic; `again` marks the copy of one before."""

    key: bytes
    value: bytes
    topic: str = "complaints"
    again: bool = False


class Testbed(NamedTuple):
    """The benchmark's folder, and its broker."""

    folder: Path
    bootstrap: str
    broker: int


Measured = Callable[[Testbed, argparse.Namespace], dict[str, Any]]


@contextmanager
def testbed() -> Iterator[Testbed]:
    """Stops the broker and deletes the folder in the end, SIGTERM included; SIGKILL: the broker."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with lifeline(folder), ExitStack() as standing:
            standing.callback(local.down, folder)
            running = local.up(folder)
            yield Testbed(folder, running.bootstrap, running.pid)


def report(measured: Measured, options: argparse.Namespace) -> None:
    """Measure on a testbed, and print what was measured and with what as one JSON object."""
    with testbed() as bed:
        result = measured(bed, options)
    print(json.dumps(result | machine.surroundings(*MEASURED_WITH)))


def producer(bed: Testbed, *, linger_ms: int = 20) -> Any:
    return KafkaProducer(bootstrap_servers=bed.bootstrap, linger_ms=linger_ms, **WRITTEN)


def fill(
    bed: Testbed, lines: Iterable[Line], *, prefix: str = "", a_second: int | None = None
) -> tuple[int, int]:
    """Put events into their topics; returns how many are no copies, and the bytes of all.

    Their records are stamped as if so many had come `a_second`; by default as they come.
    """
    to, began = producer(bed), time.time_ns() // 1_000_000
    distinct, size = 0, 0
    for number, line in enumerate(lines):
        stamp = began + 1000 * number // a_second if a_second else None
        to.send(prefix + line.topic, line.value, key=line.key, timestamp_ms=stamp)
        distinct += not line.again
        size += len(line.value)
    to.flush()
    to.close()
    return distinct, size


def stored(bed: Testbed, topic: str) -> int:
    """Bytes that the broker holds of a topic, compressed as it is."""
    segments = Node.of(bed.folder).folder.rglob(f"{topic}-[0-9]*/*.log")
    return sum(segment.stat().st_size for segment in segments)


@contextmanager
def process(command: Sequence[str], log: Path, *, folder: Path | None = None) -> Iterator[Process]:
    """A process until the end of the block; what it writes on standard error is in the log."""
    with log.open("wb") as told:
        started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, cwd=folder)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(GRACE)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        assert started.stdout is not None
        started.stdout.close()


def said(process: Process, log: Path) -> dict[str, Any]:
    """The one line of JSON that a process prints when it is done."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(DEADLINE):
            raise SystemExit(f"{log.stem} was not done in {DEADLINE:.0f} s: {_end(log)}")
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{log.stem} ended before it was done: {_end(log)}")
    told: dict[str, Any] = json.loads(line)
    return told


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def tocsin(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tocsin", *arguments]


def _end(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
