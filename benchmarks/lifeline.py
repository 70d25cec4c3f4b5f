"""Ends what a benchmark has started when the benchmark itself is killed and cannot.

    python -m benchmarks.lifeline FOLDER

Reads standard input until it ends, which it does when its parent is gone, however that was killed.
Then ends each installation below the folder (FOLDER/NAME/pids, in process groups of their own) and
the folder's broker. After an orderly end there is neither, and nothing is done.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from streams.broker import local


@contextmanager
def lifeline(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that watches this one until the block ends."""
    watching = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.lifeline", str(folder)],
        stdin=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    with watching:  # closes its input and waits for it
        yield watching


def groups(folder: Path) -> set[int]:
    """Process groups of the workers that run below the folder; never our own."""
    found = set()
    for file in folder.glob("*/pids"):
        for line in file.read_text(encoding="utf-8").splitlines():
            with suppress(ProcessLookupError):
                found.add(os.getpgid(int(line.split()[1])))
    return found - {os.getpgrp()}


def main() -> None:
    folder = Path(sys.argv[1])
    sys.stdin.buffer.read()
    for group in groups(folder):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    local.down(folder)


if __name__ == "__main__":
    main()
