"""What a benchmark has started ends with it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.lifeline import lifeline

DEADLINE = 60.0
ENDLESS = [sys.executable, "-c", "import sys; sys.stdin.read()"]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """In a group of its own and named in the file of its installation, as `tocsin run` is."""
    (tmp_path / "0").mkdir()
    with subprocess.Popen(ENDLESS, stdin=subprocess.PIPE, start_new_session=True) as started:
        (tmp_path / "0" / "pids").write_text(f"intake {started.pid}\n", encoding="utf-8")
        yield started
        started.kill()


def test_workers_are_ended_when_the_benchmark_is_killed(
    tmp_path: Path, worker: subprocess.Popen[bytes]
) -> None:
    killed = (
        "import os, pathlib, signal\nfrom benchmarks.lifeline import lifeline\n"
        f"with lifeline(pathlib.Path({str(tmp_path)!r})):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -9
    assert worker.wait(DEADLINE) == -9


def test_nothing_is_ended_that_has_gone_or_was_taken_off_the_list(
    tmp_path: Path, worker: subprocess.Popen[bytes]
) -> None:
    with lifeline(tmp_path) as watching:
        (tmp_path / "0" / "pids").unlink()
    assert watching.returncode == 0
    assert worker.poll() is None
