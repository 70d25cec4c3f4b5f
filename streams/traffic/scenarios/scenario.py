"""What a labelled happening in the generated traffic is, and the label that says so."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, NamedTuple

import msgspec
from numpy.random import Generator

from streams.events.event import MILLISECOND, Complaint, Mention, iso, milliseconds
from streams.traffic.scene import Scene


class Kind(StrEnum):
    """The kinds of happening; the values stand in the labels."""

    CAMPAIGN = "campaign"
    DEFECT_BATCH = "defect_batch"
    REGIONAL_SURGE = "regional_surge"
    SOCIAL_WAVE = "social_wave"
    SILENCE = "silence"
    SAFETY_REPORT = "safety_report"


class Planted(NamedTuple):
    """The events of one happening and the scope it should be found in."""

    scope: dict[str, str]
    events: Sequence[Complaint | Mention] = ()


class Label(msgspec.Struct, frozen=True):
    """One happening: from its first event to its last, all of whose ids it names.

    A silence has no events and lasts from the first moment without any. Nobody is to be
    alarmed by an innocent one.
    """

    name: str
    kind: Kind
    scope: dict[str, str]
    begins: str
    ends: str
    innocent: bool
    events: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Scenario(ABC):
    """One kind of happening; `begins` and `ends` bound its events."""

    kind: ClassVar[Kind]
    innocent: ClassVar[bool] = False
    begins: datetime
    lasts: timedelta = MILLISECOND

    @property
    def ends(self) -> datetime:
        return self.begins + self.lasts

    @abstractmethod
    def plant(self, rng: Generator, scene: Scene) -> Planted: ...

    def mutes(self, event: Complaint | Mention) -> bool:
        """Whether it keeps an event from being sent."""
        return False


def label(
    scenario: Scenario, scope: dict[str, str], events: Sequence[Complaint | Mention], *, number: int
) -> Label:
    times = [event.time for event in events]
    return Label(
        name=f"{scenario.kind}-{number}", kind=scenario.kind, scope=scope,
        begins=iso(min(times, default=milliseconds(scenario.begins))),
        ends=iso(max(times, default=milliseconds(scenario.ends))),
        innocent=scenario.innocent, events=tuple(event.id for event in events),
    )  # fmt: skip
