"""A post that goes round."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import ClassVar, Final

import numpy as np
from msgspec import structs
from numpy.random import Generator

from detectors.columns import Ints
from streams.events.event import Complaint, milliseconds
from streams.traffic.draws import one
from streams.traffic.filings import filed
from streams.traffic.posts import posted_about, reposted
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import Scene, somewhere

CREST: Final = 6  # the wave is at its highest after so many parts of its time


@dataclass(frozen=True, kw_only=True)
class SocialWave(Scenario):
    """A well-known author's post against a product is shared, and others add posts of their own.

    Where there are complaints they follow the post as a wave of their own, `lag` later.

    Args:
        followers: of that author.
        reposts: of that post.
        posts: of others, in words of their own; these are what makes more people.
        complaints: by persons whom it reaches, as many as fall within its time.
        lag: of the complaints.
    """

    kind: ClassVar[Kind] = Kind.SOCIAL_WAVE
    lasts: timedelta = timedelta(hours=8)
    product: str | None = None
    followers: int = 1_200_000
    reposts: int = 240
    posts: int = 60
    complaints: int = 0
    lag: timedelta = timedelta(hours=2)

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        product = self.product or one(rng, scene.population.product_shares)
        began, wave = np.array([milliseconds(self.begins)]), scene.book.wave
        post = partial(posted_about, rng, scene, product=product, mood="negative")
        (root,) = post(began, wave.root)
        root = structs.replace(root, followers=self.followers, sentiment="negative")
        own = post(began + self._after(rng, self.posts), wave.own)
        copies = reposted(rng, [root] * self.reposts, self._after(rng, self.reposts))
        filings = self._filed(rng, scene, product) if self.complaints else []
        scope = {"stream": "mentions", "product": product}
        return Planted(scope, [root, *own, *copies, *filings])

    def _filed(self, rng: Generator, scene: Scene, product: str) -> list[Complaint]:
        began, after = milliseconds(self.begins + self.lag), self._after(rng, self.complaints)
        times = began + after[began + after < milliseconds(self.ends)]
        n = len(times)
        return filed(
            rng, scene, times, product=[product] * n, category=["product_quality"] * n,
            region=somewhere(rng, scene, n), batch=[None] * n,
        )  # fmt: skip

    def _after(self, rng: Generator, n: int) -> Ints:
        """Milliseconds after the post, ascending: the wave rises fast and ebbs away."""
        whole = self.lasts.total_seconds() * 1000
        after = np.minimum(rng.gamma(2.0, whole / CREST, n) + 1000, whole - 1)
        return np.sort(after).astype(np.int64)
