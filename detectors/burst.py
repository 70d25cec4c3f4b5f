"""B-score: has a busy series (mentions by 1 to 5 minutes) burst, by its own standards?

Such series burst all the time, so what is rare is learnt of each by itself. With y observed and
m expected, the excess of the last w buckets, each counting for 1 - 1/w of the one after it, is

    D_w <- (1 - 1/w) D_w + y - m,   z_w = D_w / sqrt(s^2 w^2/(2 w - 1))

where m is the mean of the past that forgets half in two and a half days, and s^2 the variance of
a bucket: that of a Poisson count, max(m, 1). How often z_w is so large the series itself says:
N buckets were seen, and n of them had a z_w of at least z. Before it says much, the chance is a
Pareto tail P(z) = (z/z_0)^-2, z_0 = 1/4, which is worth K = 1000 buckets (a Dirichlet process;
Ferguson 1973):

    s_w = -log10((n + K P(z)) / (N + K)),   B = mean of s_w over w

n is kept by octaves of z, and s_w read between the two on either side. N and n forget half in
two weeks. So B is the mean number of zeros of the chance, over five lengths of time; beyond what
was ever seen the Pareto tail speaks. A bucket is judged before it is learnt from.

A known event multiplies m by its factor f, and its bucket counts for f in the mean of the past.
It makes what bursts in it as much larger: y - m is divided by f above 1. Where f is in doubt, with
a relative variance d, all of an excess may be owed to that: d (w m)^2 is added to the variance of
D_w, with m divided alike.

A negative binomial tail with a dispersion for each window in place of z_w, a daily rhythm, other
windows, the largest s_w in place of their mean: none did clearly better on the series tried.

With `measured` the values are not counts but measurements (a mean sentiment, a latency), which
may be negative and go wrong either way: s^2 is then the mean squared residual, of which one
bucket adds at most 25 s^2, and z_w the absolute value.

A series is *learning* until a day after its fifth bucket that is not empty; its score is 0.
"""

from dataclasses import dataclass, fields
from typing import Annotated

import numpy as np

from detectors import budget
from detectors.calendar import ORDINARY, Known
from detectors.columns import Array, Bools, Columns, Floats, Floats32, Ints, column, summed
from detectors.verdict import Excess, slices

WINDOWS = (1, 3, 12, 36, 144)
"""Lengths of time in buckets."""
RUN = WINDOWS.index(12)
"""The window that says whether an excursion lasts: while its z is at least 1."""
OCTAVES = 17
LOWEST = 0.25
"""z_0; the octaves begin at z_0 2^j, j = 0 .. 16."""
PARETO = 2.0
BEGUN = 5
"""Buckets that are not empty after which the collection of a series is taken to have begun."""
LIMIT = 25.0
"""Variances that one bucket adds to the variance of measurements at most."""
LEAST = 1e-6
"""Least standard deviation of measurements, as a share of their level."""
SLICE = 8192  # series worked on at a time
THRESHOLD = 2.4
"""Chosen on the five supplied series of tweets of NAB; 2.0 to 3.4 do nearly as well there."""
LOWEST_THRESHOLD = 0.5
"""However many alarms are asked for."""
QUIET = 144
"""Buckets below the threshold after which another alarm may fire (`detectors.alarm`)."""


POWER = 0.54
"""Zeros by which alarms become fewer for one zero more of the score: those that chance makes of
flares alike are rarer than those that a series has of itself. Fitted, with `KEEPS`, on generated
series that flare up all day (`benchmarks.bursts`, seeds 1 and 2)."""
KEEPS = 710.0
"""`times` with which one place of the budget is kept: at `THRESHOLD` alarms are 0.71 a week and
series, on the mean of its second to ninth week; in the second they are twice as many, for the tail
is young."""
PLACES = 250
"""Of the budget (`detectors.budget`) that one series takes. Chosen on the five supplied NAB tweet
series, where their part, 3.24 zeros, lies amid those that find one window less than `THRESHOLD`."""
AFFORDABLE = KEEPS / PLACES
"""`times` with which the budget is kept."""


def threshold(allowed: float, *, times: float = 1.0) -> float:
    """Score from which on series alarm, for a budget as `detectors.budget` states it.

    A tenth of the alarms are asked for by 1/POWER zeros more; `times` is how many times as rare a
    calibration on one's own history wants them. `THRESHOLD` was chosen for what it finds, taken
    for the default budget, and lowered by `times` below 1 alone:

        THRESHOLD + max(log10(allowed / allowed by default) + log10(times), min(log10(times), 0)) /
        POWER

    So it calls more than the budget allows; `affordable` is the score that keeps it. On the five
    supplied NAB tweet series alarms outside the labels are 0.56 a week and series at 2.4, 0.11 at
    3.4 and none at 6, where 17, 16 and 3 of 17 windows are found.
    """
    stricter, rarer = np.log10(allowed / budget.threshold()), np.log10(times)
    zeros = THRESHOLD + max(stricter + rarer, min(rarer, 0.0)) / POWER
    return float(max(zeros, LOWEST_THRESHOLD))


def affordable(allowed: float) -> float:
    """Score from which on alarms keep the budget, as a series that takes `PLACES` of it."""
    return threshold(allowed, times=AFFORDABLE)


def places(told_from: float, allowed: float) -> int:
    """How many places of such a budget a series takes that is told of from this score on."""
    rarer = 10.0 ** (POWER * (told_from - THRESHOLD))
    return max(int(KEEPS / rarer * allowed / budget.threshold() + 0.5), 1)


@dataclass(slots=True)
class Tail(Columns):
    """n by window and octave (row w * OCTAVES + j), and N."""

    beyond: Annotated[Floats32, column(np.float32, rows=len(WINDOWS) * OCTAVES)]
    seen: Annotated[Floats32, column(np.float32)]


@dataclass(slots=True)
class BurstState(Columns):
    """All series. `total` over `seen`, both forgetting, is the level; `square` is s^2 if measured.

    `seen` are buckets, one in a known event as many as that makes of it.

    `full` counts buckets that are not empty up to `BEGUN`, `begun` is the bucket of the last of
    these; `onset` (-1: none), `observed` and `expected` are of the excursion that lasts.
    """

    total: Annotated[Floats, column(np.float64)]
    seen: Annotated[Floats, column(np.float64)]
    square: Annotated[Floats, column(np.float64)]
    excess: Annotated[Floats, column(np.float64, rows=len(WINDOWS))]
    tail: Tail
    full: Annotated[Ints, column(np.int64)]
    begun: Annotated[Ints, column(np.int64, -1)]
    learning: Annotated[Bools, column(np.bool_, first=1)]
    onset: Annotated[Ints, column(np.int64, -1)]
    observed: Annotated[Floats, column(np.float64)]
    expected: Annotated[Floats, column(np.float64)]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a bucket should hold: its mean, and the variance of an ordinary one.

    The mean is over so many buckets as are `remembered`, times what known events make of it:
    `event`, of whose factor the relative variance is `doubt`.
    """

    bucket: int
    mean: Floats
    variance: Floats
    remembered: Floats
    event: Floats
    doubt: Floats

    def take(self, series: slice) -> "Expectation":
        arrays = (getattr(self, field.name)[series] for field in fields(self)[1:])
        return Expectation(self.bucket, *arrays)

    @property
    def spread(self) -> Floats:
        """Standard deviation of D_w, by window."""
        spread: Floats = np.sqrt(self.variance) * SPREAD
        if not self.doubt.any():
            return spread
        unsure = np.sqrt(self.doubt) * self.mean / self.scale
        wider: Floats = np.hypot(spread, unsure * LENGTHS)
        return wider

    @property
    def scale(self) -> Floats:
        """How many times an ordinary excess one of the same rarity is."""
        scale: Floats = np.maximum(self.event, 1.0)
        return scale


@dataclass(frozen=True, slots=True)
class Verdict(Excess):
    """What a bucket says of each series; observed and expected are sums since the onset bucket.

    `parts` are s_w by window (rows), of which `score` is the mean; `window`, in buckets, is the
    one that says most. `deviations` are z_w.
    """

    window: Ints
    parts: Floats
    deviations: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Settings; lengths of time are in buckets, of five minutes by default.

    `level` and `tail` are half-lives, `prior` is K.
    """

    threshold: float = THRESHOLD
    measured: bool = False
    level: float = 2.5 * 288
    tail: float = 14 * 288
    shortest_learning: int = 288
    prior: float = 1000.0

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise ValueError(f"threshold must be above 0, got {self.threshold}")
        if not min(self.level, self.tail, self.shortest_learning) >= 1:
            raise ValueError(
                "level, tail and shortest_learning must be at least 1 bucket, "
                f"got {self.level}, {self.tail} and {self.shortest_learning}"
            )
        if not self.prior > 0:
            raise ValueError(f"prior must be above 0 buckets, got {self.prior}")

    def expect(
        self, state: BurstState, *, bucket: int, known: Known = ORDINARY
    ) -> Expectation:  # fmt: skip
        """What the bucket should hold; 0 in a series that has no past.

        `known` is what known events make of it; of measurements they make nothing.
        """
        known = ORDINARY if self.measured else known
        seen = np.maximum(state.seen, 1.0)
        event, doubt = (np.broadcast_to(one, seen.shape) for one in (known.factor, known.doubt))
        mean = state.total / seen
        if self.measured:
            least = np.maximum(LEAST * np.abs(mean), LEAST * LEAST)
            variance = np.maximum(state.square, least * least)
        else:
            variance = np.maximum(mean, 1.0)
        return Expectation(bucket, mean * event, variance, seen, event, doubt)

    def judge(
        self,
        state: BurstState,
        expectation: Expectation,
        counts: Array,
        masked: Bools | None = None,
    ) -> Verdict:
        """The verdict on these counts (or measurements, as floats). The state stays as it is."""
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        quiet = state.learning | masked
        residual = self._residual(state, expectation, counts) * ~masked
        deviations = self._deviations(state, expectation, residual)
        parts = self._rarity(state.tail, deviations) * ~quiet
        score = summed(parts) / len(WINDOWS)
        new = state.onset < 0
        return Verdict(
            score=score,
            above=(score >= self.threshold) & ~quiet,
            window=np.array(WINDOWS)[parts.argmax(axis=0)],
            observed=np.where(new, 0.0, state.observed) + counts * ~masked,
            expected=np.where(new, 0.0, state.expected) + expectation.mean * ~masked,
            onset=np.where(new, expectation.bucket, state.onset),
            learning=state.learning.copy(),
            masked=masked,
            parts=parts,
            deviations=deviations,
        )

    def step(
        self,
        state: BurstState,
        expectation: Expectation,
        counts: Array,
        masked: Bools | None = None,
    ) -> tuple[BurstState, Verdict]:
        """Judge, then learn. The state given is used up: its arrays live on in the one returned."""
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        verdicts = []
        for some in slices(state.size, most=SLICE):
            piece, expected = state.take(some), expectation.take(some)
            verdict = self.judge(piece, expected, counts[some], masked[some])
            self._learn(piece, expected, counts[some], verdict)
            verdicts.append(verdict)
        return state, Verdict.joined(verdicts)

    def _residual(self, state: BurstState, expected: Expectation, counts: Array) -> Floats:
        """Observed less expected; 0 in the first bucket of all, which has nothing to be held to."""
        residual: Floats = (counts - expected.mean) / expected.scale * (state.seen > 0)
        return residual

    def _deviations(self, state: BurstState, expected: Expectation, residual: Floats) -> Floats:
        """z_w by window."""
        excess = state.excess * KEPT + residual
        scaled: Floats = excess / expected.spread
        return np.abs(scaled) if self.measured else scaled

    def _rarity(self, tail: Tail, deviations: Floats) -> Floats:
        """s_w by window: read between the octaves on either side, 0 below the lowest."""
        place = np.log2(np.maximum(deviations, LOWEST) / LOWEST)
        place = np.minimum(place, OCTAVES - 1.0)
        below = np.minimum(place.astype(np.int64), OCTAVES - 2)
        share = place - below
        row = below + FIRST
        low, high = (np.take_along_axis(tail.beyond, row + step, axis=0) for step in (0, 1))
        prior = self.prior * CHANCE[below]
        total = tail.seen + self.prior
        zeros = (1.0 - share) * np.log((low + prior) / total)
        zeros += share * np.log((high + prior * CHANCE[1]) / total)
        rarity: Floats = np.where(deviations >= LOWEST, -zeros / np.log(10.0), 0.0)
        return rarity

    def _learn(
        self, state: BurstState, expected: Expectation, counts: Array, verdict: Verdict
    ) -> None:
        """A masked bucket leaves everything as it was."""
        keep = ~verdict.masked
        residual = self._residual(state, expected, counts)
        state.excess[...] = np.where(keep, state.excess * KEPT + residual, state.excess)
        self._learn_tail(state.tail, verdict.deviations, keep)
        self._learn_level(state, residual, counts, keep * expected.event)
        _go_on(state, verdict)
        self._end_learning(state, counts * keep, bucket=expected.bucket)

    def _learn_tail(self, tail: Tail, deviations: Floats, keep: Bools) -> None:
        left = np.where(keep, np.float32(0.5 ** (1.0 / self.tail)), np.float32(1.0))
        tail.seen[...] = tail.seen * left + keep
        tail.beyond *= left
        for row, deviation in enumerate(deviations.astype(np.float32)):
            rows = tail.beyond[row * OCTAVES : (row + 1) * OCTAVES]
            rows += (deviation >= EDGES) & keep

    def _learn_level(
        self, state: BurstState, residual: Floats, counts: Array, worth: Floats
    ) -> None:
        """`worth` is that of the bucket, in ordinary ones; 0 where it is masked."""
        keep = worth > 0
        left = np.where(keep, 0.5 ** (1.0 / self.level), 1.0)
        state.total[...] = state.total * left + counts * keep
        state.seen[...] = state.seen * left + worth
        if self.measured:
            limit = np.where(state.learning, np.inf, LIMIT * state.square)
            change = np.minimum(residual * residual, limit) - state.square
            state.square += keep * change / np.maximum(state.seen, 1.0)

    def _end_learning(self, state: BurstState, counts: Array, *, bucket: int) -> None:
        state.full += (counts != 0) & (state.full < BEGUN)
        state.begun[(state.begun < 0) & (state.full == BEGUN)] = bucket
        state.learning &= (state.begun < 0) | (bucket + 1 - state.begun < self.shortest_learning)


LENGTHS = np.array([[float(w)] for w in WINDOWS])
"""What an excess of one in each bucket makes of D_w."""
KEPT = np.array([[1.0 - 1.0 / w] for w in WINDOWS])
SPREAD = np.array([[w / np.sqrt(2.0 * w - 1.0)] for w in WINDOWS])
"""Standard deviation of D_w where that of a bucket is 1."""
FIRST = np.array([[row * OCTAVES] for row in range(len(WINDOWS))])
EDGES = (LOWEST * 2.0 ** np.arange(OCTAVES))[:, None].astype(np.float32)
CHANCE = 2.0 ** (-PARETO * np.arange(OCTAVES))
"""P at the octaves."""


def _go_on(state: BurstState, verdict: Verdict) -> None:
    """The account of an excursion ends with it; a masked bucket does not end it."""
    lasts = (verdict.deviations[RUN] >= 1.0) | (verdict.masked & (state.onset >= 0))
    state.onset[...] = np.where(lasts, verdict.onset, -1)
    state.observed[...] = np.where(lasts, verdict.observed, 0.0)
    state.expected[...] = np.where(lasts, verdict.expected, 0.0)
