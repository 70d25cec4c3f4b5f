"""Somebody was hurt."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from msgspec import structs
from numpy.random import Generator

from streams.events.event import milliseconds
from streams.traffic.draws import one
from streams.traffic.filings import filed
from streams.traffic.population import Language
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import Scene, spoken, turns


@dataclass(frozen=True, kw_only=True)
class SafetyReport(Scenario):
    """One complaint whose text states that somebody was injured."""

    kind: ClassVar[Kind] = Kind.SAFETY_REPORT
    product: str | None = None
    channel: str = "phone"
    language: Language | None = None

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        population = scene.population
        product = self.product or one(rng, population.product_shares)
        region = one(rng, population.region_shares)
        turn = turns(rng, 1)[0]
        turn = turn._replace(language=self.language or turn.language)
        (event,) = filed(
            rng, scene, np.array([milliseconds(self.begins)]), product=[product],
            category=["product_quality"], region=[region], batch=[None],
            texts=[spoken(scene, scene.book.safety, turn, product=product, region=region)],
        )  # fmt: skip
        return Planted(
            {"stream": "complaints", "product": product, "harm": "injury"},
            [structs.replace(event, channel=self.channel)],
        )
