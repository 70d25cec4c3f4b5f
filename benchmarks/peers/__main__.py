"""Runs one peer, see benchmarks.peers."""

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.peers.task import Tally, Task


def main() -> None:
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
