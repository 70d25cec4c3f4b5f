"""A day of ordinary complaints: first contacts, the same persons again, what sources leave out."""

from datetime import datetime
from typing import Any, Final

import numpy as np
from msgspec import structs
from numpy.random import Generator

from detectors.columns import Ints
from streams.events.event import Complaint, Mood
from streams.traffic.draws import gapped, ids, named, picked
from streams.traffic.population import CHINA, Population
from streams.traffic.scene import DAY, HOUR, PEOPLE, UNREST_SHARES, Scene, moments, spoken, turns

# Shares of the complaints that lack a field.
NO_CATEGORY, NO_REGION, NO_TEXT, NO_PERSON = 0.12, 0.03, 0.05, 0.03
NO_MOOD, NO_DEMAND, NO_SEVERITY = 0.6, 0.5, 0.4
# Shares of the complaints that name a batch.
BATCH_OF_QUALITY, BATCH_OF_OTHERS = 0.22, 0.015
REGULATED: Final = 0.02
VIPS: Final = 40  # one person in so many

REPEATS: Final = 0.09
REPEAT_AFTER: Final = 30 * HOUR  # mean
REPEAT_WITHIN: Final = 6 * DAY


def complaints(rng: Generator, scene: Scene, start: int) -> list[Complaint]:
    """First contacts of a day and the further ones they lead to, which may lie days later."""
    times = moments(rng, scene, "complaints", start)
    people = scene.population
    n = len(times)
    product = picked(rng, people.product_shares, n, unrest=UNREST_SHARES)
    category = picked(rng, people.categories, n, unrest=UNREST_SHARES)
    region = picked(rng, people.region_shares, n, unrest=UNREST_SHARES)
    first = filed(
        rng, scene, times,
        product=named(people.products, product),
        category=named(people.categories, category),
        region=named(people.regions, region),
        batch=_batches(rng, people, start, product, category),
    )  # fmt: skip
    return first + _further(rng, scene, first)


def filed(
    rng: Generator, scene: Scene, times: Ints, *, product: list[Any], category: list[Any],
    region: list[Any], batch: list[Any], texts: list[str] | None = None,
    mood: Mood = "negative",
) -> list[Complaint]:  # fmt: skip
    """Complaints at these times, each of a person drawn anew; some lack what sources leave out."""
    n, people = len(times), scene.population
    person = rng.integers(0, PEOPLE, n)
    said = texts or _grumbles(rng, scene, product, category, region)
    columns = zip(
        ids(rng, "C", n), times.tolist(),
        named(people.channels, picked(rng, people.channels, n)),
        gapped(rng, [f"P{number:06}" for number in person.tolist()], NO_PERSON),
        (person % VIPS == 0).tolist(),
        product, batch,
        gapped(rng, region, NO_REGION),
        gapped(rng, category, NO_CATEGORY),
        gapped(rng, named(people.demands, picked(rng, people.demands, n)), NO_DEMAND),
        _severities(rng, n),
        gapped(rng, [mood] * n, NO_MOOD),
        said if texts else gapped(rng, said, NO_TEXT),
        strict=True,
    )  # fmt: skip
    return [
        Complaint(
            id=id_, time=time, channel=channel, person=who, vip=vip or None, product=of,
            batch=made, region=where, category=about, demand=demand, severity=severity,
            sentiment=felt, text=text,
        )
        for id_, time, channel, who, vip, of, made, where, about, demand, severity, felt, text
        in columns
    ]  # fmt: skip


def _further(rng: Generator, scene: Scene, first: list[Complaint]) -> list[Complaint]:
    """The same persons again about the same matter, some through another channel."""
    again = [first[at] for at in np.flatnonzero(rng.random(len(first)) < REPEATS).tolist()]
    n, people = len(again), scene.population
    after = np.minimum(rng.exponential(REPEAT_AFTER, n), REPEAT_WITHIN).astype(np.int64) + 60_000
    channels = named(people.channels, picked(rng, people.channels, n))
    said = [
        spoken(scene, scene.book.again, turn, product=before.product, region=before.region)
        for turn, before in zip(turns(rng, n), again, strict=True)
    ]
    columns = zip(again, ids(rng, "C", n), after.tolist(), channels, said, strict=True)
    return [
        structs.replace(before, id=id_, time=before.time + later, channel=channel, text=text)
        for before, id_, later, channel, text in columns
    ]


def _grumbles(
    rng: Generator, scene: Scene, product: list[str], category: list[str], region: list[str]
) -> list[str]:
    grumbles = scene.book.grumbles
    return [
        spoken(scene, grumbles[about], turn, product=of, region=where)
        for turn, about, of, where in zip(
            turns(rng, len(product)), category, product, region, strict=True
        )
    ]


def _batches(
    rng: Generator, people: Population, start: int, product: Ints, category: Ints
) -> list[str | None]:
    """Batches of middle age are complained about most: sales build up and fade."""
    day = datetime.fromtimestamp(start / 1000, CHINA).date()
    held = np.array([people.batches(name, on=day) for name in people.products], dtype=object)
    age = (rng.random(len(product)) + rng.random(len(product))) / 2
    found = held[product, (age * held.shape[1]).astype(np.int64)]
    quality = category == list(people.categories).index("product_quality")
    known = rng.random(len(product)) < np.where(quality, BATCH_OF_QUALITY, BATCH_OF_OTHERS)
    batches: list[str | None] = np.where(known, found, np.array(None, dtype=object)).tolist()
    return batches


def _severities(rng: Generator, n: int) -> list[Any]:
    """Ordinary events never state what is enough by itself."""
    regulated = rng.random(n) < REGULATED
    return gapped(rng, np.where(regulated, "regulated", "normal").tolist(), NO_SEVERITY)
