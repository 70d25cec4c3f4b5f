"""What every per-series detector must keep, whatever its method."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.columns import Bools, Floats, Ints
from detectors.season import Profiles, Rhythm
from detectors.surge import Surge, SurgeState, Verdict

SURGE = Surge(threshold=1000.0, shortest_learning=24, longest_learning=48)
HOURS = 120


@dataclass(slots=True)
class SurgeCase:
    """The surge detector with one group's profile, as the contract drives it."""

    state: SurgeState
    profiles: Profiles

    @classmethod
    def of(cls, n: int) -> "SurgeCase":
        return cls(SurgeState.empty(n), Profiles.empty(1))

    def judge(self, counts: Ints, *, hour: int) -> Verdict:
        rhythm = self.profiles.expect(hour=hour)
        return SURGE.judge(self.state, SURGE.expect(self.state, rhythm, bucket=hour), counts)

    def step(self, counts: Ints, *, hour: int, total: int, masked: Bools | None = None) -> Verdict:
        rhythm: Rhythm = self.profiles.expect(hour=hour)
        expectation = SURGE.expect(self.state, rhythm, bucket=hour)
        self.state, verdict = SURGE.step(self.state, expectation, counts, masked)
        self.profiles.learn(np.array([total]), rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
        return verdict

    def restored(self) -> "SurgeCase":
        return SurgeCase(SurgeState.of(self.state.columns()), Profiles.of(self.profiles.columns()))


CASES = [SurgeCase]
each_detector = pytest.mark.parametrize("case", CASES)


def history(n: int = 5, *, seed: int = 1) -> Ints:
    """Poisson counts by hour and series, of rates from 0.02 to 20, with a surge in the last day."""
    rng = np.random.default_rng(seed)
    rates = np.geomspace(0.02, 20, n)
    counts = rng.poisson(rates, size=(HOURS, n))
    counts[-24:] += rng.poisson(rates, size=(24, n)) * 4
    return counts


def run(made: SurgeCase, counts: Ints, *, start: int = 0) -> Iterator[Verdict]:
    for hour, row in enumerate(counts, start):
        yield made.step(row, hour=hour, total=int(row.sum()))


def same(one: Verdict, other: Verdict) -> None:
    for f in fields(one):
        np.testing.assert_array_equal(getattr(one, f.name), getattr(other, f.name), f.name)


def same_columns(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype, name
        np.testing.assert_array_equal(array, other[name], name)


@each_detector
def test_the_same_counts_give_the_same_bits(case: type[SurgeCase]) -> None:
    for one, other in zip(run(case.of(5), history()), run(case.of(5), history()), strict=True):
        same(one, other)


@each_detector
def test_a_bucket_is_judged_before_it_is_learnt(case: type[SurgeCase]) -> None:
    made = case.of(5)
    for hour, row in enumerate(history()):
        before = made.judge(row, hour=hour)
        same(before, made.step(row, hour=hour, total=int(row.sum())))


@each_detector
def test_judging_leaves_the_state_as_it_was(case: type[SurgeCase]) -> None:
    made = case.of(5)
    list(run(made, history()))
    before = made.state.columns()
    made.judge(np.full(5, 1000), hour=HOURS)
    same_columns(before, made.state.columns())


@each_detector
@given(cut=st.integers(0, HOURS - 1))
@settings(max_examples=10, deadline=None)
def test_a_snapshot_at_any_step_continues_with_the_same_bits(
    case: type[SurgeCase], cut: int
) -> None:
    made, counts = case.of(5), history()
    list(run(made, counts[:cut]))
    again = made.restored()
    rest = zip(run(made, counts[cut:], start=cut), run(again, counts[cut:], start=cut), strict=True)
    for one, other in rest:
        same(one, other)
    same_columns(made.state.columns(), again.state.columns())


@each_detector
def test_a_series_has_the_same_floats_alone_in_company_and_in_another_place(
    case: type[SurgeCase],
) -> None:
    many = history(8195)
    order = np.random.default_rng(3).permutation(8195)
    together, shuffled, alone = case.of(8195), case.of(8195), case.of(1)
    watched = int(order[7])
    for hour, row in enumerate(many[:60]):
        total = int(row.sum())
        verdict = together.step(row, hour=hour, total=total)
        moved = shuffled.step(row[order], hour=hour, total=total)
        single = alone.step(row[[watched]], hour=hour, total=total)
        np.testing.assert_array_equal(verdict.score[order], moved.score)
        assert verdict.score[watched] == single.score[0]
        assert verdict.expected[watched] == single.expected[0]


@each_detector
@given(
    st.lists(st.lists(st.integers(0, 2**31), min_size=3, max_size=3), min_size=1, max_size=100),
    st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_zeros_gaps_and_huge_counts_leave_finite_numbers(
    case: type[SurgeCase], rows: list[list[int]], blind: int
) -> None:
    made = case.of(3)
    for hour, row in enumerate(rows):
        masked = np.full(3, hour == blind)
        verdict = made.step(np.array(row), hour=hour, total=sum(row), masked=masked)
        assert np.isfinite(verdict.score).all()
        assert np.isfinite(verdict.expected).all()
    for name, array in made.state.columns().items():
        assert np.isfinite(array).all(), name


@each_detector
def test_the_score_of_an_open_bucket_never_falls_as_counts_rise(case: type[SurgeCase]) -> None:
    made = case.of(5)
    list(run(made, history()))
    scores: list[Floats] = [
        made.judge(np.full(5, count), hour=HOURS).score
        for count in [*range(300), 10**4, 10**6, 10**9]
    ]
    assert (np.diff(np.array(scores), axis=0) >= 0).all()


@each_detector
def test_observed_and_expected_are_the_sums_since_the_onset(case: type[SurgeCase]) -> None:
    made, counts = case.of(5), history()
    means = []
    for hour, row in enumerate(counts):
        rhythm = made.profiles.expect(hour=hour)
        means.append(SURGE.expect(made.state, rhythm, bucket=hour).mean)
        verdict = made.step(row, hour=hour, total=int(row.sum()))
        for series, onset in enumerate(verdict.onset):
            assert verdict.observed[series] == counts[onset : hour + 1, series].sum()
            assert verdict.expected[series] == pytest.approx(
                sum(mean[series] for mean in means[onset:])
            )


@each_detector
def test_series_born_later_leave_the_others_as_they_were(case: type[SurgeCase]) -> None:
    few, more = case.of(3), case.of(3)
    counts = history(5)
    for hour, row in enumerate(counts):
        if hour == 50:
            more.state = more.state.grow(born=hour, groups=np.zeros(2, np.int64))
        total = int(row.sum())
        one = few.step(row[:3], hour=hour, total=total)
        other = more.step(row[: more.state.size], hour=hour, total=total)
        np.testing.assert_array_equal(one.score, other.score[:3])


@each_detector
def test_a_verdict_on_some_series_is_that_on_all(case: type[SurgeCase]) -> None:
    made = case.of(5)
    list(run(made, history()))
    some, counts = np.array([3, 1]), np.array([9, 0, 4, 70, 1])
    rhythm = made.profiles.expect(hour=HOURS)
    expectation = SURGE.expect(made.state, rhythm, bucket=HOURS)
    part = SURGE.judge(made.state, expectation, counts[some], series=some)
    full = SURGE.judge(made.state, expectation, counts)
    for f in fields(Verdict):
        np.testing.assert_array_equal(getattr(full, f.name)[..., some], getattr(part, f.name))
