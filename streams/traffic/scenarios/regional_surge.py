"""One region complains more than usual."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from numpy.random import Generator

from streams.traffic.draws import named, one, picked, share
from streams.traffic.filings import filed
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import Scene, added

SURGING: Final = ("delivery_contract", "technical_support", "billing")


@dataclass(frozen=True, kw_only=True)
class RegionalSurge(Scenario):
    """Complaints of one category rise in one region to `times` what is usual at the hour."""

    kind: ClassVar[Kind] = Kind.REGIONAL_SURGE
    lasts: timedelta = timedelta(hours=6)
    times: float = 5.0
    region: str | None = None
    category: str | None = None

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        population = scene.population
        region = self.region or one(rng, population.region_shares)
        likely = {name: population.categories[name] for name in SURGING}
        category = self.category or one(rng, likely)
        usual = share(population.region_shares, region) * share(population.categories, category)
        lift = (self.times - 1) * usual
        times = added(rng, scene, "complaints", self.begins, self.lasts, lift=lift)
        n = len(times)
        events = filed(
            rng, scene, times,
            product=named(population.products, picked(rng, population.product_shares, n)),
            category=[category] * n, region=[region] * n, batch=[None] * n,
        )  # fmt: skip
        return Planted({"stream": "complaints", "region": region, "category": category}, events)
