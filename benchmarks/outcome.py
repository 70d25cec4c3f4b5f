"""When all is there that a round must bring about: signals, the incidents' messages, files."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from kafka import KafkaConsumer, TopicPartition

from benchmarks.receiver import Receiver
from benchmarks.testbed import DEADLINE, Testbed
from streams.archive import places, views
from streams.archive.layout import listed
from streams.broker.topics import Topics
from streams.settings import Settings

LOOK = 0.5  # seconds
RECORDS = "SELECT count(*) FROM complaints_records WHERE topic = ?"


class Outcome(NamedTuple):
    """When the last of each was there; Unix time in ms."""

    signalled: int
    notified: int
    archived: int


def figures(outcome: Outcome, *, events: int, begun: int) -> dict[str, Any]:
    """Events a second until all of it was there, and until the signals alone; seconds of each."""
    seconds = {what: (at - begun) / 1000 for what, at in outcome._asdict().items()}
    return {
        "events_per_second": round(events / max(seconds.values())),
        "signalled_events_per_second": round(events / seconds["signalled"]),
        **{f"{what}_seconds": round(spent, 2) for what, spent in seconds.items()},
    }


def awaited(
    bed: Testbed, chosen: Settings, receiver: Receiver, *, products: set[str], events: int
) -> Outcome:
    """Wait for a signal and a message of each product, and for all events in the archive."""
    said = _signalled(bed, chosen, products)
    told = receiver.told(products, within=DEADLINE)
    topic = Topics.of(chosen).counted(chosen.sources[0])
    written = archived(places.place(chosen), topic, events=events)
    return Outcome(said, round(told * 1000), written)


def _signalled(bed: Testbed, chosen: Settings, products: set[str]) -> int:
    """The timestamp of the record that first told of the last product."""
    place = TopicPartition(Topics.of(chosen).signals, 0)
    consumer: Any = KafkaConsumer(bootstrap_servers=bed.bootstrap)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    due, deadline = set(products), time.monotonic() + DEADLINE
    while True:
        for record in consumer.poll(timeout_ms=200).get(place, ()):
            due.discard(json.loads(record.value)["scope"].get("product"))
            if not due:
                consumer.close()
                return int(record.timestamp)
        if time.monotonic() > deadline:
            raise SystemExit(f"signals must tell of every report, {sorted(due)} are missing")


def archived(
    place: places.Place, topic: str, *, events: int, within: float = DEADLINE,
    pause: Callable[[float], None] = time.sleep,
) -> int:  # fmt: skip
    """When the last file was written of those that hold all events of a topic, each once."""
    deadline = time.monotonic() + within
    while (held := _held(place, topic)) is None or held[0] < events:
        if time.monotonic() > deadline:
            raise SystemExit(f"the archive must hold {events} events, has {held and held[0]}")
        pause(LOOK)
    return held[1]


def _held(place: places.Place, topic: str) -> tuple[int, int] | None:
    """Events in the archive, and when the last of their files was written.

    None where a file left while it was looked into: an open one that was closed just then.
    """
    try:
        with views.opened(place, threads=1) as archive:
            (events,) = archive.execute(RECORDS, [topic]).fetchall()[0]
        own = [f for f in listed(place.names()) if (f.folder, f.topic) == ("complaints", topic)]
        written = [Path(place.path(file.name)).stat().st_mtime_ns for file in own]
    except (OSError, duckdb.Error):
        return None
    return events, max(written, default=0) // 1_000_000
