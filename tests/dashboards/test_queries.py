"""Every query and rule, run by a real Prometheus that scrapes our endpoint."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from itertools import count

import pytest
from prometheus_client import Counter, Gauge, Histogram, Summary

from dashboards.rules import Record
from streams import metrics
from streams.workers import health
from streams.workers.health import Pulse, Readiness
from tests.dashboards import board
from tests.dashboards.board import Asked
from tests.dashboards.prometheus import Prometheus, scraping

VALUES = {  # of a label that queries select by; others get a value of the test's own
    "role": ("intake",),
    "outcome": metrics.OUTCOMES,
    "colour": ("blue", "yellow", "orange", "red"),
    "state": ("sent", "failed", "unknown"),
    "result": ("sent", "failed"),
    "slot": ("0", "1"),
}
PAST = "offset"  # the test has no yesterday


def combinations(labels: tuple[str, ...]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{}]
    for label in labels:
        found = [{**one, label: v} for one in found for v in VALUES.get(label, (f"a-{label}",))]
    return found


def fill(round_: int) -> None:
    """Give every series of ours a value, and every counter a rise."""
    for held in vars(metrics).values():
        if isinstance(held, Counter | Gauge | Histogram | Summary):
            for labels in combinations(held._labelnames):
                child = held.labels(**labels)
                if isinstance(child, Counter):
                    child.inc()
                elif isinstance(child, Gauge):
                    child.set(round_)
                else:
                    child.observe(0.1)
    metrics.READY.labels("intake").set(0)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Our own endpoint in an event loop of its own."""
    rounds = count(1)

    async def measure() -> None:
        fill(next(rounds))

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    with socket.create_server(("127.0.0.1", 0)) as on:
        serving = health.serve(
            on, pulse=Pulse(loop.time), ready=lambda: Readiness.READY, measure=measure
        )
        asyncio.run_coroutine_threadsafe(serving, loop).result(10)
        yield f"127.0.0.1:{on.getsockname()[1]}"
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def prometheus(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with scraping([endpoint], tmp_path_factory.mktemp("prometheus")) as running:
        running.until(
            lambda: running.query("min_over_time(up[5s]) and count_over_time(up[1m]) > 8"),
            "scrapes",
        )
        yield running


@pytest.mark.parametrize("asked", board.queries(), ids=lambda asked: asked.place)
def test_every_query_of_a_dashboard_finds_series(prometheus: Prometheus, asked: Asked) -> None:
    found = prometheus.query(asked.expr.replace("$__rate_interval", "1m"))
    assert found or PAST in asked.expr


@pytest.mark.parametrize("record", board.records(), ids=lambda record: record.name)
def test_every_recorded_series_is_there(prometheus: Prometheus, record: Record) -> None:
    prometheus.until(lambda: prometheus.query(record.name), record.name)


def test_every_rule_is_evaluated_without_an_error(prometheus: Prometheus) -> None:
    def evaluated() -> bool:
        return all(rule["health"] != "unknown" for rule in prometheus.rules())

    prometheus.until(evaluated, "evaluation of all rules")
    found = {rule["name"]: rule["health"] for rule in prometheus.rules()}
    assert found == dict.fromkeys([asked.place for asked in board.ruled()], "ok")


def test_an_alert_whose_condition_holds_is_pending_or_fires(prometheus: Prometheus) -> None:
    def states() -> dict[str, str]:
        return {rule["name"]: rule["state"] for rule in prometheus.rules() if "state" in rule}

    prometheus.until(lambda: states()["TocsinRecordsLost"] == "firing", "an alert")
    assert states()["TocsinWorkerNotReady"] == "pending"
    assert states()["TocsinWorkerDown"] == "inactive"


def test_the_scope_in_a_slot_is_joined_with_its_excess(prometheus: Prometheus) -> None:
    (query,) = [
        a.expr for a in board.queries() if "Greatest excess" in a.place and "A" in a.place[-1]
    ]
    (found,) = prometheus.query(query)
    assert found["metric"] == {"scope": "a-scope"}
    assert float(found["value"][1]) > 1
