"""The weekly benchmark: its peers are the ones they are named after, its figures what it says."""

import csv
import gzip
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks import noufaily
from benchmarks.noufaily import Figures, calibrated, of_farrington, of_weekly, threshold
from benchmarks.surveillance import ears, farrington
from benchmarks.surveillance.simulation import (
    COURSE,
    HISTORY,
    QUIET,
    SIZES,
    TEST,
    YEAR,
    Outbreak,
    Realisation,
    Scenarios,
    scenarios,
    simulated,
)
from detectors.columns import Bools, Floats, Ints
from detectors.weekly import Weekly
from tests.data import shared

FILES = {
    "salmonella_agona": ("salmonella_agona.csv", ["observed"]),
    "hepatitisA_germany": ("hepatitisA_germany.csv", ["observed"]),
    "ha_berlin": (
        "hepatitisA_berlin_districts.csv",
        [
            *[
                "chwi",
                "frkr",
                "lich",
                "mahe",
                "mitt",
                "neuk",
                "pank",
                "rein",
                "span",
                "zehl",
                "scho",
                "trko",
            ]
        ],
    ),
    "campyDE": ("campyDE.csv", ["case"]),
}
"""File and columns of each set."""
CLOSE = 1e-11
"""Relative tolerance of what is computed; quantiles and alarms agree exactly."""


def rows(name: str) -> list[dict[str, str]]:
    with shared("outbreak", name).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def reference(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(shared("outbreak", name), "rt", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


@cache
def observed(series: str) -> Ints:
    """By week and column."""
    file, columns = FILES[series]
    return np.array([[int(row[name]) for name in columns] for row in rows(file)])


def place(series: str, column: str) -> int:
    columns = FILES[series][1]
    return columns.index(column) if len(columns) > 1 else 0


def number(text: str) -> float:
    return float("nan") if text in ("", "NA") else float(text)


@cache
def calendar() -> list[date]:
    return [date.fromisoformat(row["date"]) for row in rows("campyDE.csv")]


def years_before(week: int, years: int) -> list[int]:
    """The weeks that begin nearest to the same day of the years before."""
    days = calendar()
    same = [days[week].replace(year=days[week].year - n) for n in range(1, years + 1)]
    return [round((day - days[0]).days / 7) for day in same]


@cache
def predicted(series: str, week: int, years: int) -> farrington.Prediction:
    past = years_before(week, years) if series == "campyDE" else None
    return farrington.predict(observed(series), week, years=years, references=past)


@pytest.mark.parametrize("series", FILES)
def test_farrington_flexible_is_that_of_surveillance(series: str) -> None:
    compared = 0
    for row in reference("farrington_reference.csv.gz"):
        if (row["series"], row["method"]) != (series, "farrington_flexible"):
            continue
        week, column = int(row["t"]) - 1, place(series, row["column"])
        found = _said(series, week, column, years=int(row["b"]), alpha=float(row["alpha"]))
        expected = {name: number(row[name]) for name in found}
        assert found == pytest.approx(expected, rel=CLOSE, abs=1e-12, nan_ok=True), row
        compared += 1
    assert compared >= 96


def _said(series: str, week: int, column: int, *, years: int, alpha: float) -> dict[str, float]:
    fit, counts = predicted(series, week, years), observed(series)
    bound = fit.upper(alpha)[column] if farrington.enough(counts, week)[column] else np.nan
    values = {
        "mu0": fit.mean[column],
        "phi": fit.dispersion[column],
        "trend": fit.slope[column],
        "pvalue": fit.p_value(counts[week])[column],
        "upperbound": bound,
    }
    return {name: float(value) for name, value in values.items()}


def test_all_series_fitted_at_once_are_those_fitted_one_by_one() -> None:
    counts = np.random.default_rng(2).poisson(np.geomspace(0.02, 20, 9), size=(300, 9))
    together = farrington.predict(counts, 290)
    for series in range(9):
        alone = farrington.predict(counts[:, [series]], 290)
        assert alone.mean[0] == pytest.approx(together.mean[series], rel=1e-12)
        assert alone.dispersion[0] == pytest.approx(together.dispersion[series], rel=1e-12)


Z = {"C1": 3.090232306167813, "C2": 3.090232306167813, "C3": 1.959963984540054}
"""Normal quantiles of 0.999 and 0.975, the levels of the reference."""


@pytest.mark.parametrize("method", ears.METHODS)
def test_ears_is_that_of_surveillance(method: str) -> None:
    scores = {series: ears.METHODS[method](observed(series)) for series in FILES}
    compared = alarms = 0
    for row in reference("ears_reference.csv.gz"):
        if row["method"] != f"EARS_{method}":
            continue
        series, week = row["series"], int(row["t"]) - 1
        counts = observed(series)[: week + 1, place(series, row["column"])]
        score = scores[series][week - ears.FIRST[method], place(series, row["column"])]
        above = score > Z[method]
        assert above == (row["alarm"] in ("1", "1.0", "TRUE")), row
        if row["upperbound"] and counts[-1] > 0:
            bound = _bound(method, counts, score)
            assert bound == pytest.approx(number(row["upperbound"]), rel=CLOSE, abs=1e-9), row
        compared, alarms = compared + 1, alarms + above
    assert compared > 4000
    assert alarms > 50


def _bound(method: str, counts: Ints, score: float) -> float:
    """The upper bound of the last week, as the package gives it."""
    window = counts[-8:-1] if method == "C1" else counts[-10:-3]
    if method == "C3":
        return max(0.0, float(counts[-1] + window.std(ddof=1) * (Z[method] - score)))
    return float(window.mean() + Z[method] * window.std(ddof=1))


def test_a_baseline_without_any_scatter_alarms_on_one_case_more_in_c1_and_never_in_c3() -> None:
    counts = np.append(np.zeros(14, np.int64), [0, 1, 0])[:, None]
    assert ears.c1(counts)[-2:, 0].tolist() == [
        np.inf,
        pytest.approx(-1 / 7 / np.std([1, *[0] * 6], ddof=1)),
    ]
    assert not ears.c3(counts).any()


def plain(**change: list[float]) -> Scenarios:
    """Two scenarios: ten cases a week, alike; and a hundred with a season and scatter."""
    values = {
        "theta": [2.3, 4.6], "phi": [1.0, 3.0], "beta": [0.0, 0.0],
        "gamma1": [0.0, 0.4], "gamma2": [0.0, 0.1], "m": [0.0, 2.0],
    } | change  # fmt: skip
    return Scenarios(*(np.array(values[name]) for name in Scenarios._fields))


@cache
def made(seed: int = 1, runs: int = 30) -> Realisation:
    return simulated(plain(), seed=seed, runs=runs)


def test_counts_have_the_mean_and_the_variance_of_their_scenario() -> None:
    counts, means = made().history[:QUIET], made().means[:QUIET]
    dispersion = ((counts - means) ** 2 / means).mean(axis=0).reshape(2, -1).mean(axis=1)
    assert counts.mean() == pytest.approx(means.mean(), rel=0.01)
    assert dispersion == pytest.approx([1.0, 3.0], rel=0.1)


def test_the_season_of_a_scenario_comes_back_after_52_weeks() -> None:
    np.testing.assert_allclose(made().means[:100], made().means[YEAR : YEAR + 100])


def test_an_outbreak_adds_k_deviations_between_its_first_and_its_last_week_alone() -> None:
    week = np.arange(TEST + COURSE)[:, None]
    sd = np.sqrt(made().phi * made().means[HISTORY:].mean(axis=0))
    for outbreak in made().outbreaks:
        added = outbreak.counts - made().test
        outside = (week < outbreak.first) | (week > outbreak.last)
        assert (added >= 0).all()
        assert not added[outside].any()
        assert (added.sum(axis=0) / sd).mean() == pytest.approx(outbreak.k, rel=0.2)


def test_half_of_the_cases_of_an_outbreak_fall_in_its_first_week() -> None:
    largest = made().outbreaks[-1]
    added = largest.counts - made().test
    first = added[largest.first, np.arange(largest.first.size)]
    assert first.sum() / added.sum() == pytest.approx(0.5, abs=0.03)


def test_another_seed_gives_other_series_and_the_same_seed_the_same() -> None:
    again = simulated(plain(), seed=1, runs=30)
    np.testing.assert_array_equal(made().history, again.history)
    assert (made().history != made(2).history).any()


def figures(alarm: Callable[[Outbreak], Bools], clean: Bools) -> Figures:
    return Figures.of(made(), (clean, [alarm(outbreak) for outbreak in made().outbreaks]))


NOTHING = np.zeros((TEST + COURSE, 60), np.bool_)


def test_an_alarm_in_the_last_week_of_an_outbreak_finds_it_and_one_after_it_does_not() -> None:
    def at(week: Ints) -> Bools:
        above = NOTHING.copy()
        above[np.clip(week, 0, TEST + COURSE - 1), np.arange(60)] = True
        return above

    found = figures(lambda outbreak: at(outbreak.last), NOTHING).pod_by_k
    with_a_case = [float((one.last >= 0).mean()) for one in made().outbreaks]
    assert found == with_a_case
    assert figures(lambda outbreak: at(outbreak.last + 1), NOTHING).pod_by_k == [0.0] * len(SIZES)
    assert figures(lambda outbreak: at(outbreak.first - 1), NOTHING).pod_by_k[-1] < 0.2


def test_false_alarms_are_shares_of_the_test_weeks_pooled_and_of_the_worst_scenario() -> None:
    clean = NOTHING.copy()
    clean[0, :15] = True
    clean[TEST:] = True
    told = figures(lambda _: NOTHING, clean)
    assert told.fpr == pytest.approx(15 / (TEST * 60))
    assert told.worst_fpr == pytest.approx(15 / (TEST * 30))


def test_a_threshold_is_the_lowest_that_one_in_a_hundred_scores_of_the_test_passes() -> None:
    scores = np.random.default_rng(4).random((TEST + COURSE, 200))
    scores[TEST:] = 9.0
    limit = threshold([scores])
    assert (scores[:TEST] > limit).sum() == int(0.01 * TEST * 200)


def test_the_calibrated_detector_keeps_its_rate_and_finds_large_outbreaks() -> None:
    weekly = calibrated(Weekly(threshold=14.0, season=YEAR), [made()])
    judged, past = of_weekly(weekly, made())
    told = Figures.of(made(), judged)
    assert 0.007 < told.fpr <= 0.0105
    assert told.pod_by_k[-1] > 0.85
    assert told.pod_by_k[0] < told.pod_by_k[2] < told.pod_by_k[-1]
    assert past.shape == (HISTORY, 60)


def test_farringtons_score_of_an_outbreak_is_that_of_a_fit_to_the_series_with_it() -> None:
    few = simulated(plain(), seed=3, runs=2)
    outbreak = few.outbreaks[-1]
    found = of_farrington(few)(outbreak.counts)
    whole = np.vstack([few.history, outbreak.counts])
    for series in range(4):
        for week in range(outbreak.first[series], outbreak.last[series] + 1):
            p = farrington.predict(whole[:, [series]], HISTORY + week).p_value(
                outbreak.counts[week, [series]]
            )
            assert found[week, series] == pytest.approx(-np.log(max(p[0], 1e-300)))


def test_without_the_table_of_scenarios_the_command_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["noufaily", "--runs", "1", "--data", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        noufaily.main()
    assert stopped.value.code == 2
    assert "scenarios42.csv: name the folder with --data" in capsys.readouterr().err


def test_a_seed_of_the_threshold_is_refused_for_the_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["noufaily", "--seed", "2", "--calibrate", "1", "2"])
    with pytest.raises(SystemExit):
        noufaily.main()
    assert "must not be among those of the threshold" in capsys.readouterr().err


def test_the_scenarios_of_the_data_set_are_42() -> None:
    chosen = scenarios(shared("noufaily", "scenarios42.csv"))
    assert chosen.means().shape == (HISTORY + TEST + COURSE, 42)
    mean: Floats = chosen.means()[:YEAR].mean(axis=0)
    assert mean.min() < 0.2
    assert mean.max() > 140
