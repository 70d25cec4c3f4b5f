import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from streams import metrics
from streams.broker.topics import Role
from streams.configuration.sections import Operations
from streams.workers import health
from streams.workers.health import PortError, Pulse, Readiness, Standing, readiness

Ask = Callable[[str], Awaitable[httpx.Response]]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Worker:
    """What the served worker says of itself."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pulse = Pulse(self.clock)
        self.readiness = Readiness.STARTING
        self.measured = 0

    async def measure(self) -> None:
        self.measured += 1


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
async def ask(worker: Worker) -> AsyncIterator[Ask]:
    with socket.create_server(("127.0.0.1", 0)) as on:
        address = f"http://127.0.0.1:{on.getsockname()[1]}"
        await health.serve(
            on, pulse=worker.pulse, ready=lambda: worker.readiness, measure=worker.measure,
            trouble=lambda: TROUBLE,
        )  # fmt: skip
        async with httpx.AsyncClient(base_url=address) as client:
            yield client.get


TROUBLE = "archive s3://b: cannot be written: no such bucket"
WORKS = Standing(
    joined=True, reaches=True, rebalancing=False, recovering=False, partitions=4, stands_by=False
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (WORKS, Readiness.READY),
        (WORKS._replace(joined=False, partitions=0), Readiness.STARTING),
        (WORKS._replace(reaches=False), Readiness.UNREACHABLE),
        (WORKS._replace(reaches=False, rebalancing=True), Readiness.UNREACHABLE),
        (WORKS._replace(rebalancing=True), Readiness.REBALANCING),
        (WORKS._replace(recovering=True), Readiness.RECOVERING),
        (WORKS._replace(blocked=True), Readiness.BLOCKED),
        (WORKS._replace(partitions=0), Readiness.UNASSIGNED),
        (WORKS._replace(partitions=0, stands_by=True), Readiness.STANDBY),
        (WORKS._replace(partitions=0, stands_by=True, joined=False), Readiness.STARTING),
    ],
)
def test_readiness_names_the_first_reason(found: Standing, expected: Readiness) -> None:
    assert readiness(found) is expected
    assert expected.fine == (expected in {Readiness.READY, Readiness.STANDBY})


def test_work_that_does_not_end_is_stuck_though_other_work_goes_on() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    with pulse.working():
        clock.now += health.STUCK
        with pulse.working():
            assert not pulse.stuck
        clock.now += 1
        assert pulse.stuck
    assert not pulse.stuck
    assert pulse.longest == 0


def test_work_that_fails_has_ended() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    with pytest.raises(ZeroDivisionError), pulse.working():
        _ = 1 / 0
    clock.now += 2 * health.STUCK
    assert not pulse.stuck


async def test_a_worker_is_live_until_its_work_is_stuck(worker: Worker, ask: Ask) -> None:
    assert (await ask("/live")).status_code == 200
    with worker.pulse.working():
        worker.clock.now += health.STUCK + 1
        answer = await ask("/live")
    assert answer.status_code == 503
    assert answer.text == "busy with one piece of work for 301 s\n"


@pytest.mark.parametrize("found", Readiness)
async def test_readiness_is_told_with_its_reason(
    worker: Worker, ask: Ask, found: Readiness
) -> None:
    worker.readiness = found
    answer = await ask("/ready")
    said = f"{found}: {TROUBLE}\n" if found is Readiness.BLOCKED else f"{found}\n"
    assert (answer.status_code, answer.text) == (200 if found.fine else 503, said)
    alike = await ask("/health")
    assert (alike.status_code, alike.text) == (answer.status_code, answer.text)


async def test_metrics_are_measured_when_they_are_asked_for(worker: Worker, ask: Ask) -> None:
    answer = await ask("/metrics")
    assert worker.measured == 1
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert [found.name for found in metrics.EVENTS.describe()] == ["tocsin_events"]
    assert "# TYPE tocsin_events_total counter" in answer.text
    assert "# TYPE tocsin_lag_seconds gauge" in answer.text


async def test_nothing_else_is_served(ask: Ask) -> None:
    assert (await ask("/")).status_code == 404


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        operations = Operations(intake_port=0, detection_port=port, response_port=0, archive_port=0)
        with pytest.raises(PortError) as caught:
            health.check(operations, Role)
    assert str(caught.value) == (
        "operations.detection_port: must be a free port of operations.host or 0 for none, "
        f"got {port} on 127.0.0.1: Address already in use"
    )


def test_the_port_of_a_role_that_is_not_run_may_be_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        operations = Operations(intake_port=0, detection_port=port, response_port=0, archive_port=0)
        health.check(operations, [Role.INTAKE, Role.RESPONSE])


def test_a_check_leaves_the_ports_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    operations = Operations(intake_port=port, detection_port=0, response_port=0, archive_port=0)
    health.check(operations, Role)
    with health.listening(operations, Role.INTAKE) or socket.socket() as on:
        assert on.getsockname() == ("127.0.0.1", port)


def test_port_0_serves_nothing() -> None:
    assert health.listening(Operations(intake_port=0), Role.INTAKE) is None
