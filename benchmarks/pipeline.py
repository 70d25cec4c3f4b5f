"""The whole pipeline: events a second from the topic to the signals, all roles on one machine.

    python -m benchmarks.pipeline
    python -m benchmarks.pipeline --events 200000 --rounds 1

Starts a local broker in a folder of its own, fills 4 partitions with complaints of some 240 bytes
(benchmarks.load, lz4, three cuts) and lets `tocsin run` read them with all its roles. In each
partition follows, for each shard, a report of harm: when every shard has said something of every
partition's report, it has applied all counts before. `events_per_second` is from the first record
of counts to the last of these signals, by the records' timestamps; the median of the rounds, each
on topics of its own. `cpu_seconds_per_million` are those of each role and of the broker from when
the first counts are there. Prints one JSON object last.
"""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from benchmarks import load
from benchmarks.counts_log import LOOK, CountsLog, Ends
from benchmarks.testbed import (
    DEADLINE,
    Testbed,
    cpu_seconds,
    fill,
    process,
    producer,
    report,
    stored,
    tocsin,
)
from streams import settings
from streams.broker import topics
from streams.broker.topics import Topics
from streams.counts.cells import shard_of
from streams.settings import Settings

MILLION = 1_000_000
HOUR = 3_600_000  # ms


def played(bed: Testbed, number: int, options: argparse.Namespace) -> dict[str, Any]:
    """One round."""
    prefix = f"round{number}-"
    file = load.settings_file(bed.folder, group=f"pipeline{number}", prefix=prefix)
    chosen = settings.load(file)
    topics.create(chosen, bed.bootstrap)
    lines = load.keyed(events=options.events, days=options.hours / 24, seed=options.seed)
    fill(bed, lines, prefix=prefix)
    last = load.START + int(options.hours * HOUR)
    wanted = _report(bed, chosen, at=last)
    log = CountsLog(bed, chosen)
    before = log.ends()
    pids = file.with_suffix(".pids")
    command = tocsin("run", "--settings", str(file), "--pids", str(pids))
    with process(command, file.with_suffix(".log")):
        started = _spent_at_first(bed, log, before, pids)
        done = _all_said(bed, chosen, wanted)
        spent = {part: seconds - started[part] for part, seconds in _spent(bed, pids).items()}
    events = options.events + len(wanted)
    after = log.ends()
    log.rate(before, after, events=events)  # the counts add up
    rate = events * 1000 / (done - log.begun(before))
    log.close()
    return {
        "events_per_second": round(rate),
        "counts_records": sum(after.values()) - sum(before.values()),
        "counts_bytes_an_event": round(stored(bed, Topics.of(chosen).counts) / events),
        "cpu_seconds_per_million": {
            role: round(seconds * MILLION / events, 2) for role, seconds in spent.items()
        },
    }


def _report(bed: Testbed, chosen: Settings, *, at: int) -> set[str]:
    """Put a report of harm into each partition for each shard; returns their products."""
    source, wanted, to = chosen.sources[0], set(), producer(bed)
    for partition in range(source.partitions):
        for product in _products(partition, chosen.detection.shards):
            wanted.add(product)
            event = {
                "id": product, "person": product, "product": product, "severity": "safety",
                "time": datetime.fromtimestamp(at / 1000, UTC).isoformat(),
            }  # fmt: skip
            topic = Topics.of(chosen).source(source)
            to.send(topic, json.dumps(event).encode(), partition=partition)
    to.flush()
    to.close()
    return wanted


def _products(partition: int, shards: int) -> Iterator[str]:
    """One of each shard."""
    due, number = set(range(shards)), 0
    while due:
        product = f"last-{partition}-{number}"
        number += 1
        if (shard := shard_of("product", product, shards=shards)) in due:
            due.remove(shard)
            yield product


def _all_said(bed: Testbed, chosen: Settings, wanted: set[str]) -> int:
    """When the last of the products was first told of: the record's timestamp, ms."""
    place = TopicPartition(Topics.of(chosen).signals, 0)
    consumer: Any = KafkaConsumer(bootstrap_servers=bed.bootstrap)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    due, deadline = set(wanted), time.monotonic() + DEADLINE
    while True:
        for record in consumer.poll(timeout_ms=200).get(place, ()):
            due.discard(json.loads(record.value)["scope"].get("product"))
            if not due:
                consumer.close()
                return int(record.timestamp)
        if time.monotonic() > deadline:
            raise SystemExit(f"signals must tell of every report, {sorted(due)} are missing")


def _spent_at_first(bed: Testbed, log: CountsLog, before: Ends, pids: Path) -> dict[str, float]:
    """CPU seconds of all until the first counts are there; of them the starts are most."""
    deadline = time.monotonic() + DEADLINE
    while log.ends() == before:
        if time.monotonic() > deadline:
            raise SystemExit(f"intake must begin to count within {DEADLINE:.0f} s")
        time.sleep(LOOK)
    return _spent(bed, pids)


def _spent(bed: Testbed, pids: Path) -> dict[str, float]:
    """CPU seconds of each role and of the broker so far."""
    roles = (line.split() for line in pids.read_text(encoding="utf-8").splitlines())
    return {"broker": cpu_seconds(bed.broker)} | {
        role: cpu_seconds(int(pid)) for role, pid in roles
    }


def measured(bed: Testbed, options: argparse.Namespace) -> dict[str, Any]:
    rounds = []
    for number in range(options.rounds):
        rounds.append(played(bed, number, options))
        print(f"round {number + 1}: {rounds[-1]}", flush=True)
    parts = rounds[0]["cpu_seconds_per_million"]
    return {
        "events_per_second": round(median(one["events_per_second"] for one in rounds)),
        "cpu_seconds_per_million": {
            part: round(median(one["cpu_seconds_per_million"][part] for one in rounds), 2)
            for part in parts
        },
        **{name: rounds[0][name] for name in ("counts_records", "counts_bytes_an_event")},
        "rounds": [one["events_per_second"] for one in rounds],
        "events": options.events, "hours": options.hours, "seed": options.seed,
    }  # fmt: skip


def main() -> None:
    report(measured, _options())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="how many (1,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="readings (3)")
    parser.add_argument("--hours", type=float, default=6.0, help="of event time (6)")
    parser.add_argument("--seed", type=int, default=1, help="of the events (1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
