"""The demonstration as a person starts it, with a broker of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from streams.broker.topics import Role
from tests.kafka.test_incident_log import until

HERE = Path(__file__).parents[2]
DEADLINE = 240.0  # seconds; the machine may be busy with something else
COMMAND = [sys.executable, "-m", "tocsin", "demo", "--live", "5", "--end", "2026-11-25T03:00:00"]


@contextmanager
def playing(folder: Path, *options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "TMPDIR": str(folder), **variables}
    with subprocess.Popen(
        [*COMMAND, *options], cwd=HERE, env=environment, stdout=subprocess.PIPE, text=True,
        encoding="utf-8", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()  # it tidies up by itself, or has ended


def left_behind(folder: Path) -> list[str]:
    """Commands of processes that name the folder, and what is in it."""
    commands = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended meanwhile
            continue
        if str(folder) in command:
            commands.append(command)
    return commands + [path.name for path in folder.iterdir() if path.name.startswith("tocsin")]


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it says until then, or until it ends."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            break
    return said


@pytest.mark.timeout(DEADLINE + 30)
def test_it_shows_alerts_as_received_and_calls_all_five_and_stays_up(tmp_path: Path) -> None:
    elsewhere = {"TOCSIN_KAFKA__BOOTSTRAP": "broker.example.org:9092"}  # which it must not touch
    with playing(tmp_path, "--keep", LANG_ALERTS="zh", **elsewhere) as process:
        said = read_until(process, "Ctrl-C")
        assert "5 件中报出 5 件" in said
        assert "\x1b" not in said
        assert "【红色】新发" in said
        for agrees in (
            r"发出 (\d\d,\d{3}) 条，收到 \1 条", r"拒收：(\d\d+) 条损坏中的 \1 条",
            r"重复：(\d+) 条重发中的 \1 条",
        ):  # fmt: skip
            assert re.search(agrees, said), said
        _look_around(said)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, said
    assert left_behind(tmp_path) == []


def _look_around(said: str) -> None:
    """The pages and the metrics can be reached as it says."""
    (pages,) = re.findall(r"网页 +(http\S+)", said)
    (token,) = re.findall(r"令牌\S* +(\S+)", said)
    incidents = httpx.get(
        f"{pages}api/incidents", headers={"Authorization": f"Bearer {token}"}, timeout=DEADLINE
    )
    assert incidents.status_code == 200
    addresses = re.findall(r"指标 +(http\S+)", said)
    assert len(addresses) == len(Role)
    for address in addresses:
        assert "tocsin_started_timestamp_seconds" in httpx.get(address, timeout=DEADLINE).text


@pytest.mark.timeout(DEADLINE + 30)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_whoever_stops_it_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    with playing(tmp_path) as process:
        await until(lambda: any("--role" in one for one in left_behind(tmp_path)))
        process.send_signal(number)
        process.send_signal(number)
        said, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130, said
    assert left_behind(tmp_path) == []
