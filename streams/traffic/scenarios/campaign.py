"""A campaign of the company's own, which is no reason for alarm."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from detectors.columns import Ints
from streams.configuration.sections import Stream
from streams.events.event import Complaint
from streams.traffic.draws import named, one, picked, share
from streams.traffic.filings import filed
from streams.traffic.posts import posted_about
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import Scene, added, somewhere, told


@dataclass(frozen=True, kw_only=True)
class Campaign(Scenario):
    """A product is talked about more, kindly, and its customers ask harmless questions.

    `posts` and `questions` are how much is added to what is usual of the product at the hour.
    """

    kind: ClassVar[Kind] = Kind.CAMPAIGN
    innocent: ClassVar[bool] = True
    lasts: timedelta = timedelta(days=4)
    posts: float = 0.3
    questions: float = 0.1
    product: str | None = None

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        product = self.product or one(rng, scene.population.product_shares)
        times = self._times(rng, scene, "mentions", product, self.posts)
        said = scene.book.campaign.posts
        talk = posted_about(rng, scene, times, said, product=product, mood="positive")
        return Planted({"product": product}, [*talk, *self._asked(rng, scene, product)])

    def _asked(self, rng: Generator, scene: Scene, product: str) -> list[Complaint]:
        times = self._times(rng, scene, "complaints", product, self.questions)
        n, regions = len(times), somewhere(rng, scene, len(times))
        said = told(rng, scene, scene.book.campaign.questions, product=product, regions=regions)
        categories = scene.population.categories
        return filed(
            rng, scene, times, product=[product] * n, region=regions,
            category=named(categories, picked(rng, categories, n)),
            batch=[None] * n, mood="neutral", texts=said,
        )  # fmt: skip

    def _times(
        self, rng: Generator, scene: Scene, stream: Stream, product: str, lift: float
    ) -> Ints:
        lift *= share(scene.population.product_shares, product)
        return np.sort(added(rng, scene, stream, self.begins, self.lasts, lift=lift))
