"""Realistic complaint traffic from a seed: ordinary days, labelled incidents, imperfect arrival."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import Final

import numpy as np
from msgspec import structs

from streams.configuration.sections import Stream
from streams.events.event import Complaint, Mention, milliseconds
from streams.traffic.draws import dice
from streams.traffic.filings import REPEATS, complaints
from streams.traffic.population import book, population
from streams.traffic.posts import REPOSTS, mentions
from streams.traffic.scenarios.scenario import Kind, Label, Planted, Scenario, label
from streams.traffic.scene import DAY, Scene
from streams.traffic.transport import Made, damaged, repeated, sent

STREAMS: Final[tuple[Stream, ...]] = ("complaints", "mentions")
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
    names: str
    _scene: Scene
    _incidents: Sequence[Scenario]
    _planted: list[Made]
    _known: Mapping[str, str]

    @property
    def end(self) -> int:
        return self.start + self.days * DAY

    @property
    def planted(self) -> list[Complaint | Mention]:
        """The events that the labels name."""
        return [made.event for made in self._planted]

    def __iter__(self) -> Iterator[Made]:
        return chain.from_iterable(self.daily())

    def daily(self) -> Iterator[list[Made]]:
        """What arrives within each 24 hours from the start."""
        waiting = self._planted
        for day in range(self.days):
            waiting = waiting + self._ordinary(day)
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
        made += damaged(rng, made) + repeated(rng, made)
        return _heard(made, self._incidents, self._known)


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
    begins, known = milliseconds(start), scene.population.names(names)
    delivered = (
        _delivered(plant, seed=seed, number=number, before=begins + days * DAY)
        for number, plant in enumerate(plants)
    )
    made = [_heard(records, incidents, known) for records in delivered]
    labels = [
        label(incident, _scope(plant, known), [one.event for one in records], number=number)
        for number, (incident, plant, records) in enumerate(
            zip(incidents, plants, made, strict=True), 1
        )
        if records or incident.kind is Kind.SILENCE
    ]
    return Traffic(
        seed, begins, days, labels, names, scene, incidents, list(chain.from_iterable(made)), known
    )


def _delivered(plant: Planted, *, seed: int, number: int, before: int) -> list[Made]:
    """The records of a happening, all of which arrive before that time (ms)."""
    made = sent(dice(seed, PLANTING, number, TRANSPORT), plant.events)
    return [one._replace(arrives=min(one.arrives, before - 1)) for one in made]


def _heard(
    made: Sequence[Made], incidents: Sequence[Scenario], names: Mapping[str, str]
) -> list[Made]:
    """The records that no incident keeps from being sent, under other names."""
    heard = [one for one in made if not any(incident.mutes(one.event) for incident in incidents)]
    return [one._replace(event=_called(one.event, names)) for one in heard]


def _called(event: Complaint | Mention, names: Mapping[str, str]) -> Complaint | Mention:
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
