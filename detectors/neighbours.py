"""What a batch should bring: its units in the field times the rate of its neighbours of equal age.

The neighbours of a batch are the other batches of its product. Complaints and units in the field
are added up by age (days since shipping, in steps that grow), and what is past is forgotten with a
half-life, so that batches made at about the same time count most. The rate per unit of an age is
shrunk to that of the product: with C complaints of U units times buckets at that age, c of u over
all ages, the batch's own left out,

    r = (c + 1/2)/u,    rate = (C + k)/(U + k/r),    k = 2 complaints

and a bucket should hold units x rate x rhythm, the rhythm being what all series of the product
share in this bucket (season, known event). Where the units or the shipping are unknown, or nothing
is shipped, or there are no neighbours, that is NaN: the rate is unknown, and not zero.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.columns import Bools, Columns, Floats, Ints, column, summed

AGES = (1, 2, 4, 7, 14, 28, 56, 91, 182, 365, 730)
"""Days at which a step of age ends; the last step has no end."""
STEPS = len(AGES) + 1
SHRINKAGE = 2.0
"""Complaints that the rate of the product is worth at one age."""
ALONE = 1e-9
"""Share of the product's field below which the rest of it is an error of rounding."""
NOT_SHIPPED = 2**62


@dataclass(slots=True)
class Fields(Columns):
    """By product: complaints, and units times buckets times rhythm, at each age."""

    complaints: Annotated[Floats, column(np.float64, rows=STEPS)]
    exposure: Annotated[Floats, column(np.float64, rows=STEPS)]


@dataclass(slots=True)
class Part(Columns):
    """What a batch has in the sums of its product."""

    complaints: Annotated[Floats, column(np.float64)]
    exposure: Annotated[Floats, column(np.float64)]

    def add(self, complaints: Floats, exposure: Floats, *, kept: float) -> None:
        self.complaints[...] = kept * self.complaints + complaints
        self.exposure[...] = kept * self.exposure + exposure


@dataclass(slots=True)
class Shares(Columns):
    """By batch: its part in the sums of its product, of all ages and `here`, at its present `age`.

    `shipped` is the bucket of shipping (`NOT_SHIPPED` if unknown), `units` NaN if unknown.
    """

    product: Annotated[Ints, column(np.int64)]
    shipped: Annotated[Ints, column(np.int64, NOT_SHIPPED)]
    units: Annotated[Floats, column(np.float64, np.nan)]
    age: Annotated[Ints, column(np.int64)]
    here: Part
    whole: Part

    def grow(self, *, products: Ints, shipped: Ints, units: Floats) -> "Shares":
        """With one more batch for each of `products`."""
        old, shares = self.size, self.grown(self.size + len(products))
        shares.product[old:], shares.shipped[old:] = products, shipped
        shares.units[old:] = units
        return shares

    def known(self, bucket: int) -> Bools:
        """Which batches have units in the field, as far as that is known."""
        known: Bools = (self.units > 0) & (self.shipped <= bucket)
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Settings: buckets of a day, and days after which a neighbour's complaint counts half."""

    day: int = 24
    half_life_days: float = 180.0

    def __post_init__(self) -> None:
        if self.day < 1:
            raise ValueError(f"day must be at least 1 bucket, got {self.day}")
        if not self.half_life_days > 0:
            raise ValueError(f"half_life_days must be above 0, got {self.half_life_days}")

    def expect(
        self, fields: Fields, shares: Shares, *, bucket: int, rhythm: Floats | None = None
    ) -> Floats:
        """Complaints of each batch in the bucket, NaN where that is unknown.

        `rhythm` is by product, 1 where it is not given.
        """
        age, product = self._age(shares, bucket), shares.product
        same = age == shares.age
        complaints = fields.complaints[age, product] - same * shares.here.complaints
        exposure = fields.exposure[age, product] - same * shares.here.exposure
        everywhere = summed(fields.exposure)[product]
        rest = everywhere - shares.whole.exposure
        others = summed(fields.complaints)[product] - shares.whole.complaints
        known = shares.known(bucket) & (rest > ALONE * everywhere)
        rate = (np.maximum(others, 0.0) + 0.5) / np.where(known, rest, 1.0)
        rate = (np.maximum(complaints, 0.0) + SHRINKAGE) / (
            np.maximum(exposure, 0.0) + SHRINKAGE / rate
        )
        expected: Floats = np.where(known, shares.units * rate, np.nan)
        return expected if rhythm is None else expected * rhythm[product]

    def learn(
        self, fields: Fields, shares: Shares, counts: Ints, *, bucket: int,
        rhythm: Floats | None = None, trust: Floats | None = None,
    ) -> tuple[Fields, Shares]:  # fmt: skip
        """Take in a closed bucket, by batch as far as `trust`, in [0, 1]. Both are used up.

        A batch under suspicion should not make its neighbours look good.
        """
        age, known = self._age(shares, bucket), shares.known(bucket)
        weight = known * (np.ones(shares.size) if trust is None else trust)
        complaints = weight * counts
        exposure = np.where(known, shares.units, 0.0) * weight
        if rhythm is not None:
            exposure *= rhythm[shares.product]
        kept = 2.0 ** (-1.0 / (self.half_life_days * self.day))
        moved = age != shares.age
        shares.here.complaints[moved] = shares.here.exposure[moved] = 0.0
        shares.age[...] = age
        shares.here.add(complaints, exposure, kept=kept)
        shares.whole.add(complaints, exposure, kept=kept)
        fields.complaints *= kept
        fields.exposure *= kept
        np.add.at(fields.complaints, (age, shares.product), complaints)
        np.add.at(fields.exposure, (age, shares.product), exposure)
        return fields, shares

    def _age(self, shares: Shares, bucket: int) -> Ints:
        """The step of age, 0 before the shipping."""
        days = np.maximum(bucket - shares.shipped, 0) // self.day
        return np.searchsorted(AGES, days, side="right").astype(np.int64)
