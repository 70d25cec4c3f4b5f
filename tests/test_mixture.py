"""Relative rates as a mixture of two gammas: the fit, and what is known of one series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from detectors.columns import Floats
from detectors.mixture import DEFAULT, Prior

TRUE = Prior(0.95, (8.0, 2.0), (8.0, 2.0))
SKEW = Prior(0.5, (3.0, 1.0), (2.0, 0.5))


def drawn(n: int, *, seed: int) -> tuple[Floats, Floats]:
    """Counts and exposures of series with rates from `TRUE`."""
    rng = np.random.default_rng(seed)
    rates = np.where(rng.random(n) < 0.95, rng.gamma(8, 1 / 8, n), rng.gamma(2, 1 / 2, n))
    exposure = np.exp(rng.normal(1.5, 0.8, n))
    return rng.poisson(rates * exposure).astype(np.float64), exposure


def test_a_fit_finds_the_rates_that_the_counts_were_drawn_from() -> None:
    fitted = Prior.fitted(*drawn(20_000, seed=5))
    every = np.linspace(0.1, 3.0, 30)
    true, found = (
        prior.posterior(np.zeros(1), np.zeros(1)).below(every) for prior in (TRUE, fitted)
    )
    assert np.abs(true - found).max() < 0.02


def test_a_fit_does_not_depend_on_the_order_of_the_series() -> None:
    n, exposure = drawn(500, seed=6)
    order = np.random.default_rng(7).permutation(500)
    assert Prior.fitted(n, exposure) == Prior.fitted(n[order], exposure[order])


def test_without_series_the_prior_is_the_vague_one() -> None:
    fitted = Prior.fitted(np.zeros(0), np.zeros(0))
    assert fitted.numbers() == pytest.approx(DEFAULT.numbers())


def test_a_prior_is_kept_to_the_last_bit() -> None:
    fitted = Prior.fitted(*drawn(300, seed=8))
    assert Prior.of(fitted.numbers()) == fitted


@pytest.mark.parametrize("numbers", [(0.0, 1, 1, 1, 1), (0.5, 0, 1, 1, 1), (0.5, 1, 1, 1, -1)])
def test_a_prior_that_is_none_is_refused(numbers: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"must be (in \(0, 1\)|above 0), got"):
        Prior.of(np.array(numbers))


def test_the_slope_of_a_fit_is_that_of_its_likelihood() -> None:
    n, exposure = drawn(50, seed=9)
    value, slope = SKEW.log_likelihood(n, exposure)
    step = 1e-6
    for place in range(3):
        moved = SKEW.numbers()
        moved[place] = (
            1 / (1 + (1 - moved[0]) / moved[0] * np.exp(-step))
            if place == 0
            else moved[place] * np.exp(step)
        )
        higher, _ = Prior.of(moved).log_likelihood(n, exposure)
        assert (higher - value) / step == pytest.approx(slope[place], rel=1e-3, abs=1e-3)


def test_few_events_are_drawn_to_what_is_usual_and_many_speak_for_themselves() -> None:
    few, many = TRUE.posterior(np.array([2.0, 2000.0]), np.array([0.5, 500.0])).mean
    assert few < 1.5
    assert many == pytest.approx(4.0, rel=0.01)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_arrivals_are_the_events_that_come_with_a_count_at_its_limit(n: int) -> None:
    after, exposure = SKEW.posterior(np.array([4.0]), np.array([2.0])), 1.7
    counts = np.arange(2000)
    stay = after.rates[:, 0] / (after.rates[:, 0] + exposure)
    chances = sum(
        after.weights[row, 0] * nbinom.pmf(counts, after.shapes[row, 0], stay[row])
        for row in (0, 1)
    )
    expected = float((counts * chances)[n:].sum())
    assert after.arrivals(np.array([float(n)]), np.array([exposure])) == pytest.approx(expected)


@given(
    n=st.floats(0, 1e9), exposure=st.floats(0, 1e9), p=st.floats(0.01, 0.99),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_below_a_quantile_lies_its_probability(n: float, exposure: float, p: float) -> None:
    after = TRUE.posterior(np.array([n]), np.array([exposure]))
    assert after.below(after.quantile(p))[0] == pytest.approx(p, abs=1e-6)
