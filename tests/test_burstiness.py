"""Which method judges a series: evidence in its own history."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.burstiness import MOST, Burstiness, log_ratio
from detectors.columns import Bools, Ints
from tests.data import shared

DAY = 288


def learnt(counts: Ints, masked: Bools | None = None) -> Burstiness:
    state = Burstiness.empty(counts.shape[1])
    for bucket, row in enumerate(counts):
        blind = np.zeros(row.shape, np.bool_) if masked is None else masked[bucket]
        state.learn(row, blind)
    return state


def rhythmic(*rates: float, incident: float = 1.0) -> Ints:
    """Two weeks of counts of 5 minutes with a daily rhythm of 1 to 7, and a day of more."""
    hours = np.arange(14 * DAY)[:, None] * 24 / DAY
    means = np.array(rates) * np.exp(np.cos(2 * np.pi * hours / 24))
    means[7 * DAY : 8 * DAY] *= incident
    return np.random.default_rng(1).poisson(means)


def test_a_rhythm_is_no_burst_however_large_the_series() -> None:
    assert not learnt(rhythmic(0.01, 1, 30, 1000)).bursty.any()


def test_a_series_that_jumps_again_and_again_is_bursty() -> None:
    counts = rhythmic(5, 5)
    counts[::200, 0] += 50
    assert learnt(counts).bursty.tolist() == [True, False]


def test_one_incident_does_not_make_a_series_bursty() -> None:
    assert not learnt(rhythmic(0.1, 5, 100, incident=10)).bursty.any()


def test_three_jumps_are_needed() -> None:
    numbers = np.arange(5)
    assert (log_ratio(pairs=numbers, jumps=numbers) >= np.log(1000)).tolist() == [
        False, False, False, True, True,
    ]  # fmt: skip


def test_a_gap_has_no_neighbours() -> None:
    counts = np.array([[5], [0], [100], [100]])
    masked = np.array([[False], [True], [False], [False]])
    state = learnt(counts, masked)
    assert (state.pairs.tolist(), state.jumps.tolist()) == ([1], [0])


def test_memory_is_bounded_and_keeps_the_share() -> None:
    state = Burstiness.empty(1)
    state.pairs[:], state.jumps[:], state.last[:] = MOST, MOST // 100, 50
    state.learn(np.array([50]), np.zeros(1, np.bool_))
    assert state.pairs[0] <= MOST // 2 + 1
    assert state.jumps[0] == MOST // 200


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_jump_speaks_for_it_and_any_other_pair_against(jumps: int, others: int) -> None:
    def of(jumps: int, others: int) -> float:
        return float(log_ratio(pairs=np.array([jumps + others]), jumps=np.array([jumps]))[0])

    assert of(jumps + 1, others) > of(jumps, others) > of(jumps, others + 1)


def test_tweets_are_bursty() -> None:
    for name in ("AAPL", "FB", "KO", "UPS"):
        path = shared("nab", "data", "realTweets", f"Twitter_volume_{name}.csv")
        counts = np.loadtxt(path, delimiter=",", skiprows=1, usecols=1, max_rows=7 * DAY)
        assert learnt(counts.astype(np.int64)[:, None]).bursty.all(), name
