"""What a running installation tells of itself, to a real Prometheus too."""

import os
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from streams.broker import topics
from streams.broker.topics import Role
from tests.dashboards import board
from tests.dashboards.prometheus import Prometheus, scraping
from tests.kafka import tallies
from tests.kafka.conftest import Install
from tests.kafka.installation import DEADLINE, Installation
from tests.kafka.test_faults import gone
from tests.needs import free_port
from tocsin.cli import app

EVENTS = 300
OPTIONS = """
[intake]
idle_after = "500ms"
chunk_span = "1s"
[detection]
shards = 2
snapshot_every = 20
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
partitions = 2
[channels.terminal]
enabled = true
"""


@pytest.fixture(scope="module")
def running(install: Install) -> Installation:
    ports = "".join(f"{role}_port = {free_port()}\n" for role in Role)
    installation = install(f"{OPTIONS}[operations]\n{ports}")
    installation.start()
    installation.until(lambda: all(ready(installation, role) for role in Role), "readiness")
    return installation


def url(installation: Installation, role: Role, path: str) -> str:
    return f"http://127.0.0.1:{installation.settings.operations.port(role)}{path}"


def ready(installation: Installation, role: Role) -> bool:
    try:
        return httpx.get(url(installation, role, "/ready")).text == "ready\n"
    except httpx.TransportError:
        return False


def told(prometheus: Prometheus, expr: str) -> float | None:
    """The one value of an expression."""
    found = prometheus.query(expr)
    return float(found[0]["value"][1]) if found else None


def test_each_role_is_live_and_tells_its_own_part(running: Installation) -> None:
    assert set(running.pids()) == set(Role)
    for role in Role:
        assert httpx.get(url(running, role, "/live")).status_code == 200
        answer = httpx.get(url(running, role, "/metrics")).text
        assert f'tocsin_ready{{role="{role}"}} 1.0' in answer
        assert f'tocsin_partitions{{role="{role}"}}' in answer


def complain(installation: Installation, when: str) -> None:
    now = int(time.time())
    installation.send("complaints", [
        {"id": f"{when}-{n}", "time": now, "person": f"p{n}", "product": "kettle"}
        for n in range(EVENTS)
    ])  # fmt: skip


def standings(installation: Installation) -> dict[Role, str]:
    return {role: httpx.get(url(installation, role, "/ready")).text.strip() for role in Role}


def metrics(installation: Installation, role: Role) -> str:
    return httpx.get(url(installation, role, "/metrics")).text


ALL_READY = dict.fromkeys(Role, "ready")


def test_a_source_whose_topic_is_missing_is_counted_as_soon_as_it_is_there(
    running: Installation,
) -> None:
    """Nothing was read of it before: else it would stop its readers when it is made anew."""
    workers, topic = running.pids(), running.topics.prefix + "complaints"
    gone(running, topic)
    missing = ALL_READY | {Role.INTAKE: "no partitions"}
    running.until(lambda: standings(running) == missing, "word of it from intake alone")
    assert f"Topic {topic} not found in cluster metadata" in running.log
    told_by_intake = metrics(running, Role.INTAKE)
    assert 'tocsin_partitions{role="intake"} 0.0' in told_by_intake
    assert "tocsin_lag_records{" not in told_by_intake
    topics.create(running.settings, running.bootstrap)
    complain(running, "again there")
    running.until(running.counted, "counts of all complaints")
    assert tallies.people(running.counts(), "complaints")[""] == EVENTS
    running.until(lambda: standings(running) == ALL_READY, "readiness")
    running.until(running.archived, "all complaints in the archive")
    assert running.pids() == workers


def test_a_disk_that_refuses_holds_the_archive_alone_until_it_takes_files_again(
    running: Installation,
) -> None:
    folder = running.settings.home / "archive"
    running.until(folder.exists, "a file of the archive")
    kept = folder.rename(folder.with_name("kept"))
    folder.write_text("in the way")
    complain(running, "refused")
    why = f"archive {folder}: cannot be read: Not a directory"
    blocked = ALL_READY | {Role.ARCHIVE: f"cannot write: {why}"}
    running.until(lambda: standings(running) == blocked, "word of it from the archive alone")
    running.until(running.counted, "counts of all complaints")
    assert refusals(running) > 0
    assert f"why='{why}'" in running.log
    checked = CliRunner().invoke(app, ["check", "--settings", str(running.file)])
    told = f"archive {folder}: cannot be written: Not a directory\n"
    assert (checked.exit_code, checked.stderr) == (1, told)
    folder.unlink()
    kept.rename(folder)
    running.until(running.archived, "all complaints in the archive")
    running.until(lambda: standings(running) == ALL_READY, "readiness")
    assert "archive_written_again" in running.log
    ends = running.reader.ends(running.topics.prefix + "complaints")
    held = [(sum(ends.values()),)]
    running.until(lambda: running.asked("SELECT count(*) FROM complaints") == held, "them once")


def refusals(installation: Installation) -> float:
    """How often the archive's place has refused."""
    said = metrics(installation, Role.ARCHIVE)
    return sum(map(float, re.findall(r"\ntocsin_archive_failures_total{.*} (.*)", said)))


def test_prometheus_sees_what_happened(running: Installation, tmp_path: Path) -> None:
    targets = [f"127.0.0.1:{running.settings.operations.port(role)}" for role in Role]
    with scraping(targets, tmp_path) as prometheus:
        prometheus.until(lambda: told(prometheus, "sum(up)") == len(Role), "scrapes")
        complain(running, "scraped")
        running.send("complaints", [{"id": "no time"}])
        running.settle()

        def told_to_be(expr: str, expected: float) -> None:
            prometheus.until(lambda: told(prometheus, expr) == expected, f"{expected} as {expr}")

        complaints = f'topic="{running.topics.prefix}complaints"'
        counted = sum(running.reader.ends(f"{running.topics.prefix}complaints").values()) - 1
        told_to_be(f'tocsin_events_total{{{complaints}, outcome="counted"}}', counted)
        told_to_be(f"sum(tocsin_dead_letters_total{{{complaints}}})", 1)
        told_to_be("max(tocsin_lag_records)", 0)
        told_to_be("max(tocsin_lag_seconds)", 0)
        told_to_be('tocsin_partitions{role="intake"}', 2)
        told_to_be('sum(tocsin_open_incidents{colour="red"}) > bool 0', 1)
        told_to_be("sum(tocsin_pending_deliveries)", 0)
        told_to_be('sum(tocsin_deliveries_total{state="sent"}) > bool 0', 1)
        told_to_be("sum(tocsin_snapshot_bytes_total) > bool 0", 1)
        told_to_be("max(time() - tocsin_watermark_timestamp_seconds) < bool 7200", 1)
        for asked in board.queries():
            prometheus.query(asked.expr.replace("$__rate_interval", "1m"))
        quiet = {"TocsinWorkerDown", "TocsinNobodyWorks", "TocsinLag", "TocsinRecordsLost"}
        assert {rule["name"]: rule["health"] for rule in prometheus.rules()} == dict.fromkeys(
            [asked.place for asked in board.ruled()], "ok"
        )
        assert {r["state"] for r in prometheus.rules() if r["name"] in quiet} == {"inactive"}


@pytest.mark.parametrize(
    ("named", "first"),
    [([], Role.INTAKE), (["response", "detection"], Role.RESPONSE), (["archive"], Role.ARCHIVE)],
    ids=["all roles", "two of them", "one of them"],
)
def test_a_second_installation_on_its_ports_ends_with_one_line(
    running: Installation, named: list[str], first: Role
) -> None:
    roles = [word for role in named for word in ("--role", role)]
    done = CliRunner().invoke(app, ["run", *roles, "--settings", str(running.file)])
    port = running.settings.operations.port(first)
    assert done.exit_code == 1
    assert done.stderr == (
        f"operations.{first}_port: must be a free port of operations.host or 0 for none, "
        f"got {port} on 127.0.0.1: Address already in use\n"
    )


def test_a_second_response_stands_by_and_tells_of_no_incident(running: Installation) -> None:
    port = free_port()
    second = subprocess.Popen(
        running.command("run", "--role", "response", "--instance", "1"),
        env=os.environ | {"TOCSIN_OPERATIONS__RESPONSE_PORT": str(port)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    places = (f"http://127.0.0.1:{port}", url(running, Role.RESPONSE, ""))

    def standings() -> dict[str, str]:
        with suppress(httpx.TransportError):
            return {httpx.get(f"{place}/ready").text: place for place in places}
        return {}

    try:
        running.until(lambda: standings().keys() == {"ready\n", "standby\n"}, "a standby")
        active, standby = (
            httpx.get(f"{standings()[said]}/metrics").text for said in ("ready\n", "standby\n")
        )
    finally:
        second.terminate()
        second.wait(DEADLINE)
    assert "tocsin_open_incidents{" in active
    assert "tocsin_open_incidents{" not in standby
    assert 'tocsin_ready{role="response"} 1.0' in standby
    assert 'tocsin_partitions{role="response"} 0.0' in standby
