"""The consumer of aiokafka with `getmany`: the bare loop under Faust, and so under our intake."""

import uvloop
from aiokafka import AIOKafkaConsumer

from benchmarks.peers.task import TOPIC, Tally, Task, decode

WAIT = 1000  # ms


def run(task: Task, tally: Tally) -> None:
    uvloop.run(_read(task, tally))


async def _read(task: Task, tally: Tally) -> None:
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=task.bootstrap,
        group_id=task.group,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        while not tally.done:
            for records in (await consumer.getmany(timeout_ms=WAIT)).values():
                tally.add_all(decode(record.value) for record in records)
    finally:
        await consumer.stop()
