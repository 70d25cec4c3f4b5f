"""How soon a series shows how much more it scatters than a Poisson process."""

import numpy as np
import pytest

from detectors.columns import Array, Floats32
from detectors.dispersion import MOST, SCATTER, SINGLE, Dispersion

WEEK, SERIES = 168, 150


def learnt(*, rate: float, phi: float, weeks: int, seed: int = 5) -> list[Floats32]:
    """Of many series alike, whose rate is known, over each of the blocks."""
    rng, kept = np.random.default_rng(seed), Dispersion.empty(SERIES)
    for bucket in range(weeks * WEEK):
        rates = np.full(SERIES, rate)
        if phi > 1.0:
            rates = rng.gamma(rate / (phi - 1.0), phi - 1.0, SERIES)
        counts: Array = rng.poisson(rates)
        kept.learn(residual=counts - rate, mean=np.full(SERIES, rate), bucket=bucket)
    return kept.over_all(rate=np.full(SERIES, rate))


def test_a_rare_series_whose_people_come_together_shows_it_within_two_months() -> None:
    apart, together = (learnt(rate=0.04, phi=phi, weeks=8)[0] for phi in (1.0, 1.5))
    assert float(np.median(apart)) < SCATTER < 1.2 < float(np.median(together))


def test_how_many_events_a_rare_series_has_says_nothing_of_how_they_come() -> None:
    kept = Dispersion.empty(2)
    for bucket in range(1000):
        events = np.array([bucket % 25 == 0, bucket % 100 == 0], np.float64)
        kept.learn(residual=events - 0.02, mean=np.full(2, 0.02), bucket=bucket)
    single = kept.single(rate=np.full(2, 0.02))
    assert single[0] == pytest.approx(single[1], abs=0.03)
    assert (single < SCATTER).all()


@pytest.mark.parametrize("rate", [0.01, 0.3, 5.0, 100.0])
@pytest.mark.parametrize("phi", [1.0, 1.25])
def test_in_the_long_run_single_buckets_scatter_as_they_do(rate: float, phi: float) -> None:
    truth = (phi * WEEK * 4 * min(4 * rate, 1) + SCATTER * SINGLE) / (
        WEEK * 4 * min(4 * rate, 1) + SINGLE
    )
    single = learnt(rate=rate, phi=phi, weeks=4)[0]
    assert float(single.mean()) == pytest.approx(truth, rel=0.05)


def test_a_day_is_taken_for_what_its_hours_are_until_it_has_shown_itself() -> None:
    single, _, day = learnt(rate=0.004, phi=1.5, weeks=4)
    assert np.corrcoef(single, day)[0, 1] > 0.9
    assert float(day.mean()) == pytest.approx(float(single.mean()), abs=0.03)


def test_series_without_a_past_have_the_prior() -> None:
    rate = np.array([0.001, 2.0])
    single, _, day = Dispersion.empty(2).over_all(rate=rate)
    assert single == pytest.approx([SCATTER + 0.02 * 0.001, SCATTER + 0.02 * 2.0])
    assert day == pytest.approx([single[0] + 0.02 * 24 * 0.001, MOST])


def scattered(*, trust: float, apart: int, rate: float = 0.01, days: int = 3) -> list[float]:
    """Of a series with an incident of one person every so many hours, over each of the blocks."""
    kept, mean = Dispersion.empty(1), np.array([rate])
    for bucket in range(days * 24):
        events = float(bucket % apart == 0)
        kept.learn(residual=events - mean, mean=mean, trust=np.array([trust]), bucket=bucket)
    return [float(over[0]) for over in kept.over_all(rate=mean)]


@pytest.mark.parametrize("rate", [0.01, 0.5])
@pytest.mark.parametrize("apart", [3, 12, 30])
def test_the_less_hours_are_trusted_the_less_they_say_and_never_the_other_way(
    apart: int, rate: float
) -> None:
    prior = [float(over[0]) for over in Dispersion.empty(1).over_all(rate=np.array([rate]))]
    trusted = scattered(trust=1.0, apart=apart, rate=rate)
    for trust in (0.9, 0.5, 0.1):
        for first, some, most in zip(
            prior, scattered(trust=trust, apart=apart, rate=rate), trusted, strict=True
        ):
            assert min(first, most) - 1e-6 <= some <= max(first, most) + 1e-6
