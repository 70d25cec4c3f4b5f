"""What product teams subscribe to: the signals about a product batch."""

import msgspec

from alerts.signal import Signal
from detectors.disproportion import Disproportion as Measures


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
    """Complaints per thousand units in the field, over the batch's whole life.

    `neighbours` is what other batches of the product have at equal age. `low` and `high` hold the
    batch's own with 95 %; with few complaints they are drawn to the neighbours.
    """

    units: int
    per_thousand: float
    low: float
    high: float
    neighbours: float
    evidence: Disproportion


class DefectBatchSignal(Signal, frozen=True, kw_only=True):
    """One state of a signal about one batch; readers keep the first per (id, state, revision).

    Withdrawn: it turned out not to be one. Cleared: it was one, and is over. `product` and
    `fault` (a category) are null where what rose is not counted by them; `scope` holds all
    that it is counted by. `excess` is `observed` less `expected`, in people.

    `rate` is null where it is unknown, for the batch's units or its shipping are. `fault` is
    also the category that stands out in this batch of its product, `fault_evidence` how far.
    """

    batch: str
    product: str | None
    fault: str | None
    excess: float
    rate: BatchRate | None = None
    fault_evidence: Disproportion | None = None


def about_batch(
    signal: Signal,
    *,
    rate: BatchRate | None = None,
    fault: tuple[str, Disproportion] | None = None,
) -> DefectBatchSignal | None:
    """The signal for product teams, whatever its state; None where it is none of theirs.

    A report of harm is not told as a defect of its batch: it opens an incident by itself. The
    `fault` that stands out is told where the signal is not itself about one.
    """
    batch = signal.scope.get("batch")
    if batch is None or signal.event:
        return None
    own = signal.scope.get("category")
    name, evidence = fault or (None, None)
    return DefectBatchSignal(
        **msgspec.structs.asdict(signal),
        batch=batch,
        product=signal.scope.get("product"),
        fault=own or name,
        excess=signal.observed - signal.expected,
        rate=rate,
        fault_evidence=evidence if own in (None, name) else None,
    )


def rate_of(
    *, units: int, due: float, interval: tuple[float, float], found: Measures, at: int
) -> BatchRate:
    """The rate of the batch at place `at`.

    Args:
        units: in the field.
        due: complaints that it would have at the rate of its neighbours.
        interval: of its rate relative to theirs.
        found: over the batches of its product.
        at: its place in them.
    """
    thousands = units / 1000
    return BatchRate(
        units=units,
        per_thousand=float(found.n[at]) / thousands,
        low=interval[0] * due / thousands,
        high=interval[1] * due / thousands,
        neighbours=due / thousands,
        evidence=evidence_of(found, at),
    )


def evidence_of(found: Measures, at: int | tuple[int, int]) -> Disproportion:
    """The measures at one place of the batches, or of their table by fault."""
    return Disproportion(
        n=int(found.n[at]),
        expected=float(found.expected[at]),
        prr=float(found.prr[at]),
        chi_squared=float(found.chi_squared[at]),
        eb05=float(found.eb05[at]),
        ic025=float(found.ic025[at]),
    )
