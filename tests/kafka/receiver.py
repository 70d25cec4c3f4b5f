"""The other end of the webhook."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from alerts.channels.webhook import sign
from benchmarks.receiver import serving

SECRET = "a secret of the test's own"


class Received(NamedTuple):
    """A message as it came: its delivery, whether it says that it may have come before."""

    delivery: str
    repetition: bool
    genuine: bool


class Receiver(ThreadingHTTPServer):
    """Takes messages; it lets the first one wait for its answer until `answer` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.answer = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/alerts"

    def handle_error(self, *_: Any) -> None:
        """Senders that are killed break their connections off."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = sign(body, secret=SECRET, at=int(self.headers["Tocsin-Timestamp"]))
        first = not self.server.received
        self.server.received.append(
            Received(
                self.headers["Idempotency-Key"],
                self.headers["Tocsin-Repetition"] == "true",
                self.headers["Tocsin-Signature"] == expected,
            )
        )
        if first:
            self.server.answer.wait()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """What came is remembered, not printed."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver):
        try:
            yield receiver
        finally:
            receiver.answer.set()


class _Refuser(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@contextmanager
def refusing() -> Iterator[str]:
    """One that takes nothing, at host:port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refuser)
    with serving(server):
        yield f"127.0.0.1:{server.server_address[1]}"
