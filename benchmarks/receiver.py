"""The other end of the webhook: takes messages and notes when each came."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

LOOK = 0.05  # seconds


class _Incident(msgspec.Struct):
    scope: dict[str, str]


class _Body(msgspec.Struct):
    incident: _Incident


class Receiver(ThreadingHTTPServer):
    """`came` holds, by the product of the incident, when the first message of it came (s)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.came: dict[str, float] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/alerts"

    @property
    def options(self) -> str:
        """The settings of a channel that sends here."""
        return f'\n[channels.webhook]\nurl = "{self.url}"\n'

    def told(self, products: set[str], *, within: float) -> float:
        """Wait for a message of each product; when the last of them came (s)."""
        deadline = time.monotonic() + within
        while due := products - self.came.keys():
            if time.monotonic() > deadline:
                raise SystemExit(f"a message must come of every report, {sorted(due)} are missing")
            time.sleep(LOOK)
        return max(self.came[product] for product in products)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        now = time.time()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        scope = msgspec.json.decode(body, type=_Body).incident.scope
        self.server.came.setdefault(scope.get("product", ""), now)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """What came is noted, not printed."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server answer, in a thread, until the end of the block."""
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with serving(receiver):
        yield receiver
