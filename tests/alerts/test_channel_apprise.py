import asyncio
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from apprise import NotifyType

from alerts.channels.apprise import Apprise, kind
from alerts.colour import Colour
from alerts.notices import What
from tests.alerts.robots import MARKUP, message, refused

# Apprise loads its e-mail service, which looks whether this module is still there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TOKEN = "s3cr3t-t0ken"


class Receiver(ThreadingHTTPServer):
    """Takes what Apprise's plain JSON service sends, and answers with `status`.

    While `answering` is not set, answers wait.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200
        self.arrived = threading.Event()
        self.answering = threading.Event()
        self.answering.set()

    def url(self, query: str = "format=text") -> str:
        return f"json://127.0.0.1:{self.server_address[1]}/{TOKEN}?{query}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(msgspec.json.decode(body))
        self.server.paths.append(self.path)
        self.server.arrived.set()
        self.server.answering.wait(10)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """What came is remembered, not printed."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.answering.set()
        server.shutdown()


async def test_title_lines_and_urgency_arrive_once(receiver: Receiver) -> None:
    sent = message(colour=Colour.RED)
    await Apprise(receiver.url()).send(sent)
    (body,) = receiver.bodies
    assert (body["title"], body["message"]) == (sent.title, "\n".join(sent.lines))
    assert body["type"] == "failure"
    assert receiver.paths == [f"/{TOKEN}"]


async def test_a_service_that_reads_markup_is_given_it_escaped(receiver: Receiver) -> None:
    await Apprise(receiver.url("format=html")).send(message(lines=(MARKUP,)))
    (body,) = receiver.bodies
    assert "<at" not in body["message"]
    assert "&lt;at" in body["message"]


async def test_what_is_too_long_for_the_service_comes_in_parts(receiver: Receiver) -> None:
    await Apprise(receiver.url()).send(message(lines=("长" * 30_000, "终" * 30_000)))
    assert len(receiver.bodies) > 1
    whole = "".join(body["message"] for body in receiver.bodies)
    assert (whole.count("长"), whole.count("终")) == (30_000, 30_000)


@pytest.mark.parametrize("query", ["optional=no", "optional=yes"])
@pytest.mark.parametrize("status", [401, 500])
async def test_a_refusal_is_a_failure_also_of_an_optional_service(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, query: str, status: int
) -> None:
    receiver.status = status
    failure = await refused(Apprise(receiver.url(query)), caplog, secrets=(TOKEN,))
    assert str(failure) == "apprise: JSON: failed"
    assert not failure.permanent


async def test_nobody_listening_is_a_failure_to_try_again(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    url = receiver.url()
    receiver.socket.close()
    assert not (await refused(Apprise(url), caplog, secrets=(TOKEN,))).permanent


async def test_a_slow_service_holds_up_nobody(receiver: Receiver) -> None:
    receiver.answering.clear()
    sending = asyncio.create_task(Apprise(receiver.url()).send(message()))
    assert await asyncio.to_thread(receiver.arrived.wait, 10)
    assert not sending.done()
    receiver.answering.set()
    await sending


async def test_a_service_that_never_answers_is_a_failure_to_try_again(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answering.clear()
    failure = await refused(Apprise(receiver.url("rto=0.2")), caplog, secrets=(TOKEN,))
    assert not failure.permanent


@pytest.mark.parametrize("url", [f"nosuch://{TOKEN}", TOKEN, f"slack://{TOKEN}", ""])
async def test_a_url_that_no_service_reads_fails_for_good(
    caplog: pytest.LogCaptureFixture, url: str
) -> None:
    caplog.set_level(logging.DEBUG)
    assert (await refused(Apprise(url), caplog, secrets=(TOKEN,))).permanent


async def test_the_token_is_not_logged_when_all_goes_well(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await Apprise(receiver.url()).send(message())
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("what", "colour", "urgency"),
    [
        (What.NEW, Colour.BLUE, NotifyType.INFO),
        (What.NEW, Colour.ORANGE, NotifyType.WARNING),
        (What.ESCALATED, Colour.RED, NotifyType.FAILURE),
        (What.CLEARED, Colour.RED, NotifyType.SUCCESS),
    ],
)
def test_the_urgency_follows_the_colour_until_it_is_over(
    what: What, colour: Colour, urgency: NotifyType
) -> None:
    assert kind(message(what=what, colour=colour)) is urgency
