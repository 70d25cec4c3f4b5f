"""A day of ordinary mentions: original posts and their reposts."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from msgspec import structs
from numpy.random import Generator

from detectors.columns import Ints
from streams.events.event import Mention, Mood
from streams.traffic.draws import gapped, ids, named, picked
from streams.traffic.population import Book, Language, Phrases
from streams.traffic.scene import (
    HOUR,
    PEOPLE,
    UNREST_SHARES,
    Scene,
    moments,
    somewhere,
    spoken,
    told,
    turns,
)

# Shares of the posts that lack a field; of a category, among the negative ones.
NO_REGION, NO_CATEGORY, NO_MOOD = 0.4, 0.5, 0.6
FEWEST_FOLLOWERS, MOST_FOLLOWERS = 15, 3_000_000

REPOSTS: Final = 0.4  # of a post, in the mean
MOST_REPOSTS: Final = 10
REPOST_AFTER: Final = 2 * HOUR  # mean


def mentions(rng: Generator, scene: Scene, start: int) -> list[Mention]:
    """Original posts of a day and their reposts."""
    times, people = moments(rng, scene, "mentions", start), scene.population
    n = len(times)
    mood = named(people.moods, picked(rng, people.moods, n, unrest=UNREST_SHARES))
    product = named(people.products, picked(rng, people.product_shares, n, unrest=UNREST_SHARES))
    category = named(people.categories, picked(rng, people.categories, n, unrest=UNREST_SHARES))
    region = named(people.regions, picked(rng, people.region_shares, n))
    said = _said(rng, scene, mood, category, product, region)
    about = [c if felt == "negative" else None for c, felt in zip(category, mood, strict=True)]
    posts = posted(
        rng, scene, times, product=product, region=region, category=about, mood=mood, texts=said
    )
    return posts + _reposts(rng, posts)


def posted(
    rng: Generator, scene: Scene, times: Ints, *, product: list[Any], region: list[Any],
    category: list[Any], mood: list[Any], texts: list[str],
) -> list[Mention]:  # fmt: skip
    """Original posts at these times; some lack what platforms leave out."""
    n, platforms = len(times), scene.population.platforms
    followers, engagement = _audience(rng, n)
    columns = zip(
        ids(rng, "M", n), times.tolist(),
        named(platforms, picked(rng, platforms, n)),
        _authors(rng, n), followers, engagement, product,
        gapped(rng, region, NO_REGION),
        gapped(rng, category, NO_CATEGORY),
        gapped(rng, mood, NO_MOOD), texts,
        strict=True,
    )  # fmt: skip
    return [
        Mention(
            id=id_, time=time, platform=platform, author=author, followers=reach,
            engagement=likes, product=of, region=where, category=what, sentiment=felt,
            text=text + _aside(scene.book, id_, "en" if text.isascii() else "zh"), link=f"https://{platform}.example/{id_}",
        )
        for id_, time, platform, author, reach, likes, of, where, what, felt, text in columns
    ]  # fmt: skip


def posted_about(
    rng: Generator, scene: Scene, times: Ints, phrases: Phrases, *, product: str, mood: Mood
) -> list[Mention]:
    """Original posts about one product and in one mood, from anywhere."""
    n, regions = len(times), somewhere(rng, scene, len(times))
    said = told(rng, scene, phrases, product=product, regions=regions)
    return posted(
        rng, scene, times, product=[product] * n, region=regions, category=[None] * n,
        mood=[mood] * n, texts=said,
    )  # fmt: skip


def reposted(rng: Generator, roots: Sequence[Mention], after: Ints) -> list[Mention]:
    """Copies of these posts, each of another author, so many milliseconds after the post."""
    n = len(roots)
    followers, engagement = _audience(rng, n)
    columns = zip(
        roots, ids(rng, "M", n), after.tolist(), _authors(rng, n), followers, engagement,
        strict=True,
    )  # fmt: skip
    return [
        structs.replace(
            root, id=id_, time=root.time + later, author=author, followers=reach,
            engagement=likes, repost_of=root.id, root=root.id,
            link=f"https://{root.platform}.example/{id_}",
        )
        for root, id_, later, author, reach, likes in columns
    ]  # fmt: skip


def _reposts(rng: Generator, posts: list[Mention]) -> list[Mention]:
    counts = np.minimum(rng.geometric(1 / (1 + REPOSTS), len(posts)) - 1, MOST_REPOSTS)
    roots = [posts[at] for at in np.repeat(np.arange(len(posts)), counts).tolist()]
    after = rng.exponential(REPOST_AFTER, len(roots)).astype(np.int64) + 1000
    return reposted(rng, roots, after)


def _said(rng: Generator, scene: Scene, *columns: list[str]) -> list[str]:
    """Texts by mood, category, product and region."""
    return [
        spoken(scene, _phrases(scene.book, mood, about), turn, product=product, region=region)
        for turn, mood, about, product, region in zip(
            turns(rng, len(columns[0])), *columns, strict=True
        )
    ]


def _aside(book: Book, post: str, language: Language) -> str:
    """What its author adds of his own: the id chooses, so that no other draw is moved."""
    chosen = hashlib.blake2b(post.encode(), digest_size=len(book.asides[language])).digest()
    rows = zip(book.asides[language], chosen, strict=True)
    space = " " if language == "en" else ""
    return "".join(space + row[which % len(row)] for row, which in rows)


def _phrases(book: Book, mood: str, category: str) -> Mapping[Language, list[str]]:
    return book.grumbles[category] if mood == "negative" else book.posts[mood]


def _authors(rng: Generator, n: int) -> list[str]:
    return [f"u{number:06}" for number in rng.integers(0, PEOPLE, n).tolist()]


def _audience(rng: Generator, n: int) -> tuple[list[int], list[int]]:
    """Followers (few have many) and engagement."""
    spread = np.minimum(FEWEST_FOLLOWERS / (1 - rng.random(n)), MOST_FOLLOWERS)
    followers = spread.astype(np.int64)
    return followers.tolist(), rng.integers(0, 4 + followers // 40).tolist()
