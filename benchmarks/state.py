"""What many series cost one detection worker: memory, judging, snapshots, restoring.

    python -m benchmarks.state
    python -m benchmarks.state --series 10000,100000 --hours 400

One shard is filled with counts by product and batch (its log is made here, no broker is needed),
hour by hour: each series has complaints in the first hour, and afterwards at a low rate of its own.
After six weeks its state is as full as it will be. No more than `SAMPLE` series grow so; a larger
shard is drawn from them with replacement, so that memory and bytes are of a grown one.

Then a process of its own does what a worker does that starts anew: it restores the shard from the
table, goes on for some hours, in each of which a series is born, and writes snapshots. Prints one
JSON object last; its times are CPU seconds:

- `restore_seconds`: from the slices in the table to a shard that goes on;
- `judge_seconds`: one bucket of all series closes, the median of the hours after the first;
- `record_ms`: one record of the log, of `CHUNK` series, is applied (a restart reads some again);
- `snapshot_seconds` and `snapshot_mb`: one snapshot, in its slices;
- `snapshot_mb_an_hour`: one every `snapshot_every_seconds`, which follow from its cost, the default
  `snapshot_every` and the records a second of `--records`, which is four partitions whose chunks
  are sent ten times a second, as often as they can be (`streams.detection.pace`);
- `rss_mb`, of which `before_mb` are code and libraries: as it runs on, what Faust's memory store
  holds of the snapshots included; `peak_mb` is the highest there was.
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
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
import psutil

from benchmarks import machine
from benchmarks.load import START
from detectors.columns import Floats, Ints
from streams.configuration.sections import MINUTES, Cut, Detection, Source, counted
from streams.counts.cells import SEPARATOR, CellNumbers, Cells, Counts, layout
from streams.detection import snapshots
from streams.detection.pace import Pace
from streams.detection.packing import freeze, thaw
from streams.detection.shards import Shard
from streams.detection.snapshots import Frozen
from streams.detection.stage import KEPT
from streams.settings import Settings

MB = 1e6
CHUNK = 1000  # series with complaints in one record of the log
BATCHES = 50  # of a product
SAMPLE = 20_000  # series that grow hour by hour; further ones are drawn from them
GOING_ON = 4  # hours after a restart, each with a series that is new
HOUR = 3_600_000  # ms
SECONDS = 3600
CUT = Cut(stream="complaints", by=("product", "batch"), family="product")
SOURCE = Source(topic="complaints", stream="complaints", key="person", partitions=1)
Table = dict[bytes, bytes]


def grown(series: int, hours: int, seed: int, kept: Path) -> int:
    """Write what a snapshot holds of a shard after so many hours; returns the log's next offset."""
    sample = min(series, SAMPLE)
    shard, log = Shard(_settings(sample), 0), _Log(_rates(series, seed)[:sample], seed)
    for hour in range(hours):
        _closing(shard, log.hour(hour))
    frozen = shard.snapshot()
    if sample < series:
        frozen = freeze(
            _drawn(thaw(frozen), _places(series, seed), [key(n) for n in range(series)])
        )
    kept.write_bytes(msgspec.msgpack.encode(frozen))
    return log.offset


def measured(
    series: int, hours: int, seed: int, kept: Path, *, offset: int, records: float
) -> dict[str, Any]:
    """Meant for a process of its own, whose memory is measured."""
    before = _rss()
    settings, table = _settings(series), Table()
    for number in range(KEPT):
        table |= snapshots.sliced(0, number, _slices(kept))
    shard, restore_seconds = _restored(settings, table, series)
    log = _Log(_rates(series, seed), seed, offset=offset)
    spent = []
    for hour in range(hours, hours + GOING_ON):
        log.bear()
        spent.append(_closing(shard, log.hour(hour)))
    judging, applying = zip(*spent, strict=True)
    applied = (log.offset - offset - GOING_ON) or 1
    del log
    snapshot_seconds = _snapshots(shard, table)
    gc.collect()
    rss, size = _rss(), sum(map(len, table.values())) / MB
    record_seconds = sum(applying) / applied
    seconds = _seconds_between(
        Pace(cost=snapshot_seconds), every=settings.detection.snapshot_every, records=records,
        work=record_seconds * records + median(judging[1:]) / SECONDS,
    )  # fmt: skip
    return {
        "series": series, "hours": hours, "before_mb": round(before), "rss_mb": round(rss),
        "peak_mb": _peak(), "bytes_a_series": round((rss - before) * MB / series),
        "judge_seconds": round(median(judging[1:]), 3),
        "record_ms": round(record_seconds * 1000, 2),
        "snapshot_seconds": round(snapshot_seconds, 2), "snapshot_mb": round(size, 1),
        "snapshot_every_seconds": round(seconds),
        "snapshot_mb_an_hour": round(size * SECONDS / seconds),
        "restore_seconds": round(restore_seconds, 2),
    }  # fmt: skip


def _slices(kept: Path) -> Frozen:
    """As read from the changelog, and no second copy."""
    return msgspec.msgpack.decode(kept.read_bytes(), type=Frozen)


def _snapshots(shard: Shard, table: Table) -> float:
    """Write further ones into the table, as the stage does; returns the CPU seconds of one."""
    began = time.process_time()
    for offset in range(KEPT, 2 * KEPT):
        for _ in snapshots.records(0, offset, shard.packed()):
            pass  # what the stage sends
        _empty(table, offset)
        table |= snapshots.sliced(0, offset, shard.snapshot())
        needed = snapshots.needed_from(table, 0, kept=KEPT)
        for key in snapshots.outdated(table, 0, keep_from=needed):
            del table[key]
    return (time.process_time() - began) / KEPT


def _empty(table: Table, offset: int) -> None:
    table |= dict.fromkeys(snapshots.superseded(table, 0, offset=offset), b"")


def _seconds_between(pace: Pace, *, every: int, records: float, work: float) -> float:
    """Of two snapshots, where so many records a second are so much work a second."""
    looks = (times * every / records for times in count(1))
    return pace.cost + next(at for at in looks if pace.worked(work * at).due(at))


def _restored(settings: Settings, table: Table, series: int) -> tuple[Shard, float]:
    """A shard that goes on with all its series, and the CPU seconds until it does."""
    began = time.process_time()
    restored, frozen = Shard(settings, 0), snapshots.joined(table, 0, KEPT - 1)
    _empty(table, KEPT - 1)
    restored.restore(frozen)
    assert restored.series() == series
    return restored, time.process_time() - began


def _rates(series: int, seed: int) -> Floats:
    """People an hour, by series."""
    rates = np.exp(np.random.default_rng(seed).normal(-1.5, 1.0, min(series, SAMPLE)))
    return rates if series <= SAMPLE else rates[_places(series, seed)]


def _places(series: int, seed: int) -> Ints:
    """Of which of the sample each series is drawn: itself, and what chance gives the others."""
    others = np.random.default_rng([seed, series]).integers(0, SAMPLE, series - SAMPLE)
    return np.concatenate([np.arange(SAMPLE), others])


def _drawn(state: dict[str, Any], places: Ints, keys: list[str]) -> dict[str, Any]:
    """The state of a shard whose series have these keys, each a copy of a place of this one's."""
    held, rows = state["complaints"], np.arange(1, places.size + 1)  # the first is the total's
    series = held["series"]
    series |= {
        "cuts": np.append(series["cuts"][:1], np.zeros(places.size, np.int64)),
        "fields": [series["fields"][0], *keys], "row_of": rows, "last": series["last"][places],
        "open": {
            bucket: np.append(people[:1], people[series["row_of"]][places])
            for bucket, people in series["open"].items()
        },
    }  # fmt: skip
    held |= {"judges": _of_places(held["judges"], places), "held": {}}
    return state


def _of_places(value: Any, places: Ints) -> Any:
    if isinstance(value, dict):
        return {name: _of_places(one, places) for name, one in value.items()}
    of_series = isinstance(value, np.ndarray) and value.shape[-1] == SAMPLE
    return value[..., places] if of_series else value


def _closing(shard: Shard, log: Iterator[Counts]) -> tuple[float, float]:
    """Applies an hour's records: CPU seconds of the first, which closes one, and of the others."""
    first, *others = log
    began = time.process_time()
    shard.apply(first)
    closed = time.process_time()
    for counts in others:
        shard.apply(counts)
    return closed - began, time.process_time() - closed


def _settings(series: int) -> Settings:
    detection = Detection(shards=1, max_series=series + GOING_ON, series=series)
    return Settings(sources=(SOURCE,), cuts=(CUT,), detection=detection)


def key(n: int) -> str:
    return f"p{n // BATCHES:05}{SEPARATOR}b{n % BATCHES:02}"


class _Log:
    """The counts of one partition, a closed chunk a record."""

    def __init__(self, rates: Floats, seed: int, *, offset: int = 0) -> None:
        settings = _settings(rates.size)
        self._rng = np.random.default_rng([seed, offset])
        self._grown, self._rates = rates.size, rates
        self._version = settings.version
        self._layout = layout(counted(settings.cuts, "complaints"))
        self.offset = offset

    def _key(self, n: int) -> str:
        """Made anew each time: a million of them, held here, would count as the worker's memory."""
        return key(n) if n < self._grown else f"new{SEPARATOR}b{n}"

    def bear(self) -> None:
        """One more series, which nearly surely has complaints in the next hour."""
        self._rates = np.append(self._rates, 10.0)

    def hour(self, hour: int) -> Iterator[Counts]:
        """The first record of an hour closes the one before."""
        people = np.maximum(self._rng.poisson(self._rates), int(hour == 0))
        places = np.flatnonzero(people)
        for at in range(0, len(places), CHUNK):
            some = places[at : at + CHUNK]
            yield self._record(hour, [self._key(n) for n in some.tolist()], people[some])

    def _record(self, hour: int, keys: list[str], people: Ints) -> Counts:
        """The numbers of source records are of no matter here."""
        minutes = START // 60_000 + hour * MINUTES + self._rng.integers(0, MINUTES, len(keys))
        total = _cells([""], minutes[:1], people.sum(keepdims=True))
        start, self.offset = self.offset, self.offset + 1
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
        with TemporaryDirectory() as folder:
            asked = series, options.hours, options.seed, Path(folder, "snapshot")
            with ProcessPoolExecutor(1, mp_context=spawn) as pool:
                offset = pool.submit(grown, *asked).result()
            with ProcessPoolExecutor(1, mp_context=spawn) as pool:
                told = {"offset": offset, "records": options.records}
                sizes.append(pool.submit(measured, *asked, **told).result())
        print(json.dumps(sizes[-1]), flush=True)
    found = {"sizes": sizes, "hours": options.hours, "records": options.records}
    print(json.dumps(found | machine.surroundings("numpy", "msgspec")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = (10_000, 100_000, 1_000_000)
    parser.add_argument("--series", type=_numbers, default=sizes, help="10000,100000,1000000")
    parser.add_argument("--hours", type=int, default=1008, help="of counts (1008)")
    parser.add_argument("--records", type=float, default=40.0, help="of counts a second (40)")
    parser.add_argument("--seed", type=int, default=1, help="of the counts (1)")
    return parser.parse_args()


def _numbers(written: str) -> tuple[int, ...]:
    return tuple(int(part) for part in written.split(","))


if __name__ == "__main__":
    main()
