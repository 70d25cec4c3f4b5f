"""A real Prometheus for a test: on loopback, on a free port, ended by the test that began it."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.needs import free_port, program

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules.yml"
DEADLINE = 60.0
PACKAGE = "Debian's package prometheus"
CONFIGURATION = """
global:
  scrape_interval: 250ms
  scrape_timeout: 250ms
  evaluation_interval: 250ms
rule_files: ["{rules}"]
scrape_configs:
  - job_name: tocsin
    static_configs:
      - targets: [{targets}]
"""


class Prometheus:
    """What it answers.

    Args:
        url: where it is.
        process: that it runs in.
        log: what it says.
    """

    def __init__(self, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self._client = httpx.Client(base_url=url)
        self._process, self._log = process, log

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The series an expression gives now; an expression that cannot be run fails the test."""
        answer = self._client.get("/api/v1/query", params={"query": expr})
        assert answer.status_code == 200, f"{expr}: {answer.text}"
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def rules(self) -> list[Mapping[str, Any]]:
        groups = self._client.get("/api/v1/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def until(self, condition: Any, what: str) -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert self._process.poll() is None, self._log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, f"no {what} within {DEADLINE:.0f} s"
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._client.close()


@contextmanager
def scraping(targets: Sequence[str], folder: Path) -> Iterator[Prometheus]:
    """Run one with our rules over the targets, and end it."""
    port, log = free_port(), folder / "prometheus.log"
    configuration = folder / "prometheus.yml"
    listed = ", ".join(f'"{target}"' for target in targets)
    configuration.write_text(CONFIGURATION.format(rules=RULES, targets=listed), encoding="utf-8")
    command = [
        program("prometheus", of=PACKAGE),
        f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    running = Prometheus(f"http://127.0.0.1:{port}", process, log)
    try:
        running.until(running.answers, "answer from Prometheus")
        yield running
    finally:
        running.close()
        process.terminate()
        process.wait(DEADLINE)
