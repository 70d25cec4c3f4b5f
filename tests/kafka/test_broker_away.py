"""A broker that is away for longer than a session: nothing is lost, and nobody need restart."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from streams.broker import local
from streams.broker.topics import Role
from tests.kafka import tallies
from tests.kafka.installation import DEADLINE, Installation
from tests.kafka.reader import Reader
from tests.kafka.test_channel_down import TAKES, Service, report, serving, told
from tests.needs import free_port

EVENTS = 300
AWAY = 12.0  # seconds; a session of the workers is over after ten
OPTIONS = """
[intake]
idle_after = "500ms"
chunk_span = "1s"
[detection]
shards = 1
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
partitions = 1
[[cuts]]
stream = "complaints"
by = ["product"]
[operations]
intake_port = {intake}
detection_port = 0
response_port = 0
archive_port = 0
[channels.webhook]
url = "{url}"
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Of a broker of the test's own, which is struck."""
    try:
        yield tmp_path
    finally:
        local.down(tmp_path)


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as service:
        service.status = TAKES
        yield service


@pytest.fixture
def running(home: Path, service: Service) -> Iterator[Installation]:
    bootstrap = local.up(home).bootstrap
    options = OPTIONS.format(intake=free_port(), url=service.url)
    with Installation(home / "tocsin", bootstrap, "away-", options) as installation:
        installation.start()
        yield installation


def complain(installation: Installation, first: int) -> None:
    now = int(time.time())
    installation.send("complaints", [
        {"id": f"{number}", "time": now, "person": f"p{number}", "product": "kettle"}
        for number in range(first, first + EVENTS)
    ])  # fmt: skip


def readiness(installation: Installation) -> str:
    port = installation.settings.operations.port(Role.INTAKE)
    return httpx.get(f"http://127.0.0.1:{port}/ready", timeout=DEADLINE).text.strip()


def test_what_came_before_and_after_an_outage_is_counted_told_and_archived_once(
    running: Installation, home: Path
) -> None:
    complain(running, 0)
    report(running, "heater")
    running.until(lambda: told(running, "sent"), "a message")
    running.until(running.archived, "everything in the archive")
    workers, broker = running.pids(), local.status(home)
    assert broker is not None

    running.reader.close()  # it would go on knocking, and leave its sockets open
    os.kill(broker.pid, signal.SIGKILL)
    os.waitpid(broker.pid, 0)
    began = time.monotonic()
    running.until(lambda: readiness(running) == "broker unreachable", "word of it from intake")
    time.sleep(max(0.0, AWAY - (time.monotonic() - began)))
    running.reader = Reader(local.up(home).bootstrap)

    complain(running, EVENTS)
    report(running, "lamp")
    running.until(lambda: len(told(running, "sent")) == 2, "another message")
    running.until(running.counted, "counts of all events")
    running.until(running.archived, "the rest in the archive")
    counted = tallies.people(running.counts(), "complaints", cut=0)
    assert counted == {"kettle": 2 * EVENTS, "heater": 1, "lamp": 1}
    held = [(2 * EVENTS + 2,)]
    running.until(lambda: running.asked("SELECT count(*) FROM complaints") == held, "them once")
    assert [line["attempt"] for line in told(running, "sent")] == [1, 1]
    assert running.pids() == workers, running.log
