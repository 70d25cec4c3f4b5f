"""A-score: is a low-count series (a category, a region, a batch) above what it should be?

Expected is level x profile and yearly season of its group x own season x known event; the score
is a mixture of Shiryaev-Roberts statistics (`detectors.shiryaev`), the threshold comes from the
allowed false alarms (`detectors.budget`). A bucket is judged before it is learnt from.

What is learnt is cut at its 99 % quantile, and a bucket counts for the less the higher the score
is: for 10,000/(A + 10,000). So an incident does not raise the level that the next one is measured
by. A score above the threshold for two weeks is the new normal, and learnt like the rest.

A series is *learning* until 72 buckets after its fifth event and 30 events, at the latest for 14
days; its score is 0 until then, and its dispersion starts at the prior. The clock starts at the
fifth event because a series may exist long before its collection begins in earnest. One that is
born among kin whose rates are alike (`detectors.kinship`) is not learning at all.
"""

from dataclasses import dataclass, fields
from typing import Annotated

import numpy as np

from detectors.calendar import ORDINARY, Known
from detectors.columns import Bools, Columns, Floats, Floats32, Ints, column
from detectors.dispersion import Dispersion
from detectors.kinship import Prior
from detectors.level import EVENTS, Level, winsorised
from detectors.season import OwnSeason, Rhythm
from detectors.shiryaev import KAPPAS, Evidence, Likelihood, limited, mean_of
from detectors.verdict import Excess, slices

BEGUN = 5.0
"""Events after which the collection of a series is taken to have begun."""
NOTABLE = 10_000.0
"""Score at which a bucket is learnt by half: by chance once in so many buckets."""
NEW_NORMAL_DAYS = 14
ROOM = 10.0
"""Evidence above this multiple of the threshold is told once, and then dropped.

So an alarm ends within ten days, and no score of later is higher than the evidence.
"""
SLICE = 16384  # series worked on at a time
RARE, BUSY = 0.25, 1.0
"""Part of its false alarms that a series may use: one without events, and one with `FULL` a day.

None is above 1, so the budget holds; a busy series concerns more people than a rare one.
"""
FULL = 4.8
ALL = slice(None)


@dataclass(slots=True)
class SurgeState(Columns):
    """All series of a shard; `group` is a profile's place, the rest are buckets.

    `begun` is that of the fifth event, `below` and `above` the last ones with a score
    on either side of the threshold.
    """

    born: Annotated[Ints, column(np.int64)]
    begun: Annotated[Ints, column(np.int64, -1)]
    below: Annotated[Ints, column(np.int64)]
    above: Annotated[Ints, column(np.int64, -(2**62))]
    group: Annotated[Ints, column(np.int64)]
    learning: Annotated[Bools, column(np.bool_, first=1)]
    level: Level
    dispersion: Dispersion
    season: OwnSeason
    evidence: Evidence

    def grow(self, *, born: int, groups: Ints, prior: Prior | None = None) -> "SurgeState":
        """Itself, with one more series for each of `groups`, first seen in bucket `born`.

        One whose rate its kin know has nothing to learn first.
        """
        prior = prior or Prior.none(len(groups))
        old = self.size
        self.lengthen(old + len(groups))
        self.born[old:] = born
        self.group[old:] = groups
        self.level.a[old:], self.level.b[old:] = prior.a, prior.b
        self.learning[old:] = ~prior.known
        return self


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a bucket should hold, frozen when the one before it closed.

    `hour` is that of the week whose rhythm the bucket takes, `exposure` profile times event,
    `by_hour` and `by_weekday` the series' own factors in it, `phi` the dispersion of single
    buckets, `share` how many false alarms the series may give, by its level: more people are in a
    busy one.
    """

    bucket: int
    hour: int
    mean: Floats
    level_variance: Floats
    dispersion: Floats
    phi: Floats32
    exposure: Floats
    by_hour: Floats32
    by_weekday: Floats32
    share: Floats32

    def take(self, series: Ints | slice) -> "Expectation":
        arrays = {f.name: getattr(self, f.name)[series] for f in fields(self)[2:]}
        return Expectation(bucket=self.bucket, hour=self.hour, **arrays)


@dataclass(frozen=True, slots=True)
class Verdict(Excess):
    """What a bucket says of each series; observed and expected are sums since the onset bucket.

    `score` is the mean of R over the multiples, of which `multiple` names that of the largest.
    `ratios` are these R, of those that were `carried` into the bucket; without a row unless shown.
    """

    multiple: Floats32
    ratios: Floats32
    carried: Floats32


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """Settings; lengths of time are in buckets, `day` of which make a day.

    `shown` has verdicts hold R, as much as the evidence of the state again.
    """

    threshold: float
    day: int = 24
    memory: int = 72
    shortest_learning: int = 72
    longest_learning: int = 336
    events_to_learn: float = EVENTS
    shown: bool = False

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise ValueError(f"threshold must be above 0, got {self.threshold}")
        if min(self.day, self.memory) < 1:
            raise ValueError(
                f"day and memory must be at least 1 bucket, got {self.day} and {self.memory}"
            )
        if not 0 < self.shortest_learning <= self.longest_learning:
            raise ValueError(
                "shortest_learning must be above 0 and at most longest_learning "
                f"({self.longest_learning} buckets), got {self.shortest_learning}"
            )

    @property
    def ceiling(self) -> float:
        """The highest score that is carried on."""
        return ROOM * self.threshold

    def expect(
        self, state: SurgeState, rhythm: Rhythm, *, bucket: int, known: Known = ORDINARY
    ) -> Expectation:
        """The whole bucket's expectation; pure, so that it may be asked again after a growth.

        `known` is what the calendar knows of each series beside what it knows of its group.
        """
        rate = state.level.rate
        phi, v8, v24 = state.dispersion.over_all(rate=rate)
        by_hour, by_weekday = state.season.factors(hour=rhythm.slot, phi=phi)
        exposure = rhythm.factor[state.group] * (by_hour * by_weekday) * known.factor
        return Expectation(
            bucket=bucket,
            hour=rhythm.slot,
            mean=rate * exposure,
            level_variance=1.0 / state.level.a + rhythm.variance[state.group] + known.doubt,
            dispersion=np.maximum(v8, v24).astype(np.float64),
            phi=phi,
            exposure=exposure,
            by_hour=by_hour,
            by_weekday=by_weekday,
            share=_share(rate, day=self.day),
        )

    def judge(
        self,
        state: SurgeState,
        expectation: Expectation,
        counts: Ints,
        masked: Bools | None = None,
        *,
        series: Ints | slice = ALL,
    ) -> Verdict:
        """The verdict on these counts. The state stays as it is.

        `counts` and `masked` are of `series` only, where some are named.
        """
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        evidence, expectation = state.evidence.take(series), expectation.take(series)
        return self._judged(evidence, expectation, counts, masked, state.learning[series])[0]

    def _judged(
        self,
        kept: Evidence,
        expectation: Expectation,
        counts: Ints,
        masked: Bools,
        learning: Bools,
        *,
        out: Floats32 | None = None,
    ) -> tuple[Verdict, Floats32]:
        """The verdict, and R by multiple after the bucket, for which `out` is room.

        That may be what was kept, which is needed no more but where some are masked.
        """
        quiet, some_masked = learning | masked, bool(masked.any())
        carried = kept.ratios[: len(KAPPAS) if self.shown else 0].copy()
        likelihood = Likelihood.of(
            dispersion=expectation.dispersion, level_variance=expectation.level_variance
        )
        ratios, multiple = likelihood.ratios(
            kept.ratios,
            counts.astype(np.float64),
            expectation.mean,
            rho=2.0 ** (-1.0 / self.memory),
            share=expectation.share,
            out=None if some_masked else out,
        )
        if learning.any():
            ratios *= (~learning).astype(np.float32)  # which has no R yet
        if some_masked:
            ratios = np.where(masked, kept.ratios, ratios)
        score = mean_of(ratios)
        lasts = likelihood.speaks(kept.observed, kept.expected, multiple)
        onset, observed, expected = kept.after(
            counts, expectation.mean, lasts=lasts, masked=masked, bucket=expectation.bucket
        )
        verdict = Verdict(
            score=score,
            above=(score >= self.threshold) & ~quiet,
            multiple=multiple,
            ratios=ratios[: len(carried)].copy(),
            carried=carried,
            observed=observed,
            expected=expected,
            onset=onset,
            learning=learning.copy(),
            masked=masked,
        )
        return verdict, ratios

    def step(
        self,
        state: SurgeState,
        expectation: Expectation,
        counts: Ints,
        masked: Bools | None = None,
    ) -> tuple[SurgeState, Verdict]:
        """Judge, then learn. The state given is used up: its arrays live on in the one returned."""
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        verdicts = []
        for some in slices(state.size, most=SLICE):
            piece, expected = state, expectation
            if state.size > SLICE:
                piece, expected = state.take(some), expectation.take(some)
            kept = piece.evidence
            verdict, ratios = self._judged(
                kept, expected, counts[some], masked[some], piece.learning, out=kept.ratios
            )
            kept.ratios[...] = limited(ratios, verdict.score, ceiling=self.ceiling)
            self._learn(piece, expected, counts[some], verdict)
            verdicts.append(verdict)
        return state, Verdict.joined(verdicts)

    def _learn(
        self, state: SurgeState, expected: Expectation, counts: Ints, verdict: Verdict
    ) -> None:
        weight = self._weight(state, expected.bucket, verdict)
        events = self._events(state, expected, counts.astype(np.float64))
        state.level.learn(events=events, exposure=expected.exposure, weight=weight, day=self.day)
        # While the level is still wrong, what is off by it is neither rhythm nor dispersion.
        settled = weight.astype(np.float32) * ~state.learning
        usual = settled * ~verdict.above
        seen, mean = events.astype(np.float32), expected.mean.astype(np.float32)
        state.season.learn(
            hour=expected.hour,
            events=seen * usual,
            mean=mean * usual,
            by_hour=expected.by_hour,
            by_weekday=expected.by_weekday,
        )
        state.dispersion.learn(
            residual=seen - mean, mean=mean, trust=settled, bucket=expected.bucket
        )
        state.evidence.keep(verdict)
        self._end_excursion(state, verdict, bucket=expected.bucket)
        self._end_learning(state, expected.bucket)

    def _events(self, state: SurgeState, expected: Expectation, counts: Floats) -> Floats:
        """What is learnt of the counts: all while the level is, then what is not too many."""
        cut = winsorised(
            counts,
            mean=expected.mean,
            level_variance=expected.level_variance,
            phi=expected.phi,
        )
        return np.maximum(cut, counts * state.learning) if state.learning.any() else cut

    def _weight(self, state: SurgeState, bucket: int, verdict: Verdict) -> Floats:
        """How far the bucket is trusted to be ordinary.

        The bucket that brought a series into being is no evidence of its rate.
        """
        high = verdict.score >= self.threshold
        state.below[...] = np.where(high, state.below, bucket) if high.any() else bucket
        trust: Floats = NOTABLE / (np.minimum(verdict.score, self.ceiling) + NOTABLE)
        trust[state.below <= bucket - NEW_NORMAL_DAYS * self.day] = 1.0
        trust[verdict.masked | (state.born >= bucket)] = 0.0
        return trust

    def _end_excursion(self, state: SurgeState, verdict: Verdict, *, bucket: int) -> None:
        """A day after the score fell below the threshold, account and R start anew.

        The alarm is over then (`detectors.alarm`). What is left of R speaks of what has been told:
        kept, it would make of the next few events another alarm, which E[R_n] <= n does not allow.
        """
        if verdict.masked.any():
            state.above += verdict.masked  # which says nothing: the day is as much longer
        state.above[verdict.above] = bucket
        state.evidence.end(np.flatnonzero(state.above == bucket - self.day))

    def _end_learning(self, state: SurgeState, bucket: int) -> None:
        state.begun[(state.begun < 0) & (state.level.a >= BEGUN)] = bucket
        if not state.learning.any():
            return
        begun = (state.begun >= 0) & (state.begun <= bucket - self.shortest_learning)
        known = begun & (state.level.a >= self.events_to_learn)
        state.learning &= ~known & (state.born > bucket + 1 - self.longest_learning)


def _share(rate: Floats, *, day: int) -> Floats32:
    """Part of its false alarms that a series with so many events a bucket may use."""
    share = (rate * (day / FULL)).astype(np.float32)
    np.minimum(share, 1.0, out=share)
    share *= BUSY - RARE
    share += RARE
    return share
