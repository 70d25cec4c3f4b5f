"""What is known of the batches in the field: judged against their neighbours, then learnt.

The order of a closed bucket is that of the detectors: what the neighbours let expect, the verdict,
the priors, the neighbours. A prior is fitted to the batches of one product, which are all in one
shard, so that what is found does not depend on how many shards there are.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from msgspec import convert

from alerts.defects import rate_of
from alerts.rates import BatchRate
from detectors import batches, disproportion, grounds
from detectors.batches import Batches, BatchState
from detectors.columns import Bools, Floats, Ints, summed
from detectors.grounds import Grounds
from detectors.mixture import Priors
from detectors.neighbours import Fields, Neighbours, Shares
from detectors.verdict import Excess
from streams.detection.judges.fleet.register import Register, Row

KNOWN: Final = 10.0
"""Complaints of its neighbours from which on their rate tells what a batch should bring."""
LONG: Final = 168
"""Buckets after which it does with fewer: that so few come is known then."""
FEWEST: Final = 30
"""Batches of a product to which a prior is fitted; fewer have the one to begin with."""
INTERVAL: Final = (0.025, 0.975)


class Due(NamedTuple):
    """What a bucket should hold: its rhythm by product, and people by place."""

    bucket: int
    rhythm: Floats
    people: Floats


class Fleet:
    """The state of those of a register.

    Args:
        register: which places and products they have.
        threshold: buckets of one batch between two false alarms.

    Attributes:
        learnt: as of the bucket closed last, of which batches the neighbours' rate is known.
    """

    def __init__(self, register: Register, *, threshold: float) -> None:
        n, products = len(register.rows), len(register.slices)
        self.learnt = np.zeros(n, np.bool_)
        self._register = register
        self._neighbours, self._batches = Neighbours(), Batches(threshold=threshold)
        self._fields, self._shares = Fields.empty(products), self._shipped(Shares.empty(n))
        self._state, self._priors = BatchState.empty(n), Priors.empty(products)
        self._found: batches.Verdict | None = None  # on the bucket closed last

    @property
    def others(self) -> Floats:
        """Complaints of each batch's neighbours, as far as they are not forgotten."""
        whole: Floats = summed(self._fields.complaints)[self._register.product]
        return whole - self._shares.whole.complaints

    def expect(self, rhythm: Floats, *, bucket: int) -> Due:
        people = self._neighbours.expect(self._fields, self._shares, bucket=bucket, rhythm=rhythm)
        return Due(bucket, rhythm, people)

    def step(self, due: Due, people: Ints, *, masked: bool) -> Excess:
        """Judge, then learn; an outage says nothing of either.

        Of which batches it speaks was settled when the hour began, so that no other does.
        """
        exposure = np.full_like(due.people, np.nan) if masked else due.people
        self._state, found = self._batches.step(
            self._state, self._beliefs, people, exposure, bucket=due.bucket
        )
        self._found, said = found, _spoken(found, self.learnt, masked=masked)
        if not masked:
            self.learnt = (self.learnt | self._known(due.bucket)) & ~found.unknown
        self._refit(due.bucket)
        if not masked:
            self._learn(due, people, found.score)
        return said

    def foresee(self, due: Due, people: Ints, places: Ints) -> Excess:
        """The verdict on these places as it stands."""
        found = self._batches.judge(
            self._state, self._beliefs, people, due.people[places], bucket=due.bucket,
            series=places,
        )  # fmt: skip
        return _spoken(found, self.learnt[places], masked=False)

    def grounds(self, place: int) -> Grounds:
        """Of what was said of a batch in the bucket closed last; none before there was one."""
        found = self._found
        return {} if found is None else grounds.of_batch(self._batches, found, place)

    def rate(self, place: int) -> BatchRate | None:
        """Per unit, beside the neighbours; None where it never was known what these bring."""
        product = int(self._register.product[place])
        part, whole = self._register.slices[product], self._state.whole
        (known,) = np.nonzero(whole.exposure[part] > 0)
        at = int(np.searchsorted(known, place - part.start))
        if place - part.start not in known:
            return None
        prior = self._priors.at(product)
        own = self._state.relative_rates(prior, np.array([place]))
        low, high = (float(own.quantile(p)[0]) for p in INTERVAL)
        events = whole.events[part][known].astype(np.int64)
        found = disproportion.of_rates(events, whole.exposure[part][known], prior)
        return rate_of(
            units=self._register.rows[place].units, due=float(whole.exposure[place]),
            interval=(low, high), found=found, at=at,
        )  # fmt: skip

    def snapshot(self) -> dict[str, Any]:
        return {
            "rows": self._register.rows, "fields": self._fields.columns(),
            "shares": self._shares.columns(), "state": self._state.columns(),
            "priors": self._priors.columns(), "learnt": self.learnt,
        }  # fmt: skip

    def restore(self, held: dict[str, Any]) -> Ints:
        """Returns the place that each had when the snapshot was taken, -1 where it begins anew."""
        places, products = self._register.inherited(convert(held["rows"], list[Row]))
        self._fields = Fields.of(held["fields"]).rearranged(products)
        self._shares = self._shipped(Shares.of(held["shares"]).rearranged(places))
        self._state = BatchState.of(held["state"]).rearranged(places)
        self._priors = Priors.of(held["priors"]).rearranged(products)
        self.learnt = np.append(held["learnt"], np.False_)[places]
        return places

    def _shipped(self, shares: Shares) -> Shares:
        """With what the table says of each."""
        rows = self._register.rows
        shares.product[...] = self._register.product
        shares.shipped[...] = [row.shipped for row in rows]
        shares.units[...] = [row.units for row in rows]
        return shares

    @property
    def _beliefs(self) -> Priors:
        """Of each batch that of its product."""
        return self._priors.take(self._register.product)

    def _known(self, bucket: int) -> Bools:
        """Which batches have neighbours whose rate is known well enough."""
        born = self._state.born
        known: Bools = (self.others >= KNOWN) | ((born >= 0) & (bucket - born >= LONG))
        return known

    def _learn(self, due: Due, people: Ints, score: Floats) -> None:
        """A batch under suspicion teaches little, once it is known what to suspect."""
        trust = np.where(self.learnt, self._batches.trust(score), 1.0)
        self._fields, self._shares = self._neighbours.learn(
            self._fields, self._shares, people, bucket=due.bucket, rhythm=due.rhythm, trust=trust
        )

    def _refit(self, bucket: int) -> None:
        """The priors of the products that are due, by the bucket their first was judged in."""
        born = np.where(self._state.born < 0, bucket + 1, self._state.born)
        firsts = np.minimum.reduceat(born, [part.start for part in self._register.slices])
        ages = bucket + 1 - firsts
        for product in np.flatnonzero((ages > 0) & (ages % self._batches.day == 0)).tolist():
            state = self._state.take(self._register.slices[product])
            if np.count_nonzero(state.born >= 0) >= FEWEST:
                prior = self._batches.refitted(state, self._priors.at(product), bucket=bucket)
                self._priors.put(product, prior)


def _spoken(found: batches.Verdict, learnt: Bools, *, masked: bool) -> Excess:
    """As a verdict that an alarm comes of: none while it is learnt what neighbours bring."""
    return Excess(
        score=found.score, above=found.above & learnt, observed=found.observed,
        expected=found.expected, onset=found.onset, learning=~learnt,
        masked=np.full(learnt.size, masked),
    )  # fmt: skip
