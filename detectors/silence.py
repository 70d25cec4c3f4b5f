"""Silence: has a source, or a channel of one, brought nothing for longer than chance explains?

A *run* is buckets on end without an event, or with less than a tenth of what they should hold.
Where a run should hold M events and holds n, n is taken as negative binomial with

    variance V = phi M + s^2,  size r = M^2/(V - M)

phi is the dispersion of shortfalls (`detectors.dispersion.Shortfall`); s, in events, is the sum
over the run of the standard deviations of what its buckets should hold, for a level or a profile
that is off is off in all of them. The chance of so few is at most (Chernoff; exact for n = 0)

    P(N <= n) <= exp(-D),  D = n ln(n/M) - (n + r) ln((n + r)/(M + r))

and the score is exp(D). A run begins at most once a bucket, so a feed passes the threshold by
chance at most once in so many buckets, as a surge does (`detectors.budget`).

What a bucket should hold comes from the feed's own profile by hour of the week, and is no more
than the same hour of past weeks bears out, of which the profile knows little at first: it is
multiplied by min(1, (n + c)/(m k + c)), with n events in k visits of the hour, m expected and
c = 3 phi. What the two disagree by is doubted. So nights, closed weekends and hours not seen yet
add next to nothing to M, and do not alarm however long they last.

A feed is *learning* until a week after its fifth event and until it has 30 events; its score is 0
until then. What it does not bring while it is silent is not learnt. A feed that brings less than
usual, but more than a tenth, is not silent.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detectors.calendar import ORDINARY, Known
from detectors.columns import Bools, Columns, Floats, Ints, column
from detectors.dispersion import Shortfall
from detectors.level import EVENTS
from detectors.season import WEEK, Profiles, Rhythm

TRICKLE = 0.1
"""Share of what a bucket should hold below which it is part of a run."""
OWN_SLOT = 3.0
"""Events, times phi, that the profile is worth against the same hour of past weeks."""
BEGUN = 5.0
"""Events after which a feed is taken to have begun."""
LARGEST = 40.0
"""Largest D; beyond it a score says nothing more."""


@dataclass(slots=True)
class Run(Columns):
    """The run that lasts; `onset` is its first bucket, -1 for none, and `doubt` is s, in events."""

    onset: Annotated[Ints, column(np.int64, -1)]
    observed: Annotated[Ints, column(np.int64)]
    expected: Annotated[Floats, column(np.float64)]
    doubt: Annotated[Floats, column(np.float64)]
    score: Annotated[Floats, column(np.float64)]


@dataclass(slots=True)
class SilenceState(Columns):
    """All feeds; `begun` is the bucket of the fifth event."""

    begun: Annotated[Ints, column(np.int64, -1)]
    learning: Annotated[Bools, column(np.bool_, first=1)]
    profiles: Profiles
    shortfall: Shortfall
    run: Run


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a bucket should hold, by what was before it; `doubt` is its standard deviation."""

    bucket: int
    rhythm: Rhythm
    mean: Floats
    doubt: Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket says of each feed; observed and expected are sums since the onset bucket.

    `low` buckets are part of a run; one that is not ends the run before it, and is in its sums.
    `dispersion` is phi, `doubt` s, and `before` the highest score of the run so far.
    """

    score: Floats
    above: Bools
    low: Bools
    observed: Ints
    expected: Floats
    dispersion: Floats
    doubt: Floats
    before: Floats
    onset: Ints
    learning: Bools

    @property
    def masked(self) -> Bools:
        """None is."""
        return np.zeros(self.low.shape, np.bool_)

    @property
    def size(self) -> tuple[Floats, Floats]:
        """An alarm grows by what is missing alone."""
        return np.ones(self.low.shape), self.expected - self.observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """`shortest_learning` is in buckets; less than a week would not know the weekend."""

    threshold: float
    shortest_learning: int = WEEK
    events_to_learn: float = EVENTS

    def __post_init__(self) -> None:
        if not self.threshold > 1:
            raise ValueError(f"threshold must be above 1, got {self.threshold}")
        if self.shortest_learning < 1:
            raise ValueError(
                f"shortest_learning must be at least 1 bucket, got {self.shortest_learning}"
            )

    def expect(
        self,
        state: SilenceState,
        *,
        bucket: int,
        hour: int,
        known: Known = ORDINARY,
    ) -> Expectation:
        """What the bucket should hold; `hour` is the local hour since the epoch."""
        rhythm = state.profiles.expect(hour=hour, known=known)
        share = _borne_out(state.profiles, rhythm, slot=rhythm.slot)
        mean = rhythm.mean * share
        doubt = mean * (np.sqrt(rhythm.level_variance) + 1.0 - share)
        return Expectation(bucket=bucket, rhythm=rhythm, mean=mean, doubt=doubt)

    def judge(self, state: SilenceState, expectation: Expectation, counts: Ints) -> Verdict:
        """The verdict on these counts. The state stays as it is."""
        run = state.run
        observed, expected = run.observed + counts, run.expected + expectation.mean
        doubt = run.doubt + expectation.doubt
        phi = state.shortfall.over_run(expected, rate=state.profiles.level.rate)
        low = (counts < TRICKLE * expectation.mean) | (counts == 0)
        rare = np.exp(_exponent(observed.astype(np.float64), expected, phi=phi, doubt=doubt))
        # A run that is called stays so until it ends, though doubt may grow with it.
        score = np.where(low & ~state.learning, np.maximum(run.score, rare), 0.0)
        return Verdict(
            score=score,
            above=score >= self.threshold,
            low=low,
            observed=observed,
            expected=expected,
            dispersion=phi,
            doubt=doubt,
            before=run.score.copy(),
            onset=np.where(run.onset < 0, expectation.bucket, run.onset),
            learning=state.learning.copy(),
        )

    def step(
        self, state: SilenceState, expectation: Expectation, counts: Ints
    ) -> tuple[SilenceState, Verdict]:
        """Judge, then learn. The state given is used up: its arrays live on in the one returned."""
        verdict = self.judge(state, expectation, counts)
        _learn(state, expectation, counts, masked=verdict.above)
        _go_on(state.run, verdict)
        self._end_learning(state, expectation.bucket)
        return state, verdict

    def _end_learning(self, state: SilenceState, bucket: int) -> None:
        events = state.profiles.level.a
        state.begun[(state.begun < 0) & (events >= BEGUN)] = bucket
        known = (state.begun >= 0) & (bucket - state.begun >= self.shortest_learning)
        state.learning &= ~(known & (events >= self.events_to_learn))


def _borne_out(profiles: Profiles, rhythm: Rhythm, *, slot: int) -> Floats:
    """The share of what the profile expects that the same hour of past weeks bears out."""
    visits, prior = profiles.buckets[slot], OWN_SLOT * rhythm.phi
    borne = (profiles.events[slot] + prior) / (rhythm.mean * visits + prior)
    share: Floats = np.where(visits > 0, np.minimum(borne, 1.0), 0.0)
    return share


def _exponent(observed: Floats, expected: Floats, *, phi: Floats, doubt: Floats) -> Floats:
    """D; 0 where no fewer came than were expected."""
    mean = np.maximum(expected, 1e-9)
    n = np.minimum(observed, mean)
    size = mean * mean / ((phi - 1.0) * mean + doubt * doubt)
    exponent = n * np.log(np.maximum(n, 1e-9) / mean)
    exponent -= (n + size) * np.log((n + size) / (mean + size))
    limited: Floats = np.clip(exponent, 0.0, LARGEST)
    return limited


def _learn(state: SilenceState, expected: Expectation, counts: Ints, *, masked: Bools) -> None:
    """The dispersion only once the profile has seen a week, as the profile does with its own."""
    rhythm = expected.rhythm
    known = ~masked & (state.profiles.seen >= WEEK)
    mean = rhythm.mean * known
    residual = (counts * known - mean) / np.sqrt(1.0 + rhythm.level_variance * mean)
    state.profiles.learn(counts, rhythm, bucket=expected.bucket, masked=masked)
    state.shortfall.learn(residual=residual, mean=mean, bucket=expected.bucket)


def _go_on(run: Run, verdict: Verdict) -> None:
    """The end of a run, and of learning, begins anew."""
    lasts = verdict.low & ~verdict.learning
    run.onset[...] = np.where(lasts, verdict.onset, -1)
    run.observed[...] = np.where(lasts, verdict.observed, 0)
    run.expected[...] = np.where(lasts, verdict.expected, 0.0)
    run.doubt[...] = np.where(lasts, verdict.doubt, 0.0)
    run.score[...] = np.where(lasts, verdict.score, 0.0)
