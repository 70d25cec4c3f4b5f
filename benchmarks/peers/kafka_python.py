"""The consumer of kafka-python, iterated over as its documentation does."""

from kafka import KafkaConsumer

from benchmarks.peers.task import TOPIC, Tally, Task, decode


def run(task: Task, tally: Tally) -> None:
    consumer = KafkaConsumer(
        TOPIC,
        bootstrap_servers=task.bootstrap,
        group_id=task.group,
        auto_offset_reset="earliest",
    )
    for record in consumer:
        complaint = decode(record.value)
        tally.add(complaint.category, complaint.region, complaint.product, complaint.batch)
        if tally.done:
            return
