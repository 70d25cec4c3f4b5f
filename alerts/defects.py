"""What product teams subscribe to: the signals about a product batch."""

import msgspec

from alerts.rates import BatchRate, Disproportion
from alerts.signal import Signal
from detectors.disproportion import Disproportion as Measures


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


def about_batch(signal: Signal) -> DefectBatchSignal | None:
    """The signal for product teams, whatever its state; None where it is none of theirs.

    A report of harm is not told as a defect of its batch: it opens an incident by itself. The
    fault that stands out is told where the signal is not itself about one.
    """
    batch = signal.scope.get("batch")
    if batch is None or signal.event:
        return None
    own = signal.scope.get("category")
    same = own in (None, signal.fault)
    facts = msgspec.structs.asdict(signal) | {
        "fault": own or signal.fault,
        "fault_evidence": signal.fault_evidence if same else None,
    }
    return DefectBatchSignal(
        **facts,
        batch=batch,
        product=signal.scope.get("product"),
        excess=signal.observed - signal.expected,
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
