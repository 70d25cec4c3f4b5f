"""One scope's last 24 hours in a large archive, and what it costs to write one.

    python -m benchmarks.archive
    python -m benchmarks.archive --events 50000000 --copies 9
    python -m benchmarks.archive --events 50000000 --keep folder

Complaints of some 240 bytes go through the archive's own worker into a folder, with what intake
says of each chunk; only Kafka is left out. With `--copies` N they are a part of N + 1 of the days
alone, the last; the files of the days before are copies of theirs in which times and offsets are
other ones. `written` and `copied` say how many records are which, `write_seconds` and
`copy_seconds` how long it took: some 25 microseconds of processor time for a record that is
written, 4 for one that is copied, so that 50 million take 5 minutes, and 20 without copies.

Then one scope (category and region) of the last 24 hours is asked for: how many, how many people,
the share of each product, duplicates and late ones left out. Prints one JSON object last, medians
of some runs, each with views of its own: `query_first...` is all from opening the views to the
answer, `query...` the same query again through the open ones; `recent_query...` are the same of
views opened with `since`, which know the last days alone. `cpu` is processor time, of all threads.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from faust.types import TP

from benchmarks import load, machine
from benchmarks.archive_copies import CHUNK, DAY, PARTITIONS, RUN, TOPIC, Part, copied
from streams import settings
from streams.archive import views
from streams.archive.places import Folder
from streams.archive.stage import Archive
from streams.seen import record as seen
from streams.settings import Settings
from streams.transport.runs import Begin, Run

RATE = 50_000  # events a second
SEEN = "seen-complaints"
RUNS = 5  # of the query
QUERY = """
SELECT product, count(*) AS complaints, count(DISTINCT person) AS people
FROM complaints
WHERE category = ? AND region = ? AND time >= make_timestamp_ms(?)
    AND NOT rejected AND NOT duplicate AND NOT late
GROUP BY product ORDER BY complaints DESC
"""


class Record(NamedTuple):
    offset: int
    timestamp: int
    value: bytes
    headers: tuple[()] = ()


class Anybody:
    """A consumer that has every partition."""

    def assignment(self) -> set[TP]:
        return {TP(topic, n) for topic in (TOPIC, SEEN) for n in range(PARTITIONS)}

    def declare_durable(self, tp: TP, offset: int, note: str = "") -> None:
        """Nobody will come after this worker."""


def records(first: int, *, at: int, step: float, random: np.random.Generator) -> list[Record]:
    """A run of complaints, `step` ms apart; drawn faster than benchmarks.load draws."""
    drawn = zip(
        random.integers(0, 10**9, RUN).tolist(),
        *(random.integers(0, kinds, RUN).tolist()
          for kinds in (len(load.CHANNELS), load.PRODUCTS, load.BATCHES, load.REGIONS,
                        len(load.CATEGORIES))),
        strict=True,
    )  # fmt: skip
    times = (at + np.arange(RUN) * step).astype(np.int64).tolist()
    return [
        Record(first + n, time, _line(n, first, time, row))
        for n, (time, row) in enumerate(zip(times, drawn, strict=True))
    ]


def _line(number: int, first: int, time: int, row: tuple[int, ...]) -> bytes:
    person, channel, product, batch, region, category = row
    return (
        f'{{"id":"complaint-{first}-{number}-{time}","time":{time},'
        f'"channel":"{load.CHANNELS[channel]}","person":"p-{person:09}",'
        f'"product":"router-{product:02}","batch":"2025-{batch:02}-A{product:02}",'
        f'"region":"region-{region:02}","category":"{load.CATEGORIES[category]}",'
        f'"text":"Order {person} is wrong again, please call me back about {category}."}}'
    ).encode()


class Clock:
    """Goes as if RATE events came a second, which is how often files are written as they fill."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def written(worker: Archive, clock: Clock, part: Part, *, seed: int) -> None:
    """Feed the worker, partition after partition in turn."""
    random = np.random.default_rng(seed)
    base = part.copies * part.span(TOPIC)
    ends, step = [base] * PARTITIONS, part.days * DAY / (part.turns * RUN)
    for turn in range(part.turns):
        partition, number = turn % PARTITIONS, turn // PARTITIONS
        first = ends[partition]
        held = records(first, at=part.start + int(turn * RUN * step), step=step, random=random)
        ends[partition] += RUN
        stamp = held[-1].timestamp
        begin = Begin(None, "", 0) if number == 0 else None
        await worker.take(Run(TOPIC, partition, held, begin, number))
        chunks = list(_chunks(first, ends[partition], stamp))
        await worker.take(Run(SEEN, partition, chunks, begin, number))
        clock.now += RUN / RATE
        await worker.write()
    clock.now += 3600
    await worker.write()


def _chunks(first: int, end: int, stamp: int) -> Iterator[Record]:
    for start in range(first, end, CHUNK):
        to = min(start + CHUNK, end)
        said = seen.SeenChunk(start, to, stamp, {}, {}, bytes(to - start))
        yield Record(start // CHUNK, stamp, seen.encode(said))


def asked(folder: Folder, *, end: int) -> dict[str, Any]:
    """Through views over everything, and through views over the last days alone."""
    yesterday = datetime.fromtimestamp((end - 2 * DAY) / 1000, UTC).date()
    told = {**_asked(folder, None, end), **_asked(folder, yesterday, end)}
    with views.opened(folder) as archive:
        (total,) = archive.execute("SELECT count(*) FROM complaints").fetchall()[0]
    return {**told, "events": total}


def _asked(folder: Folder, since: date | None, end: int) -> dict[str, Any]:
    runs = [_run(folder, since, end) for _ in range(RUNS)]
    name = "query" if since is None else "recent_query"
    return {
        **{f"{name}_{what}": round(statistics.median(run[what] for run, _ in runs), 3)
           for what in runs[0][0]},
        "found": runs[0][1],
    }  # fmt: skip


def _run(folder: Folder, since: date | None, end: int) -> tuple[dict[str, float], int]:
    """Seconds, and the complaints that were found."""
    scope = ["billing", "region-07", end - DAY]
    began, busy = time.perf_counter(), time.process_time()
    with views.opened(folder, since=since) as archive:
        found = archive.execute(QUERY, scope).fetchall()
        first, first_busy = time.perf_counter(), time.process_time()
        archive.execute(QUERY, scope).fetchall()
        again, again_busy = time.perf_counter(), time.process_time()
    spent = {
        "first_seconds": first - began, "first_cpu_seconds": first_busy - busy,
        "seconds": again - first, "cpu_seconds": again_busy - first_busy,
    }  # fmt: skip
    return spent, sum(row[1] for row in found)


def _made(chosen: Settings, place: Folder, part: Part, seed: int) -> dict[str, Any]:
    clock, began, busy = Clock(), time.perf_counter(), time.process_time()
    worker = Archive(Anybody, chosen, place, clock=clock, now=partial(datetime.now, UTC))
    asyncio.run(written(worker, clock, part, seed=seed))
    spent, there = time.process_time() - busy, time.perf_counter()
    copied(place, part)
    records = part.turns * RUN
    return {
        "written": records, "copied": records * part.copies,
        "write_seconds": round(there - began, 1), "written_per_cpu_second": round(records / spent),
        "copy_seconds": round(time.perf_counter() - there, 1),
    }  # fmt: skip


def measured(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    chosen = settings.load(load.settings_file(folder))
    place = Folder(folder / "archive")
    share = options.copies + 1
    part = Part(options.events // share, options.days / share, options.copies,
                chosen.archive.file_records)  # fmt: skip
    result = {} if place.names() else _made(chosen, place, part, options.seed)
    files = [folder / "archive" / name for name in place.names()]
    size = sum(file.stat().st_size for file in files)
    end = load.START + int(options.days * DAY)
    return result | asked(place, end=end) | {"files": len(files), "gigabytes": round(size / 1e9, 2)}


def main() -> None:
    options = _options()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        result = measured(options.keep, options)
    else:
        with tempfile.TemporaryDirectory() as name:
            result = measured(Path(name), options)
    made = {name: getattr(options, name) for name in ("days", "copies", "seed")}
    print(json.dumps(result | made | machine.surroundings("duckdb")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=5_000_000, help="how many (5,000,000)")
    parser.add_argument("--days", type=float, default=30.0, help="of event time (30)")
    parser.add_argument("--seed", type=int, default=1, help="of the events (1)")
    parser.add_argument("--copies", type=int, default=0, help="to earlier days, of a part (0)")
    parser.add_argument("--keep", type=Path, help="a folder; an archive that is there is asked")
    options = parser.parse_args()
    if options.days % (options.copies + 1):
        parser.error(f"days must be a multiple of copies + 1, got {options.days:g}")
    return options


if __name__ == "__main__":
    main()
