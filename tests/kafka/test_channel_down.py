"""A channel that is down: tried again with a pause, seen to fail, and quieted."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from alerts.deliveries import FIRST_PAUSE
from streams.broker.topics import Role
from tests.kafka.conftest import Install
from tests.kafka.installation import Installation
from tests.needs import free_port

REFUSES, TAKES = 503, 204
ROLES = (Role.INTAKE, Role.DETECTION, Role.RESPONSE)
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
[operations]
intake_port = 0
detection_port = 0
response_port = {port}
archive_port = 0
[response]
inputs_kept = "1s"
[channels.webhook]
enabled = true
url = "{url}"
timeout = "25s"
"""


class Service(ThreadingHTTPServer):
    """Answers everything with `status`, as long as `answers` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = REFUSES
        self.answers = threading.Event()
        self.answers.set()
        self.asked = 0
        self.repetitions = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        self.server.repetitions += self.headers["Tocsin-Repetition"] == "true"
        self.server.answers.wait()
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody is to read it."""


@contextmanager
def serving() -> Iterator[Service]:
    with Service() as service:
        threading.Thread(target=service.serve_forever, args=[0.05], daemon=True).start()
        try:
            yield service
        finally:
            service.answers.set()
            service.shutdown()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


@pytest.fixture(scope="module")
def running(install: Install, service: Service) -> Installation:
    options = OPTIONS.format(port=free_port(), url=service.url)
    installation = install(options, *ROLES)
    installation.start()
    return installation


def test_of_the_roles_those_run_that_are_named(running: Installation) -> None:
    workers = {role: psutil.Process(pid) for role, pid in running.pids().items()}
    assert workers.keys() == set(ROLES)
    supervisor = workers[Role.INTAKE].parent()
    assert supervisor is not None
    assert {child.pid for child in supervisor.children()} == {one.pid for one in workers.values()}
    assert "intake, detection, response begin, on Kafka" in running.log


def report(installation: Installation, product: str) -> None:
    """Somebody was hurt, which is told at once."""
    installation.send("complaints", [
        {"id": product, "time": int(time.time()), "person": product, "product": product,
         "severity": "safety"}
    ])  # fmt: skip


def told(installation: Installation, state: str) -> list[dict[str, Any]]:
    """The lines of `notifications` of a state after a try."""
    lines = installation.notifications()
    return [line for line in lines if line["state"] == state and line["attempt"] > 0]


def doubtful(installation: Installation, state: str) -> list[dict[str, Any]]:
    """Those of them of which an earlier try may have arrived."""
    return [line for line in told(installation, state) if line["repetition"]]


def started_with(installation: Installation, *changes: str) -> None:
    """Stopped, and started with the settings changed: what is there, what it becomes, and so on."""
    assert installation.stop() == 0
    text = installation.file.read_text(encoding="utf-8")
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        text = text.replace(old, new)
    installation.file.write_text(text, encoding="utf-8")
    installation.start()


def moments(installation: Installation, delivery: str) -> dict[tuple[str, int], int]:
    """By state and attempt, when the log had a delivery's lines, in milliseconds."""
    records = installation.reader.topic(installation.topics.notifications)
    lines = [(json.loads(record.value), record.timestamp) for record in records]
    return {(line["state"], line["attempt"]): at for line, at in lines if line["id"] == delivery}


def metric(installation: Installation, name: str, **labels: str) -> float:
    port = installation.settings.operations.port(Role.RESPONSE)
    exposed = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return sum(
        sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_a_message_is_tried_again_after_a_pause_until_it_arrives(
    running: Installation, service: Service
) -> None:
    report(running, "kettle")
    running.until(lambda: told(running, "wanted"), "a try that failed")
    (failed, *_) = told(running, "wanted")
    assert (failed["attempt"], failed["reason"]) == (1, "webhook: HTTP 503")
    assert metric(running, "tocsin_delivery_seconds_count", channel="webhook", result="failed") >= 1
    assert metric(running, "tocsin_pending_deliveries", channel="webhook") >= 1
    service.status = TAKES
    running.until(lambda: told(running, "sent"), "a try that succeeded")
    steps = moments(running, failed["id"])
    assert steps["attempted", 2] - steps["wanted", 1] >= FIRST_PAUSE / 2


def test_a_channel_that_hangs_holds_up_neither_incidents_nor_other_messages(
    running: Installation, service: Service
) -> None:
    service.status, asked = TAKES, service.asked
    before = len(running.incidents())
    service.answers.clear()
    report(running, "heater")
    running.until(lambda: service.asked > asked, "a message that hangs")
    report(running, "lamp")
    running.until(lambda: service.asked > asked + 1, "another message meanwhile")
    assert len(running.incidents()) >= before + 2
    assert metric(running, "tocsin_ready", role="response") == 1
    sent = len(told(running, "sent"))
    service.answers.set()
    running.until(lambda: len(told(running, "sent")) >= sent + 2, "both, sent")
    assert [line for line in running.notifications() if line["attempt"] > 2] == []


def test_inputs_that_are_applied_go_once_their_time_is_over(running: Installation) -> None:
    """And a restart, as in the next test, needs none of them."""
    inputs = running.topics.incident_inputs
    end = running.reader.ends(inputs)[0]
    running.until(lambda: running.reader.starts(inputs)[0] >= end, "deletion of all up to now")


def test_a_message_that_waits_for_a_channel_switched_off_ends_and_says_so(
    running: Installation, service: Service
) -> None:
    service.status = REFUSES
    before = len(told(running, "wanted"))
    report(running, "toaster")
    running.until(lambda: len(told(running, "wanted")) > before, "a try that failed")
    started_with(running, "enabled = true", "enabled = false")
    running.until(lambda: told(running, "failed"), "an end of the message")
    assert told(running, "failed")[0]["reason"] == "webhook: switched off"


def test_a_channel_that_hangs_past_its_timeout_hears_next_that_it_may_have_heard_before(
    running: Installation, service: Service
) -> None:
    service.status, sent = TAKES, len(told(running, "sent"))
    service.answers.clear()
    started_with(running, "enabled = false", "enabled = true", "25s", "1s")
    report(running, "grill")
    running.until(lambda: doubtful(running, "wanted"), "a try that was not answered in time")
    (tried, *_) = doubtful(running, "wanted")
    assert tried["reason"] == "webhook: ReadTimeout"
    service.answers.set()
    running.until(lambda: doubtful(running, "sent"), "one that was")
    assert {line["id"] for line in doubtful(running, "sent")} == {tried["id"]}
    assert service.repetitions == doubtful(running, "sent")[0]["attempt"] - 1
    assert len(told(running, "sent")) == sent + 1
