"""A post that goes round."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import ClassVar, Final

import numpy as np
from msgspec import structs
from numpy.random import Generator

from streams.events import milliseconds
from streams.traffic.draws import Ints, one
from streams.traffic.posts import posted_about, reposted
from streams.traffic.scenarios.scenario import Kind, Planted, Scenario
from streams.traffic.scene import Scene

CREST: Final = 6  # the wave is at its highest after so many parts of its time


@dataclass(frozen=True, kw_only=True)
class SocialWave(Scenario):
    """A well-known author's post against a product is shared, and others add posts of their own.

    Args:
        followers: of that author.
        reposts: of that post.
        posts: of others, in words of their own; these are what makes more people.
    """

    kind: ClassVar[Kind] = Kind.SOCIAL_WAVE
    lasts: timedelta = timedelta(hours=8)
    product: str | None = None
    followers: int = 1_200_000
    reposts: int = 240
    posts: int = 60

    def plant(self, rng: Generator, scene: Scene) -> Planted:
        product = self.product or one(rng, scene.population.product_shares)
        began, wave = np.array([milliseconds(self.begins)]), scene.book.wave
        post = partial(posted_about, rng, scene, product=product, mood="negative")
        (root,) = post(began, wave.root)
        root = structs.replace(root, followers=self.followers, sentiment="negative")
        own = post(began + self._after(rng, self.posts), wave.own)
        copies = reposted(rng, [root] * self.reposts, self._after(rng, self.reposts))
        return Planted({"stream": "mentions", "product": product}, [root, *own, *copies])

    def _after(self, rng: Generator, n: int) -> Ints:
        """Milliseconds after the post, ascending: the wave rises fast and ebbs away."""
        whole = self.lasts.total_seconds() * 1000
        after = np.minimum(rng.gamma(2.0, whole / CREST, n) + 1000, whole - 1)
        return np.sort(after).astype(np.int64)
