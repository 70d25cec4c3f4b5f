"""What happens to events on their way: delays, damage, deliveries that are repeated."""

from collections.abc import Callable, Sequence
from operator import methodcaller
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from detectors.columns import Ints
from streams.configuration.sections import Stream
from streams.events.event import Complaint, Mention
from streams.files.inputs import wire

LATE, VERY_LATE = 0.015, 0.004
SOON: Final = (200, 60_000)  # ms from an event to its arrival
LATER: Final = (60_000, 900_000)
MUCH_LATER: Final = (900_000, 21_600_000)
DAMAGED: Final = 0.0006
REPEATED: Final = 0.001
REPEATED_AFTER: Final = (1_000, 3_600_000)

Damage = Callable[[bytes], bytes]


class Made(NamedTuple):
    """One record: when it arrives (ms), of which event, and what became of it on its way.

    A damaged one is a broken twin of an event that also arrives whole; `again` marks a second
    delivery of the same.
    """

    arrives: int
    event: Complaint | Mention
    damage: Damage | None = None
    again: bool = False

    @property
    def stream(self) -> Stream:
        return "mentions" if isinstance(self.event, Mention) else "complaints"

    @property
    def raw(self) -> bytes:
        """As it travels, and stands on a line of a file."""
        raw = wire(self.event)
        return self.damage(raw) if self.damage else raw

    @property
    def delay(self) -> int:
        """Milliseconds on its way."""
        return self.arrives - self.event.time


def sent(rng: Generator, events: Sequence[Complaint | Mention]) -> list[Made]:
    delays = _delays(rng, len(events)).tolist()
    return [Made(e.time + delay, e) for e, delay in zip(events, delays, strict=True)]


def damaged(rng: Generator, made: Sequence[Made]) -> list[Made]:
    """Broken twins of a few records; no event is lost by them."""
    places = np.flatnonzero(rng.random(len(made)) < DAMAGED).tolist()
    kinds = rng.integers(0, len(DAMAGES), len(places)).tolist()
    return [
        made[place]._replace(damage=DAMAGES[kind])
        for place, kind in zip(places, kinds, strict=True)
    ]


def repeated(rng: Generator, made: Sequence[Made]) -> list[Made]:
    """Second deliveries of a few records, as from a source that had no answer to the first."""
    places = np.flatnonzero(rng.random(len(made)) < REPEATED).tolist()
    after = rng.integers(*REPEATED_AFTER, len(places)).tolist()
    return [
        made[place]._replace(arrives=made[place].arrives + later, again=True)
        for place, later in zip(places, after, strict=True)
    ]


def _delays(rng: Generator, n: int) -> Ints:
    """Milliseconds on the way: most come soon, some within 15 minutes, a few hours later."""
    luck = rng.random(n)
    soon, later, much_later = (rng.integers(*span, n) for span in (SOON, LATER, MUCH_LATER))
    return np.where(luck < VERY_LATE, much_later, np.where(luck < VERY_LATE + LATE, later, soon))


DAMAGES: Final[tuple[Damage, ...]] = (
    methodcaller("replace", b"}", b"", 1),  # cut off
    methodcaller("replace", b'"id":"', b'"id":"","was":"', 1),
    methodcaller("replace", b'"time":', b'"time":"yesterday","was":', 1),
    methodcaller("replace", b'{"id":', b'\xff\xfe{"id":', 1),
    methodcaller("replace", b'{"id":', b'ERROR 502 {"id":', 1),
)
