import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx
import msgspec
import pytest

from alerts.channels import DeliveryError, exchange
from alerts.channels.alertmanager import Alertmanager
from alerts.colour import Colour
from alerts.incident import IncidentState
from alerts.messages import Message
from alerts.notices import What
from tests.alerts.robots import Robot, breaks, message
from tests.needs import free_port, program

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
WEEK = timedelta(days=7)


def told(
    what: What = What.NEW, colour: Colour = Colour.BLUE, state: str = "open", revision: int = 0,
    **changes: Any,
) -> Message:  # fmt: skip
    plain = message(what=what, colour=colour)
    facts = {"state": IncidentState(state), "revision": revision, "colour": colour, **changes}
    return msgspec.structs.replace(plain, incident=msgspec.structs.replace(plain.incident, **facts))


def alertmanager(robot: Robot, now: datetime = NOW) -> Alertmanager:
    return Alertmanager(
        "http://alertmanager:9093/", pages="https://tocsin.example.org/", expires=WEEK,
        client=robot.client, clock=now.timestamp,
    )  # fmt: skip


def accepts(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200)


async def posted(*messages: Message, now: datetime = NOW) -> list[dict[str, Any]]:
    """The alerts of the last message."""
    robot = Robot(accepts)
    channel = alertmanager(robot, now)
    for one in messages:
        await channel.send(one)
    alerts: list[dict[str, Any]] = msgspec.json.decode(robot.requests[-1].content)
    return alerts


def ends(alerts: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {(a["labels"]["incident"], a["labels"]["colour"]): a["endsAt"] for a in alerts}


async def test_a_new_incident_is_one_alert_as_documented() -> None:
    new = told()
    (alert,) = await posted(new)
    assert alert == {
        "labels": {
            "alertname": "TocsinIncident",
            "incident": new.incident.id,
            "colour": "blue",
        },
        "annotations": {"summary": new.title, "description": "\n".join(new.lines)},
        "startsAt": "2026-03-02T12:00:00Z",
        "endsAt": "2026-03-09T15:00:00Z",
        "generatorURL": f"https://tocsin.example.org/incidents/{new.incident.id}",
    }


async def test_it_is_posted_below_the_address_given() -> None:
    robot = Robot(accepts)
    await alertmanager(robot).send(told())
    (request,) = robot.requests
    assert (request.method, str(request.url)) == ("POST", "http://alertmanager:9093/api/v2/alerts")


async def test_a_change_of_colour_ends_the_other_colours_in_the_same_request() -> None:
    name = told().incident.id
    alerts = await posted(told(What.ESCALATED, Colour.ORANGE, revision=1))
    assert ends(alerts) == {
        (name, "blue"): "2026-03-02T15:00:00Z",
        (name, "yellow"): "2026-03-02T15:00:00Z",
        (name, "orange"): "2026-03-09T15:00:00Z",
        (name, "red"): "2026-03-02T15:00:00Z",
    }


@pytest.mark.parametrize("what", [What.CLEARED, What.WITHDRAWN])
async def test_what_is_over_ends_now_in_every_colour(what: What) -> None:
    alerts = await posted(told(what, Colour.RED, what.value))
    assert len(alerts) == len(Colour)
    assert set(ends(alerts).values()) == {"2026-03-02T15:00:00Z"}


async def test_incidents_taken_over_end_too() -> None:
    alerts = await posted(told(What.UPDATED, Colour.RED, revision=2, took=("I-OTHER",)))
    assert {ends(alerts)["I-OTHER", colour] for colour in Colour} == {"2026-03-02T15:00:00Z"}


async def test_an_incident_of_the_future_starts_now() -> None:
    early = NOW - timedelta(hours=12)
    alerts = await posted(told(What.CLEARED, state="cleared"), now=early)
    assert {(a["startsAt"], a["endsAt"]) for a in alerts} == {
        ("2026-03-02T03:00:00Z", "2026-03-02T03:00:00Z")
    }


async def test_a_late_retry_does_not_bring_back_what_is_over() -> None:
    robot = Robot(accepts)
    channel = alertmanager(robot)
    new, over = told(revision=3), told(What.CLEARED, state="cleared")
    for one in (over, new, over):
        await channel.send(one)
    assert len(robot.requests) == 2
    assert robot.requests[0].content == robot.requests[1].content


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (404, True), (503, False)])
async def test_what_may_pass_is_tried_again_and_what_cannot_is_not(
    status: int, permanent: bool
) -> None:
    with pytest.raises(DeliveryError, match=f"alertmanager: HTTP {status}") as failure:
        await alertmanager(Robot(lambda _: httpx.Response(status))).send(told())
    assert failure.value.permanent is permanent


async def test_a_broken_connection_is_tried_again() -> None:
    with pytest.raises(DeliveryError, match="alertmanager: ConnectError") as failure:
        await alertmanager(Robot(breaks(httpx.ConnectError))).send(told())
    assert not failure.value.permanent


class _Receiver(ThreadingHTTPServer):
    """Where Alertmanager's own webhook ends: what people would be told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: Queue[dict[str, str]] = Queue()


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told.put({a["labels"]["colour"]: a["status"] for a in body["alerts"]})
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """What came is remembered, not printed."""


@contextmanager
def _receiving() -> Iterator[_Receiver]:
    with _Receiver() as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield receiver
        finally:
            receiver.shutdown()


@contextmanager
def _running(folder: Path, receiver: _Receiver) -> Iterator[str]:
    hook = f"http://127.0.0.1:{receiver.server_address[1]}/"
    config = folder / "alertmanager.yml"
    config.write_text(
        "route: {receiver: hook, group_by: [incident, colour], group_wait: 0s, "
        "group_interval: 1s}\n"
        f"receivers: [{{name: hook, webhook_configs: [{{url: '{hook}'}}]}}]\n"
    )
    address = f"127.0.0.1:{free_port()}"
    # Debian's name comes first; elsewhere it has its own.
    binary = program(
        "prometheus-alertmanager", "alertmanager", of="Debian's prometheus-alertmanager"
    )
    command = [
        binary, f"--config.file={config}", f"--storage.path={folder}",
        f"--web.listen-address={address}", "--cluster.listen-address=",
    ]  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _until_ready(f"http://{address}/-/ready", process)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(10)


def _until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "prometheus-alertmanager ended at its start"
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("prometheus-alertmanager was not ready within 30 s")


async def test_a_real_alertmanager_tells_each_colour_once_and_its_end(tmp_path: Path) -> None:
    with _receiving() as receiver, _running(tmp_path, receiver) as url:
        async with exchange.client(seconds=5) as client:
            channel = Alertmanager(url, pages="", expires=WEEK, client=client, clock=time.time)

            async def reported(*messages: Message, count: int) -> list[dict[str, str]]:
                for one in messages:
                    await channel.send(one)
                return [
                    await asyncio.to_thread(receiver.told.get, timeout=20) for _ in range(count)
                ]

            assert await reported(told(), count=1) == [{"blue": "firing"}]
            escalated = told(What.ESCALATED, Colour.ORANGE, revision=1)
            changed = await reported(escalated, count=2)
            assert sorted(changed, key=str) == [{"blue": "resolved"}, {"orange": "firing"}]
            (live,) = (await client.get(f"{url}/api/v2/alerts")).json()
            assert live["annotations"]["summary"] == escalated.title
            over = await reported(told(What.CLEARED, Colour.YELLOW, "cleared"), count=1)
            assert over == [{"orange": "resolved"}]
            assert (await client.get(f"{url}/api/v2/alerts")).json() == []
        with pytest.raises(Empty):
            receiver.told.get(timeout=2)  # two group intervals
