"""What product teams subscribe to: the signals about a product batch."""

import msgspec

from alerts.signal import Signal


class DefectBatchSignal(Signal, frozen=True, kw_only=True):
    """One state of a signal about one batch; readers keep the first per (id, state, revision).

    Withdrawn: it turned out not to be one. Cleared: it was one, and is over. `product` and
    `fault` (a category) are null where what rose is not counted by them; `scope` holds all
    that it is counted by. `excess` is `observed` less `expected`, in people.
    """

    batch: str
    product: str | None
    fault: str | None
    excess: float


def about_batch(signal: Signal) -> DefectBatchSignal | None:
    """The signal for product teams, whatever its state; None where it is none of theirs.

    A report of harm is not told as a defect of its batch: it opens an incident by itself.
    """
    batch = signal.scope.get("batch")
    if batch is None or signal.event:
        return None
    return DefectBatchSignal(
        **msgspec.structs.asdict(signal),
        batch=batch,
        product=signal.scope.get("product"),
        fault=signal.scope.get("category"),
        excess=signal.observed - signal.expected,
    )
