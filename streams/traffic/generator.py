"""Realistic complaint traffic from a seed: ordinary days, labelled incidents, imperfect arrival."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from streams.events import EPOCH, MILLISECOND, Complaint, Mention
from streams.files import wire
from streams.sections import Stream
from streams.traffic.draws import Ints, dice
from streams.traffic.filings import REPEATS, complaints
from streams.traffic.population import book, population
from streams.traffic.posts import REPOSTS, mentions
from streams.traffic.scenarios import Label, Planted, Scenario, label
from streams.traffic.scene import DAY, Scene

PER_DAY: Final = 3200.0
MENTIONS: Final = 0.25  # of all events

LATE, VERY_LATE = 0.015, 0.004
SOON: Final = (200, 60_000)  # ms from an event to its arrival
LATER: Final = (60_000, 900_000)
MUCH_LATER: Final = (900_000, 21_600_000)
DAMAGED: Final = 0.0006

FILING, POSTING, TRANSPORT, PLANTING = range(4)  # each draws from dice of its own


class Made(NamedTuple):
    """One record: when it arrives (ms), on which stream; what is damaged is bytes."""

    arrives: int
    stream: Stream
    event: Complaint | Mention | bytes

    @property
    def raw(self) -> bytes:
        """As it travels, and stands on a line of a file."""
        return self.event if isinstance(self.event, bytes) else wire(self.event)


@dataclass(frozen=True)
class Traffic:
    """All that was made, in the order of arrival; made anew, and alike, at each reading."""

    start: int
    days: int
    labels: list[Label]
    _seed: int
    _scene: Scene
    _planted: list[Sequence[Complaint | Mention]]

    @property
    def end(self) -> int:
        return self.start + self.days * DAY

    def __iter__(self) -> Iterator[Made]:
        return chain.from_iterable(self.daily())

    def daily(self) -> Iterator[list[Made]]:
        """What arrives within each 24 hours from the start."""
        waiting = [made for n, some in enumerate(self._planted) for made in self._incident(n, some)]
        for day in range(self.days):
            waiting += self._ordinary(day)
            bound = self.start + (day + 1) * DAY
            come = sorted((m for m in waiting if m.arrives < bound), key=attrgetter("arrives"))
            waiting = [made for made in waiting if made.arrives >= bound]
            yield come

    def _ordinary(self, day: int) -> list[Made]:
        start = self.start + day * DAY
        rng = dice(self._seed, TRANSPORT, day)
        filed = complaints(dice(self._seed, FILING, day), self._scene, start)
        posted = mentions(dice(self._seed, POSTING, day), self._scene, start)
        made = _sent(rng, "complaints", filed) + _sent(rng, "mentions", posted)
        return made + _damaged(rng, made)

    def _incident(self, number: int, events: Sequence[Complaint | Mention]) -> list[Made]:
        """Its records, all of which arrive before the end."""
        stream: Stream = "mentions" if isinstance(events[0], Mention) else "complaints"
        made = _sent(dice(self._seed, PLANTING, number, TRANSPORT), stream, events)
        return [one._replace(arrives=min(one.arrives, self.end - 1)) for one in made]


def generate(
    *, seed: int, start: datetime, days: int, per_day: float = PER_DAY,
    incidents: Sequence[Scenario] = (),
) -> Traffic:  # fmt: skip
    """The traffic of `days` times 24 hours from `start`, which must have a zone.

    The same arguments make the same traffic; incidents add to it and change nothing else.

    Args:
        seed: from 0.
        start: of the first event.
        days: at least 1.
        per_day: complaints and mentions together, repeats and reposts among them.
        incidents: within the days.

    Raises:
        ValueError: names argument, value and rule.
    """
    _check(seed=seed, start=start, days=days, per_day=per_day, incidents=incidents)
    rates: dict[Stream, float] = {
        "complaints": per_day * (1 - MENTIONS) / (1 + REPEATS),
        "mentions": per_day * MENTIONS / (1 + REPOSTS),
    }
    scene = Scene(population(), book(), rates)
    planted = [
        incident.plant(dice(seed, PLANTING, number), scene)
        for number, incident in enumerate(incidents)
    ]
    began = (start - EPOCH) // MILLISECOND
    return Traffic(
        began, days, _labels(incidents, planted), seed, scene,
        [plant.events for plant in planted if plant.events],
    )  # fmt: skip


def _check(
    *, seed: int, start: datetime, days: int, per_day: float, incidents: Sequence[Scenario]
) -> None:
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}")
    if start.tzinfo is None:
        raise ValueError(f"start must have a zone, got {start.isoformat()}")
    if days < 1:
        raise ValueError(f"days must be at least 1, got {days}")
    if not 0 < per_day < np.inf:
        raise ValueError(f"per_day must be above 0 and finite, got {per_day}")
    end = start + timedelta(days=days)
    for incident in incidents:
        if not start <= incident.begins <= incident.ends <= end:
            raise ValueError(
                f"{incident.kind} must lie within {start.isoformat()} to {end.isoformat()}, "
                f"got {incident.begins.isoformat()} to {incident.ends.isoformat()}"
            )


def _labels(incidents: Sequence[Scenario], planted: list[Planted]) -> list[Label]:
    both = enumerate(zip(incidents, planted, strict=True), 1)
    return [label(incident, plant, number=n) for n, (incident, plant) in both if plant.events]


def _sent(rng: Generator, stream: Stream, events: Sequence[Complaint | Mention]) -> list[Made]:
    delays = _delays(rng, len(events)).tolist()
    return [Made(e.time + delay, stream, e) for e, delay in zip(events, delays, strict=True)]


def _delays(rng: Generator, n: int) -> Ints:
    """Milliseconds on the way: most come soon, some within 15 minutes, a few hours later."""
    luck = rng.random(n)
    soon, later, much_later = (rng.integers(*span, n) for span in (SOON, LATER, MUCH_LATER))
    return np.where(luck < VERY_LATE, much_later, np.where(luck < VERY_LATE + LATE, later, soon))


def _damaged(rng: Generator, made: list[Made]) -> list[Made]:
    """Broken twins of a few records; no event is lost by them."""
    places = np.flatnonzero(rng.random(len(made)) < DAMAGED).tolist()
    kinds = rng.integers(0, len(DAMAGES), len(places)).tolist()
    return [
        made[place]._replace(event=_damage(made[place].raw, *DAMAGES[kind]))
        for place, kind in zip(places, kinds, strict=True)
    ]


DAMAGES: Final = (
    (b"}", b""),  # cut off
    (b'"id":"', b'"id":"","was":"'),
    (b'"time":', b'"time":"yesterday","was":'),
    (b'{"id":', b'\xff\xfe{"id":'),
    (b'{"id":', b'ERROR 502 {"id":'),
)


def _damage(raw: bytes, old: bytes, new: bytes) -> bytes:
    return raw.replace(old, new, 1)
