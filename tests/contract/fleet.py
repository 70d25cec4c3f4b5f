"""Batches among their neighbours, under beliefs that are fitted anew each day, by the contract."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from alerts.signal import Kind
from detectors import batches
from detectors.batches import BatchState
from detectors.columns import Array, Bools, Floats, Ints
from detectors.mixture import Priors
from detectors.neighbours import Fields, Neighbours, Shares
from tests.contract import again
from tests.contract.batches import BATCHES, explained
from tests.contract.plain import copied
from tests.contract.verdicts import Explained

NEIGHBOURS = Neighbours()
UNITS = 1000.0


@dataclass(slots=True)
class Fleet:
    """What is known of each batch, of its product, and of what both of its batches are."""

    batches: BatchState
    priors: Priors
    fields: Fields
    shares: Shares

    @property
    def size(self) -> int:
        return self.batches.size

    def grown(self, n: int) -> "Fleet":
        products = np.repeat(np.arange(self.size, n), 2)
        shares = self.shares.grow(
            products=products, shipped=0 * products, units=np.full(products.size, UNITS)
        )
        return Fleet(self.batches.grown(n), self.priors.grown(n), self.fields.grown(n), shares)

    def columns(self) -> dict[str, Array]:
        parts = self.batches, self.priors, self.fields, self.shares
        return {
            f"{type(part).__name__} {name}": column
            for part in parts
            for name, column in part.columns().items()
        }

    def restored(self) -> "Fleet":
        return Fleet(
            BatchState.of(copied(self.batches)), Priors.of(copied(self.priors)),
            Fields.of(copied(self.fields)), Shares.of(copied(self.shares)),
        )  # fmt: skip


@dataclass(slots=True)
class FleetCase:
    """A series is a batch of a product of its own, beside one of which few complain.

    An outage hides both. A prior is fitted to one batch alone here, which says little of it.
    """

    kind: ClassVar = Kind.BATCH
    hours: ClassVar[int] = 120
    many: ClassVar[int] = 11
    again: ClassVar = staticmethod(again.of_batch)
    state: Fleet

    @classmethod
    def of(cls, n: int) -> "FleetCase":
        none = Fleet(BatchState.empty(0), Priors.empty(0), Fields.empty(0), Shares.empty(0))
        return cls(none.grown(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def due(self, hour: int, masked: Bools) -> Floats:
        both = NEIGHBOURS.expect(self.state.fields, self.state.shares, bucket=hour)
        return np.where(masked, np.nan, both[::2])

    def judge(
        self, counts: Ints, *, hour: int, masked: Bools | None = None
    ) -> batches.Verdict:  # fmt: skip
        state, due = self.state, self.due(hour, _hidden(counts, masked))
        return BATCHES.judge(state.batches, state.priors, counts, due, bucket=hour)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> batches.Verdict:
        state, hidden = self.state, _hidden(counts, masked)
        state.batches, verdict = BATCHES.step(
            state.batches, state.priors, counts, self.due(hour, hidden), bucket=hour
        )
        self._refit(hour)
        self._learn(counts, verdict.score, ~hidden, hour=hour)
        return verdict

    def _refit(self, hour: int) -> None:
        state = self.state.batches
        for place in np.flatnonzero((hour + 1 - state.born) % BATCHES.day == 0).tolist():
            own, prior = state.take(np.array([place])), self.state.priors.at(place)
            self.state.priors.put(place, BATCHES.refitted(own, prior, bucket=hour))

    def _learn(self, counts: Ints, score: Floats, known: Bools, *, hour: int) -> None:
        state = self.state
        both = np.column_stack([counts, np.full_like(counts, hour % 10 == 0)]).ravel()
        trust = np.column_stack([known * BATCHES.trust(score), known]).ravel()
        state.fields, state.shares = NEIGHBOURS.learn(
            state.fields, state.shares, both, bucket=hour, trust=trust
        )

    def explained(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> Explained:
        return explained(self.step(counts, hour=hour, masked=masked))

    def restored(self) -> "FleetCase":
        return FleetCase(self.state.restored())


def _hidden(counts: Ints, masked: Bools | None) -> Bools:
    return np.zeros(counts.shape, np.bool_) if masked is None else masked
