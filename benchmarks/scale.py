"""What a number of events a day needs, from what the other benchmarks have measured.

    python -m benchmarks.throughput --only tocsin_intake,tocsin_intake_full --workers 1,2,4 > t.log
    python -m benchmarks.pipeline > p.log
    python -m benchmarks.state > s.log
    python -m benchmarks.seen > n.log
    python -m benchmarks.scale --throughput t.log --pipeline p.log --state s.log --seen n.log

Prints the two tables of docs/scale.md as Markdown, to be put in there between its marks; nothing is
measured here. Each file is the output of a benchmark, whose last line is its JSON object.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from streams.broker.topics import WAITING
from streams.intake.stage import EMIT_EVERY
from streams.settings import Settings

DAY, MILLION, MB = 86_400, 1_000_000, 1e6
KEYS, KEY = 2, 8  # that intake remembers of an event, its id and who is at it; bytes at most of one
SEEN = KEYS * KEY + 1  # bytes of an event in the log of what was seen: they do not compress
MEASURED = ("throughput", "pipeline", "state", "seen")
Json = dict[str, Any]
Rows = Iterable[tuple[str, ...]]


class Figures(NamedTuple):
    """What was measured, for one event unless said.

    Attributes:
        intake: CPU seconds of intake with everything on, where the most workers shared the work.
        detection_record: CPU seconds of detection for one record of counts.
        archive: CPU seconds of the archive.
        broker: CPU seconds of the broker for all its readers and the counts.
        stored: bytes on a broker's disk, compressed by the producer.
        counts: bytes of it in `counts`, over the four shards that were measured.
        series_mb: memory of a worker that holds a million series, at its peak.
        restored: CPU seconds to read one key back of what was seen.
    """

    intake: float
    detection_record: float
    archive: float
    broker: float
    stored: float
    counts: float
    series_mb: float
    restored: float

    @classmethod
    def of(cls, throughput: Json, pipeline: Json, state: Json, seen: Json) -> "Figures":
        by_workers = throughput["workers"]["tocsin_intake_full"]
        cpu = pipeline["cpu_seconds_per_million"]
        most = max(state["sizes"], key=lambda size: size["series"])
        return cls(
            intake=by_workers[max(by_workers, key=int)]["cpu_seconds_per_million"] / MILLION,
            detection_record=(
                cpu["detection"] / MILLION * pipeline["events"] / pipeline["counts_records"]
            ),
            archive=cpu["archive"] / MILLION,
            broker=cpu["broker"] / MILLION,
            stored=throughput["about"]["tocsin_intake_full"]["stored_bytes_an_event"],
            counts=pipeline["counts_bytes_an_event"],
            series_mb=most["peak_mb"] * MILLION / most["series"],
            restored=seen["restore_seconds"] / seen["ids"],
        )


class Plan(NamedTuple):
    """What is asked for; a core is planned to be busy for `share` of the time at the peak."""

    events_a_day: float
    peak: float
    share: float
    shards: int
    replication: int
    retention_days: int


class Needs(NamedTuple):
    """What the plan needs; rates are those of the peak.

    `remembered` and the disk are in bytes: of the sources by day, of what was seen as long as it
    is kept. `recall` are the seconds in which one of the intake workers reads its part back.
    """

    rate: float
    intake_workers: int
    partitions: int
    records_a_shard: float
    cores_a_shard: float
    detection_workers: int
    archive_workers: int
    archive_cores: float
    remembered: float
    recall: float
    broker_cores: float
    network_in: float
    network_out: float
    disk_a_day: float
    disk_of_seen: float


def needs(figures: Figures, plan: Plan, *, chunk: int, horizon: timedelta) -> Needs:
    """`chunk` is how many events one has at most, `horizon` how long ids are remembered.

    Records of `counts` are the most there can be: intake says what fills seldomer where it is much.
    """
    rate = plan.events_a_day / DAY * plan.peak
    workers = ceil(rate * figures.intake / plan.share)
    partitions = 2 * workers  # so that those of a worker that is gone can be shared out
    records = rate / chunk + partitions / EMIT_EVERY
    a_shard = records * figures.detection_record
    remembered = plan.events_a_day * (horizon / timedelta(days=1)) * KEYS * KEY
    copies, followers = plan.replication, plan.replication - 1
    return Needs(
        rate=rate,
        intake_workers=workers,
        partitions=partitions,
        records_a_shard=records,
        cores_a_shard=a_shard,
        detection_workers=min(plan.shards, ceil(plan.shards * a_shard / plan.share)),
        archive_workers=ceil(rate * figures.archive / plan.share),
        archive_cores=rate * figures.archive,
        remembered=remembered,
        recall=remembered / KEY / workers * figures.restored,
        broker_cores=rate * figures.broker,
        network_in=rate * (figures.stored + SEEN + figures.counts) * copies,
        network_out=rate
        * (
            figures.stored * (followers + 2)  # intake and archive
            + SEEN * (followers + 1)  # the archive; intake reads it at a start alone
            + figures.counts * (followers + 1)  # detection
        ),
        disk_a_day=plan.events_a_day * figures.stored * copies,
        disk_of_seen=plan.events_a_day * ((horizon + WAITING) / timedelta(days=1)) * SEEN * copies,
    )


def told(figures: Figures, plan: Plan, found: Needs) -> Rows:
    days = plan.retention_days
    yield "events a second", f"{plan.events_a_day / DAY:,.0f} on average, {found.rate:,.0f} at peak"
    yield "intake workers, a core each", f"{found.intake_workers}"
    memory = found.remembered / 1e9
    yield (
        "memory for ids and people, over all intake workers",
        f"{memory:,.0f} GB, {memory / found.intake_workers:,.0f} GB each",
    )
    yield "CPU time of a worker until it has read its part of them back", f"{found.recall:,.0f} s"
    yield "partitions over all sources", f"{found.partitions}"
    yield (
        f"records of counts a second, on each of {plan.shards} shards",
        f"{found.records_a_shard:,.0f}; {found.cores_a_shard:.0%} of a core, of {plan.share:.0%}",
    )
    yield "detection workers", f"{found.detection_workers}"
    yield "archive workers", f"{found.archive_workers}, {found.archive_cores:.1f} cores at the peak"
    yield "memory of a worker with a million series", f"{figures.series_mb / 1000:.1f} GB"
    yield "cores of all brokers together", f"{found.broker_cores:.0f}, producers not included"
    yield (
        "network of all brokers together",
        f"{found.network_in / MB:,.0f} MB/s in, {found.network_out / MB:,.0f} MB/s out",
    )
    disk, seen = found.disk_a_day / 1e12, found.disk_of_seen / 1e12
    yield (
        f"disk of all brokers together, {plan.replication} copies",
        f"{disk:.1f} TB a day, {disk * days:.0f} TB for {days} days; what was seen {seen:.0f} TB",
    )


def measured(throughput: Json, pipeline: Json, state: Json, seen: Json) -> Rows:
    for name, by_workers in throughput["workers"].items():
        for workers, cost in by_workers.items():
            many = "worker" if workers == "1" else "workers"
            yield (
                f"{name}, {workers} {many}",
                f"{cost['cpu_seconds_per_million']} CPU s per million events",
                f"{cost['broker_cpu_seconds_per_million']} of the broker",
            )
    for role, seconds in pipeline["cpu_seconds_per_million"].items():
        yield f"pipeline, {role}", f"{seconds} CPU s per million events", "three cuts"
    yield (
        "counts in the log", f"{pipeline['counts_bytes_an_event']} bytes an event",
        f"{pipeline['counts_records']:,} records for {pipeline['events']:,} events",
    )  # fmt: skip
    about = throughput["about"]["tocsin_intake_full"]
    yield (
        "an event with its text", f"{about['bytes_an_event']} bytes",
        f"{about['stored_bytes_an_event']} on the broker's disk",
    )  # fmt: skip
    for size in state["sizes"]:
        memory = f"{size['rss_mb']:,} MB, at most {size['peak_mb']:,}"
        times = f"judged in {size['judge_seconds']} s, restored in {size['restore_seconds']} s"
        written = f"{size['snapshot_mb_an_hour']:,} MB of snapshots an hour"
        yield f"{size['series']:,} series", f"{memory}; {times}", written
    yield (
        f"{seen['ids']:,} ids", f"{seen['bytes_per_id']} bytes each",
        f"restored in {seen['restore_seconds']} s",
    )  # fmt: skip


def table(head: tuple[str, ...], rows: Rows) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    found = [_last(getattr(options, name)) for name in MEASURED]
    figures = Figures.of(*found)
    plan = Plan(
        options.events_a_day, options.peak, options.share, options.shards, options.replication,
        options.retention_days,
    )  # fmt: skip
    defaults = Settings()
    wanted = needs(
        figures, plan, chunk=defaults.intake.chunk_records,
        horizon=defaults.detection.repeat_horizon,
    )  # fmt: skip
    now, loads = datetime.now(UTC), [one["load_average"] for one in found]
    print(f"Made {now:%Y-%m-%d}, load average of the two cores while measured: {loads}.\n")
    print(table(("measured", "figure", "besides"), measured(*found)), end="\n\n")
    print(table(("needed", f"for {plan.events_a_day:,.0f} events a day"),
                told(figures, plan, wanted)))  # fmt: skip


def _last(file: Path) -> Json:
    found: Json = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
    return found


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    for name in MEASURED:
        add(f"--{name}", type=Path, required=True, help=f"output of benchmarks.{name}")
    add("--events-a-day", type=float, default=10e9, help="(10,000,000,000)")
    add("--peak", type=float, default=3.0, help="busiest hour over the mean (3)")
    add("--share", type=float, default=0.7, help="of a core that may be busy at the peak (0.7)")
    add("--shards", type=int, default=16, help="of detection (16)")
    add("--replication", type=int, default=3, help="copies of a record (3)")
    add("--retention-days", type=int, default=WAITING.days, help="of the sources' topics (14)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
