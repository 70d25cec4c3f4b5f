"""What the counts log and the signals add up to, as an independent reader understands them."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from streams.counts.cells import Cells, Counts
from tests.kafka.installation import SENTINEL

Place = tuple[str, int]  # a source partition
Chunks = dict[int, Counts]  # by offset of the first record
TOTAL = -1  # the place of the stream's total among the cuts


def newest(counts: Iterable[Counts]) -> dict[Place, Chunks]:
    """The newest word on each chunk; what is said twice must be said in the same words."""
    found: dict[Place, Chunks] = {}
    for record in counts:
        if record.idle:
            continue
        chunks = found.setdefault((record.topic, record.partition), {})
        held = chunks.setdefault(record.start, record)
        if (held.end, held.closed) == (record.end, record.closed):
            assert held == record
        elif (held.end, held.closed) < (record.end, record.closed):
            chunks[record.start] = record
    return found


def assert_whole(found: dict[Place, Chunks]) -> None:
    """Each partition's chunks follow each other without a hole or an overlap."""
    for chunks in found.values():
        in_order = [chunks[start] for start in sorted(chunks)]
        assert in_order[0].start == 0
        for before, after in pairwise(in_order):
            assert before.closed
            assert before.end == after.start


def people(counts: Iterable[Counts], stream: str, cut: int = TOTAL) -> Counter[str]:
    """People by series of one cut; the total's only series has no name."""
    return _sums(counts, stream, cut, "people")


def events(counts: Iterable[Counts], stream: str, cut: int = TOTAL) -> Counter[str]:
    """The same of the events that counted, repeat contacts among them."""
    return _sums(counts, stream, cut, "events")


def _sums(counts: Iterable[Counts], stream: str, cut: int, column: str) -> Counter[str]:
    sums: Counter[str] = Counter()
    for chunks in newest(counts).values():
        for record in chunks.values():
            cells = record.cells[cut] if record.stream == stream else None
            if isinstance(cells, Cells):
                found = cells.numbers()
                numbers = getattr(found, column).tolist()
                for series, number in zip(found.series.tolist(), numbers, strict=True):
                    sums[cells.keys[series]] += number
    return sums


def confirmed(signals: Iterable[dict[str, Any]]) -> dict[tuple[str, int], tuple[str, ...]]:
    """What was confirmed, by id and revision; a repeated record must say the same.

    Reports of harm that `Installation.settle` made up are left out.
    """
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for signal in signals:
        invented = signal["scope"].get("product", "").startswith(SENTINEL)
        if signal["state"] != "confirmed" or invented:
            continue
        said = (
            signal["onset"], signal["at"], str(signal["observed"]),
            f"{signal['expected']:.9g}", f"{signal['score']:.9g}",
        )  # fmt: skip
        assert found.setdefault((signal["id"], signal["revision"]), said) == said
    return found
