"""The memory for ids: bytes and time for each, restoring, and whether it ever errs.

    python -m benchmarks.seen
    python -m benchmarks.seen --ids 1000000 --distinct 1000000      in some seconds

Keys are hashed as intake does it. They come over seven days, so that every span of the memory has
its part, in batches of 1,024 (a chunk of intake) and of 16,384. Each meeting is one with ids that
are new. Times are processor time, from the hashes on; `hash_ns` comes before each of them.

- `bytes_per_id`: at `--ids` held, all in all, and at its worst while they came.
- `memory`: the same by ids held (50 thousand, 300 thousand, 3 million, `--ids`), those that come
  in one day beside those of seven; looked at after each chunk from 40,000 held on, so that no
  growth is missed. What a merge needs while it runs is not held and not counted. At most 8; fewer
  ids take up to 100 kB more than that, in tables and parts of a fixed least size.
- `meet_ns`: by ids held and batch, to ask for 65,536 new ones and keep them, at best; `fill_ns`:
  the mean over all that came, in the larger batches, with all the packing and merging.
- `restore_seconds`: from the records of the `seen` log, as many hashes as `--ids`.
- `false_duplicates`: among `--distinct` ids, all of them held in the end.
- `set_ns`, `dict_ns`: a Python set, and the dict of hash and time that stood here before.

Prints one JSON object last.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from operator import eq
from typing import Any, NamedTuple

import numpy as np

from benchmarks import machine
from streams.columnar.digests import Hashes, digests
from streams.seen.people import Seen
from streams.seen.recall import Recollection
from streams.seen.record import SeenChunk, decode, encode, packed

DAY = 86_400_000
HORIZON = 7 * DAY
CHUNK = 1024
BATCHES = (CHUNK, 16 * CHUNK)
BLOCK = 1 << 16
FEW = 1_000_000
SIZES = (50_000, 300_000, 3_000_000)
SETTLED = 40_000  # ids, from which on tables of the least size no longer tell
ROUNDS = 5


def timed(work: Callable[[], object]) -> float:
    """Processor seconds; without the collector's, which the worker has put off as well."""
    gc.disable()
    began = time.process_time()
    work()
    spent = time.process_time() - began
    gc.enable()
    return spent


def blocks(hashes: int, *, seed: int) -> Iterator[Hashes]:
    """So many hashes; of ids they would be as random."""
    random = np.random.default_rng(seed)
    for start in range(0, hashes, BLOCK):
        yield random.integers(0, 2**64, min(BLOCK, hashes - start), np.uint64)


def fill(seen: Seen, hashes: Hashes, *, batch: int, moment: int) -> int:
    """Meet them in batches; returns how many were taken for known."""
    known = 0
    for at in range(0, len(hashes), batch):
        part = hashes[at : at + batch]
        fresh = seen.meet(part, np.full(len(part), moment)).fresh
        known += len(part) - int(np.count_nonzero(fresh))
    return known


class Filled(NamedTuple):
    """A memory that was filled over seven days.

    Attributes:
        worst: the most bytes it took for an id on the way, from an eighth on.
        seconds: of the processor.
    """

    seen: Seen
    worst: float
    seconds: float


def filled(ids: int) -> Filled:
    seen, worst, spent, done = Seen(horizon=HORIZON), 0.0, 0.0, 0
    for block in blocks(ids, seed=1):
        moment = done * HORIZON // ids
        spent += timed(partial(fill, seen, block, batch=BATCHES[-1], moment=moment))
        done += len(block)
        worst = max(worst, seen.nbytes / done if done > ids // 8 else 0.0)
    return Filled(seen, worst, spent)


def memory(ids: int, *, days: int) -> dict[str, float]:
    """Bytes an id when all have come, and at worst on the way."""
    seen, worst, done = Seen(horizon=HORIZON), 0.0, 0
    for block in blocks(ids, seed=5):
        for at in range(0, len(block), CHUNK):
            part = block[at : at + CHUNK]
            seen.meet(part, np.full(len(part), done * days * DAY // ids))
            done += len(part)
            worst = max(worst, seen.nbytes / done if done > SETTLED else 0.0)
    return {"end": round(seen.nbytes / ids, 2), "worst": round(worst, 2)}


def memories(ids: int) -> dict[str, Any]:
    held = [*(size for size in SIZES if size < ids), ids]
    ways = {"seven_days": 7, "one_day": 1}
    return {"memory": {n: {way: memory(n, days=days) for way, days in ways.items()} for n in held}}


def meeting(seen: Seen, batch: int) -> float:
    """Nanoseconds an id that is new; the least of some rounds, as a machine may be shared."""
    seen.advance(HORIZON - 1)
    rounds = [
        timed(partial(fill, seen, new, batch=batch, moment=HORIZON - 1))
        for new in blocks(ROUNDS * BLOCK, seed=batch)
    ]
    return round(min(rounds) / BLOCK * 1e9, 1)


def meetings(ids: int) -> dict[str, Any]:
    spent = {0: [meeting(Seen(horizon=HORIZON), batch) for batch in BATCHES]}
    for held in (min(FEW, ids), ids):
        seen, worst, seconds = filled(held)
        size = seen.nbytes / len(seen)
        spent[held] = [meeting(seen, batch) for batch in BATCHES]
    return {
        "bytes_per_id": round(size, 2), "bytes_per_id_at_worst": round(worst, 2),
        "fill_ns": round(seconds / ids * 1e9, 1),
        "meet_ns": {n: dict(zip(BATCHES, ns, strict=True)) for n, ns in spent.items()},
    }  # fmt: skip


def log(hashes: int) -> list[bytes]:
    """Records of chunks: as many persons about a matter as ids."""
    marks, records = bytes(CHUNK), list[bytes]()
    for block in blocks(hashes, seed=3):
        for at in range(0, len(block), 2 * CHUNK):
            first = len(records) * CHUNK
            moment = len(records) * 2 * CHUNK * HORIZON // hashes // DAY * DAY
            ids, people = block[at : at + CHUNK], block[at + CHUNK : at + 2 * CHUNK]
            met = ({moment: packed(ids)}, {moment: packed(people)})
            records.append(encode(SeenChunk(first, first + CHUNK, moment, *met, marks)))
    return records


def restore(hashes: int) -> dict[str, Any]:
    records, seen = log(hashes), Seen(horizon=HORIZON)

    def read() -> None:
        recollection = Recollection(seen, before=len(records) * CHUNK, watermark=HORIZON)
        for at in range(0, len(records), 500):
            recollection.take(map(decode, records[at : at + 500]))
        recollection.finish()

    seconds = timed(read)
    assert len(seen) == hashes
    return {
        "restore_seconds": round(seconds, 2),
        "restored_bytes_per_id": round(seen.nbytes / hashes, 2),
        "log_bytes_per_id": round(sum(map(len, records)) / hashes, 2),
    }  # fmt: skip


def false_duplicates(distinct: int) -> dict[str, Any]:
    """Among real ids; and what it takes to hash one."""
    seen, known, spent = Seen(horizon=HORIZON), 0, 0.0
    for start in range(0, distinct, BLOCK):
        keys = [f"complaint-{n:09}" for n in range(start, min(start + BLOCK, distinct))]
        began = time.process_time()
        hashes = digests(keys, 0)
        spent += time.process_time() - began
        moment = start * HORIZON // distinct
        known += fill(seen, hashes, batch=BATCHES[-1], moment=moment)
    assert len(seen) == distinct - known
    return {
        "distinct": distinct, "false_duplicates": known,
        "hash_ns": round(spent / distinct * 1e9, 1),
    }  # fmt: skip


def peers(ids: int) -> dict[str, float]:
    """The same with what Python brings, in batches of a chunk, from empty to `ids`."""
    batches = [
        block[at : at + CHUNK].tolist()
        for block in blocks(ids, seed=4)
        for at in range(0, len(block), CHUNK)
    ]
    known: set[int] = set()
    met: dict[int, int] = {}

    def by_set() -> None:
        for batch in batches:
            list(map(known.__contains__, batch))
            known.update(batch)

    def by_dict() -> None:
        for number, batch in enumerate(batches):
            meetings = range(number * CHUNK, number * CHUNK + len(batch))
            list(map(eq, map(met.setdefault, batch, meetings), meetings))

    return {
        "peer_ids": ids, "set_ns": round(timed(by_set) / ids * 1e9, 1),
        "dict_ns": round(timed(by_dict) / ids * 1e9, 1),
    }  # fmt: skip


def measured(*, ids: int, distinct: int, peer_ids: int) -> dict[str, Any]:
    return {
        "ids": ids, **peers(peer_ids), **meetings(ids), **memories(ids), **restore(ids),
        **false_duplicates(distinct),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ids", type=int, default=30_000_000, help="held at once")
    parser.add_argument("--distinct", type=int, default=100_000_000, help="for false duplicates")
    parser.add_argument("--peer-ids", type=int, default=2_000_000, help="for set and dict")
    options = parser.parse_args()
    found = measured(ids=options.ids, distinct=options.distinct, peer_ids=options.peer_ids)
    print(json.dumps(found | machine.surroundings("numpy", "xxhash")))


if __name__ == "__main__":
    main()
