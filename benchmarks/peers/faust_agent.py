"""A stock Faust agent, as Faust's documentation writes one.

JSON values, counters in memory (tables would write a changelog besides), Faust's own transport
with its defaults, uvloop as in our workers.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import faust
import uvloop

from benchmarks.peers.task import TOPIC, Tally, Task


def run(task: Task, tally: Tally) -> None:
    async def count(complaints: Any) -> None:
        async for complaint in complaints:
            add(tally, complaint)

    work(task, count)


def add(tally: Tally, complaint: dict[str, str]) -> None:
    tally.add(complaint["category"], complaint["region"], complaint["product"], complaint["batch"])


def work(task: Task, agent: Callable[[Any], Awaitable[None]]) -> None:
    """A worker with this agent, until it is stopped."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    app = faust.App(
        task.group,
        broker=f"kafka://{task.bootstrap}",
        value_serializer="json",
        datadir=str(task.folder),
        web_enabled=False,
        topic_disable_leader=True,
    )
    app.agent(app.topic(TOPIC))(agent)
    worker = faust.Worker(app, loglevel="WARNING", redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()
