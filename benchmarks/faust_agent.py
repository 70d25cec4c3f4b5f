"""The yardstick: a stock Faust agent over complaints, as Faust's documentation writes one.

JSON values, three counters in memory (tables would write a changelog besides), Faust's own
transport with its defaults, uvloop as in our workers. Prints how many events it counted and the
seconds from the first to the last of them, and waits to be stopped.

    python -m benchmarks.faust_agent BOOTSTRAP GROUP EVENTS FOLDER
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

import faust
import uvloop


def build(bootstrap: str, group: str, events: int, folder: str) -> Any:
    """The app; it prints its line after so many events."""
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        value_serializer="json",
        datadir=folder,
        web_enabled=False,
        topic_disable_leader=True,
    )
    by_category: Counter[str] = Counter()
    by_region: Counter[tuple[str, str]] = Counter()
    by_batch: Counter[tuple[str, str]] = Counter()

    async def count(complaints: Any) -> None:
        counted, begun = 0, 0.0
        async for complaint in complaints:
            begun = begun or time.perf_counter()
            by_category[complaint["category"]] += 1
            by_region[complaint["region"], complaint["category"]] += 1
            by_batch[complaint["product"], complaint["batch"]] += 1
            counted += 1
            if counted == events:
                seconds = time.perf_counter() - begun
                print(json.dumps({"events": counted, "seconds": seconds}), flush=True)

    app.agent(app.topic("complaints"))(count)
    return app


def main() -> None:
    bootstrap, group, events, folder = sys.argv[1:]
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    app = build(bootstrap, group, int(events), folder)
    worker = faust.Worker(app, loglevel="WARNING", redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
