"""Events that are enough by themselves, as the contract drives them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import numpy as np

from alerts.signal import Kind
from detectors.columns import Bools, Ints
from streams.counts.cells import Trigger
from streams.detection.triggers import Report, Triggers
from tests.contract.told import Told

MOST = 3
"""Reports of a scope in an hour, however many the contract asks for."""
ENOUGH, QUIET = 2, 6


@dataclass(slots=True)
class Reported:
    """What is known of so many scopes; a column of bytes to whom compares it."""

    triggers: Triggers
    size: int

    def columns(self) -> dict[str, Any]:
        return {"triggers": np.frombuffer(msgspec.msgpack.encode(self.triggers), np.uint8)}

    def restored(self) -> "Reported":
        held = msgspec.msgpack.encode(self.triggers)
        return Reported(msgspec.msgpack.decode(held, type=Triggers), self.size)

    def told(self, reports: Iterable[Report]) -> Told:
        """By scope, whether it is among those reported, and its people."""
        above, people = np.zeros(self.size, np.bool_), np.zeros(self.size, np.int64)
        above[[_place(report.scope) for report in reports]] = True
        for scope, watch in self.triggers.watched.items():
            people[_place(scope)] = len(watch.people)
        return Told(above, people)

    def add(self, counts: Ints, *, hour: int) -> list[Report]:
        """Each report is by somebody else."""
        news = [
            Trigger("injury", hour * 60, hour * 60, who, who, {"product": str(place)}, "")
            for place, count in enumerate(counts.tolist())
            for who in (f"{hour}-{n}" for n in range(min(count, MOST)))
        ]
        return self.triggers.add(news, minutes=60, least=hour)


@dataclass(slots=True)
class TriggerCase:
    """A series is a product, of which so many people report an injury; two are enough.

    It takes no mask: a report is a report, whatever an outage hides beside it. Its score is the
    number of people, so there is nothing to add up.
    """

    kind: ClassVar = Kind.TRIGGER
    hours: ClassVar[int] = 60
    many: ClassVar[int] = 23
    state: Reported

    @classmethod
    def of(cls, n: int) -> "TriggerCase":
        return cls(Reported(Triggers.empty(enough=ENOUGH, quiet=QUIET), n))

    def grow(self, n: int, *, born: int) -> None:
        self.state.size += n

    def judge(self, counts: Ints, *, hour: int, masked: Bools | None = None) -> Told:
        """As it is told while the hour is open."""
        state = self.state.restored()
        reports = state.add(counts, hour=hour)
        state.triggers.close(hour)
        return state.told(reports)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Told:  # fmt: skip
        """As it is told at the close."""
        self.state.add(counts, hour=hour)
        return self.state.told(self.state.triggers.close(hour))

    def restored(self) -> "TriggerCase":
        return TriggerCase(self.state.restored())


def _place(scope: tuple[tuple[str, str], ...]) -> int:
    return int(dict(scope)["product"])
