"""The made-up company whose complaints are generated: who, what, where, when and in which words."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec
import numpy as np

from detectors.columns import Floats
from streams.configuration.sections import Stream

Language = Literal["zh", "en"]
Phrases = dict[Language, list[str]]

CHINA: Final = timezone(timedelta(hours=8))  # no summer time since 1991
SHIPPED_AFTER: Final = timedelta(days=14)
SOLD_FOR: Final = timedelta(days=180)
MADE_ON: Final = frozenset({0, 2, 4})  # Monday, Wednesday, Friday


class Region(msgspec.Struct, frozen=True):
    zh: str
    share: float


class Product(msgspec.Struct, frozen=True):
    zh: str
    letter: str
    share: float


class Rhythm(msgspec.Struct, frozen=True):
    """Weights of the local hours from midnight and of the weekdays from Monday."""

    hours: list[float]
    weekdays: list[float]

    def shares(self, hours: Iterable[datetime]) -> Floats:
        """What the hours that begin then hold, as shares of a mean day."""
        local = [hour.astimezone(CHINA) for hour in hours]
        weights = [self.hours[at.hour] * self.weekdays[at.weekday()] for at in local]
        whole = sum(self.hours) * sum(self.weekdays) / len(self.weekdays)
        return np.array(weights) / whole


class Population(msgspec.Struct, frozen=True):
    """What there is, by name; numbers are shares, relative to each other."""

    regions: dict[str, Region]
    products: dict[str, Product]
    categories: dict[str, float]
    channels: dict[str, float]
    platforms: dict[str, float]
    demands: dict[str, float]
    moods: dict[str, float]
    rhythms: dict[Stream, Rhythm]

    @property
    def region_shares(self) -> dict[str, float]:
        return {name: region.share for name, region in self.regions.items()}

    @property
    def product_shares(self) -> dict[str, float]:
        return {name: product.share for name, product in self.products.items()}

    def names(self, language: str) -> dict[str, str]:
        """What products and regions are called in a language, by what they are called here."""
        if language != "zh":
            return {}
        products = {name: product.zh for name, product in self.products.items()}
        return products | {name: region.zh for name, region in self.regions.items()}

    def batches(self, product: str, *, on: date) -> list[str]:
        """The batches of a product that customers hold on a day, the newest first."""
        newest = on - SHIPPED_AFTER
        days = (newest - timedelta(days=age) for age in range(SOLD_FOR.days))
        return [self.batch(product, made=day) for day in days if day.weekday() in MADE_ON]

    def batch(self, product: str, *, made: date) -> str:
        """Its name, such as K2609-03: the third made in September 2026."""
        month = (made.replace(day=day) for day in range(1, made.day + 1))
        number = sum(day.weekday() in MADE_ON for day in month)
        return f"{self.products[product].letter}{made:%y%m}-{number:02}"

    def words(
        self, template: str, language: Language, *, product: str | None, region: str | None,
        **slots: object,
    ) -> str:  # fmt: skip
        """A template with its slots filled; product and region are named in the language."""
        if language == "zh":
            product = self.products[product].zh if product else None
            region = self.regions[region].zh if region else None
        return template.format(product=product, region=region, **slots)


class Wave(msgspec.Struct, frozen=True):
    """What one person tells in public, and what others add in their own words."""

    root: Phrases
    own: Phrases


class Offer(msgspec.Struct, frozen=True):
    """What is said in public of a campaign, and asked of the company."""

    posts: Phrases
    questions: Phrases


class Book(msgspec.Struct, frozen=True):
    """What customers write; `grumbles` is by category, `posts` by mood.

    Of `asides` a post adds one of each row.
    """

    asides: dict[Language, list[list[str]]]
    grumbles: dict[str, Phrases]
    again: Phrases
    posts: dict[str, Phrases]
    defect: Phrases
    safety: Phrases
    wave: Wave
    campaign: Offer


@cache
def population() -> Population:
    return msgspec.toml.decode(_content("population.toml"), type=Population)


@cache
def book() -> Book:
    return msgspec.toml.decode(_content("phrases.toml"), type=Book)


def _content(name: str) -> bytes:
    return (resources.files("streams.traffic") / name).read_bytes()
