"""PRR, chi-square, EB05 and IC025, against numbers reckoned by hand or by others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, gamma

from detectors import disproportion
from detectors.mixture import Prior

PRIOR = Prior(0.5, (2.0, 2.0), (2.0, 2.0))
TABLE = np.array([[20, 10, 5], [3, 40, 60], [4, 50, 45]])


def test_prr_is_the_share_of_a_fault_over_its_share_in_the_rest() -> None:
    found = disproportion.of_faults(TABLE, PRIOR)
    assert found.prr[0, 0] == pytest.approx((20 / 35) / (7 / 202))
    assert found.expected[0, 0] == pytest.approx(35 * 27 / 237)


def test_chi_squared_is_that_of_the_table_of_two_by_two() -> None:
    found = disproportion.of_faults(TABLE, PRIOR)
    for batch, fault in np.ndindex(TABLE.shape):
        a = TABLE[batch, fault]
        b, c = TABLE[batch].sum() - a, TABLE[:, fault].sum() - a
        known = chi2_contingency([[a, b], [c, TABLE.sum() - a - b - c]], correction=True)
        assert found.chi_squared[batch, fault] == pytest.approx(known.statistic)


def test_eb05_and_ic025_are_lower_ends_of_the_posterior() -> None:
    found = disproportion.of_faults(TABLE, PRIOR)
    due = found.expected[0, 0]
    assert found.eb05[0, 0] == pytest.approx(gamma.ppf(0.05, 22, scale=1 / (2 + due)))
    low = gamma.ppf(0.025, 20.5, scale=1 / (0.5 + due))
    assert found.ic025[0, 0] == pytest.approx(np.log2(low))


def test_the_fault_of_a_batch_is_the_one_that_stands_out_in_it_and_not_the_most_frequent() -> None:
    assert disproportion.own_faults(disproportion.of_faults(TABLE)).tolist() == [0, -1, -1]


def test_two_complaints_stand_out_nowhere() -> None:
    table = np.array([[2, 0], [0, 500]])
    found = disproportion.of_faults(table)
    assert found.prr[0, 0] > 100
    assert disproportion.own_faults(found).tolist() == [-1, -1]


def test_a_batch_is_measured_by_its_units_and_not_by_its_complaints() -> None:
    found = disproportion.of_rates(np.array([30, 30, 30]), np.array([5.0, 50.0, 50.0]), PRIOR)
    assert found.stands_out.tolist() == [True, False, False]
    assert found.prr[0] == pytest.approx((30 / 5) / (60 / 100))
    assert found.expected.sum() == pytest.approx(90)


def test_what_the_rest_never_had_leaves_a_finite_ratio() -> None:
    found = disproportion.of_rates(np.array([9, 0]), np.array([1.0, 100.0]))
    assert np.isfinite(found.prr).all()
    assert found.stands_out.tolist() == [True, False]


@given(
    st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=1, max_size=6)
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_every_table_has_finite_measures(rows: list[list[int]]) -> None:
    found = disproportion.of_faults(np.array(rows))
    for measure in (found.expected, found.prr, found.chi_squared, found.eb05, found.ic025):
        assert np.isfinite(measure).all()
