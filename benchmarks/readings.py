"""One reading of a filled topic: by our intake, or by a peer."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.counts_log import CountsLog
from benchmarks.testbed import Testbed, cpu_seconds, process, said, tocsin
from streams import settings

PEERS_PYTHON = Path(".venv-bench/bin/python")  # made by `make peers`


class MissingError(Exception):
    """A peer lacks a module; its name."""


class Reading(NamedTuple):
    """Events a second, and the CPU seconds of the workers where they are known."""

    rate: float
    cpu_seconds: float = 0.0


def intake(bed: Testbed, file: Path, *, events: int, workers: int = 1) -> Reading:
    """Reads all events with workers of one group."""
    chosen = settings.load(file)
    log, told = CountsLog(bed, chosen), file.with_suffix(".log")
    before = log.ends()
    command = tocsin("run", "--role", "intake", "--settings", str(file))
    with ExitStack() as running:
        started = [running.enter_context(process(command, told)) for _ in range(workers)]
        pids = [one.pid for one in started]
        after, own = log.rest(before, started, told, lambda: sum(map(cpu_seconds, pids)))
    rate = log.rate(before, after, events=events)
    log.close()
    return Reading(rate, own.after - own.before)


def peers_python() -> str:
    return str(PEERS_PYTHON.absolute()) if PEERS_PYTHON.exists() else sys.executable


def peer_versions() -> dict[str, str | None]:
    """Of the peers' packages where the peers run; None of what is not there."""
    command = [peers_python(), "-m", "benchmarks.peers", "--versions"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, str | None] = json.loads(told)
    return found


def peer(bed: Testbed, name: str, group: str, *, events: int) -> Reading:
    folder = bed.folder / group
    folder.mkdir()
    log = folder.with_suffix(".log")
    command = [peers_python(), "-m", "benchmarks.peers", name, bed.bootstrap, group, str(events)]
    with process([*command, str(folder)], log) as started:
        found = said(started, log)
    if "missing" in found:
        raise MissingError(found["missing"])
    return Reading((found["events"] - 1) / found["seconds"])
