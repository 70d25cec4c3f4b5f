"""Intake against a stock Faust agent: the same broker, events and three cuts, in one run.

    python -m benchmarks.throughput
    python -m benchmarks.throughput --events 200000 --rounds 1

Starts a local broker in a folder of its own, fills a topic of 4 partitions with complaints of some
240 bytes (benchmarks.load, lz4), lets in turn the worker `tocsin run --role intake` and the agent
of benchmarks.faust_agent read it all, each alone and in a process of its own, and stops the broker.
Prints one JSON object last; `tocsin_intake` and `faust_agent` are events a second, the medians of
the rounds.

The rate of intake is read off what it leaves in the log: from the first record of counts on a
shard to the one that completes them, by the records' timestamps, on the slowest of the 4 shards.
Counts that do not add up to the events end the run with an error.
"""

import argparse
import json
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from benchmarks import load, machine
from streams import broker, settings, topics
from streams.cells import Cells, decode
from streams.settings import Settings
from streams.topics import Topics

LOOK = 0.5  # seconds
QUIET = 3.0  # seconds without a new record, after which a worker has read everything
DEADLINE = 600.0  # seconds for one reading
PERSON = msgspec.json.Decoder(dict[str, Any]).decode


def fill(bootstrap: str, topic: str, options: argparse.Namespace) -> int:
    """Put the events into the topic; returns their bytes."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap, acks="all", compression_type="lz4", linger_ms=20,
        batch_size=128 * 1024,
    )  # fmt: skip
    size = 0
    for line in load.lines(events=options.events, days=options.hours / 24, seed=options.seed):
        producer.send(topic, line, key=PERSON(line)["person"].encode())
        size += len(line)
    producer.flush()
    producer.close()
    return size


def intake(bootstrap: str, file: Path, *, events: int) -> float:
    """Events a second of the intake worker."""
    chosen = settings.load(file)
    shards = _shards(chosen)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    before = consumer.end_offsets(shards)
    command = [sys.executable, "-m", "tocsin", "run", "--role", "intake", "--settings", str(file)]
    told = file.with_suffix(".log")
    with _process(command, told) as process:
        after = _at_rest(consumer, before, process, told)
    rates = [_rate(consumer, shard, before[shard], after[shard], events) for shard in shards]
    consumer.close()
    return min(rates)


def agent(bootstrap: str, folder: Path, group: str, *, events: int) -> float:
    """Events a second of the stock agent."""
    arguments = [bootstrap, group, str(events), str(folder / group)]
    command = [sys.executable, "-m", "benchmarks.faust_agent", *arguments]
    with _process(command, folder / f"{group}.log") as process:
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], DEADLINE)[0]:
            raise SystemExit(f"the agent did not count {events} events in {DEADLINE:.0f} s")
        found = json.loads(process.stdout.readline())
    return float((found["events"] - 1) / found["seconds"])


def _shards(chosen: Settings) -> list[TopicPartition]:
    counts = Topics.of(chosen).counts
    return [TopicPartition(counts, shard) for shard in range(chosen.detection.shards)]


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as told:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _at_rest(
    consumer: Any, before: dict[TopicPartition, int], process: "subprocess.Popen[bytes]", told: Path
) -> dict[TopicPartition, int]:
    """The ends of the shards once they have grown and grow no more."""
    deadline = time.monotonic() + DEADLINE
    ends, moved = before, time.monotonic()
    while ends == before or time.monotonic() - moved < QUIET:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"intake does not get to its end: {told.read_text()[-2000:]}")
        time.sleep(LOOK)
        if (now := consumer.end_offsets(list(before))) != ends:
            ends, moved = now, time.monotonic()
    return ends


def _rate(consumer: Any, shard: TopicPartition, start: int, end: int, events: int) -> float:
    """Events a second on one shard, from its first record to the one that completes the counts."""
    consumer.assign([shard])
    consumer.seek(shard, start)
    chunks: dict[tuple[int, int], int] = {}
    total, first, started = 0, 0, 0
    while consumer.position(shard) < end:
        for record in consumer.poll(timeout_ms=1000).get(shard, ()):
            counts = decode(record.value)
            cells = counts.cells[-1]
            held = int(cells.numbers().events.sum()) if isinstance(cells, Cells) else 0
            total += held - chunks.get((counts.partition, counts.start), 0)
            chunks[counts.partition, counts.start] = held
            if not started:
                first, started = total, record.timestamp
            if total == events:
                return (total - first) * 1000 / int(record.timestamp - started)
    raise SystemExit(f"shard {shard.partition} must hold {events} events, has {total}")


def measured(folder: Path, bootstrap: str, options: argparse.Namespace) -> dict[str, Any]:
    file = load.settings_file(folder)
    chosen = settings.load(file)
    topics.create(chosen, bootstrap)
    size = fill(bootstrap, "complaints", options)
    ours, stock = [], []
    for number in range(options.rounds):
        file = load.settings_file(folder, group=f"tocsin{number}")
        ours.append(round(intake(bootstrap, file, events=options.events)))
        stock.append(round(agent(bootstrap, folder, f"agent{number}", events=options.events)))
        print(f"round {number + 1}: intake {ours[-1]}, agent {stock[-1]}", flush=True)
    return {
        "tocsin_intake": round(median(ours)),
        "faust_agent": round(median(stock)),
        "ratio": round(median(ours) / median(stock), 1),
        "rounds": {"tocsin_intake": ours, "faust_agent": stock},
        "events": options.events,
        "bytes_an_event": round(size / options.events),
        "hours": options.hours,
        "seed": options.seed,
        "partitions": chosen.sources[0].partitions,
        "shards": chosen.detection.shards,
        "cuts": len(chosen.cuts),
    }


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the broker is stopped too
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        running = broker.up(folder)
        try:
            result = measured(folder, running.bootstrap, options)
        finally:
            broker.down(folder)
    about = machine.surroundings("faust-streaming", "aiokafka", "uvloop", "msgspec", "numpy")
    print(json.dumps(result | about))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=300_000, help="how many (300,000)")
    parser.add_argument("--rounds", type=int, default=3, help="readings by each (3)")
    parser.add_argument("--hours", type=float, default=1.0, help="of event time (1)")
    parser.add_argument("--seed", type=int, default=1, help="of the events (1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
