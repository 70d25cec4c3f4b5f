import httpx
import pytest

from alerts.colour import Colour
from streams.configuration.sections import Operations
from streams.workers.telemetry import NOTHING, Instruments, Telemetry

TOLD = {
    9464: (
        'tocsin_events_total{outcome="counted",topic="complaints"} 900.0\n'
        'tocsin_events_total{outcome="counted",topic="mentions"} 80.0\n'
        'tocsin_events_total{outcome="late",topic="complaints"} 7.0\n'
        'tocsin_events_total{outcome="duplicate",topic="complaints"} 3.0\n'
        'tocsin_events_total{outcome="rejected",topic="mentions"} 2.0\n'
        'tocsin_events_total{outcome="repeat",topic="complaints"} 50.0\n'
        'tocsin_lag_records{role="intake",topic="complaints"} 4.0\n'
        'tocsin_ready{role="intake"} 1.0\n'
    ),
    9465: (
        'tocsin_series{shard="0"} 40.0\ntocsin_series{shard="1"} 2.0\n'
        'tocsin_watermark_timestamp_seconds{stream="complaints"} 1.7e+09\n'
        'tocsin_watermark_timestamp_seconds{stream="mentions"} 1.6e+09\n'
        'tocsin_ready{role="detection"} 1.0\n'
    ),
    9466: (
        'tocsin_open_incidents{colour="red"} 1.0\ntocsin_open_incidents{colour="blue"} 2.0\n'
        'tocsin_pending_deliveries{channel="terminal"} 1.0\n'
        'tocsin_ready{role="response"} 1.0\n'
    ),
    9467: (
        'tocsin_lag_records{role="archive",topic="complaints"} 0.0\n'
        'tocsin_ready{role="archive"} 1.0\n'
    ),
}


class Workers:
    """Stand in for the roles, as a transport for a client."""

    def __init__(self) -> None:
        self.busy: set[int | None] = set()
        self.failing = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.port in self.busy:
            raise httpx.ReadTimeout("busy", request=request)
        assert request.url.path == "/metrics"
        if self.failing:
            return httpx.Response(500, text="500 Internal Server Error")
        return httpx.Response(200, text=TOLD[request.url.port or 0])


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture
def instruments(workers: Workers) -> Instruments:
    return Instruments(Operations(), httpx.Client(transport=httpx.MockTransport(workers)))


def test_the_telemetry_of_all_roles_is_read_as_one(instruments: Instruments) -> None:
    told = instruments.read()
    assert told.records["all"] == 992  # a repeat is counted among the counted
    assert (told.records["rejected"], told.records["late"], told.records["duplicate"]) == (2, 7, 3)
    assert (told.series, told.watermark, told.unread, told.unsent) == (42, 1.6e9, 4, 1)
    assert told.open == {Colour.BLUE: 2, Colour.YELLOW: 0, Colour.ORANGE: 0, Colour.RED: 1}
    assert told.ready
    assert told.fresh


def test_a_worker_that_is_busy_stays_as_it_was_and_not_fresh(
    workers: Workers, instruments: Instruments
) -> None:
    workers.busy = {9464, 9466}
    assert instruments.read()._replace(series=0, watermark=0.0) == NOTHING._replace(fresh=False)
    workers.busy = {9466}
    before = instruments.read()
    workers.busy = {9464, 9466}
    assert instruments.read() == before
    assert not before.fresh


def test_a_worker_that_answers_with_an_error_has_told_nothing(
    workers: Workers, instruments: Instruments
) -> None:
    workers.failing = True
    assert instruments.read() == NOTHING


@pytest.mark.parametrize(
    "waits", [{"watermark": 1.0}, {"unread": 1}, {"unsent": 1}, {"ready": False}, {"fresh": False}]
)
def test_all_is_judged_when_time_has_passed_and_nothing_waits(waits: dict[str, float]) -> None:
    done = NOTHING._replace(watermark=5.0, ready=True, fresh=True)
    assert done.judged(5.0)
    assert not Telemetry(**(done._asdict() | waits)).judged(5.0)
