import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.signal import SignalState
from dashboards.pages.chart import (
    BOTTOM,
    LABEL_GAP,
    LEFT,
    MOST_TICKS,
    RIGHT,
    TOP,
    drawn,
    labels,
    steps,
)
from tests.pages.scene import MORNING, ZHEJIANG, signal

COUNTS = st.floats(0, 1e9, allow_nan=False)


def test_both_lines_begin_at_the_onset_and_end_at_the_newest_figures() -> None:
    first = signal("z", 0, ZHEJIANG, since=-4, observed=31.0, expected=7.0)
    second = signal("z", 4, ZHEJIANG, since=-4, observed=88.0, expected=14.0, revision=1)
    chart = drawn([first, second])
    assert chart is not None
    assert [point.x for point in chart.observed] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    assert chart.observed[0] == chart.expected[0] == (LEFT, BOTTOM)
    assert (chart.seen.value, chart.usual.value) == (88.0, 14.0)
    assert chart.ended is None


def test_a_cleared_record_gives_the_end_and_no_point() -> None:
    first = signal("z", 0, ZHEJIANG, since=-4, observed=31.0)
    over = signal("z", 4, ZHEJIANG, since=3, observed=2.0, state=SignalState.CLEARED)
    chart = drawn([first, over])
    assert chart is not None
    assert (chart.onset, chart.last) == (first.onset, over.at)
    assert chart.observed[-1].x == (LEFT + RIGHT) / 2
    assert chart.ended == RIGHT


def test_figures_counted_from_an_earlier_onset_are_left_out() -> None:
    earlier = signal("z", 0, ZHEJIANG, since=-4, observed=31.0)
    now = signal("z", 4, ZHEJIANG, since=1, observed=12.0, revision=1)
    chart = drawn([earlier, now])
    assert chart is not None
    assert len(chart.observed) == 2


def test_without_a_live_record_nothing_is_drawn() -> None:
    assert drawn([signal("z", 0, ZHEJIANG, state=SignalState.WITHDRAWN)]) is None


@given(st.lists(st.tuples(COUNTS, COUNTS, st.integers(0, 500)), min_size=1, max_size=20))
def test_every_point_lies_within_the_frame(figures: list[tuple[float, float, int]]) -> None:
    records = [
        signal("z", hours, ZHEJIANG, since=0, observed=observed, expected=expected, revision=n)
        for n, (observed, expected, hours) in enumerate(figures)
    ]
    chart = drawn(records)
    assert chart is not None
    for point in (*chart.observed, *chart.expected):
        assert LEFT <= point.x <= RIGHT
        assert TOP <= point.y <= BOTTOM
    assert chart.onset == MORNING


@given(st.floats(0, 1e12, allow_nan=False))
def test_ticks_are_few_begin_at_nothing_and_reach_the_most(most: float) -> None:
    ticks = steps(most)
    assert ticks[0] == 0
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= MOST_TICKS + 2


@pytest.mark.parametrize(("most", "ticks"), [(71, [0, 20, 40, 60, 80]), (5, [0, 1, 2, 3, 4, 5])])
def test_ticks_are_round(most: float, ticks: list[float]) -> None:
    assert steps(most) == ticks


@given(st.floats(TOP, BOTTOM), st.floats(TOP, BOTTOM))
def test_labels_never_overlap_nor_leave_the_frame(seen: float, usual: float) -> None:
    one, other = labels(seen, usual)
    assert abs(one - other) >= LABEL_GAP - 1e-6
    assert max(one, other) <= BOTTOM + 1e-6
    assert (one <= other) == (seen <= usual)
