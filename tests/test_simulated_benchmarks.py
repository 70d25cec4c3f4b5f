"""The benchmarks on simulated counts: what they plant, and how they score what is called."""

import numpy as np
import pytest

from benchmarks import drift, novelty, partial, shift, yearly
from benchmarks.complaint_simulation import HOURS, INCIDENT, WARMUP, Realisation
from detectors.columns import Bools, Floats32, Ints
from detectors.novelty import Novelty
from detectors.season import Profiles


@pytest.fixture(scope="module")
def years() -> yearly.Traffic:
    return yearly.traffic(1, amplitude=1.6, series=6)


def test_the_season_of_a_year_is_planted_with_its_peak(years: yearly.Traffic) -> None:
    year = years.season[: yearly.YEAR]
    np.testing.assert_allclose(year.mean(axis=0), 1.0)
    assert (year.max(axis=0) > 1.35).all()
    flat = yearly.traffic(1, amplitude=1.0, series=2).season
    np.testing.assert_allclose(flat, 1.0)


def test_incidents_of_a_year_are_found_where_they_are_called_and_false_elsewhere(
    years: yearly.Traffic,
) -> None:
    scores = np.zeros((yearly.HOURS, 12), np.float32)
    silent = yearly.figures(years, scores, threshold=1.0)
    assert silent == {"year 2": {"false": 0, "found": 0}, "year 3": {"false": 0, "found": 0}}
    for series, start in zip(years.incidents.series, years.incidents.start, strict=True):
        scores[start + 1, 6 + series] = 2.0
    scores[yearly.YEAR + 5, 0] = scores[100, 1] = 2.0  # the first year is not scored
    told = yearly.figures(years, scores, threshold=1.0)
    assert told == {"year 2": {"false": 1, "found": 1}, "year 3": {"false": 0, "found": 1}}


def test_what_was_above_before_an_incident_has_not_found_it(years: yearly.Traffic) -> None:
    above = np.full((yearly.HOURS, 12), 2.0, np.float32)
    assert yearly.figures(years, above, threshold=1.0)["year 2"]["found"] == 0


def test_the_true_season_multiplies_what_is_expected_of_a_group() -> None:
    rhythm = Profiles.empty(2).expect(hour=0)
    known = yearly.with_factor(rhythm, np.array([2.0, 0.5]))
    np.testing.assert_allclose(known.factor, rhythm.factor * [2.0, 0.5])
    np.testing.assert_allclose(known.mean, rhythm.mean * [2.0, 0.5])


def test_of_first_evers_those_planted_are_found_and_all_others_false() -> None:
    """A product of one fault for six weeks, then one that was planted, and one that was not."""
    usual, later = np.arange(0, 1000, 10), np.array([1001, 1002, 1005, 1005])
    played = novelty.History(
        hours=np.append(usual, later), products=np.zeros(104, np.int64),
        faults=np.append(np.zeros(100, np.int64), [1, 1, 2, 2]),
        planted={(0, 1): novelty.Planted(0, 1, begins=1000, ends=1024, people=2)},
    )  # fmt: skip
    said, weeks = novelty.told({"plain": Novelty(people=2)}, played)
    assert [(one.hour, one.fault, one.people) for one in said["plain"]] == [
        (1002, 1, 2), (1005, 2, 2),
    ]  # fmt: skip
    found = novelty.report(said["plain"], played)
    assert (found["found"], found["delay"], found["false_alarms"]) == (1.0, 1.0, 1)
    assert [one.fault for one in novelty.counted(played, least=2)] == [1, 2]
    assert weeks > 0


def realisation() -> Realisation:
    """Two series of two sources, ten an hour, with two incidents in the first."""
    ordinary = np.full((HOURS, 2), 10, np.int32)
    excess = np.zeros_like(ordinary)
    for start in (200, 320):
        excess[WARMUP + start : WARMUP + start + 10, 0] = 5
    starts = [(0, WARMUP + start, 24, "x5") for start in (200, 320)]
    incidents = np.array(starts, INCIDENT)
    zeros = np.zeros(2, np.int64)
    return Realisation(ordinary, excess, zeros, np.array([0, 1]), zeros, incidents, {}, [])


def test_a_source_loses_a_part_of_its_events_for_hours_and_no_other_does() -> None:
    outage = partial.Partial(0, WARMUP + 190, WARMUP + 220, 0.5)
    made = realisation()
    lost = partial.thinned(np.random.default_rng(1), made, [outage])
    during = slice(outage.start, outage.end)
    assert 100 < lost.ordinary[during, 0].sum() < 200
    assert 10 < lost.excess[during, 0].sum() < 40
    changed = lost.ordinary + lost.excess != made.ordinary + made.excess
    changed[during, 0] = False
    assert not changed.any()


def test_partial_outages_come_about_every_two_weeks_after_the_warm_up() -> None:
    made = partial.partials(np.random.default_rng(1))
    assert all(WARMUP <= one.start < one.end <= HOURS for one in made)
    assert all(6 <= one.end - one.start <= 48 and 0.3 <= one.kept <= 0.7 for one in made)
    assert 40 <= len(made) <= 60


def test_what_is_called_in_and_after_a_partial_outage_is_told_apart() -> None:
    made = realisation()
    outages = [partial.Partial(0, WARMUP + 190, WARMUP + 220, 0.5)]
    clean = np.zeros((HOURS, 2), np.bool_)
    clean[[WARMUP + 195, WARMUP + 300], 0] = clean[WARMUP + 195, 1] = True
    both = np.zeros_like(clean)
    both[WARMUP + 201, 0] = True
    told = partial.figures(made, (clean, both), made.sizes(), outages)
    assert told["false"] == 3
    assert told["in them"] == {"false": 1, "incidents": 1, "found": 1.0}
    assert told["in the week after"] == {"false": 1, "incidents": 1, "found": 0.0}


@pytest.fixture(scope="module")
def posts() -> shift.Realisation:
    return shift.simulated(1, series=2)


def test_a_shift_changes_who_is_negative_and_not_how_many_post(posts: shift.Realisation) -> None:
    shifted, busiest = posts.shifted[0.6], -1
    start = int(posts.clean.starts[busiest])
    during = slice(start, start + shift.LASTS)
    np.testing.assert_array_equal(shifted.posts, posts.clean.posts)
    same = shifted.negative[:, busiest] == posts.clean.negative[:, busiest]
    assert same[:start].all()
    assert same[during.stop :].all()
    share = shifted.negative[during, busiest].sum() / shifted.posts[during, busiest].sum()
    assert 0.5 < share < 0.7
    crowd = slice(start, start + shift.CROWD)
    assert posts.crowded.posts[crowd, busiest].sum() == 3 * shifted.posts[crowd, busiest].sum()


def test_a_shift_is_found_in_its_week_and_a_crowd_and_false_alarms_are_counted_apart(
    posts: shift.Realisation,
) -> None:
    clean = np.zeros(posts.clean.posts.shape, np.float32)
    called = clean.copy()
    clean[shift.WARMUP + 3, 0] = 9.0
    called[posts.clean.starts + 4, np.arange(8)] = 9.0
    told = shift.figures(posts, clean, {0.6: called}, called, limit=9.0)
    assert told["false_alarms_by_volume"] == {"0.2": 1, "1.0": 0, "5.0": 0, "25.0": 0}
    assert {one["found"] for one in told["shifts"]["0.6"].values()} == {1.0}
    assert {one["hours"] for one in told["shifts"]["0.6"].values()} == {5.0}
    assert set(told["crowd_called"].values()) == {1.0}
    assert shift.figures(posts, clean, {}, clean, limit=9.0)["crowd_called"]["25.0"] == 0.0


def test_the_threshold_of_a_shift_is_the_lowest_that_keeps_the_budget() -> None:
    scores: Floats32 = np.zeros((shift.HOURS, 4), np.float32)
    for place, height in enumerate((2.0, 4.0, 6.0)):
        scores[shift.WARMUP + 50, place] = height
    limits = np.arange(1.0, 9.0)
    assert shift.calibrated([scores], limits, most=1.0) == 5.0
    assert shift.calibrated([scores], limits, most=0.0) == 7.0


def test_complaints_grow_from_the_end_of_their_history_on_and_not_before() -> None:
    made = drift.simulated(1, series=20, history=52)
    for grown in made.grown.values():
        np.testing.assert_array_equal(grown[:52], made.clean[:52])
    large = made.level == 2
    last = {rate: grown[-10:, large].mean() for rate, grown in made.grown.items()}
    assert 2 * made.clean[-10:, large].mean() < last[0.02] < last[0.03] < last[0.05]


def test_a_drift_is_told_by_the_week_in_which_half_of_its_level_are_called() -> None:
    made = drift.simulated(1, series=1, history=52)

    def method(_: drift.Realisation, counts: Ints) -> Bools:
        above = np.zeros((drift.HORIZON, 3), np.bool_)
        if counts is made.clean:
            above[4, 1] = True
        if counts is made.grown[0.05]:
            above[6:, :2] = True
        return above

    told = drift.figures(method, made)
    assert told["false_alarms"] == {"5": 0.0, "20": 1.0, "100": 0.0}
    assert told["weeks"]["5%"] == {"5": 7.0, "20": 7.0, "100": None}
    assert told["weeks"]["2%"] == {"5": None, "20": None, "100": None}


def test_who_knows_the_mean_calls_fast_growth_sooner() -> None:
    plain = drift.simulated(2, series=2, history=1, plain=True)
    told = drift.figures(drift.of_known_mean, plain)
    assert told["weeks"]["5%"]["100"] < told["weeks"]["2%"]["100"] < drift.HORIZON


def test_drift_and_weekly_are_run_week_by_week_over_the_whole_history() -> None:
    made = drift.simulated(3, series=2, history=104)
    called = drift.METHODS["drift"](made, made.grown[0.05])
    assert called.shape == (drift.HORIZON, 6)
    assert called[:, made.level == 2].any(axis=0).all()
    assert not called[0].any()
