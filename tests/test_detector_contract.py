"""What every method must keep that judges series bucket by bucket, and what readings must.

Readings (`detectors.growth`, `detectors.lead`) say how fast what was called grows and who led: they
call nothing, and are functions of a window of counts that know no bucket before it. So there is
nothing to judge before it is learnt, to snapshot or to mask, and no score to add up to. The season
of a year (`detectors.yearly`) and the calendar are factors of what the surge expects.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import fields
from functools import cache
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.signal import Kind
from detectors import lead, surge
from detectors.columns import Bools, Floats, Ints
from detectors.growth import growth
from tests.contract.batches import BatchCase
from tests.contract.burst import BurstCase, MeasuredCase
from tests.contract.fleet import FleetCase
from tests.contract.novelty import NoveltyCase
from tests.contract.rules import PlainRuleCase, RuleCase
from tests.contract.share import ShareCase
from tests.contract.silence import SilenceCase
from tests.contract.spatial import SpatialCase
from tests.contract.surge import SURGE, CalendarCase, OutageCase, SurgeCase, YearCase
from tests.contract.told import Told
from tests.contract.trigger import TriggerCase
from tests.contract.verdicts import Verdict, of_series, same
from tests.contract.weekly import DriftCase, WeeklyCase

Summing = SurgeCase | SilenceCase | WeeklyCase | BurstCase | SpatialCase | ShareCase | DriftCase
Scoring = Summing | RuleCase | BatchCase | FleetCase | NoveltyCase
Case = Scoring | TriggerCase
SUMMING = [
    SurgeCase, CalendarCase, YearCase, SilenceCase, WeeklyCase, BurstCase, MeasuredCase,
    SpatialCase, ShareCase, DriftCase,
]  # fmt: skip
SCORING: list[type[Scoring]] = [
    *SUMMING, OutageCase, RuleCase, PlainRuleCase, BatchCase, FleetCase, NoveltyCase,
]  # fmt: skip
CASES: list[type[Case]] = [*SCORING, TriggerCase]
EARLY, LATE = range(40, 43), range(21, 28)
"""Hours that an outage hides: from the beginning on, and before the end, where a surge stops."""
each_detector = pytest.mark.parametrize("case", CASES)


DIGITS = 1e-5
"""R are single floats, and so are the logarithms, up to 40, of what a bucket multiplies them by."""


def history(hours: int, n: int = 5, *, day: int = 24) -> Ints:
    """Poisson counts by hour and series, of rates from 0.02 to 20.

    The last two days hold a surge, and then nothing.
    """
    rng = np.random.default_rng(1)
    rates = np.geomspace(0.02, 20, n)
    counts = rng.poisson(rates, size=(hours, n))
    counts[-2 * day : -day] += rng.poisson(rates, size=(day, n)) * 4
    counts[-day:] = 0
    return counts


def hidden(hour: int, hours: int, n: int = 5) -> Bools:
    """As an outage does, which hides all series of a stream alike."""
    return np.full(n, hour in EARLY or hours - hour in LATE)


def run(made: Case, counts: Ints, *, start: int = 0) -> Iterator[Verdict]:
    for hour, row in enumerate(counts, start):
        masked = hidden(hour, made.hours, row.size)
        yield made.step(row, hour=hour, total=int(row.sum()), masked=masked)


@cache
def course(name: str) -> tuple[list[Case], list[Verdict]]:
    """What was restored before each step and at the end, and the verdicts; it never stopped."""
    (case,) = (case for case in CASES if case.__name__ == name)
    made, held = case.of(5), []
    verdicts: list[Verdict] = []
    for hour, row in enumerate(history(case.hours)):
        held.append(made.restored())
        verdicts += run(made, row[None], start=hour)
    return [*held, made], verdicts


def same_columns(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype, name
        np.testing.assert_array_equal(array, other[name], name)


def test_every_method_that_calls_something_is_driven() -> None:
    assert {case.kind for case in CASES} == set(Kind)


@each_detector
def test_the_same_counts_give_the_same_bits(case: type[Case]) -> None:
    _, verdicts = course(case.__name__)
    for one, other in zip(verdicts, run(case.of(5), history(case.hours)), strict=True):
        same(one, other)


@each_detector
def test_a_bucket_is_judged_before_it_is_learnt(case: type[Case]) -> None:
    made = case.of(5)
    for hour, row in enumerate(history(case.hours)):
        before = made.judge(row, hour=hour, masked=hidden(hour, case.hours))
        (verdict,) = run(made, row[None], start=hour)
        same(before, verdict)


@each_detector
def test_judging_leaves_the_state_as_it_was(case: type[Case]) -> None:
    made = case.of(5)
    list(run(made, history(case.hours)))
    before = deepcopy(made.state.columns())
    made.judge(np.full(5, 1000), hour=case.hours)
    same_columns(before, made.state.columns())


@each_detector
@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=10, deadline=None)
def test_a_snapshot_at_any_step_continues_with_the_same_bits(
    case: type[Case], share: float
) -> None:
    """For three days, after which it holds what it would hold; so it goes on from there."""
    held, verdicts = course(case.__name__)
    cut = int(share * case.hours)
    end = min(cut + 72, case.hours)
    again = held[cut].restored()
    rest = run(again, history(case.hours)[cut:end], start=cut)
    for one, other in zip(verdicts[cut:end], rest, strict=True):
        same(one, other)
    same_columns(held[end].state.columns(), again.state.columns())


@each_detector
def test_a_series_has_the_same_floats_alone_in_company_and_in_another_place(
    case: type[Case],
) -> None:
    """Two thirds of the hours are enough to learn, and then for half a day of a surge and one of
    nothing, so that also what is added up of an excess or a silence is held against another place.
    """
    hours, day, n = case.hours * 2 // 3, 12, case.many
    order = np.random.default_rng(3).permutation(n)
    together, shuffled, alone = case.of(n), case.of(n), case.of(1)
    watched, best = np.array([3 * n // 4]), 0.0
    for hour, row in enumerate(history(hours, n, day=day)):
        total, masked = int(row.sum()), hidden(hour, hours, n)
        verdict = together.step(row, hour=hour, total=total, masked=masked)
        moved = shuffled.step(row[order], hour=hour, total=total, masked=masked)
        single = alone.step(row[watched], hour=hour, total=total, masked=masked[:1])
        same(of_series(verdict, order), moved)
        same(of_series(verdict, watched), single)
        if hour >= hours - 2 * day:
            best = max(best, scored(single))
    assert best > 0


def scored(verdict: Verdict) -> float:
    """The highest score of all series; of reports the number of people."""
    return float((verdict.people if isinstance(verdict, Told) else verdict.score).max())


COUNTS = st.lists(
    st.lists(st.integers(0, 2**31), min_size=3, max_size=3), min_size=1, max_size=100
)  # fmt: skip


@each_detector
@given(rows=COUNTS, data=st.data())
@settings(max_examples=30, deadline=None)
def test_zeros_gaps_and_huge_counts_leave_finite_numbers(
    case: type[Case], rows: list[list[int]], data: st.DataObject
) -> None:
    """A gap is a bucket that an outage hides. None is left out: a stream closes each in its turn,
    with zeros where nothing came, be it of minutes, an hour or a week (`streams.detection.stream`).
    """
    made, blind = case.of(3), data.draw(st.integers(0, len(rows) - 1))
    for hour, row in enumerate(rows):
        masked = np.full(3, hour == blind)
        verdict = made.step(np.array(row), hour=hour, total=sum(row), masked=masked)
        for f in fields(verdict):
            assert np.isfinite(getattr(verdict, f.name)).all(), f.name
    for name, array in made.state.columns().items():
        assert np.isfinite(array).all(), name


@pytest.mark.parametrize("case", SCORING)
def test_the_explanation_adds_up_to_the_score(case: type[Scoring]) -> None:
    """The numbers that are shown of a series, and they alone, give its score again."""
    made, some = case.of(5), 0
    until_evidence_ends = np.zeros((6, 5), np.int64)
    for hour, row in enumerate(np.vstack([history(case.hours), until_evidence_ends])):
        masked = hidden(hour, case.hours)
        verdict, grounds = made.explained(row, hour=hour, total=int(row.sum()), masked=masked)
        assert not isinstance(verdict, Told)
        scores: Floats = verdict.score
        for score, shown in zip(scores.tolist(), grounds, strict=True):
            assert case.again(shown) == pytest.approx(score, rel=DIGITS, abs=DIGITS)
            assert mean_of_ratios(shown, score) == pytest.approx(score, rel=DIGITS, abs=DIGITS)
        some += int(scores.any())
    assert some > case.hours // 4


def mean_of_ratios(shown: Any, score: float) -> float:
    """What R after the bucket say the score is, of a mixture."""
    return fmean(shown["ratios"]) * shown.get("weight", 1.0) if "ratios" in shown else score


def scores(case: type[Summing | BatchCase]) -> Floats:
    """Of an ever larger count in the same bucket."""
    made = case.of(5)
    list(run(made, history(case.hours)[:-24]))
    judged: list[Floats] = [
        made.judge(np.full(5, count), hour=case.hours - 24).score
        for count in [*range(300), 10**4, 10**6, 10**9]
    ]
    return np.array(judged)


@pytest.mark.parametrize(
    "case", [SurgeCase, WeeklyCase, DriftCase, BurstCase, BatchCase, SpatialCase]
)
def test_the_score_of_an_open_bucket_never_falls_as_people_join(
    case: type[Summing | BatchCase],
) -> None:
    assert (np.diff(scores(case), axis=0) >= 0).all()


@pytest.mark.parametrize(
    "case", [SurgeCase, WeeklyCase, DriftCase, BatchCase, SpatialCase, ShareCase]
)
def test_what_is_large_enough_is_called_under_any_budget(
    case: type[Summing | BatchCase],
) -> None:
    """Thresholds are 1,000 here at most, so that a thousandth of the budget asks for a million."""
    assert (scores(case)[-1] > 1e6).all()


def test_the_score_of_silence_never_rises_as_events_come() -> None:
    assert (np.diff(scores(SilenceCase), axis=0) <= 0).all()


@pytest.mark.parametrize("case", SUMMING)
def test_observed_and_expected_are_the_sums_since_the_onset(case: type[Summing]) -> None:
    made, counts = case.of(5), history(case.hours)
    means = []
    for hour, row in enumerate(counts):
        means.append(made.mean(hour=hour))
        verdict = made.step(row, hour=hour, total=int(row.sum()))
        for series, onset in enumerate(verdict.onset):
            assert verdict.observed[series] == counts[onset : hour + 1, series].sum()
            assert verdict.expected[series] == pytest.approx(
                sum(mean[series] for mean in means[onset:])
            )


@each_detector
def test_series_born_later_leave_the_others_as_they_were(case: type[Case]) -> None:
    few, more = case.of(3), case.of(3)
    for hour, row in enumerate(history(case.hours)):
        if hour == 50:
            more.grow(2, born=hour)
        total = int(row.sum())
        one = few.step(row[:3], hour=hour, total=total)
        other = more.step(row[: more.state.size], hour=hour, total=total)
        same(one, of_series(other, np.arange(3)))


def test_a_verdict_on_some_series_is_that_on_all() -> None:
    made, hour = SurgeCase.of(5), SurgeCase.hours
    list(run(made, history(SurgeCase.hours)))
    some, counts = np.array([3, 1]), np.array([9, 0, 4, 70, 1])
    rhythm = made.profiles.expect(hour=hour)
    expectation = SURGE.expect(made.state, rhythm, bucket=hour)
    part = SURGE.judge(made.state, expectation, counts[some], series=some)
    full = SURGE.judge(made.state, expectation, counts)
    for f in fields(surge.Verdict):
        np.testing.assert_array_equal(getattr(full, f.name)[..., some], getattr(part, f.name))


def paced(observed: Ints) -> Any:
    return growth(observed, np.full(observed.size, 0.5), minutes=5)


def dated(observed: Ints) -> Any:
    """Somebody must have come."""
    came = np.append(observed, 1)
    return lead.draws(lead.beginning(came, np.full(came.size, 0.5), minutes=5))


@pytest.mark.parametrize("reading", [paced, dated])
@given(st.lists(st.integers(0, 2**31), min_size=12, max_size=300))
@settings(max_examples=20, deadline=None)
def test_a_reading_is_finite_whatever_came_and_the_same_whenever_it_is_asked_for(
    reading: Callable[[Ints], Any], rows: list[int]
) -> None:
    observed = np.array(rows)
    before, said = observed.copy(), reading(observed)
    np.testing.assert_array_equal(observed, before)
    if said is not None:
        assert np.isfinite(said).all()
        np.testing.assert_array_equal(reading(observed), said)
