"""A share of a series: what is a shift of it, and what is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.alarm import Alarms, Hysteresis
from detectors.columns import Bools, Ints
from detectors.share import Share, ShareState, Verdict

DAY = 24
USUAL = 0.2
WEEKS = 4 * 7 * DAY
METHOD = Share(threshold=168_000.0)


def play(
    part: Ints, whole: Ints, *, masked: Bools | None = None, state: ShareState | None = None,
    start: int = 0,
) -> tuple[ShareState, list[Verdict]]:  # fmt: skip
    """Hours (rows) of series, from a first one on."""
    state, verdicts = state or ShareState.empty(whole.shape[1]), []
    for hour, (some, all_) in enumerate(zip(part, whole, strict=True), start):
        blind = np.full(all_.shape, bool(masked is not None and masked[hour - start]))
        expected = METHOD.expect(state, bucket=hour)
        state, verdict = METHOD.step(state, expected, some, all_, blind)
        verdicts.append(verdict)
    return state, verdicts


def posts(shares: list[float], rate: float = 20.0, *, series: int = 5, seed: int = 1) -> Ints:
    """Parts and wholes (first axis) by hour, of which such shares are expected."""
    rng = np.random.default_rng(seed)
    whole = rng.poisson(rate, (len(shares), series))
    return np.array([rng.binomial(whole, np.array(shares)[:, None]), whole])


def taught(rate: float = 20.0) -> ShareState:
    return play(*posts([USUAL] * WEEKS, rate))[0]


def test_a_share_that_doubles_at_the_same_volume_is_called_within_a_day() -> None:
    _, verdicts = play(*posts([0.4] * DAY, seed=2), state=taught(), start=WEEKS)
    assert all(verdict.above[place] for place in range(5) for verdict in verdicts[-1:])
    last = verdicts[-1]
    assert (last.observed / last.whole).min() > 0.33
    assert (last.expected / last.whole).max() < 0.23
    assert (np.abs(last.onset - WEEKS) < DAY).all()


def test_more_posts_with_the_same_share_are_no_shift() -> None:
    _, verdicts = play(*posts([USUAL] * 3 * DAY, 200.0, seed=2), state=taught(), start=WEEKS)
    assert not any(verdict.above.any() for verdict in verdicts)


def test_a_share_that_falls_is_not_called() -> None:
    _, verdicts = play(*posts([0.05] * 3 * DAY, seed=2), state=taught(), start=WEEKS)
    assert max(verdict.score.max() for verdict in verdicts) < METHOD.threshold


def test_months_of_a_usual_share_are_not_called() -> None:
    _, verdicts = play(*posts([USUAL] * 12 * 7 * DAY, series=20, seed=3))
    assert not any(verdict.above.any() for verdict in verdicts)


def test_an_hour_without_posts_is_no_alarm_however_high_the_score() -> None:
    state, verdicts = play(*posts([0.6] * 2 * DAY, seed=2), state=taught(), start=WEEKS)
    assert verdicts[-1].above.all()
    nothing = np.zeros((2, 1, 5), np.int64)
    _, (verdict,) = play(*nothing, state=state, start=WEEKS + 2 * DAY)
    assert (verdict.score >= METHOD.threshold).all()
    assert not verdict.above.any()


def test_it_says_learning_until_it_has_seen_three_days_and_a_hundred_posts() -> None:
    _, busy = play(*posts([USUAL] * 5 * DAY))
    assert [bool(verdict.learning.all()) for verdict in busy].index(False) == 73
    assert all((verdict.score == 0).all() for verdict in busy[:73])
    _, calm = play(*posts([USUAL] * 40 * DAY, 0.2))
    first = [bool(verdict.learning[0]) for verdict in calm].index(False)
    _, whole = posts([USUAL] * 40 * DAY, 0.2)
    assert whole[: first - 1, 0].sum() < 100 <= whole[:first, 0].sum()


def test_what_an_outage_masks_is_neither_judged_nor_learnt() -> None:
    part, whole = posts([0.9] * DAY, seed=2)
    state, verdicts = play(part, whole, masked=np.ones(DAY, np.bool_), state=taught(), start=WEEKS)
    before = taught()
    assert not any(verdict.above.any() for verdict in verdicts)
    np.testing.assert_array_equal(state.part, before.part)
    np.testing.assert_array_equal(state.correlation.sum, before.correlation.sum)


def test_a_shift_does_not_raise_what_is_usual_but_one_that_lasts_for_weeks_does() -> None:
    state, _ = play(*posts([0.5] * 3 * DAY, seed=2), state=taught(), start=WEEKS)
    usual = METHOD.expect(state, bucket=0).share
    assert usual.max() < 0.25
    state, verdicts = play(*posts([0.5] * 90 * DAY, seed=4), state=state, start=WEEKS + 3 * DAY)
    assert METHOD.expect(state, bucket=0).share.min() > 0.4
    assert not verdicts[-1].above.any()


def test_an_alarm_that_is_over_leaves_no_evidence_and_an_outage_ends_none() -> None:
    state, verdicts = play(*posts([0.5] * DAY, seed=2), state=taught(), start=WEEKS)
    assert verdicts[-1].above.all()
    quiet, start = np.zeros((2 * DAY, 5), np.int64), WEEKS + DAY
    blind = np.ones(2 * DAY, np.bool_)
    state, verdicts = play(quiet, quiet, masked=blind, state=state, start=start)
    assert verdicts[-1].score.min() > METHOD.threshold
    some, all_ = posts([USUAL] * 6, 4.0, seed=3)
    usual = np.vstack([some, quiet]), np.vstack([all_, quiet])
    _, verdicts = play(*usual, state=state, start=start + 2 * DAY)
    scores = np.array([verdict.score for verdict in verdicts])
    over = np.flatnonzero(scores[5] < METHOD.threshold)
    assert over.size >= 3
    for place in over:
        last = np.flatnonzero(scores[:, place] >= METHOD.threshold)[-1]
        assert scores[last + DAY, place] > 100.0
        assert scores[last + DAY + 1, place] < 2.0


def test_a_day_without_a_post_ends_no_alarm_whose_score_is_above_but_weeks_do() -> None:
    state, verdicts = play(*posts([0.5] * DAY, seed=2), state=taught(), start=WEEKS)
    alarms, ended = Alarms.empty(5), []
    nothing = np.zeros((14 * DAY, 5), np.int64)
    _, quiet = play(nothing, nothing, state=state, start=WEEKS + DAY)
    for bucket, verdict in enumerate([*verdicts, *quiet]):
        alarms, changes = Hysteresis().step(alarms, verdict, bucket=bucket)
        ended += [bucket] * changes.cleared.size
    scores = np.array([verdict.score for verdict in quiet])
    last = [DAY + int(np.flatnonzero(row >= METHOD.threshold)[-1]) for row in scores.T]
    assert min(last) > 3 * DAY
    assert ended == sorted(bucket + DAY for bucket in last)
    assert scores[-1].max() < 14 * DAY


def test_a_series_whose_days_differ_by_themselves_needs_more_to_be_called() -> None:
    rng = np.random.default_rng(5)
    moody = np.repeat(rng.choice([0.1, 0.3], 8 * 7), DAY).tolist()
    state, verdicts = play(*posts(moody))
    calm, _ = play(*posts([USUAL] * len(moody)))
    assert state.correlation.rho.min() > 3 * calm.correlation.rho.max()
    assert not any(verdict.above.any() for verdict in verdicts[6 * 7 * DAY :])


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans()),
        min_size=1, max_size=80,
    )
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_whatever_comes_the_share_is_a_share(rows: list[tuple[int, int, bool]]) -> None:
    part = np.array([[some] for some, _, _ in rows])
    whole = part + np.array([[rest] for _, rest, _ in rows])
    masked = np.array([blind for _, _, blind in rows])
    state, verdicts = play(part, whole, masked=masked)
    share = METHOD.expect(state, bucket=len(rows)).share
    assert ((share > 0) & (share < 1)).all()
    for verdict in verdicts:
        assert (verdict.observed <= verdict.whole).all()
        assert (verdict.expected <= verdict.whole).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threshold": 0.0}, "threshold must be above 0, got 0.0"),
        ({"memory": 0}, "at least 1 bucket, got 0 and 72"),
        ({"events_to_learn": 4.0}, "events_to_learn must be at least 5, got 4.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float], said: str) -> None:
    plain = {"threshold": 1.0}
    with pytest.raises(ValueError, match=said):
        Share(**(plain | wrong))  # type: ignore[arg-type]  # one of each type
