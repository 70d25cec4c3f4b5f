"""What the workers of an installation tell of themselves, read back from their metrics."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from alerts.colour import Colour
from streams.broker.topics import Role
from streams.configuration.sections import Operations

OUTCOMES = ("counted", "duplicate", "late", "rejected")  # one of them for each record
PATIENCE = 2.0  # seconds for an answer


class Telemetry(NamedTuple):
    """The state of all workers at a moment.

    Attributes:
        records: by what became of them, "all" among it.
        series: watched, in all shards.
        open: incidents by colour.
        watermark: event time (s) that everything judged has passed; 0 before there is any.
        unread: records that wait for one of the workers.
        unsent: messages that have not reached their recipient.
        ready: whether each worker does its part; one that does not cannot tell what waits.
        fresh: whether all of it is of this moment.
    """

    records: Counter[str]
    series: int
    open: dict[Colour, int]
    watermark: float
    unread: int
    unsent: int
    ready: bool = False
    fresh: bool = False

    def judged(self, until: float) -> bool:
        """All before this time (s) is judged and told."""
        nothing_waits = not (self.unread or self.unsent)
        return self.ready and self.fresh and nothing_waits and self.watermark >= until


class Instruments:
    """Reads the telemetry; of a worker that is too busy to answer, what it said last.

    Args:
        operations: where the roles serve.
        client: asks them.
    """

    def __init__(self, operations: Operations, client: httpx.Client) -> None:
        self._addresses = [operations.metrics(role) for role in Role]
        self._client = client
        self._last: dict[str, str] = {}

    def read(self) -> Telemetry:
        fresh = True
        for address in self._addresses:
            try:
                self._last[address] = self._client.get(address).raise_for_status().text
            except httpx.HTTPError:
                fresh = False
        families = text_string_to_metric_families("".join(self._last.values()))
        return telemetry(families)._replace(fresh=fresh)


def client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE, trust_env=False)


def telemetry(families: Iterable[Metric]) -> Telemetry:
    samples = [sample for family in families for sample in family.samples]
    records: Counter[str] = Counter()
    for sample in _named(samples, "tocsin_events_total"):
        records[sample.labels["outcome"]] += int(sample.value)
    records["all"] = sum(records[outcome] for outcome in OUTCOMES)
    opened = {s.labels["colour"]: int(s.value) for s in _named(samples, "tocsin_open_incidents")}
    marks = [sample.value for sample in _named(samples, "tocsin_watermark_timestamp_seconds")]
    return Telemetry(
        records=records,
        series=_sum(samples, "tocsin_series"),
        open={colour: opened.get(colour, 0) for colour in Colour},
        watermark=min(marks, default=0.0),
        unread=_sum(samples, "tocsin_lag_records"),
        unsent=_sum(samples, "tocsin_pending_deliveries"),
        ready=_sum(samples, "tocsin_ready") == len(Role),
    )


def _named(samples: Iterable[Sample], name: str) -> Iterator[Sample]:
    return (sample for sample in samples if sample.name == name)


def _sum(samples: Iterable[Sample], name: str) -> int:
    return int(sum(sample.value for sample in _named(samples, name)))


NOTHING = telemetry(())
