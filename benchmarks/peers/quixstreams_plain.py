"""Quix Streams with a function for each event and counters in memory, without its state."""

from typing import Any

from quixstreams import Application

from benchmarks.peers.task import TOPIC, Tally, Task


def run(task: Task, tally: Tally) -> None:
    app = application(task)
    frame = app.dataframe(app.topic(TOPIC, value_deserializer="json"))
    frame.update(
        lambda complaint: tally.add(
            complaint["category"], complaint["region"], complaint["product"], complaint["batch"]
        )
    )
    app.run()


def application(task: Task) -> Any:
    return Application(
        broker_address=task.bootstrap,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        state_dir=task.folder / "state",
        loglevel="WARNING",
    )
