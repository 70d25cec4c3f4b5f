"""The benchmark of the surge where nothing happens: what it makes, and what it counts."""

import numpy as np
import pytest

from benchmarks.in_control import DISPERSIONS, RATES, THRESHOLDS, WARMUP, Grid, alarms, rhythm
from detectors.budget import HOURS


def test_a_cell_has_its_level_and_its_dispersion() -> None:
    grid = Grid(series=40, seed=3)
    counts = np.array([grid.hour(9) for _ in range(400)], np.float64)
    cells = counts.reshape(400, len(RATES), len(DISPERSIONS), 40)
    busy = cells[:, RATES.index(3.0)]
    mean, variance = busy.mean(axis=(0, 2)), busy.var(axis=(0, 2))
    assert mean == pytest.approx(np.full(len(DISPERSIONS), 3.0 * rhythm()[9]), rel=0.05)
    assert variance / mean == pytest.approx(np.array(DISPERSIONS), rel=0.06)


def test_an_alarm_counts_once_until_a_day_has_passed_below_and_none_in_the_warmup() -> None:
    grid, last = Grid(series=1, seed=1), len(RATES) * len(DISPERSIONS) - 1
    lives = np.arange(last + 1)
    said = np.zeros((WARMUP * HOURS + 60, last + 1))
    said[[5, WARMUP * HOURS, WARMUP * HOURS + 24, WARMUP * HOURS + 49], last] = THRESHOLDS[0]
    said[WARMUP * HOURS + 3, 0] = THRESHOLDS[-1]
    found = alarms(grid, ((lives, row) for row in said))
    assert found[:, last].tolist() == [2] + [0] * (len(THRESHOLDS) - 1)
    assert found[:, 0].tolist() == [1] * len(THRESHOLDS)
    assert found.sum() == 2 + len(THRESHOLDS)
