"""Realistic complaint traffic from a seed: ordinary days, labelled incidents, imperfect arrival."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import Final

import numpy as np
from msgspec import structs

from streams.events import Complaint, Mention, milliseconds
from streams.sections import Stream
from streams.traffic.draws import dice
from streams.traffic.filings import REPEATS, complaints
from streams.traffic.population import book, population
from streams.traffic.posts import REPOSTS, mentions
from streams.traffic.scenarios.scenario import Kind, Label, Planted, Scenario, label
from streams.traffic.scene import DAY, Scene
from streams.traffic.transport import Made, damaged, repeated, sent

PER_DAY: Final = 3200.0
MENTIONS: Final = 0.25  # of all events

FILING, POSTING, TRANSPORT, PLANTING = range(4)  # each draws from dice of its own


@dataclass(frozen=True)
class Traffic:
    """All that was made, in the order of arrival; made anew, and alike, at each reading."""

    seed: int
    start: int
    days: int
    labels: list[Label]
    planted: list[Complaint | Mention]
    names: str
    _scene: Scene
    _incidents: Sequence[Scenario]
    _plants: list[Planted]
    _known: Mapping[str, str]

    @property
    def end(self) -> int:
        return self.start + self.days * DAY

    def __iter__(self) -> Iterator[Made]:
        return chain.from_iterable(self.daily())

    def daily(self) -> Iterator[list[Made]]:
        """What arrives within each 24 hours from the start."""
        waiting = [
            made for n, plant in enumerate(self._plants) for made in self._incident(n, plant)
        ]
        for day in range(self.days):
            waiting += self._ordinary(day)
            bound = self.start + (day + 1) * DAY
            come = sorted((m for m in waiting if m.arrives < bound), key=attrgetter("arrives"))
            waiting = [made for made in waiting if made.arrives >= bound]
            yield come

    def _ordinary(self, day: int) -> list[Made]:
        start = self.start + day * DAY
        rng = dice(self.seed, TRANSPORT, day)
        filed = complaints(dice(self.seed, FILING, day), self._scene, start)
        posted = mentions(dice(self.seed, POSTING, day), self._scene, start)
        made = sent(rng, filed) + sent(rng, posted)
        return self._heard(made + damaged(rng, made) + repeated(rng, made))

    def _incident(self, number: int, plant: Planted) -> list[Made]:
        """Its records, all of which arrive before the end."""
        made = sent(dice(self.seed, PLANTING, number, TRANSPORT), plant.events)
        return self._heard([one._replace(arrives=min(one.arrives, self.end - 1)) for one in made])

    def _heard(self, made: list[Made]) -> list[Made]:
        heard = [one for one in made if not muted(self._incidents, one.event)]
        return [one._replace(event=called(one.event, self._known)) for one in heard]


def generate(
    *, seed: int, start: datetime, days: int, per_day: float = PER_DAY,
    incidents: Sequence[Scenario] = (), names: str = "en",
) -> Traffic:  # fmt: skip
    """The traffic of `days` times 24 hours from `start`, which must have a zone.

    The same arguments make the same traffic; incidents add to it, a silence takes from it, and
    neither changes anything else.

    Args:
        seed: from 0.
        start: of the first event.
        days: at least 1.
        per_day: complaints and mentions together, repeats and reposts among them.
        incidents: within the days.
        names: the language that products and regions are named in; English, or "zh".

    Raises:
        ValueError: names argument, value and rule.
    """
    _check(seed=seed, start=start, days=days, per_day=per_day, incidents=incidents)
    rates: dict[Stream, float] = {
        "complaints": per_day * (1 - MENTIONS) / (1 + REPEATS),
        "mentions": per_day * MENTIONS / (1 + REPOSTS),
    }
    scene = Scene(population(), book(), rates)
    plants = [
        incident.plant(dice(seed, PLANTING, number), scene)
        for number, incident in enumerate(incidents)
    ]
    known = scene.population.names(names)
    heard = [
        [called(event, known) for event in plant.events if not muted(incidents, event)]
        for plant in plants
    ]
    labels = [
        label(incident, _scope(plant, known), events, number=number)
        for number, (incident, plant, events) in enumerate(
            zip(incidents, plants, heard, strict=True), 1
        )
        if events or incident.kind is Kind.SILENCE
    ]
    return Traffic(
        seed, milliseconds(start), days, labels, list(chain.from_iterable(heard)), names,
        scene, incidents, plants, known,
    )  # fmt: skip


def muted(incidents: Sequence[Scenario], event: Complaint | Mention) -> bool:
    """Whether one of the incidents keeps the event from being sent."""
    return any(incident.mutes(event) for incident in incidents)


def called(event: Complaint | Mention, names: Mapping[str, str]) -> Complaint | Mention:
    """The event with other names for its product and region."""
    if not names:
        return event
    product, region = (value and names[value] for value in (event.product, event.region))
    return structs.replace(event, product=product, region=region)


def _scope(plant: Planted, names: Mapping[str, str]) -> dict[str, str]:
    return {field: names.get(value, value) for field, value in plant.scope.items()}


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
