"""Bytewax with a function for a batch (`flat_map_batch`) and counters in memory."""

from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.run import cli_main

from benchmarks.peers.bytewax_stateful import Nowhere, source
from benchmarks.peers.task import Tally, Task, decode


def run(task: Task, tally: Tally) -> None:
    def count(messages: list[Any]) -> list[None]:
        tally.add_all(decode(message.value) for message in messages)
        return []

    flow = Dataflow("complaints")
    op.output("out", op.flat_map_batch("count", source(flow, task), count), Nowhere())
    cli_main(flow)
