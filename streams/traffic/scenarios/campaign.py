"""A campaign of the company's own, which is no reason for alarm."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from streams.events import Complaint, Mention
from streams.sections import Stream
from streams.traffic.draws import Ints, named, one, picked, share
from streams.traffic.filings import filed
from streams.traffic.posts import posted
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import HOUR, Scene, expected, hours, somewhere, told


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
        talk = self._talk(rng, scene, product)
        return Planted({"product": product}, [*talk, *self._asked(rng, scene, product)])

    def _talk(self, rng: Generator, scene: Scene, product: str) -> list[Mention]:
        times = self._times(rng, scene, "mentions", product, self.posts)
        n, regions = len(times), somewhere(rng, scene, len(times))
        said = told(rng, scene, scene.book.campaign.posts, product=product, regions=regions)
        return posted(
            rng, scene, times, product=[product] * n, region=regions, category=[None] * n,
            mood=["positive"] * n, texts=said,
        )  # fmt: skip

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
        begin = hours(self.begins, self.lasts)
        usual = share(scene.population.product_shares, product) * expected(scene, stream, begin)
        counts = rng.poisson(lift * usual)
        return np.sort(np.repeat(begin, counts) + rng.integers(0, HOUR, counts.sum()))
