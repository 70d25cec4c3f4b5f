"""Batches in the field and what people write of them, for the judge of batches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from alerts.gates import Step
from alerts.signal import Signal
from detectors.columns import Floats, Ints
from streams.configuration.sections import Cut, Detection
from streams.counts.cells import Counts
from streams.detection.batches import Batch, Batches, Name
from streams.detection.judges.batches import BatchJudge
from streams.detection.judges.bench import Bench
from streams.detection.judges.judge import Closed, Judge, Seat
from streams.detection.packing import freeze, thaw
from streams.detection.snapshots import Frozen
from streams.detection.stream import Stream
from streams.events.event import Complaint
from streams.settings import Settings
from tests.streams.counts import emitted, records
from tests.streams.logs import DAY, HOUR, START, complaint, settings
from tests.streams.shown import Shown

BATCHES, DAYS = 40, 23
BAD, UNITS = "B07", 2000
INCIDENT = 17 * 24 + 5
FIRST = START // HOUR
CUT = Cut(
    stream="complaints", by=("product", "batch"), family="product", methods=("surge", "batches")
)
FAULTS = Cut(
    stream="complaints", by=("product", "batch", "category"), family="product", methods=()
)  # fmt: skip
PLAN = settings().model_copy(
    update={"cuts": (CUT, FAULTS), "detection": Detection(shards=1, series=2000)}
)
SHIPPED = (datetime.fromtimestamp(START / 1000, UTC) - timedelta(days=40)).date()


def name(n: int) -> str:
    return f"B{n:02}"


def table(**changed: Batch | None) -> Batches:
    """All of one product and alike, but for the ones given; None: it is not in it."""
    known: dict[Name, Batch] = {
        ("kettle", name(n)): Batch(None, SHIPPED, UNITS) for n in range(BATCHES)
    }
    for one, batch in changed.items():
        known.pop(("kettle", one), None)
        if batch is not None:
            known["kettle", one] = batch
    return Batches(known)


@cache
def history(*, extra: int = 12) -> list[Complaint]:
    """One complaint an hour over all batches, and within a day so many more of one, of leaks."""
    chance = np.random.default_rng(8)
    hours = chance.poisson(1.0 / BATCHES, (DAYS * 24, BATCHES))
    found = [
        (START + hour * HOUR + int(at), name(batch), "billing" if at % 2 else "staff")
        for hour, batch in np.argwhere(hours).tolist()
        for at in chance.integers(HOUR, size=hours[hour, batch])
    ]
    begins = START + INCIDENT * HOUR
    found += [(begins + int(at), BAD, "leak") for at in chance.integers(DAY, size=extra)]
    return [
        complaint(n, at, batch=batch, category=category)
        for n, (at, batch, category) in enumerate(sorted(found))
    ]


@cache
def log(*, extra: int = 12) -> list[Counts]:
    said = records(history(extra=extra), ends=START + DAYS * DAY)
    sent = emitted(PLAN, said, every=1, after=430)
    return [counts for (counts,) in sent]


@dataclass
class Watched:
    """A stream with a judge of batches, and what that made of each hour, by batch."""

    known: Batches = field(default_factory=table)
    which: Settings = PLAN
    shard: int = 0
    buckets: list[int] = field(default_factory=list)
    due: list[Floats] = field(default_factory=list)
    scores: list[Floats] = field(default_factory=list)
    people: list[Ints] = field(default_factory=list)
    shown: Shown = field(
        default_factory=lambda: Shown(Step.BATCH, {"product": "kettle", "batch": BAD})
    )

    def __post_init__(self) -> None:
        makers = {"batches": self._made}
        self.stream = Stream(
            "complaints", self.which, self.shard, makers=makers, watch=self._seen
        )  # fmt: skip

    def _made(self, seat: Seat) -> Judge:
        self.judge = BatchJudge(seat, self.known)
        return self.judge

    def _seen(self, stream: str, closed: Closed, judges: Bench) -> None:
        if self.judge._due is None or self.judge._verdict is None:
            return
        self.buckets.append(closed.bucket)
        self.due.append(self.judge._due.people)
        self.scores.append(self.judge._verdict.score)
        self.people.append(self.judge._register.people(closed.people))
        self.shown(stream, closed, judges)

    @classmethod
    def begun(cls) -> "Watched":
        """One that has read the first record, of what came before the last days."""
        one = cls()
        one.stream.restore(thaw(_begun()))
        return one

    def read(self, log: list[Counts]) -> list[Signal]:
        return [signal for counts in log for signal in self.stream.apply(counts)]

    @property
    def held(self) -> Mapping[str, Any]:
        held: Mapping[str, Any] = self.stream.judges.snapshot()["judges"]["batches"]
        return held


@cache
def _begun() -> Frozen:
    one = Watched()
    one.read(log()[:1])
    return freeze(one.stream.snapshot())
