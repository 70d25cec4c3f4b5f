"""Batches: do more complaints come than the units in the field and their neighbours explain?

`exposure` is what a bucket should hold if the batch were like its neighbours of equal age
(`detectors.neighbours`); the batch's relative rate has the prior of all batches
(`detectors.mixture`), sharpened by its own past. Looked at are sliding windows and the whole life,
each against what was known before it began. Of a window of T buckets, in which n came,

    chance = E[N; N >= n] / T

is how often in a bucket a batch as it was reaches n in that window by chance, however often it is
looked at. The score is the inverse of it times the window's share of the false alarms, so it is
the number of buckets between two false alarms of one batch, and `detectors.budget` has the
threshold that spreads those allowed over all batches. The largest of the windows counts.

A block leaves the ring of the last 28 and is learnt, the less the higher it has scored; what is
learnt is forgotten with a half-life of 180 days. A score that stays above the threshold for two
weeks is the new normal: from then on these two weeks say what the batch should bring, and windows
and life begin anew. Where the exposure is unknown (NaN) nothing is judged and nothing learnt.
"""

from dataclasses import dataclass, fields
from typing import Annotated

import numpy as np

from detectors.columns import Bools, Columns, Floats, Floats32, Ints, column
from detectors.level import winsorised
from detectors.mixture import Beliefs, Posterior, Prior

ROWS = 28
"""Blocks that a window may span."""
DOUBT = 0.1
"""Share of the threshold at which a block is learnt by half."""
NEW_NORMAL_DAYS = 14
HALF_LIFE_DAYS = 180
REFIT_DAYS = 7
ROOM = 10.0
"""Multiple of the threshold up to which a score speaks against what is learnt."""
LEAST = 1e-200
"""Chance below which all are alike; a double divides by it."""
MOST = 2**30
"""A block counts at most so many."""
ALL = slice(None)


@dataclass(slots=True)
class Known(Columns):
    """Events, and how many were expected at the relative rate 1."""

    events: Annotated[Floats, column(np.float64)]
    exposure: Annotated[Floats, column(np.float64)]

    def add(self, events: Ints, exposure: Floats) -> None:
        self.events += events
        self.exposure += exposure

    def put(self, events: Floats, exposure: Floats, places: Ints) -> None:
        self.events[places] = events
        self.exposure[places] = exposure


@dataclass(slots=True)
class BatchState(Columns):
    """All batches of a shard.

    `born` is the first bucket judged (-1: none yet), `whole` is all since. `life` is all since
    `start`, which is that or the last new normal, `before` what was known then; `past` is what has
    been learnt and has left the ring, whose rows are blocks. `below` is the last bucket with a
    score below the threshold. `level` is what the exposure is multiplied by, 1 until there is a new
    normal, in all but `whole`.
    """

    born: Annotated[Ints, column(np.int64, -1)]
    start: Annotated[Ints, column(np.int64, -1)]
    below: Annotated[Ints, column(np.int64)]
    level: Annotated[Floats, column(np.float64, 1)]
    whole: Known
    before: Known
    life: Known
    past: Known
    events: Annotated[Ints, column(np.int32, rows=ROWS)]
    exposure: Annotated[Floats32, column(np.float32, rows=ROWS)]
    trust: Annotated[Floats32, column(np.float32, 1, rows=ROWS)]

    def relative_rates(self, prior: Beliefs, series: Ints | slice = ALL) -> Posterior:
        """Of the batches against their neighbours, over their whole lives."""
        return prior.take(series).posterior(self.whole.events[series], self.whole.exposure[series])

    @property
    def first(self) -> int:
        """The bucket in which the first of all was judged; -1 for none yet."""
        judged = self.born[self.born >= 0]
        return int(judged.min()) if judged.size else -1

    def known(self, *, newest: int, span: int) -> tuple[Floats, Floats]:
        """What is known from before the last `span` blocks, of which `newest` is the last."""
        events, exposure = self.past.events.copy(), self.past.exposure.copy()
        for age in range(ROWS - 1, span - 1, -1):
            row, trust = (newest - age) % ROWS, self.trust[(newest - age) % ROWS]
            events += trust * self.events[row]
            exposure += trust.astype(np.float64) * self.exposure[row]
        return events, exposure

    def within(self, *, newest: int, span: int) -> tuple[Floats, Floats]:
        """What the last `span` blocks hold."""
        events, exposure = np.zeros((2, self.size))
        for age in range(span - 1, -1, -1):
            events += self.events[(newest - age) % ROWS]
            exposure += self.exposure[(newest - age) % ROWS]
        return events, exposure


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket says of each batch; observed and expected are since `onset`.

    They are of the window with the highest score, where none scores of the first. `span` are the
    blocks under suspicion (0: the whole life): those of that window, or of the first that scores
    `ROOM` thresholds. `unknown` is what cannot be judged, for its exposure is not known.

    Of the window `exposure` is what it should hold at the relative rate 1, `buckets` its length
    and `part` its share of the false alarms; of the relative rate as it was before, rows are the
    components of the posterior.
    """

    score: Floats
    above: Bools
    observed: Floats
    expected: Floats
    onset: Ints
    span: Ints
    unknown: Bools
    exposure: Floats
    buckets: Ints
    part: Floats
    weights: Floats
    shapes: Floats
    rates: Floats

    @property
    def masked(self) -> Bools:
        return self.unknown

    @property
    def size(self) -> tuple[Floats, Floats]:
        """Observed over expected, and observed less expected."""
        return self.observed / np.maximum(self.expected, 1e-9), self.observed - self.expected


@dataclass(frozen=True, slots=True)
class _Window:
    """Of each batch: what it holds, its length in buckets, and what was known before."""

    events: Floats
    exposure: Floats
    buckets: Ints
    onset: Ints
    known_events: Floats
    known_exposure: Floats

    def take(self, places: Ints) -> "_Window":
        return _Window(*(getattr(self, f.name)[places] for f in fields(self)))

    def posterior(self, prior: Beliefs) -> Posterior:
        return prior.posterior(self.known_events, self.known_exposure)

    def chance(self, prior: Beliefs) -> Floats:
        """How often in a bucket so many come into the window by chance."""
        arrivals = self.posterior(prior).arrivals(self.events, self.exposure)
        return arrivals / self.buckets


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Settings.

    Args:
        threshold: buckets of one batch between two false alarms (`detectors.budget`).
        fewest: people in a window below which it says nothing; where few are expected three may
            be the most surprising number, and is no defect yet.
        day: buckets of a day.
        block: buckets by which windows move on.
        windows: lengths in blocks, the first being the usual one; the last block is still filling.
        shares: of the false alarms, by window and then for the whole life.
    """

    threshold: float
    fewest: int = 5
    day: int = 24
    block: int = 12
    windows: tuple[int, ...] = (6, 28)
    shares: tuple[float, ...] = (0.9, 0.05, 0.05)

    @property
    def ceiling(self) -> float:
        """Score from which on more says no more against what is learnt."""
        return ROOM * self.threshold

    def trust(self, score: Floats) -> Floats:
        """How far what scored so is ordinary, and teaches what is usual."""
        level = DOUBT * self.threshold
        trust: Floats = level / (np.minimum(score, self.ceiling) + level)
        return trust

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise ValueError(f"threshold must be above 0 buckets, got {self.threshold}")
        if min(self.fewest, self.day, self.block) < 1:
            raise ValueError(
                "fewest, day and block must be at least 1, "
                f"got {self.fewest}, {self.day} and {self.block}"
            )
        if not self.windows or not all(1 <= span <= ROWS for span in self.windows):
            raise ValueError(f"windows must be 1 to {ROWS} blocks, got {self.windows}")
        if len(self.shares) != len(self.windows) + 1 or not min(self.shares) > 0:
            raise ValueError(
                f"shares must be above 0, one for each of {len(self.windows)} windows and one for "
                f"the life, got {self.shares}"
            )
        if sum(self.shares) > 1 + 1e-9:
            raise ValueError(f"shares must add up to 1 at most, got {sum(self.shares)}")

    def judge(
        self,
        state: BatchState,
        prior: Beliefs,
        counts: Ints,
        exposure: Floats,
        *,
        bucket: int,
        series: Ints | slice = ALL,
    ) -> Verdict:
        """The verdict on these counts. The state stays as it is.

        `exposure` is of the whole bucket, so that a verdict on an open one can only rise;
        it and `counts` are of `series` only, where some are named. `prior` is of all batches or,
        so that what is found of a product does not depend on the company, of each (`Priors`).
        """
        piece, prior, unknown = state.take(series), prior.take(series), _unknown(exposure)
        windows = self._windows(piece, counts, exposure, bucket=bucket)
        scores = np.array(
            [
                self._score(window, share, prior, unknown)
                for window, share in zip(windows, self.shares, strict=True)
            ]
        )
        best, score = scores.argmax(axis=0), scores.max(axis=0)
        suspect = np.minimum(scores, self.ceiling).argmax(axis=0)
        window = _chosen(windows, best)
        posterior = window.posterior(prior)
        return Verdict(
            score=score,
            above=score >= self.threshold,
            observed=window.events,
            expected=window.exposure * posterior.mean,
            onset=window.onset,
            span=np.array([*self.windows, 0])[suspect],
            unknown=unknown,
            exposure=window.exposure,
            buckets=window.buckets,
            part=np.array(self.shares)[best],
            weights=posterior.weights,
            shapes=posterior.shapes,
            rates=posterior.rates,
        )

    def step(
        self, state: BatchState, prior: Beliefs, counts: Ints, exposure: Floats, *, bucket: int
    ) -> tuple[BatchState, Verdict]:
        """Judge, then learn. The state given is used up: its arrays live on in the one returned."""
        verdict = self.judge(state, prior, counts, exposure, bucket=bucket)
        self._count(state, counts, exposure, bucket=bucket)
        self._doubt(state, verdict, bucket=bucket)
        self._renew(state, verdict, bucket=bucket)
        if (bucket + 1) % self.block == 0:
            self._retire(state, (bucket + 1) // self.block % ROWS)
        return state, verdict

    def refitted(self, state: BatchState, prior: Prior, *, bucket: int) -> Prior:
        """The prior after bucket `bucket`: anew each day of the first week, then each week.

        In the first week, when nothing can be doubted yet, counts are cut that are too high even
        for rates that differ by as much as their mean: what ails a few is not usual for all.
        """
        days, rest = divmod(bucket + 1 - state.first, self.day)
        if rest or state.first < 0 or (days > REFIT_DAYS and days % REFIT_DAYS):
            return prior
        events, exposure = state.known(newest=bucket // self.block, span=0)
        seen = exposure > 0
        events, exposure = events[seen], exposure[seen]
        if days <= REFIT_DAYS:
            one = np.ones_like(exposure)
            events = winsorised(events, mean=exposure, level_variance=one, phi=one)
        return Prior.fitted(events, exposure)

    def _windows(
        self, state: BatchState, counts: Ints, exposure: Floats, *, bucket: int
    ) -> list[_Window]:
        """The sliding ones and the whole life, with this bucket in each."""
        newest, unknown = bucket // self.block, _unknown(exposure)
        more, due = np.where(unknown, 0, counts), np.where(unknown, 0.0, exposure * state.level)
        start, made = _since(state.start, bucket), []
        for span in self.windows:
            onset = np.maximum((newest - span + 1) * self.block, start)
            known = state.known(newest=newest, span=span)
            events, expected = state.within(newest=newest, span=span)
            made.append(_Window(events + more, expected + due, bucket + 1 - onset, onset, *known))
        before, life = state.before, state.life
        events, expected = life.events + more, life.exposure + due
        known = before.events, before.exposure
        return [*made, _Window(events, expected, bucket + 1 - start, start, *known)]

    def _score(self, window: _Window, share: float, prior: Beliefs, unknown: Bools) -> Floats:
        score = np.zeros(unknown.shape)
        (enough,) = np.nonzero((window.events >= self.fewest) & ~unknown)
        score[enough] = share / np.maximum(window.take(enough).chance(prior.take(enough)), LEAST)
        return score

    def _count(self, state: BatchState, counts: Ints, exposure: Floats, *, bucket: int) -> None:
        row, known = bucket // self.block % ROWS, ~_unknown(exposure)
        events, expected = counts * known, np.where(known, exposure, 0.0)
        state.events[row] = np.minimum(state.events[row] + events, MOST)
        state.exposure[row] += expected * state.level
        state.whole.add(events, expected)
        state.life.add(events, expected * state.level)
        first = known & (state.born < 0)
        state.born[first] = state.start[first] = state.below[first] = bucket

    def _doubt(self, state: BatchState, verdict: Verdict, *, bucket: int) -> None:
        """The blocks of the window that scored are learnt by half, the more doubtful the less."""
        state.below[verdict.score < self.threshold] = bucket
        (some,) = np.nonzero(verdict.score)
        if not some.size:
            return
        ages = np.arange(ROWS)[:, None]
        spans = np.where(verdict.span[some] == 0, ROWS, verdict.span[some])
        trust = np.where(ages < spans, self.trust(verdict.score[some]), 1.0)
        held = (bucket // self.block - ages) % ROWS, some
        state.trust[held] = np.minimum(state.trust[held], trust)

    def _renew(self, state: BatchState, verdict: Verdict, *, bucket: int) -> None:
        """What has stood for two weeks is what the next rise is measured by."""
        (some,) = np.nonzero(bucket - state.below >= NEW_NORMAL_DAYS * self.day)
        if not some.size:
            return
        span = min(NEW_NORMAL_DAYS * self.day // self.block, ROWS)
        events, exposure = state.take(some).within(newest=bucket // self.block, span=span)
        state.level[some] *= events / np.maximum(exposure, 1e-9)
        for known in (state.before, state.past):
            known.put(events, events, some)
        state.life.put(np.zeros(some.size), np.zeros(some.size), some)
        state.events[:, some], state.exposure[:, some], state.trust[:, some] = 0, 0.0, 1.0
        state.start[some], state.below[some] = bucket + 1, bucket

    def _retire(self, state: BatchState, row: int) -> None:
        """The oldest block is learnt, and its row is free for the next."""
        kept = 2.0 ** (-self.block / (HALF_LIFE_DAYS * self.day))
        trust = state.trust[row].astype(np.float64)
        state.past.events[...] = kept * state.past.events + trust * state.events[row]
        state.past.exposure[...] = kept * state.past.exposure + trust * state.exposure[row]
        state.events[row], state.exposure[row], state.trust[row] = 0, 0.0, 1.0


def _unknown(exposure: Floats) -> Bools:
    """Not known, or of a batch of which no unit is in the field."""
    unknown: Bools = ~(exposure > 0.0)
    return unknown


def _since(first: Ints, bucket: int) -> Ints:
    return np.where(first < 0, bucket, first)


def _chosen(windows: list[_Window], best: Ints) -> _Window:
    """Of each batch the window at its place."""
    every = np.arange(best.size)
    return _Window(
        *(np.array([getattr(w, f.name) for w in windows])[best, every] for f in fields(_Window))
    )
