"""Runs one peer, or prints the versions of all (`--versions`), see benchmarks.peers."""

import json
import sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.peers import DISTRIBUTIONS
from benchmarks.peers.task import Tally, Task


def versions() -> dict[str, str | None]:
    """Of each package in this environment; None of one that is not installed."""
    found: dict[str, str | None] = dict.fromkeys(DISTRIBUTIONS)
    for name in DISTRIBUTIONS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def main() -> None:
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps(versions()))
        return
    name, bootstrap, group, events, folder = sys.argv[1:]
    try:
        peer = import_module(f"benchmarks.peers.{name}")
    except ModuleNotFoundError as lacking:
        print(json.dumps({"missing": lacking.name}))
        return
    task = Task(bootstrap, group, int(events), Path(folder))
    peer.run(task, Tally(task.events))


if __name__ == "__main__":
    main()
