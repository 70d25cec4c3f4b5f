"""Weekly and monthly counts: is a series with trend and yearly season above what it should be?

Expected comes from a dynamic generalised linear model (`detectors.dynamic`); the score is a mixture
of Shiryaev-Roberts statistics (`detectors.shiryaev`) over four excesses of 1, 2, 4 and 7 standard
deviations: the multiples are

    kappa = 1 + {1, 2, 4, 7} sd/m,  sd^2 = v m,  v = phi + 2 q m

with m expected, phi the dispersion of the series and q the relative variance of m. That counts
twice, because phi and the discount are guesses too: what is not known yet widens the margin. A
bucket is judged before it is learnt from.

A known event multiplies m by its factor, whose relative variance is added to phi times m.

After an alarm the evidence starts anew: each alarm rests on what came after the last one, and what
chance piled up once does not alarm twice. The verdict's score is the one before the restart; an
incident that goes on alarms again as soon as it has the evidence again.

What is learnt is cut 2.58 standard deviations above the mean, so past outbreaks weigh little.
Nothing is said in the first `shortest_learning` buckets. Up to two years the verdict is marked as
*learning*: it counts, with the wide margin of a season of which little has been seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from detectors.alarm import NEVER
from detectors.calendar import ORDINARY, Known
from detectors.columns import Bools, Columns, Floats, Floats32, Ints, column
from detectors.dynamic import LIMIT, Dynamic, Forecast, Terms
from detectors.scatter import Scatter
from detectors.shiryaev import DOUBT as LEVEL_DOUBT
from detectors.shiryaev import Excursion, Likelihood, limited, mean_of
from detectors.verdict import Excess, slices

WEEKS = 365.2425 / 7
"""Weeks in a year."""
MONTHS = 12.0
EXCESSES = (1.0, 2.0, 4.0, 7.0)
"""Standard deviations above the mean that the score looks for."""
SETTLING = 8
"""Buckets after which the level is near enough for counts to be cut and scatter to be learnt."""
DOUBT = 2.0
"""Weight of q in v; with 1 a series in its second year alarms half as often again."""
HIGHEST_CARRIED = 1e12
SHORTEST = 26
"""Buckets in which nothing is said."""
QUIET = 4
"""Buckets without an alarm after which an excess that was called is over."""
SLICE = 4096  # series worked on at a time


@dataclass(slots=True)
class Account(Excursion):
    """R by excess, the excursion, and the last alarm's bucket."""

    ratios: Annotated[Floats32, column(np.float32, rows=len(EXCESSES))]
    above: Annotated[Ints, column(np.int64, NEVER)]


@dataclass(slots=True)
class WeeklyState(Columns):
    """All series; `seen` counts the buckets learnt."""

    seen: Annotated[Ints, column(np.int64)]
    model: Dynamic
    scatter: Scatter
    account: Account


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a bucket should hold; `phi` is the dispersion of the series, `seen` its history.

    `event` is what known events multiply it by, which is in the forecast's mean, and the doubt
    about it in `phi`.
    """

    bucket: int
    terms: Terms
    forecast: Forecast
    phi: Floats
    seen: Ints
    event: Floats

    @property
    def mean(self) -> Floats:
        return self.forecast.mean

    @property
    def dispersion(self) -> Floats:
        """v: variance of a count over its mean, the mean's own uncertainty included."""
        return self.phi + DOUBT * self.forecast.level_variance * self.forecast.mean

    def take(self, series: Ints | slice) -> "Expectation":
        return Expectation(
            self.bucket,
            self.terms,
            self.forecast.take(series),
            self.phi[series],
            self.seen[series],
            self.event[series],
        )


@dataclass(frozen=True, slots=True)
class Verdict(Excess):
    """What a bucket says of each series; observed and expected are sums since the onset bucket.

    `ratios` are R by excess, of which `score` is the mean and `multiple` names the largest; they
    come of those that were `carried` into the bucket.
    """

    multiple: Floats32
    ratios: Floats32
    carried: Floats32


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Settings; `season` is the number of buckets in a year, `memory` half-lives of evidence.

    With `multiples` it looks for as many times the mean, which is raised by `raised` standard
    deviations of what it was learnt from.
    """

    threshold: float
    season: float = WEEKS
    memory: float = 4.0
    shortest_learning: int = SHORTEST
    multiples: tuple[float, ...] = ()
    raised: float = 0.0

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise ValueError(f"threshold must be above 0, got {self.threshold}")
        if not (self.season > 4 and self.memory > 0):
            raise ValueError(
                "season must be above 4 buckets and memory above 0, "
                f"got {self.season} and {self.memory}"
            )
        if len(self.multiples) not in (0, len(EXCESSES)):
            raise ValueError(f"multiples must be {len(EXCESSES)} or none, got {self.multiples}")
        if self.shortest_learning < SETTLING:
            raise ValueError(
                f"shortest_learning must be at least {SETTLING} buckets, "
                f"got {self.shortest_learning}"
            )

    def expect(
        self, state: WeeklyState, *, bucket: int, known: Known = ORDINARY
    ) -> Expectation:  # fmt: skip
        """The whole bucket's expectation; pure, so that it may be asked again after a growth.

        `known` is what known events make of the bucket. Their factor is an offset of the model: it
        is expected, and what is learnt is what the bucket would have held without them.
        """
        terms = Terms.of(bucket=bucket, season=self.season)
        forecast = state.model.forecast(terms)
        mean = forecast.mean * known.factor
        return Expectation(
            bucket=bucket,
            terms=terms,
            forecast=replace(forecast, mean=mean),
            phi=state.scatter.phi(mean) + known.doubt * mean,
            seen=state.seen.copy(),
            event=np.broadcast_to(known.factor, mean.shape),
        )

    def kappas(self, expectation: Expectation) -> Sequence[Floats | float]:
        """The multiples of the mean that it looks for."""
        unit = np.sqrt(expectation.dispersion / expectation.mean)
        return self.multiples or [1.0 + excess * unit for excess in EXCESSES]

    def judge(
        self,
        state: WeeklyState,
        expectation: Expectation,
        counts: Ints,
        masked: Bools | None = None,
    ) -> Verdict:
        """The verdict on these counts. The state stays as it is."""
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        kept, mean = state.account, expectation.mean
        quiet = masked | (expectation.seen < self.shortest_learning)
        doubt = (self.raised / LEVEL_DOUBT) ** 2 * expectation.forecast.level_variance
        likelihood = Likelihood.of(dispersion=expectation.dispersion, level_variance=doubt)
        ratios, multiple = likelihood.ratios(
            kept.ratios,
            counts.astype(np.float64),
            mean,
            rho=2.0 ** (-1.0 / self.memory),
            kappas=self.kappas(expectation),
        )
        ratios = np.where(quiet, kept.ratios, ratios)
        score = mean_of(ratios)
        lasts = likelihood.log_ratio(kept.observed, kept.expected, multiple) > 0
        onset, observed, expected = kept.after(
            counts, mean, lasts=lasts, masked=masked, bucket=expectation.bucket
        )
        return Verdict(
            score=score,
            above=(score >= self.threshold) & ~quiet,
            multiple=multiple,
            observed=observed,
            expected=expected,
            onset=onset,
            learning=expectation.seen < 2.0 * self.season,
            masked=masked,
            ratios=ratios,
            carried=kept.ratios.copy(),
        )

    def step(
        self,
        state: WeeklyState,
        expectation: Expectation,
        counts: Ints,
        masked: Bools | None = None,
    ) -> tuple[WeeklyState, Verdict]:
        """Judge, then learn. The state given is used up: its arrays live on in the one returned."""
        masked = np.zeros(counts.shape, np.bool_) if masked is None else masked
        verdicts = []
        for some in slices(state.size, most=SLICE):
            piece, expected = state.take(some), expectation.take(some)
            verdict = self.judge(piece, expected, counts[some], masked[some])
            learn(piece, expected, counts[some].astype(np.float64), known=~masked[some])
            keep(piece.account, verdict, bucket=expected.bucket)
            verdicts.append(verdict)
        return state, Verdict.joined(verdicts)


def learn(state: WeeklyState, expected: Expectation, counts: Floats, *, known: Bools) -> None:
    """Take in the counts of the bucket that was expected, of those series in which it is known."""
    forecast, phi, v = expected.forecast, expected.phi, expected.dispersion
    sd = np.sqrt(v * forecast.mean)
    # The Cornish-Fisher quantile of a skewed count, as in `detectors.level`.
    limit = forecast.mean + LIMIT * sd + (2.0 * v - 1.0) * (LIMIT * LIMIT - 1.0) / 6.0
    settled = known & (expected.seen >= SETTLING)
    cut = np.where(settled, np.minimum(counts, limit), counts)
    state.model.evolve(forecast, step=expected.terms.step)
    state.model.learn(forecast, cut, phi=phi, known=known)
    state.model.watch((counts - forecast.mean) / sd, sd / forecast.mean, known=settled)
    state.scatter.learn(cut, forecast, phi=phi, known=settled)
    state.seen += known


def keep(account: Account, verdict: Verdict, *, bucket: int, quiet: int = QUIET) -> None:
    """The evidence starts anew after an alarm, the account when what was called is over."""
    ratios = limited(verdict.ratios, verdict.score, ceiling=HIGHEST_CARRIED)
    account.ratios[...] = np.where(verdict.above, 0.0, ratios)
    account.above[verdict.above] = bucket
    account.keep(verdict)
    account.end(bucket - account.above == quiet)
