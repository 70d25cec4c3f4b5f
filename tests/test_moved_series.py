"""Series that leave are missed by none: the others go on to the same bits in another place."""

import dataclasses
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from detectors.alarm import Alarms, Hysteresis
from detectors.burstiness import Burstiness
from detectors.columns import Ints
from detectors.outage import Outages
from detectors.season import Profiles
from detectors.window import Window
from tests.contract.burst import BurstCase
from tests.contract.rules import RuleCase
from tests.contract.share import ShareCase
from tests.contract.silence import SilenceCase
from tests.contract.surge import SurgeCase
from tests.contract.verdicts import of_series, same
from tests.contract.weekly import DriftCase, WeeklyCase
from tests.test_detector_contract import history, run, same_columns

Case = SurgeCase | SilenceCase | WeeklyCase | BurstCase | ShareCase | DriftCase | RuleCase
CASES: list[type[Case]] = [
    SurgeCase, SilenceCase, WeeklyCase, BurstCase, ShareCase, DriftCase, RuleCase,
]  # fmt: skip
SERIES = 5
KEPT = st.sets(st.integers(0, SERIES - 1)).map(lambda kept: np.array(sorted(kept), np.int64))


@cache
def begun(name: str) -> Case:
    """One that has seen a surge, and the day after it begin."""
    (case,) = (case for case in CASES if case.__name__ == name)
    made = case.of(SERIES)
    list(run(made, history(case.hours)[:-20]))
    return made


def take(made: Case, kept: Ints) -> None:
    made.state = made.state.take(kept)
    if isinstance(made, RuleCase):
        made.window.keep(kept)


@pytest.mark.parametrize("case", CASES)
@given(kept=KEPT)
@searched(max_examples=12, deadline=None)
def test_some_series_taken_and_a_step_are_a_step_and_those_taken(
    case: type[Case], kept: Ints
) -> None:
    first, then = deepcopy(begun(case.__name__)), deepcopy(begun(case.__name__))
    take(first, kept)
    for hour, row in enumerate(history(case.hours)[-20:], case.hours - 20):
        total = int(row.sum())
        one = first.step(row[kept], hour=hour, total=total)
        same(one, of_series(then.step(row, hour=hour, total=total), kept))
    take(then, kept)
    same_columns(first.state.columns(), then.state.columns())


@given(kept=KEPT)
@searched(max_examples=10, deadline=None)
def test_profiles_and_outages_of_some_groups_go_on_to_the_same_bits(kept: Ints) -> None:
    rng = np.random.default_rng(4)
    profiles, outages = Profiles.empty(SERIES), Outages.empty(SERIES)
    counts = rng.poisson(400.0, (190, SERIES))
    counts[180:183] = 0

    def step(rows: range, part: Ints | slice, profiles: Profiles, outages: Outages) -> None:
        for hour in rows:
            rhythm, row = profiles.expect(hour=hour), counts[hour][part]
            masked = outages.step(row, rhythm, bucket=hour)
            profiles.learn(row, rhythm, bucket=hour, masked=masked)

    step(range(175), slice(None), profiles, outages)
    moved = profiles.take(kept), outages.take(kept)
    step(range(175, 190), kept, *moved)
    step(range(175, 190), slice(None), profiles, outages)
    assert outages.until.max() > 180
    same_columns(moved[0].columns(), profiles.take(kept).columns())
    same_columns(moved[1].columns(), outages.take(kept).columns())


@given(kept=KEPT)
@searched(max_examples=10, deadline=None)
def test_alarms_and_what_bursts_go_on_to_the_same_bits(kept: Ints) -> None:
    hysteresis = Hysteresis(quiet=3)
    alarms, burstiness = Alarms.empty(SERIES), Burstiness.empty(SERIES)
    unmasked, rows = np.zeros(SERIES, np.bool_), history(SurgeCase.hours)[-45:]
    made, start = SurgeCase.of(SERIES), SurgeCase.hours - 45
    list(run(made, history(SurgeCase.hours)[:start]))
    moved: tuple[Alarms, Burstiness] | None = None
    for hour, row in enumerate(rows):
        verdict = made.step(row, hour=start + hour, total=int(row.sum()))
        if hour == 20:
            moved = alarms.take(kept), burstiness.take(kept)
        alarms, _ = hysteresis.step(alarms, verdict, bucket=hour)
        burstiness.learn(row, unmasked)
        if moved is not None:
            own = dataclasses.replace(
                verdict, score=verdict.score[kept], above=verdict.above[kept],
                observed=verdict.observed[kept], expected=verdict.expected[kept],
                masked=verdict.masked[kept],
            )  # fmt: skip
            moved = hysteresis.step(moved[0], own, bucket=hour)[0], moved[1]
            moved[1].learn(row[kept], unmasked[kept])
    assert moved is not None
    assert (alarms.above > 0).any()
    same_columns(moved[0].columns(), alarms.take(kept).columns())
    same_columns(moved[1].columns(), burstiness.take(kept).columns())


@given(kept=KEPT, delay=st.sampled_from([0, 4]), blind=st.integers(0, 19))
def test_the_sums_of_a_window_move_with_their_series(kept: Ints, delay: int, blind: int) -> None:
    counts = np.random.default_rng(9).poisson(0.7, (20, SERIES))
    whole, part = Window(length=3, delay=delay), Window(length=3, delay=delay)
    for one in (whole, part):
        one.grow(SERIES)
    for bucket, row in enumerate(counts):
        if bucket == 10:
            part.keep(kept)
        whole.take(row, masked=bucket == blind)
        part.take(row if bucket < 10 else row[kept], masked=bucket == blind)
    whole.keep(kept)
    same_columns(whole.columns(), part.columns())


@given(kept=KEPT)
@searched(max_examples=10, deadline=None)
def test_a_state_that_changes_in_place_is_as_one_that_was_made_anew(kept: Ints) -> None:
    made = SurgeCase.of(SERIES)
    list(run(made, history(SurgeCase.hours)[:30]))
    grown, taken = made.state.grown(SERIES + 3), made.state.take(kept)
    place = made.state.take(np.arange(SERIES))
    place.lengthen(SERIES + 3)
    same_columns(place.columns(), grown.columns())
    place.retain(kept)
    same_columns(place.columns(), taken.columns())


def test_who_holds_a_column_keeps_it_as_it_was_while_the_state_grows() -> None:
    state = SurgeCase.of(SERIES).state
    held, view = state.born, state.season.hour_events[3:5]
    before = held.copy(), view.copy()
    state.lengthen(SERIES + 3)
    assert state.born.size == SERIES + 3
    assert state.season.hour_events.shape == (24, SERIES + 3)
    assert np.array_equal(held, before[0])
    assert np.array_equal(view, before[1])


def test_what_is_taken_lies_together_in_each_row_as_before() -> None:
    taken = Profiles.empty(SERIES).take(np.array([3, 1]))
    assert all(array.flags.c_contiguous for array in taken.columns().values())
