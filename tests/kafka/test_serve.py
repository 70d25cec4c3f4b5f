"""`tocsin serve` as a process of its own, over a real broker."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from streams.broker.local import Broker
from tests.kafka.test_incident_log import DEADLINE, publish, until
from tests.needs import free_port
from tests.pages.scene import Log, day

COMMAND = [sys.executable, "-c", "import typer; from tocsin.serve import serve; typer.run(serve)"]
HERE = Path(__file__).parents[2]


@contextmanager
def serving(broker: Broker, prefix: str, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ, "TOCSIN_KAFKA__BOOTSTRAP": broker.bootstrap,
        "TOCSIN_KAFKA__TOPIC_PREFIX": prefix, "TOCSIN_SERVE__PORT": str(port),
    }  # fmt: skip
    with subprocess.Popen(
        COMMAND, cwd=HERE, env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def asked(address: str, **headers: str) -> httpx.Response:
    return httpx.get(address, headers=headers, timeout=DEADLINE)


async def test_it_says_where_it_is_and_its_token_and_shows_what_the_log_holds(
    broker: Broker, topic_prefix: str
) -> None:
    log = Log().play(day())
    with serving(broker, topic_prefix, free_port()) as process:
        address = said(process).removeprefix("incidents at ")
        token = said(process).removeprefix("token for this start: ")
        publish(broker.bootstrap, topic_prefix, log.told)

        def shown() -> list[str]:
            listed = asked(f"{address}api/incidents", Authorization=f"Bearer {token}")
            return [line["id"] for line in listed.json()["incidents"]]

        assert asked(address).headers["location"] == "/login"
        await until(lambda: shown() == [line.id for line in log.view().lines()])
        await until(lambda: asked(f"{address}healthz").status_code == 200)
        for _ in range(2):  # somebody is in a hurry
            process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=DEADLINE) == ("stopped\n", "")
        assert process.returncode == 0


def test_a_port_that_is_taken_is_one_line(broker: Broker, topic_prefix: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(broker, topic_prefix, port) as process:
            out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (1, "")
    assert err == (
        f"serve.port, --port: must be a free port of serve.host, got {port} on 127.0.0.1: "
        "Address already in use\n"
    )
