"""A Faust agent that takes its events in batches, as Faust's documentation advises for many."""

from typing import Any

from benchmarks.peers import faust_agent
from benchmarks.peers.task import Tally, Task

BATCH, WITHIN = 2000, 1.0  # events, seconds


def run(task: Task, tally: Tally) -> None:
    async def count(complaints: Any) -> None:
        async for batch in complaints.take(BATCH, within=WITHIN):
            for complaint in batch:
                faust_agent.add(tally, complaint)

    faust_agent.work(task, count)
