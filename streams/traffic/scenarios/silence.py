"""A source falls silent."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from numpy.random import Generator

from streams.events.event import Complaint, Mention, milliseconds
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import Scene


@dataclass(frozen=True, kw_only=True)
class Silence(Scenario):
    """One channel of complaints brings nothing more: all that happens in that time is lost.

    What happened before and is still on its way arrives.
    """

    kind: ClassVar[Kind] = Kind.SILENCE
    lasts: timedelta = timedelta(hours=24)
    channel: str

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        return Planted({"stream": "complaints", "source": "complaints", "channel": self.channel})

    def mutes(self, event: Complaint | Mention) -> bool:
        if not isinstance(event, Complaint) or event.channel != self.channel:
            return False
        return milliseconds(self.begins) <= event.time < milliseconds(self.ends)
