"""The consumer of confluent-kafka, in batches."""

from confluent_kafka import Consumer

from benchmarks.peers.task import TOPIC, Tally, Task, decode

BATCH, WAIT = 5000, 1.0  # messages, seconds


def run(task: Task, tally: Tally) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": task.bootstrap,
            "group.id": task.group,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([TOPIC])
    while not tally.done:
        messages = consumer.consume(BATCH, WAIT)
        tally.add_all(decode(message.value()) for message in messages if message.error() is None)
