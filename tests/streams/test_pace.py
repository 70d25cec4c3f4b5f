"""When a snapshot is worth its cost: `now` and what was spent are told, no clock is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.detection.pace import AGAIN, CHEAP, MOST, SHARE, Pace

COSTS = st.floats(CHEAP * 1.01, 1000.0)


def test_the_first_snapshot_and_those_that_cost_little_are_due_at_once() -> None:
    assert Pace().due(0.0)
    assert Pace(cost=CHEAP, written=100.0).due(100.0)


@pytest.mark.parametrize(("now", "due"), [(100.0, False), (594.0, False), (596.0, True)])
def test_one_of_five_seconds_is_due_after_so_long_that_it_takes_a_hundredth(
    now: float, due: bool
) -> None:
    assert Pace(cost=5.0, written=100.0).due(now) is due


@pytest.mark.parametrize(("work", "due"), [(19.0, False), (21.0, True)])
def test_it_is_due_sooner_where_a_restart_would_have_too_much_to_do_again(
    work: float, due: bool
) -> None:
    pace = Pace(cost=5.0, written=100.0)
    for _ in range(100):
        pace = pace.worked(work / 100)
    assert pace.due(110.0) is due


def test_what_costs_more_than_a_restart_does_again_waits_for_more_work() -> None:
    pace = Pace(cost=20.0, written=0.0)
    assert not pace.worked(AGAIN + 35.0).due(60.0)
    assert pace.worked(61.0).due(61.0)


@given(COSTS, st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 60.0)), max_size=200))
def test_snapshots_take_a_quarter_of_the_work_at_most_and_a_hundredth_of_idle_time(
    cost: float, steps: list[tuple[float, float]]
) -> None:
    pace, now = Pace(cost=cost, written=0.0), 0.0
    for work, idle in steps:
        now += work + idle
        pace = pace.worked(work)
        if pace.due(now):
            assert cost / (cost + pace.work) <= MOST * 1.001 or cost / (cost + now) <= SHARE * 1.001
            return
    assert pace.work < max(AGAIN, cost / MOST)
