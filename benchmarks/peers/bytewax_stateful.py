"""Bytewax with its state: keyed by category, the counters of all three cuts in one stateful step.

One step instead of one for each cut, so this is the lesser work.
"""

from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.run import cli_main

from benchmarks.peers.task import TOPIC, Complaint, Tally, Task, decode

Counts = dict[Any, int]
BATCH = 5000  # events; that of its chapter on performance


class _Nowhere(StatelessSinkPartition[Any]):
    def write_batch(self, items: list[Any]) -> None:
        """What was to be counted is."""


class Nowhere(DynamicSink[Any]):
    """A dataflow must end in an output."""

    def build(self, *_: Any) -> _Nowhere:
        return _Nowhere()


def run(task: Task, tally: Tally) -> None:
    flow = Dataflow("complaints")
    read = source(flow, task)
    keyed = op.key_on(
        "by category", op.map("decode", read, lambda message: decode(message.value)),
        lambda complaint: complaint.category,
    )  # fmt: skip
    counted = op.stateful_map("count", keyed, _counted)
    op.output("out", op.map("pass", counted, lambda _: tally.passed()), Nowhere())
    cli_main(flow)


def source(flow: Dataflow, task: Task) -> Any:
    return kop.input(
        "complaints", flow, brokers=[task.bootstrap], topics=[TOPIC], batch_size=BATCH
    ).oks


def _counted(counts: Counts | None, complaint: Complaint) -> tuple[Counts, None]:
    counts = {} if counts is None else counts
    for key in (
        complaint.category,
        (complaint.region, complaint.category),
        (complaint.product, complaint.batch),
    ):
        counts[key] = counts.get(key, 0) + 1
    return counts, None
