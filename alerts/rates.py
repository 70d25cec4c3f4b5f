"""A batch's complaints per unit in the field, and how far they are out of proportion."""

import msgspec


class Disproportion(msgspec.Struct, frozen=True, kw_only=True):
    """How far `n` complaints are out of proportion to the `expected`, as practice measures it.

    A ratio (PRR) of 2, a `chi_squared` of 4 and an `n` of 3 together are Evans' signal. `eb05` is
    what the relative rate exceeds with 95 %, `ic025` the logarithm to base 2 of what it does with
    97.5 %; both are shrunk to what is usual.
    """

    n: int
    expected: float
    prr: float
    chi_squared: float
    eb05: float
    ic025: float


class BatchRate(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints per thousand units in the field, over the batch's life or since it is watched.

    `neighbours` is what other batches of the product have at equal age. `low` and `high` hold the
    batch's own with 95 %; with few complaints they are drawn to the neighbours.
    """

    units: int
    per_thousand: float
    low: float
    high: float
    neighbours: float
    evidence: Disproportion
