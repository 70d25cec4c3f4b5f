"""What a peer is asked to do, and the three cuts it counts by."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

TOPIC = "complaints"


class Complaint(msgspec.Struct, gc=False):
    """The fields that are counted by; for peers that bring no JSON of their own."""

    category: str
    region: str
    product: str
    batch: str


decode = msgspec.json.Decoder(Complaint).decode


class Task(NamedTuple):
    """Read so many events of the topic under this group; the folder is the peer's own."""

    bootstrap: str
    group: str
    events: int
    folder: Path


class Tally:
    """Counts by category, by region and category, and by product and batch."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._counted, self._begun = wanted, 0, 0.0
        self._by_category: defaultdict[str, int] = defaultdict(int)
        self._by_region: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._by_batch: defaultdict[tuple[str, str], int] = defaultdict(int)

    @property
    def done(self) -> bool:
        return self._counted >= self._wanted

    def add(self, category: str, region: str, product: str, batch: str) -> None:
        self._begun = self._begun or time.perf_counter()
        self._by_category[category] += 1
        self._by_region[region, category] += 1
        self._by_batch[product, batch] += 1
        self.passed()

    def add_all(self, complaints: Iterable[Complaint]) -> None:
        """Those of one batch; what decodes them as they are taken is timed too."""
        self._begun = self._begun or time.perf_counter()
        by_category, by_region, by_batch = self._by_category, self._by_region, self._by_batch
        counted = 0
        for complaint in complaints:
            by_category[complaint.category] += 1
            by_region[complaint.region, complaint.category] += 1
            by_batch[complaint.product, complaint.batch] += 1
            counted += 1
        self.passed(counted)

    def passed(self, events: int = 1) -> None:
        """So many more are counted; the last one wanted ends the measurement."""
        self._begun = self._begun or time.perf_counter()
        before, self._counted = self._counted, self._counted + events
        if before < self._wanted <= self._counted:
            seconds = time.perf_counter() - self._begun
            print(json.dumps({"events": self._counted, "seconds": seconds}), flush=True)
