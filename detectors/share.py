"""Share: do those of one kind (negative posts) make up more of a series than they used to?

Of n events of a bucket y are of the kind, p by what was learnt. The volume n is taken as it comes,
so that a shift is seen where nothing more is said than usual. The evidence for odds that are theta
times as high is the log likelihood ratio of a binomial count, divided by its dispersion

    L = (y ln theta - n ln(1 - p + theta p))/phi,  phi = 1 + rho N

(a quasi-likelihood; McCullagh and Nelder 1989, section 9.2) with N events within a day: posts of a
day are about the same news, so that many of them say less than as many of a month. That is the
variance of a beta-binomial count with the correlation rho (Williams 1975), learnt from days:

    rho = (sum w x + W rho0)/(sum w + W),  x = (r^2/V - 1)/N,  w = (rho0 N/(1 + rho0 N))^2

r is what a day had above its binomial mean, V its binomial variance. The score is a mixture of
Shiryaev-Roberts statistics over theta (`detectors.shiryaev`), the threshold that of all scores
(`detectors.budget`). p is raised by 0.7 standard deviations of what it was learnt from. A bucket
is judged before it is learnt from. One without an event is never an alarm; where the score is above
the threshold it does not end one either, as an outage does not.

p is the mean of a beta posterior that forgets: a thousand events, within 14 and 180 days. What is
learnt is cut 2.5 standard deviations off on either side, and counts the less the higher the score,
as of a surge (`detectors.surge`). What has been called for two weeks is the new usual.

A series is *learning* until 72 buckets after its fifth event and 100 events; its score is 0.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.alarm import NEVER
from detectors.columns import Bools, Columns, Floats, Floats32, Ints, column
from detectors.shiryaev import DOUBT, LARGEST, Excursion, limited, mean_of
from detectors.surge import NEW_NORMAL_DAYS, NOTABLE, ROOM
from detectors.verdict import Excess

ODDS = (1.5, 2.0, 3.0, 5.0)
"""Multiples of the usual odds that the score looks for."""
BEGUN = 5
"""Events after which the collection of a series is taken to have begun."""
DAY = 24
PRIOR = 0.5
"""Events of either kind that Jeffreys' prior of a share is worth."""
EVENTS = 1000.0
SHORTEST_DAYS, LONGEST_DAYS = 14.0, 180.0
"""Half-lives of what is known of a share: of a busy series, and of one with hardly an event."""
CORRELATION, DAYS = 0.002, 10.0
"""rho0 and W."""
LEAST = 1e-4
"""Least rho."""
FORGOTTEN = 1.0 / 250.0
"""Share of what is known of rho that a day forgets."""
LIMIT = 2.5
"""Standard deviations off from which on a count is cut before it is learnt."""


@dataclass(slots=True)
class Correlation(Columns):
    """sum w x and sum w; r, V and N of the day that runs; events within a day, forgetting."""

    sum: Annotated[Floats, column(np.float64)]
    weight: Annotated[Floats, column(np.float64)]
    residual: Annotated[Floats, column(np.float64)]
    variance: Annotated[Floats, column(np.float64)]
    whole: Annotated[Floats, column(np.float64)]
    recent: Annotated[Floats, column(np.float64)]

    @property
    def rho(self) -> Floats:
        rho: Floats = (self.sum + DAYS * CORRELATION) / (self.weight + DAYS)
        return np.clip(rho, LEAST, 1.0)

    def learn(
        self, *, residual: Floats, variance: Floats, known: Floats, whole: Floats, bucket: int
    ) -> None:
        """Take in a bucket; `known` are those of its events whose residual is."""
        self.residual += residual
        self.variance += variance
        self.whole += known
        self.recent += whole - self.recent / DAY
        if (bucket + 1) % DAY == 0:
            self._end()

    def _end(self) -> None:
        some = self.variance > 0
        of_prior = CORRELATION * self.whole
        weight = some * (of_prior / (1.0 + of_prior)) ** 2
        squared = self.residual**2 / np.where(some, self.variance, 1.0)
        kept = 1.0 - FORGOTTEN * some
        self.sum[...] = kept * self.sum + weight * (squared - 1.0) / np.maximum(self.whole, 1.0)
        self.weight[...] = kept * self.weight + weight
        for open_ in (self.residual, self.variance, self.whole):
            open_[...] = 0.0


@dataclass(slots=True)
class Account(Excursion):
    """R by odds, and the excursion; `whole` are all events since its onset."""

    ratios: Annotated[Floats32, column(np.float32, rows=len(ODDS))]
    whole: Annotated[Ints, column(np.int64)]


@dataclass(slots=True)
class ShareState(Columns):
    """All series; `part` and `rest` are the events that p was learnt from.

    `events` counts up to the number that learning needs, `begun` is the bucket of the fifth;
    `above` is the last one above the threshold, `called` the first of those less than a day apart.
    """

    part: Annotated[Floats, column(np.float64, PRIOR)]
    rest: Annotated[Floats, column(np.float64, PRIOR)]
    events: Annotated[Floats, column(np.float64)]
    begun: Annotated[Ints, column(np.int64, -1)]
    called: Annotated[Ints, column(np.int64, NEVER)]
    above: Annotated[Ints, column(np.int64, NEVER)]
    learning: Annotated[Bools, column(np.bool_, first=1)]
    correlation: Correlation
    account: Account


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is usual, by what was before the bucket.

    `share` is p, `doubted` is p raised; N is `recent` and what the bucket itself brings.
    """

    bucket: int
    share: Floats
    doubted: Floats
    rho: Floats
    recent: Floats

    def phi(self, whole: Ints) -> Floats:
        """The dispersion of a bucket with so many events."""
        return 1.0 + self.rho * (self.recent + whole)


@dataclass(frozen=True, slots=True)
class Verdict(Excess):
    """What a bucket says of each series; observed and expected, of `whole`, since the onset bucket.

    `multiple` is of the odds that fit best; `ratios` are R by odds, of which `score` is the mean,
    and come of those that were `carried` into the bucket. A bucket says nothing that is `masked`:
    in an outage, or one without an event where the score is above the threshold; `judged` is all
    but outages and those that learn.
    """

    judged: Bools
    multiple: Floats
    whole: Ints
    ratios: Floats
    carried: Floats32


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Settings; lengths of time are in buckets of an hour."""

    threshold: float
    memory: int = 72
    shortest_learning: int = 72
    events_to_learn: float = 100.0

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise ValueError(f"threshold must be above 0, got {self.threshold}")
        if self.memory < 1 or self.shortest_learning < 1:
            raise ValueError(
                "memory and shortest_learning must be at least 1 bucket, "
                f"got {self.memory} and {self.shortest_learning}"
            )
        if self.events_to_learn < BEGUN:
            raise ValueError(
                f"events_to_learn must be at least {BEGUN}, got {self.events_to_learn}"
            )

    @property
    def ceiling(self) -> float:
        """The highest score that is carried on."""
        return ROOM * self.threshold

    def expect(self, state: ShareState, *, bucket: int) -> Expectation:
        """What is usual in the bucket, however many events it will have."""
        rho, recent = state.correlation.rho, state.correlation.recent * (1.0 - 1.0 / DAY)
        odds = state.part / state.rest
        doubt = (1.0 + rho * recent) * (1.0 / state.part + 1.0 / state.rest)
        raised = odds * np.exp(DOUBT * np.sqrt(np.minimum(doubt, 1.0)))
        return Expectation(
            bucket=bucket,
            share=odds / (1.0 + odds),
            doubted=raised / (1.0 + raised),
            rho=rho,
            recent=recent,
        )

    def judge(
        self,
        state: ShareState,
        expectation: Expectation,
        part: Ints,
        whole: Ints,
        masked: Bools | None = None,
    ) -> Verdict:
        """The verdict on so many of the kind among `whole`. The state stays as it is."""
        masked = np.zeros(part.shape, np.bool_) if masked is None else masked
        kept, quiet, phi = state.account, state.learning | masked, expectation.phi(whole)
        ratios, multiple = self._ratios(kept.ratios, expectation, part / phi, whole / phi)
        ratios = np.where(quiet, kept.ratios, ratios)
        score = mean_of(ratios)
        lasts = gain(kept.observed, kept.whole, expectation.doubted, multiple) > 0
        onset, observed, expected = kept.after(
            part, whole * expectation.share, lasts=lasts, masked=masked, bucket=expectation.bucket
        )
        above = (score >= self.threshold) & ~quiet
        return Verdict(
            score=score,
            above=above & (whole > 0),
            judged=~quiet,
            multiple=multiple,
            whole=np.where(lasts, kept.whole, 0) + whole * ~masked,
            observed=observed,
            expected=expected,
            onset=onset,
            learning=state.learning.copy(),
            masked=masked | (above & (whole == 0)),
            ratios=ratios,
            carried=kept.ratios.copy(),
        )

    def step(
        self,
        state: ShareState,
        expectation: Expectation,
        part: Ints,
        whole: Ints,
        masked: Bools | None = None,
    ) -> tuple[ShareState, Verdict]:
        """Judge, then learn. The state given is used up: its arrays live on in the one returned."""
        verdict = self.judge(state, expectation, part, whole, masked)
        self._learn(state, expectation, part, whole, verdict)
        state.account.ratios[...] = limited(verdict.ratios, verdict.score, ceiling=self.ceiling)
        _keep(state, verdict, bucket=expectation.bucket)
        self._end_learning(state, expectation.bucket)
        return state, verdict

    def _ratios(
        self, kept: Floats32, expected: Expectation, part: Floats, whole: Floats
    ) -> tuple[Floats, Floats]:
        """R by odds after the bucket, and the odds that fit best."""
        ratios, rho = np.empty(kept.shape), 2.0 ** (-1.0 / self.memory)
        for row, odds in enumerate(ODDS):
            log_ratio = np.minimum(gain(part, whole, expected.doubted, odds), LARGEST)
            ratios[row] = (rho * kept[row] + 1.0) * np.exp(log_ratio)
        return ratios, np.array(ODDS)[ratios.argmax(axis=0)]

    def _learn(
        self, state: ShareState, expected: Expectation, part: Ints, whole: Ints, verdict: Verdict
    ) -> None:
        """What many events of one bucket say of p is no more than their dispersion allows."""
        lasts = expected.bucket - state.above <= DAY
        usual = lasts & (expected.bucket - state.called >= NEW_NORMAL_DAYS * DAY)
        carried = np.minimum(verdict.score, self.ceiling)
        trust = np.where(usual, 1.0, NOTABLE / (carried + NOTABLE)) * ~verdict.masked
        mean, phi = whole * expected.share, expected.phi(whole)
        variance = mean * (1.0 - expected.share)
        room = LIMIT * np.sqrt(phi * variance) + 0.5
        cut = np.clip(part, np.maximum(mean - room, 0.0), np.minimum(mean + room, whole))
        cut = np.where(state.learning, part, cut)
        slowest, fastest = (np.log(2) / (days * DAY) for days in (LONGEST_DAYS, SHORTEST_DAYS))
        lost = np.clip(whole / EVENTS, slowest, fastest)
        state.part += trust * (lost * (PRIOR - state.part) + cut)
        state.rest += trust * (lost * (PRIOR - state.rest) + whole - cut)
        # A shift is no scatter of days: else what is called would excuse itself.
        settled = trust * (~state.learning & (verdict.score < self.threshold))
        came = whole.astype(np.float64) * ~verdict.masked
        state.correlation.learn(
            residual=settled * (cut - mean), variance=settled * variance, known=settled * whole,
            whole=came, bucket=expected.bucket,
        )  # fmt: skip
        state.events += np.minimum(came, self.events_to_learn - state.events)

    def _end_learning(self, state: ShareState, bucket: int) -> None:
        state.begun[(state.begun < 0) & (state.events >= BEGUN)] = bucket
        begun = (state.begun >= 0) & (bucket - state.begun >= self.shortest_learning)
        state.learning &= ~(begun & (state.events >= self.events_to_learn))


def gain(part: Floats | Ints, whole: Floats | Ints, share: Floats, odds: Floats | float) -> Floats:
    """The log likelihood ratio of a binomial count at a multiple of the odds of `share`."""
    log_ratio: Floats = np.asarray(part * np.log(odds) - whole * np.log1p((odds - 1.0) * share))
    return log_ratio


def _keep(state: ShareState, verdict: Verdict, *, bucket: int) -> None:
    """A day after the score fell below the threshold account and R start anew, as the surge's."""
    account = state.account
    account.keep(verdict)
    account.whole[...] = verdict.whole
    state.above += verdict.masked  # which says nothing: the day is as much longer
    fresh = verdict.above & (bucket - state.above > DAY)
    state.called[fresh] = bucket
    state.above[verdict.above] = bucket
    over = bucket - state.above == DAY
    account.end(over)
    account.whole[over] = 0
    account.ratios[:, over] = 0.0
