"""What many series cost one detection worker: memory, judging, snapshots, restoring.

    python -m benchmarks.state
    python -m benchmarks.state --series 10000,100000 --hours 8

For each number of series a process of its own fills one shard with counts by product and batch
(its log is made here, no broker is needed), hour by hour: each series has complaints in the first
hour, and afterwards at a low rate of its own. Prints one JSON object last; its times are CPU
seconds:

- `rss_mb`, of which `before_mb` are code and libraries: as it runs on, two snapshots in the table
  included, as Faust's memory store holds them; `peak_mb` is the highest there was;
- `judge_seconds`: one bucket of all series closes, the median of the hours after the first;
- `snapshot_seconds` and `snapshot_mb`: one snapshot, in its slices;
- `snapshot_mb_an_hour`: at the default `snapshot_every` and the records a second of `--records`,
  which is four partitions whose chunks are sent ten times a second;
- `restore_seconds`: from the slices in the table to a shard that goes on.
"""

import argparse
import gc
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks import machine
from benchmarks.load import START
from streams.configuration.sections import MINUTES, Cut, Detection, Source, counted
from streams.counts.cells import SEPARATOR, CellNumbers, Cells, Counts, layout
from streams.detection import snapshots
from streams.detection.shards import Shard
from streams.detection.stage import KEPT
from streams.settings import Settings

Ints = NDArray[np.int64]
MB = 1e6
CHUNK = 1000  # series with complaints in one record of the log
BATCHES = 50  # of a product
HOUR = 3_600_000  # ms
SECONDS = 3600
CUT = Cut(stream="complaints", by=("product", "batch"), family="product")
SOURCE = Source(topic="complaints", stream="complaints", key="person", partitions=1)
Table = dict[bytes, bytes]


def measured(series: int, hours: int, records: float, seed: int) -> dict[str, Any]:
    """Meant for a process of its own, whose memory is measured."""
    before = _rss()
    settings = _settings(series)
    shard, log = Shard(settings, 0), _Log(settings, series, seed)
    judging = [_closing(shard, log.hour(hour)) for hour in range(hours)]
    del log
    table, snapshot_seconds = _snapshots(shard)
    rss, size = _rss(), sum(map(len, table.values())) / KEPT / MB
    del shard
    gc.collect()  # a restart begins without it
    restore_seconds = _restored(settings, table, series)
    an_hour = records * SECONDS / settings.detection.snapshot_every
    return {
        "series": series, "before_mb": round(before), "rss_mb": round(rss), "peak_mb": _peak(),
        "bytes_a_series": round((rss - before) * MB / series),
        "judge_seconds": round(median(judging[1:]), 3),
        "snapshot_seconds": round(snapshot_seconds, 2), "snapshot_mb": round(size, 1),
        "snapshot_mb_an_hour": round(size * an_hour),
        "restore_seconds": round(restore_seconds, 2),
    }  # fmt: skip


def _snapshots(shard: Shard) -> tuple[Table, float]:
    """The table as it holds the last snapshots, and the CPU seconds of one."""
    table, began = Table(), time.process_time()
    for offset in range(KEPT):
        table |= snapshots.sliced(0, offset, shard.snapshot())
    return table, (time.process_time() - began) / KEPT


def _restored(settings: Settings, table: Table, series: int) -> float:
    """CPU seconds until a shard goes on with all its series."""
    began = time.process_time()
    restored = Shard(settings, 0)
    restored.restore(snapshots.joined(table, 0, KEPT - 1))
    assert restored.series() == series
    return time.process_time() - began


def _closing(shard: Shard, log: Iterator[Counts]) -> float:
    """Applies the records of an hour; returns the CPU seconds of the first, which closes one."""
    began = time.process_time()
    shard.apply(next(log))
    seconds = time.process_time() - began
    for counts in log:
        shard.apply(counts)
    return seconds


def _settings(series: int) -> Settings:
    detection = Detection(shards=1, max_series=series, series=series)
    return Settings(sources=(SOURCE,), cuts=(CUT,), detection=detection)


class _Log:
    """The counts of one partition, a closed chunk a record."""

    def __init__(self, settings: Settings, series: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._keys = [f"p{n // BATCHES:05}{SEPARATOR}b{n % BATCHES:02}" for n in range(series)]
        self._rates = np.exp(self._rng.normal(-1.5, 1.0, series))
        self._version = settings.version
        self._layout = layout(counted(settings.cuts, "complaints"))
        self._offset = 0

    def hour(self, hour: int) -> Iterator[Counts]:
        """The first record of an hour closes the one before."""
        people = np.maximum(self._rng.poisson(self._rates), int(hour == 0))
        places = np.flatnonzero(people)
        for at in range(0, len(places), CHUNK):
            some = places[at : at + CHUNK]
            yield self._record(hour, [self._keys[place] for place in some.tolist()], people[some])

    def _record(self, hour: int, keys: list[str], people: Ints) -> Counts:
        """The numbers of source records are of no matter here."""
        minutes = START // 60_000 + hour * MINUTES + self._rng.integers(0, MINUTES, len(keys))
        total = _cells([""], minutes[:1], people.sum(keepdims=True))
        start, self._offset = self._offset, self._offset + 1
        return Counts(
            version=self._version, stream="complaints", topic=SOURCE.topic, partition=0,
            partitions=1, start=start, end=start + 1, closed=True, first=start == 0,
            watermark=START + hour * HOUR, idle=0, approximate=False, late=0,
            cells=[_cells(keys, minutes, people), None, total], triggers=[], layout=self._layout,
        )  # fmt: skip


def _cells(keys: list[str], minutes: Ints, people: Ints) -> Cells:
    none = np.zeros(len(keys), np.int64)
    return Cells.pack(keys, CellNumbers(np.arange(len(keys)), minutes, people, people, none, none))


def _rss() -> float:
    return float(psutil.Process().memory_info().rss / MB)


def _peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB)


def main() -> None:
    options = _options()
    spawn = multiprocessing.get_context("spawn")
    sizes = []
    for series in options.series:
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            work = pool.submit(measured, series, options.hours, options.records, options.seed)
            sizes.append(work.result())
        print(json.dumps(sizes[-1]), flush=True)
    told = {"sizes": sizes, "hours": options.hours, "records": options.records}
    print(json.dumps(told | machine.surroundings("numpy", "msgspec")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = (10_000, 100_000, 1_000_000)
    parser.add_argument("--series", type=_numbers, default=sizes, help="10000,100000,1000000")
    parser.add_argument("--hours", type=int, default=26, help="of counts (26)")
    parser.add_argument("--records", type=float, default=40.0, help="of counts a second (40)")
    parser.add_argument("--seed", type=int, default=1, help="of the counts (1)")
    return parser.parse_args()


def _numbers(written: str) -> tuple[int, ...]:
    return tuple(int(part) for part in written.split(","))


if __name__ == "__main__":
    main()
