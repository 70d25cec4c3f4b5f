"""What every per-series detector must keep, whatever its method."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import rules, silence, surge, weekly
from detectors.columns import Bools, Floats, Ints
from detectors.rules import Rule, RuleState
from detectors.season import Profiles, Rhythm
from detectors.silence import Silence, SilenceState
from detectors.surge import Surge, SurgeState
from detectors.weekly import Weekly, WeeklyState
from detectors.window import Window

SURGE = Surge(threshold=1000.0, shortest_learning=24, longest_learning=48)
SILENCE = Silence(threshold=1000.0)
WEEKLY = Weekly(threshold=100.0)
RULE = Rule(least=3, window=5, ratio=1.5, holds=2, until=0.8)

Verdict = surge.Verdict | silence.Verdict | weekly.Verdict | rules.Verdict


@dataclass(slots=True)
class SurgeCase:
    """The surge detector with one group's profile, as the contract drives it.

    `hours` are enough to see it alarm, `many` are more series than it works on at a time.
    """

    hours: ClassVar[int] = 120
    many: ClassVar[int] = 8195
    state: SurgeState
    profiles: Profiles

    @classmethod
    def of(cls, n: int) -> "SurgeCase":
        return cls(SurgeState.empty(n), Profiles.empty(1))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grow(born=born, groups=np.zeros(n, np.int64))

    def mean(self, *, hour: int) -> Floats:
        """What the hour should hold."""
        return SURGE.expect(self.state, self.profiles.expect(hour=hour), bucket=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> surge.Verdict:
        rhythm = self.profiles.expect(hour=hour)
        return SURGE.judge(self.state, SURGE.expect(self.state, rhythm, bucket=hour), counts)

    def step(
        self, counts: Ints, *, hour: int, total: int, masked: Bools | None = None
    ) -> surge.Verdict:
        rhythm: Rhythm = self.profiles.expect(hour=hour)
        expectation = SURGE.expect(self.state, rhythm, bucket=hour)
        self.state, verdict = SURGE.step(self.state, expectation, counts, masked)
        self.profiles.learn(np.array([total]), rhythm, bucket=hour, masked=np.zeros(1, np.bool_))
        return verdict

    def restored(self) -> "SurgeCase":
        return SurgeCase(SurgeState.of(self.state.columns()), Profiles.of(self.profiles.columns()))


@dataclass(slots=True)
class SilenceCase:
    """The detector of silence; it has its profiles itself, and no mask."""

    hours: ClassVar[int] = 14 * 24
    many: ClassVar[int] = 203
    state: SilenceState

    @classmethod
    def of(cls, n: int) -> "SilenceCase":
        return cls(SilenceState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def mean(self, *, hour: int) -> Floats:
        return SILENCE.expect(self.state, bucket=hour, hour=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> silence.Verdict:
        expectation = SILENCE.expect(self.state, bucket=hour, hour=hour)
        return SILENCE.judge(self.state, expectation, counts)

    def step(
        self,
        counts: Ints,
        *,
        hour: int,
        total: int = 0,
        masked: Bools | None = None,
    ) -> silence.Verdict:
        expectation = SILENCE.expect(self.state, bucket=hour, hour=hour)
        self.state, verdict = SILENCE.step(self.state, expectation, counts)
        return verdict

    def restored(self) -> "SilenceCase":
        return SilenceCase(SilenceState.of(self.state.columns()))


@dataclass(slots=True)
class WeeklyCase:
    """The detector for weekly counts: the buckets that the contract calls hours are weeks."""

    hours: ClassVar[int] = 130
    many: ClassVar[int] = 4099
    state: WeeklyState

    @classmethod
    def of(cls, n: int) -> "WeeklyCase":
        return cls(WeeklyState.empty(n))

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)

    def mean(self, *, hour: int) -> Floats:
        return WEEKLY.expect(self.state, bucket=hour).mean

    def judge(self, counts: Ints, *, hour: int) -> weekly.Verdict:
        return WEEKLY.judge(self.state, WEEKLY.expect(self.state, bucket=hour), counts)

    def step(
        self,
        counts: Ints,
        *,
        hour: int,
        total: int = 0,
        masked: Bools | None = None,
    ) -> weekly.Verdict:
        expectation = WEEKLY.expect(self.state, bucket=hour)
        self.state, verdict = WEEKLY.step(self.state, expectation, counts, masked)
        return verdict

    def restored(self) -> "WeeklyCase":
        return WeeklyCase(WeeklyState.of(self.state.columns()))


@dataclass(slots=True)
class RuleCase:
    """A rule that asks about five hours, and for half as many again as the five before."""

    hours: ClassVar[int] = 120
    many: ClassVar[int] = 203
    state: RuleState
    window: Window

    @classmethod
    def of(cls, n: int) -> "RuleCase":
        made = cls(RuleState.empty(), Window(length=RULE.window, delay=RULE.window))
        made.grow(n, born=0)
        return made

    def grow(self, n: int, *, born: int) -> None:
        self.state = self.state.grown(self.state.size + n)
        self.window.grow(self.state.size)

    def judge(self, counts: Ints, *, hour: int) -> rules.Verdict:
        return deepcopy(self).step(counts, hour=hour)

    def step(
        self, counts: Ints, *, hour: int, total: int = 0, masked: Bools | None = None
    ) -> rules.Verdict:
        self.window.take(counts)
        people, before = self.window.recent.copy(), self.window.before
        expected = RULE.judge(self.state, people, before, bucket=hour)
        self.state, verdict = RULE.step(self.state, people, before, bucket=hour)
        same(verdict, expected)
        return verdict

    def restored(self) -> "RuleCase":
        again = RuleCase.of(0)
        again.state = RuleState.of(self.state.columns())
        again.window.restore(self.window.columns())
        return again


Summing = SurgeCase | SilenceCase | WeeklyCase
Case = Summing | RuleCase
each_detector = pytest.mark.parametrize("case", [SurgeCase, SilenceCase, WeeklyCase, RuleCase])


def history(case: type[Case], n: int = 5, *, seed: int = 1) -> Ints:
    """Poisson counts by hour and series, of rates from 0.02 to 20.

    The last two days hold a surge, and then nothing.
    """
    rng = np.random.default_rng(seed)
    rates = np.geomspace(0.02, 20, n)
    counts = rng.poisson(rates, size=(case.hours, n))
    counts[-48:-24] += rng.poisson(rates, size=(24, n)) * 4
    counts[-24:] = 0
    return counts


def run(made: Case, counts: Ints, *, start: int = 0) -> Iterator[Verdict]:
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
def test_the_same_counts_give_the_same_bits(case: type[Case]) -> None:
    for one, other in zip(
        run(case.of(5), history(case)), run(case.of(5), history(case)), strict=True
    ):
        same(one, other)


@each_detector
def test_a_bucket_is_judged_before_it_is_learnt(case: type[Case]) -> None:
    made = case.of(5)
    for hour, row in enumerate(history(case)):
        before = made.judge(row, hour=hour)
        same(before, made.step(row, hour=hour, total=int(row.sum())))


@each_detector
def test_judging_leaves_the_state_as_it_was(case: type[Case]) -> None:
    made = case.of(5)
    list(run(made, history(case)))
    before = deepcopy(made.state.columns())
    made.judge(np.full(5, 1000), hour=case.hours)
    same_columns(before, made.state.columns())


@each_detector
@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=10, deadline=None)
def test_a_snapshot_at_any_step_continues_with_the_same_bits(
    case: type[Case], share: float
) -> None:
    made, counts, cut = case.of(5), history(case), int(share * case.hours)
    list(run(made, counts[:cut]))
    again = made.restored()
    rest = zip(run(made, counts[cut:], start=cut), run(again, counts[cut:], start=cut), strict=True)
    for one, other in rest:
        same(one, other)
    same_columns(made.state.columns(), again.state.columns())


@each_detector
def test_a_series_has_the_same_floats_alone_in_company_and_in_another_place(
    case: type[Case],
) -> None:
    many = history(case, case.many)
    order = np.random.default_rng(3).permutation(case.many)
    together, shuffled, alone = case.of(case.many), case.of(case.many), case.of(1)
    watched = int(order[7])
    for hour, row in enumerate(many[: case.hours // 2]):
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
    case: type[Case], rows: list[list[int]], blind: int
) -> None:
    made = case.of(3)
    for hour, row in enumerate(rows):
        masked = np.full(3, hour == blind)
        verdict = made.step(np.array(row), hour=hour, total=sum(row), masked=masked)
        assert np.isfinite(verdict.score).all()
        assert np.isfinite(verdict.expected).all()
    for name, array in made.state.columns().items():
        assert np.isfinite(array).all(), name


def scores(case: type[Case]) -> Floats:
    """Of an ever larger count in the same bucket."""
    made = case.of(5)
    list(run(made, history(case)[:-24]))
    judged: list[Floats] = [
        made.judge(np.full(5, count), hour=case.hours - 24).score
        for count in [*range(300), 10**4, 10**6, 10**9]
    ]
    return np.array(judged)


@pytest.mark.parametrize("case", [SurgeCase, WeeklyCase])
def test_the_score_of_an_open_bucket_never_falls_as_people_join(case: type[Case]) -> None:
    assert (np.diff(scores(case), axis=0) >= 0).all()


def test_the_score_of_silence_never_rises_as_events_come() -> None:
    assert (np.diff(scores(SilenceCase), axis=0) <= 0).all()


@pytest.mark.parametrize("case", [SurgeCase, SilenceCase])
def test_observed_and_expected_are_the_sums_since_the_onset(case: type[Summing]) -> None:
    made, counts = case.of(5), history(case)
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
    for hour, row in enumerate(history(case)):
        if hour == 50:
            more.grow(2, born=hour)
        total = int(row.sum())
        one = few.step(row[:3], hour=hour, total=total)
        other = more.step(row[: more.state.size], hour=hour, total=total)
        np.testing.assert_array_equal(one.score, other.score[:3])


def test_a_verdict_on_some_series_is_that_on_all() -> None:
    made, hour = SurgeCase.of(5), SurgeCase.hours
    list(run(made, history(SurgeCase)))
    some, counts = np.array([3, 1]), np.array([9, 0, 4, 70, 1])
    rhythm = made.profiles.expect(hour=hour)
    expectation = SURGE.expect(made.state, rhythm, bucket=hour)
    part = SURGE.judge(made.state, expectation, counts[some], series=some)
    full = SURGE.judge(made.state, expectation, counts)
    for f in fields(surge.Verdict):
        np.testing.assert_array_equal(getattr(full, f.name)[..., some], getattr(part, f.name))
