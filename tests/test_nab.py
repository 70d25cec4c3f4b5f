"""The rule of the Numenta Anomaly Benchmark, against cases worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.nab import (
    PROFILES,
    THRESHOLDS,
    Series,
    best,
    best_onsets,
    burst_scores,
    fired,
    nested,
    normalised,
    raw_score,
    read,
    result,
    told,
    whole,
    windowed_gaussian,
    worth,
)
from detectors.burst import Burst
from detectors.columns import Ints
from tests.data import shared

STANDARD, LOW_FP, LOW_FN = PROFILES["standard"], PROFILES["low_fp"], PROFILES["low_fn"]


def series(rows: int, *windows: tuple[int, int]) -> Series:
    return Series("made/up.csv", np.zeros(rows), windows)


def rows(*places: int) -> Ints:
    return np.array(places, np.int64)


def sigmoid(y: float) -> float:
    return float(2 / (1 + np.exp(5 * y)) - 1)


ONE = series(100, (40, 49))


def test_the_first_row_of_a_window_is_worth_all_and_the_last_a_little() -> None:
    value, place = worth(ONE, STANDARD)
    assert value[40] == pytest.approx(1.0)
    assert value[49] == pytest.approx(sigmoid(-0.1) / sigmoid(-1))
    assert place.tolist() == [-1] * 40 + [0] * 10 + [-1] * 50


def test_a_false_alarm_costs_more_the_further_it_is_behind_a_window() -> None:
    value, _ = worth(ONE, STANDARD)
    assert value[20] == pytest.approx(-0.11)
    assert value[50] == pytest.approx(0.11 * sigmoid(1 / 9))
    assert value[76] == pytest.approx(0.11 * sigmoid(3.0))
    assert value[77] == -0.11


def test_a_file_scores_the_best_of_each_window_and_all_that_is_outside() -> None:
    alarms = rows(20, 45, 47, 60)
    expected = -0.11 + sigmoid(-0.5) / sigmoid(-1) + 0.11 * sigmoid(11 / 9)
    assert raw_score(ONE, STANDARD, alarms) == pytest.approx(expected)


def test_a_missed_window_costs_what_the_profile_says() -> None:
    assert raw_score(ONE, STANDARD, rows()) == -1
    assert raw_score(ONE, LOW_FN, rows()) == -2
    assert raw_score(ONE, LOW_FP, rows(20, 40)) == pytest.approx(1 - 0.22)


def test_the_first_rows_do_not_count() -> None:
    assert raw_score(ONE, STANDARD, rows(0, 14)) == -1
    assert raw_score(ONE, STANDARD, rows(15)) == pytest.approx(-1.11)
    assert series(100_000).first == 750


def test_no_alarm_is_0_and_all_windows_at_once_are_100() -> None:
    for profile in PROFILES.values():
        assert normalised(raw_score(ONE, profile, rows()), profile, 1) == pytest.approx(0)
        assert normalised(raw_score(ONE, profile, rows(40)), profile, 1) == pytest.approx(100)


def test_without_windows_false_alarms_are_counted_as_they_are() -> None:
    quiet = series(100)
    assert normalised(raw_score(quiet, STANDARD, rows()), STANDARD, 0) == 0
    assert normalised(raw_score(quiet, STANDARD, rows(50, 60)), STANDARD, 0) == pytest.approx(-22)


@given(st.lists(st.integers(0, 5), min_size=100, max_size=100))
def test_the_best_threshold_is_the_best_of_all(levels: list[int]) -> None:
    scores = np.array(levels, np.float64)
    for profile in PROFILES.values():
        each = [
            normalised(raw_score(ONE, profile, np.flatnonzero(scores >= threshold)), profile, 1)
            for threshold in range(7)
        ]
        assert best([ONE], [scores], profile) == pytest.approx(max(each))


def test_a_rise_that_is_alarmed_once_costs_one_alarm() -> None:
    long, scores = series(800, (700, 709)), np.zeros(800)
    scores[200:240], scores[700] = 3.0, 2.0
    once, each = best_onsets([long], [scores], STANDARD), best([long], [scores], STANDARD)
    assert once == pytest.approx(normalised(raw_score(long, STANDARD, rows(200, 700)), STANDARD, 1))
    assert each == 0  # forty false alarms cost more than the window is worth


def test_windowed_gaussian_is_the_chance_of_so_large_a_deviation() -> None:
    scores = windowed_gaussian(np.array([1.0, 3.0, 2.0, 4.0, 2.5]))
    # Mean 2 and sd sqrt(2/3) after three rows: 4 is 2.449 sd away.
    assert scores[3] == pytest.approx(0.99285, abs=1e-4)
    assert scores[0] == 0
    assert (scores[1:] >= 0.5).all()


def test_windowed_gaussian_moves_its_window_by_a_hundred_rows() -> None:
    values = np.concatenate([np.tile([0.0, 2.0], 50), np.full(150, 9.0)])
    scores = windowed_gaussian(values, window=100, step=100)
    assert (scores[100:200] == scores[100]).all()
    assert scores[200] < scores[199]


def test_values_are_counts_until_one_is_not() -> None:
    assert whole(np.array([3, np.nan, 0, 2.5, 4])).tolist() == [True, True, True, False, False]
    assert not whole(np.array([-1.0, 1.0])).any()


def folder(tmp_path: Path, days: int = 4) -> Path:
    """Two files of counts with one burst each, one of measurements, and one without a label."""
    rng = np.random.default_rng(3)
    times = np.datetime64("2026-03-01T00:00:00") + np.arange(days * 288) * np.timedelta64(5, "m")
    data, labels = tmp_path / "data" / "made", {}
    data.mkdir(parents=True)
    for place, name in enumerate(("one", "two", "warm", "unknown")):
        values = rng.poisson(10, times.size).astype(np.float64)
        burst = (2 + place % 2) * 288
        values[burst : burst + 12] += 100
        values = values - 100.5 if name == "warm" else values
        lines = [f"{str(t).replace('T', ' ')},{v:g}" for t, v in zip(times, values, strict=True)]
        (data / f"{name}.csv").write_text("\n".join(["timestamp,value", *lines]) + "\n")
        window = [str(times[burst + shift]).replace("T", " ") + ".000000" for shift in (-50, 49)]
        labels[f"made/{name}.csv"] = [window]
    del labels["made/unknown.csv"]
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "combined_windows.json").write_text(json.dumps(labels))
    return tmp_path


def test_files_are_read_with_their_windows_and_those_without_labels_named(tmp_path: Path) -> None:
    files, unlabelled = read(folder(tmp_path), "*")
    assert [one.name for one in files] == ["made/one.csv", "made/two.csv", "made/warm.csv"]
    assert files[0].windows == ((2 * 288 - 50, 2 * 288 + 49),)
    assert unlabelled == ["made/unknown.csv"]


def test_a_pattern_that_fits_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="fits other"):
        read(folder(tmp_path), "other/*")


def test_shipped_settings_find_bursts_in_counts_and_in_measurements(tmp_path: Path) -> None:
    found = result(folder(tmp_path), "*", frozen=True)
    assert found["standard"] > 80
    assert all(one["found"] == 1 for one in found["files"].values())
    assert found.keys() >= {"low_fp", "low_fn", "windowed_gaussian"}
    assert sum(one["found"] for one in found["told"]["files"].values()) == 2


def test_what_is_told_is_each_alarm_once_where_it_gets_loud_enough() -> None:
    scores = np.zeros(2000)
    scores[[10, 30, 31, 400, 900, 901]] = [2.5, 3.5, 4.0, 3.0, 3.5, 3.5]
    assert fired(scores, 2.4).tolist() == [10, 400, 900]
    assert told(scores, 2.4, 3.4).tolist() == [30, 900]
    assert told(scores, 2.4, 5.0).size == 0


def test_what_is_chosen_for_a_file_does_not_depend_on_its_labels(tmp_path: Path) -> None:
    files, _ = read(folder(tmp_path), "made/*o*")
    moved = [files[0], Series(files[1].name, files[1].values, ((400, 500),))]
    (alarms, choices), (others, same) = nested(files), nested(moved)
    assert choices[1] == same[1]
    np.testing.assert_array_equal(alarms[1], others[1])
    assert choices[1][-1] in THRESHOLDS


def test_one_file_has_no_other_to_choose_on(tmp_path: Path) -> None:
    files, _ = read(folder(tmp_path), "made/one.csv")
    with pytest.raises(SystemExit, match="at least 2"):
        nested(files)


def test_no_row_knows_what_comes_after_it(tmp_path: Path) -> None:
    files, _ = read(folder(tmp_path), "made/warm.csv")
    short = Series("cut", files[0].values[:650], ())
    full, cut = (burst_scores([one], Burst())[0] for one in (files[0], short))
    np.testing.assert_array_equal(full[:650], cut)
    assert fired(cut, 2.4).size


def test_the_baseline_is_as_published_on_the_supplied_files() -> None:
    """On all ten files of tweets it has 51.4, 16.3 and 64.6; five are supplied."""
    files, _ = read(shared("nab"), "realTweets/*")
    scores = [windowed_gaussian(one.values) for one in files]
    figures = [best(files, scores, profile) for profile in PROFILES.values()]
    assert figures == pytest.approx([56.8, 18.2, 71.2], abs=0.1)
