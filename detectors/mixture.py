"""Relative rates of many series: a mixture of two gammas, fitted to them all.

Of a series with n events where x were expected at the relative rate 1,

    lambda ~ w Gamma(a1, b1) + (1 - w) Gamma(a2, b2),    n | lambda ~ Poisson(lambda x)

so that its posterior is the mixture of Gamma(a + n, b + x), each weighed by its negative binomial
likelihood. One component is what is ordinary, the other what is not. DuMouchel, The American
Statistician 53 (1999) 177, equations 4 to 8; the lower 5 % of the posterior is his EB05.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, digamma, expit, gammainc, gammaln, logit

from detectors.columns import Columns, Floats, Ints, column

MOST = 20_000
"""Series that a fit looks at; of more, as many of them, evenly over their size."""
BISECTIONS = 60
HIGHEST = 1e9
"""Relative rate above which no quantile is looked for."""
VAGUE = 2.0
"""Deviation of each logarithm about `DEFAULT` where there is little to fit: next to nothing."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Of the relative rates of n series; rows are the components, each of shape (2, n)."""

    weights: Floats
    shapes: Floats
    rates: Floats

    @property
    def mean(self) -> Floats:
        return self._mixed(self.shapes / self.rates)

    def arrivals(self, n: Floats, exposure: Floats) -> Floats:
        """Expected events with which a count over `exposure` stands at `n` or more: E[N; N >= n].

        Divided by the time in which they come, how often by chance a count that slides along
        time reaches n, however often it is looked at (Campbell and Mecke). Of a gamma rate that
        is its mean times the tail of the next larger shape, from n - 1 on.
        """
        share = exposure / (self.rates + exposure)
        others = np.maximum(n - 1.0, 1e-9)
        return self._mixed(self.shapes / self.rates * betainc(others, self.shapes + 1.0, share)) * (
            exposure
        )

    def below(self, rate: Floats) -> Floats:
        """Probability that the relative rate is below `rate`."""
        return self._mixed(gammainc(self.shapes, self.rates * rate))

    def quantile(self, p: float) -> Floats:
        """Relative rate that is not exceeded with the probability p, by bisection."""
        low = np.zeros(self.weights.shape[1:])
        high = np.full_like(low, HIGHEST)
        for _ in range(BISECTIONS):
            # Halves the logarithm as soon as both are far from 0.
            middle = np.where(low > 0, np.sqrt(low * high), high / 1024.0)
            under = self.below(middle) < p
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return high

    def _mixed(self, values: Floats) -> Floats:
        mixed: Floats = self.weights[0] * values[0] + self.weights[1] * values[1]
        return mixed


class Beliefs(Protocol):
    """What is held of the relative rates of series beforehand: the same of all, or of each."""

    def posterior(self, n: Floats, exposure: Floats) -> Posterior: ...

    def take(self, series: Ints | slice, /) -> "Beliefs": ...


@dataclass(frozen=True, slots=True)
class Prior:
    """`weight` of the first component; shapes and rates of both (mean shape/rate)."""

    weight: float
    shapes: tuple[float, float]
    rates: tuple[float, float]

    def __post_init__(self) -> None:
        if not 0.0 < self.weight < 1.0:
            raise ValueError(f"weight must be in (0, 1), got {self.weight}")
        if not min(self.shapes + self.rates) > 0.0:
            raise ValueError(f"shapes and rates must be above 0, got {self.shapes}, {self.rates}")

    @classmethod
    def fitted(cls, n: Floats, exposure: Floats) -> "Prior":
        """The one under which these counts are most likely, `DEFAULT` for want of any.

        Whatever the order of the series, it is the same to the last bit.
        """
        from scipy.optimize import minimize  # noqa: PLC0415 - a third of a worker's start

        n, exposure = _sample(n, exposure)
        start = DEFAULT.logarithms()

        def cost(place: Floats) -> tuple[float, Floats]:
            value, slope = _of(place).log_likelihood(n, exposure)
            away = (place - start) / VAGUE
            return 0.5 * float((away * away).sum()) - value, away / VAGUE - slope

        return _of(minimize(cost, start, jac=True, method="L-BFGS-B").x)

    def posterior(self, n: Floats, exposure: Floats) -> Posterior:
        """Of series with n events each where `exposure` were expected; neither need be whole."""
        return _posterior(self._weights(), *self._columns(), n, exposure)

    def take(self, _: Ints | slice, /) -> "Prior":
        """It is the same for all series."""
        return self

    def numbers(self) -> Floats:
        """What `of` makes the same prior of, to the last bit."""
        return np.array([self.weight, *self.shapes, *self.rates])

    @classmethod
    def of(cls, numbers: Floats) -> "Prior":
        weight, a1, a2, b1, b2 = (float(number) for number in numbers)
        return cls(weight, (a1, a2), (b1, b2))

    def logarithms(self) -> Floats:
        """The place of a fit: of the odds of the first component, of the shapes, of the rates."""
        return np.array([logit(self.weight), *np.log(self.shapes), *np.log(self.rates)])

    def _columns(self) -> tuple[Floats, Floats]:
        return np.array(self.shapes)[:, None], np.array(self.rates)[:, None]

    def _weights(self) -> Floats:
        return np.array([[self.weight], [1.0 - self.weight]])

    def log_likelihood(self, n: Floats, exposure: Floats) -> tuple[float, Floats]:
        """Of these series, up to a constant, and its slope along the `logarithms`."""
        logs = _log_likelihoods(self._weights(), *self._columns(), n, exposure)
        both = np.logaddexp(*logs)
        (a, b), shares = self._columns(), np.exp(logs - both)
        by_shape = a * (digamma(a + n) - digamma(a) - np.log1p(exposure / b))
        by_rate = a - b * (a + n) / (b + exposure)
        slope = [
            (shares[0] - self.weight).sum(),
            *(shares * by_shape).sum(axis=1), *(shares * by_rate).sum(axis=1),
        ]  # fmt: skip
        return float(both.sum()), np.array(slope)


def _log_likelihoods(weights: Floats, a: Floats, b: Floats, n: Floats, exposure: Floats) -> Floats:
    """Of each component, weight included, but for what both have in common."""
    logs: Floats = (
        np.log(weights)
        + gammaln(a + n) - gammaln(a) - n * np.log(b + exposure) - a * np.log1p(exposure / b)
    )  # fmt: skip
    return logs


def _posterior(weights: Floats, a: Floats, b: Floats, n: Floats, exposure: Floats) -> Posterior:
    logs = _log_likelihoods(weights, a, b, n, exposure)
    return Posterior(np.exp(logs - np.logaddexp(*logs)), a + n, b + exposure)


def _of(place: Floats) -> Prior:
    """From logarithms; within what a double holds."""
    weight = np.clip(expit(place[:1]), 1e-9, 1.0 - 1e-9)
    return Prior.of(np.concatenate([weight, np.exp(np.clip(place[1:], -12.0, 12.0))]))


def _sample(n: NDArray[np.float64], exposure: Floats) -> tuple[Floats, Floats]:
    order = np.lexsort((n, exposure))
    if order.size > MOST:
        order = order[np.linspace(0, order.size - 1, MOST).astype(np.int64)]
    return n[order], exposure[order]


DEFAULT = Prior(0.9, (4.0, 1.0), (4.0, 1.0))
"""Before there is anything to fit: most within half and twice, some anywhere."""


@dataclass(slots=True)
class Priors(Columns):
    """One for each of many groups of series, or for each of many series; `DEFAULT` at first."""

    weight: Annotated[Floats, column(np.float64, DEFAULT.weight)]
    shape: Annotated[Floats, column(np.float64, DEFAULT.shapes[0])]
    other_shape: Annotated[Floats, column(np.float64, DEFAULT.shapes[1])]
    rate: Annotated[Floats, column(np.float64, DEFAULT.rates[0])]
    other_rate: Annotated[Floats, column(np.float64, DEFAULT.rates[1])]

    def at(self, place: int) -> Prior:
        return Prior.of(np.array([getattr(self, f.name)[place] for f in fields(self)]))

    def put(self, place: int, prior: Prior) -> None:
        for f, number in zip(fields(self), prior.numbers(), strict=True):
            getattr(self, f.name)[place] = number

    def posterior(self, n: Floats, exposure: Floats) -> Posterior:
        """As that of `Prior`, each series by its own."""
        weights = np.array([self.weight, 1.0 - self.weight])
        a, b = np.array([self.shape, self.other_shape]), np.array([self.rate, self.other_rate])
        return _posterior(weights, a, b, n, exposure)
