"""Series whose posts bring posts: how many they bring; what counts as found, and as false."""

import numpy as np
import pytest

from benchmarks import self_exciting
from benchmarks.self_exciting import DAY, WEEK, Kinds, Planted


def test_a_post_brings_fewer_than_one_on_the_mean_and_as_many_as_it_says() -> None:
    kinds = Kinds.drawn(np.random.default_rng(1), 200)
    assert ((kinds.branching > 0.29) & (kinds.branching < 0.86)).all()
    posts = np.full(200, 10**5)
    brought = kinds.brought(np.random.default_rng(2), posts) / posts
    assert np.median(brought / kinds.branching) == pytest.approx(1.0, abs=0.05)


def test_nobody_brings_nothing() -> None:
    kinds = Kinds.drawn(np.random.default_rng(1), 5)
    assert not kinds.brought(np.random.default_rng(2), np.zeros(5, np.int64)).any()


def test_alarms_are_found_or_false_and_those_after_what_was_planted_are_neither() -> None:
    scores, given = np.zeros((4 * WEEK, 2)), np.ones((4 * WEEK, 2), np.bool_)
    planted = [Planted(0, 3 * WEEK, 3), Planted(1, 3 * WEEK, 0)]
    scores[[10, 2 * WEEK, 3 * WEEK + 5, 3 * WEEK + DAY], 0] = 3.0
    told = self_exciting.figures(scores, given, planted)
    assert told["thresholds"]["2.8"]["false"] == 1
    assert told["thresholds"]["2.8"]["found"] == {"+1": 0.0, "+9": 1.0, "all": 0.5}
    assert told["thresholds"]["3.2"]["false"] == 0


def test_what_is_not_given_to_burst_counts_nowhere() -> None:
    scores, given = np.full((4 * WEEK, 2), 3.0), np.ones((4 * WEEK, 2), np.bool_)
    given[:, 1] = False
    told = self_exciting.figures(scores, given, [Planted(1, 3 * WEEK, 0), Planted(0, 3 * WEEK, 0)])
    assert told["planted"] == 1
    assert told["thresholds"]["2.8"]["false"] == 0  # it has been above since the first week
