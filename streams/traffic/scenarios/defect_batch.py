"""A batch with a fault."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from numpy.random import Generator

from streams.traffic.draws import one
from streams.traffic.filings import filed
from streams.traffic.population import CHINA
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import Scene, somewhere, told, within


@dataclass(frozen=True, kw_only=True)
class DefectBatch(Scenario):
    """Some persons complain about the quality of one batch that is otherwise seldom named.

    `weeks` is the age of the batch, of which the first two are spent on its way.
    """

    kind: ClassVar[Kind] = Kind.DEFECT_BATCH
    lasts: timedelta = timedelta(hours=36)
    people: int = 14
    product: str | None = None
    weeks: int = 12

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        population, n = scene.population, self.people
        product = self.product or one(rng, population.product_shares)
        batch = population.batch(product, made=_made(self.begins, weeks=self.weeks))
        times = within(rng, scene, "complaints", self.begins, self.lasts, n=n)
        regions = somewhere(rng, scene, n)
        said = told(rng, scene, scene.book.defect, product=product, regions=regions, batch=batch)
        events = filed(
            rng, scene, times, product=[product] * n, category=["product_quality"] * n,
            region=regions, batch=[batch] * n, texts=said,
        )  # fmt: skip
        return Planted({"stream": "complaints", "product": product, "batch": batch}, events)


def _made(begins: datetime, *, weeks: int) -> date:
    """A Monday, on which batches are made."""
    day = begins.astimezone(CHINA).date() - timedelta(weeks=weeks)
    return day - timedelta(days=day.weekday())
