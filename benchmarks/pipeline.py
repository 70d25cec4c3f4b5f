"""The whole pipeline: events a second from the topic to messages and files, on one machine.

    python -m benchmarks.pipeline
    python -m benchmarks.pipeline --events 200000 --rounds 1

Starts a local broker in a folder of its own, fills 4 partitions with complaints of some 240 bytes
(benchmarks.load, lz4, three cuts) and lets `tocsin run` read them with all its roles, the archive
in a folder and a webhook that this process receives. In each partition follows, for each shard, a
report of harm: when every shard has said something of every partition's report, it has applied all
counts before.

Prints one JSON object last; its figures are medians of the rounds, each on topics of its own, and
times are from the first record of counts, by the records' timestamps:

- `events_per_second`: until all is there, signals, messages and archive;
- `signalled_seconds`, `signalled_events_per_second`: until every report is in a signal;
- `notified_seconds`: until the webhook has been sent the incident of every report;
- `archived_seconds`: until the files hold every event;
- `cpu_seconds_per_million`: of each role and of the broker, from when the first counts are there
  until all is;
- `rounds`: `events_per_second` of each.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import load
from benchmarks.counts_log import LOOK, CountsLog, Ends
from benchmarks.outcome import awaited, figures
from benchmarks.receiver import Receiver, receiving
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
RATES = ("events_per_second", "signalled_events_per_second")
SECONDS = ("signalled_seconds", "notified_seconds", "archived_seconds")


def played(bed: Testbed, number: int, options: argparse.Namespace) -> dict[str, Any]:
    """One round."""
    with receiving() as receiver:
        prefix = f"round{number}-"
        file = load.settings_file(
            bed.folder, group=f"pipeline{number}", prefix=prefix, options=receiver.options
        )
        chosen = settings.load(file)
        topics.create(chosen, bed.bootstrap)
        lines = load.keyed(events=options.events, days=options.hours / 24, seed=options.seed)
        fill(bed, lines, prefix=prefix)
        last = load.START + int(options.hours * HOUR)
        products = _report(bed, chosen, at=last)
        return _read(bed, file, receiver, products=products, events=options.events + len(products))


def _read(
    bed: Testbed, file: Path, receiver: Receiver, *, products: set[str], events: int
) -> dict[str, Any]:
    """By all roles, until all is there."""
    chosen, pids = settings.load(file), file.with_suffix(".pids")
    log = CountsLog(bed, chosen)
    before = log.ends()
    command = tocsin("run", "--settings", str(file), "--pids", str(pids))
    with process(command, file.with_suffix(".log")):
        started = _spent_at_first(bed, log, before, pids)
        outcome = awaited(bed, chosen, receiver, products=products, events=events)
        spent = {part: seconds - started[part] for part, seconds in _spent(bed, pids).items()}
    after = log.ends()
    log.rate(before, after, events=events)  # the counts add up
    begun = log.begun(before)
    log.close()
    return {
        **figures(outcome, events=events, begun=begun),
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
    made = {name: getattr(options, name) for name in ("events", "hours", "seed")}
    return summed(rounds) | made


def summed(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The medians of the rounds; of the log of counts what the first says."""
    first = rounds[0]
    parts = {
        part: round(median(one["cpu_seconds_per_million"][part] for one in rounds), 2)
        for part in first["cpu_seconds_per_million"]
    }
    return {
        **{name: round(median(one[name] for one in rounds)) for name in RATES},
        **{name: round(median(one[name] for one in rounds), 2) for name in SECONDS},
        "cpu_seconds_per_million": parts,
        **{name: first[name] for name in ("counts_records", "counts_bytes_an_event")},
        "rounds": [one["events_per_second"] for one in rounds],
    }


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
