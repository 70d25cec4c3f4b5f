"""Quix Streams with a tumbling window, its own way to count by time.

A window of Quix counts by the key of the topic, here the person, and keeps the three counters in
its state. Counts over all persons would need a re-keyed topic for each cut besides (`group_by`),
so this is the lesser work.
"""

from datetime import timedelta
from typing import Any

from benchmarks.peers.quixstreams_plain import application
from benchmarks.peers.task import TOPIC, Tally, Task

Counts = dict[str, int]


def run(task: Task, tally: Tally) -> None:
    app = application(task)
    frame = app.dataframe(app.topic(TOPIC, value_deserializer="json"))
    window = frame.tumbling_window(timedelta(hours=1)).reduce(
        reducer=_counted, initializer=lambda complaint: _counted({}, complaint)
    )
    window.current().update(lambda _: tally.passed())
    app.run()


def _counted(counts: Counts, complaint: dict[str, Any]) -> Counts:
    category = complaint["category"]
    for key in (
        category,
        f"{complaint['region']} {category}",
        f"{complaint['product']} {complaint['batch']}",
    ):
        counts[key] = counts.get(key, 0) + 1
    return counts
