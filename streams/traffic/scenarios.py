"""What goes wrong in the generated traffic, and the labels that say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.random import Generator

from streams.events import EPOCH, MILLISECOND, Complaint, Mention, iso
from streams.traffic.draws import Ints, named, picked
from streams.traffic.filings import filed
from streams.traffic.population import CHINA, Language
from streams.traffic.scene import HOUR, Scene, expected, spoken, turns

SURGING: Final = ("delivery_contract", "technical_support", "billing")
MORNING: Final = 10  # local hour


class Kind(StrEnum):
    """The kinds of incident; the values stand in the labels."""

    DEFECT_BATCH = "defect_batch"
    REGIONAL_SURGE = "regional_surge"
    SAFETY_REPORT = "safety_report"


class Planted(NamedTuple):
    """The events of one incident and the scope it should be found in."""

    scope: dict[str, str]
    events: Sequence[Complaint | Mention]


class Label(msgspec.Struct, frozen=True):
    """One incident in the traffic: from its first event to its last, all of whose ids it names."""

    name: str
    kind: Kind
    scope: dict[str, str]
    begins: str
    ends: str
    events: tuple[str, ...]


class Scenario(Protocol):
    """One kind of incident; `begins` and `ends` bound its events."""

    kind: ClassVar[Kind]

    @property
    def begins(self) -> datetime: ...

    @property
    def ends(self) -> datetime: ...

    def plant(self, rng: Generator, scene: Scene) -> Planted: ...


@dataclass(frozen=True, kw_only=True)
class DefectBatch:
    """Some persons complain about the quality of one batch that is otherwise seldom named.

    `weeks` is the age of the batch, of which the first two are spent on its way.
    """

    kind: ClassVar[Kind] = Kind.DEFECT_BATCH
    begins: datetime
    lasts: timedelta = timedelta(hours=36)
    people: int = 14
    product: str | None = None
    weeks: int = 12

    @property
    def ends(self) -> datetime:
        return self.begins + self.lasts

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        population, n = scene.population, self.people
        product = self.product or _one(rng, population.product_shares)
        batch = population.batch(product, made=_made(self.begins, weeks=self.weeks))
        times = _within(rng, scene, self.begins, self.lasts, n)
        region = named(population.regions, picked(rng, population.region_shares, n))
        said = [
            spoken(scene, scene.book.defect, turn, product=product, region=where, batch=batch)
            for turn, where in zip(turns(rng, n), region, strict=True)
        ]
        events = filed(
            rng, scene, times, product=[product] * n, category=["product_quality"] * n,
            region=region, batch=[batch] * n, texts=said,
        )  # fmt: skip
        return Planted({"stream": "complaints", "product": product, "batch": batch}, events)


@dataclass(frozen=True, kw_only=True)
class RegionalSurge:
    """Complaints of one category rise in one region to `times` what is usual at the hour."""

    kind: ClassVar[Kind] = Kind.REGIONAL_SURGE
    begins: datetime
    lasts: timedelta = timedelta(hours=6)
    times: float = 5.0
    region: str | None = None
    category: str | None = None

    @property
    def ends(self) -> datetime:
        return self.begins + self.lasts

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        population = scene.population
        region = self.region or _one(rng, population.region_shares)
        likely = {name: population.categories[name] for name in SURGING}
        category = self.category or _one(rng, likely)
        share = _share(population.region_shares, region) * _share(population.categories, category)
        hours = _hours(self.begins, self.lasts)
        counts = rng.poisson((self.times - 1) * share * expected(scene, "complaints", hours))
        n = int(counts.sum())
        events = filed(
            rng, scene, np.repeat(hours, counts) + rng.integers(0, HOUR, n),
            product=named(population.products, picked(rng, population.product_shares, n)),
            category=[category] * n, region=[region] * n, batch=[None] * n,
        )  # fmt: skip
        return Planted({"stream": "complaints", "region": region, "category": category}, events)


@dataclass(frozen=True, kw_only=True)
class SafetyReport:
    """One complaint whose text states that somebody was injured."""

    kind: ClassVar[Kind] = Kind.SAFETY_REPORT
    begins: datetime
    product: str | None = None
    language: Language | None = None

    @property
    def ends(self) -> datetime:
        return self.begins + MILLISECOND

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        population = scene.population
        product = self.product or _one(rng, population.product_shares)
        region = _one(rng, population.region_shares)
        turn = turns(rng, 1)[0]
        turn = turn._replace(language=self.language or turn.language)
        events = filed(
            rng, scene, np.array([_ms(self.begins)]), product=[product],
            category=["product_quality"], region=[region], batch=[None],
            texts=[spoken(scene, scene.book.safety, turn, product=product, region=region)],
        )  # fmt: skip
        return Planted({"stream": "complaints", "product": product, "harm": "injury"}, events)


def lately(end: datetime) -> list[Scenario]:
    """One incident of each kind within the last two days before `end`, each of its own product."""
    local = (end - timedelta(hours=12)).astimezone(CHINA)
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if morning > local:
        morning -= timedelta(days=1)
    return [
        DefectBatch(begins=end - timedelta(hours=44), product="Power Bank P20"),
        RegionalSurge(begins=morning.astimezone(UTC)),
        SafetyReport(begins=end - timedelta(hours=3), product="Kettle K3"),
    ]


def label(scenario: Scenario, planted: Planted, *, number: int) -> Label:
    times = [event.time for event in planted.events]
    return Label(
        f"{scenario.kind}-{number}", scenario.kind, planted.scope, iso(min(times)),
        iso(max(times)), tuple(event.id for event in planted.events),
    )  # fmt: skip


def _one(rng: Generator, shares: dict[str, float]) -> str:
    return list(shares)[int(picked(rng, shares, 1)[0])]


def _share(shares: dict[str, float], name: str) -> float:
    return shares[name] / sum(shares.values())


def _made(begins: datetime, *, weeks: int) -> date:
    """A Monday, on which batches are made."""
    day = begins.astimezone(CHINA).date() - timedelta(weeks=weeks)
    return day - timedelta(days=day.weekday())


def _hours(begins: datetime, lasts: timedelta) -> Ints:
    return _ms(begins) + HOUR * np.arange(max(1, lasts // timedelta(hours=1)))


def _within(rng: Generator, scene: Scene, begins: datetime, lasts: timedelta, n: int) -> Ints:
    """`n` times, ascending, at hours when people complain."""
    hours = _hours(begins, lasts)
    weights = expected(scene, "complaints", hours)
    at = picked(rng, dict(zip(map(str, hours.tolist()), weights, strict=True)), n)
    return np.sort(hours[at] + rng.integers(0, HOUR, n))


def _ms(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND
