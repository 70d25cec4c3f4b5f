"""Which of two streams led, as an incident's signals and a message tell it."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.messages import MOST_LINES, Message
from alerts.precedence import Led, led
from alerts.signal import Signal, SignalState
from detectors.growth import Growth
from tests.alerts.samples import NOON, burst, scoped, surge
from tests.alerts.test_messages import body, last

ONSET = NOON - timedelta(hours=1)
MINUTES = st.lists(st.integers(-300, 300), min_size=20, max_size=20)


def about(minute: int, *, spread: int = 1) -> tuple[int, ...]:
    """Twenty beginnings about this minute from the onset."""
    return tuple(minute + spread * (n - 10) for n in range(20))


def complaints(minute: int, /, *, spread: int = 1, **changes: Any) -> Signal:
    facts: dict[str, Any] = {
        "scope": scoped(product="kettle", category="billing"), "onset": ONSET,
        "began": about(minute, spread=spread),
    }  # fmt: skip
    return surge("c", **(facts | changes))


def posts(minute: int, /, *, spread: int = 1, **changes: Any) -> Signal:
    facts: dict[str, Any] = {"onset": ONSET, "began": about(minute, spread=spread)}
    return burst("p", **(facts | changes))


def told(*signals: Signal) -> Led:
    found = led(signals)
    assert found is not None
    return found


def test_posts_that_begin_an_hour_sooner_led_by_an_hour() -> None:
    found = told(complaints(60), posts(0))
    assert found.told
    assert found.lag == pytest.approx(-60, abs=1)
    assert found.low < found.lag < found.high < 0
    assert found.about == {"product": "kettle"}


def test_onsets_count_and_not_only_the_minutes_from_them() -> None:
    later = posts(0, onset=ONSET + timedelta(minutes=45))
    assert told(complaints(0), later).lag == pytest.approx(45, abs=1)


def test_of_equal_or_wide_beginnings_none_is_said_to_have_led() -> None:
    assert not told(complaints(0), posts(0)).told
    assert not told(complaints(60, spread=20), posts(0, spread=20)).told


@pytest.mark.parametrize(
    "other",
    [
        complaints(60, began=()),
        complaints(60, learning=True),
        complaints(60, state=SignalState.WITHDRAWN),
        complaints(60, scope=scoped(product="iron")),
        complaints(60, scope=scoped(category="billing")),
    ],
    ids=["unknown", "learning", "withdrawn", "other-product", "nothing-shared"],
)
def test_where_one_stream_does_not_have_the_matter_nothing_is_said(other: Signal) -> None:
    assert led([other, posts(0)]) is None
    assert led([other]) is None


def test_the_two_that_share_most_are_compared_in_whatever_order_they_came() -> None:
    near = complaints(60, scope=scoped(product="kettle"))
    far = surge("f", scope=scoped(product="kettle", region="N"), onset=ONSET, began=about(-200))
    found = {str(told(*signals)) for signals in permutations([near, far, posts(0)])}
    assert len(found) == 1
    assert told(near, far, posts(0)).lag == pytest.approx(-60, abs=1)


def test_an_excess_that_is_over_still_tells_which_led() -> None:
    assert told(complaints(60, state=SignalState.CLEARED), posts(0)).told


@given(MINUTES, MINUTES)
def test_the_points_of_a_lag_are_in_order(first: list[int], second: list[int]) -> None:
    found = told(complaints(0, began=tuple(first)), posts(0, began=tuple(second)))
    assert found.low <= found.lag <= found.high
    assert 0 <= found.chance <= 1


def sentences(first: Signal, second: Signal, language: str = "en") -> str:
    """What is said of two signals when the second raises the colour."""
    few = replace(first, observed=9.0, multiple=1.5)
    many = replace(second)
    return body(last(few, many, language=language))


def test_a_message_says_which_led_and_by_how_long() -> None:
    text = sentences(posts(0), complaints(60))
    assert (
        "Signals: 2. Posts came before complaints, by 60 minutes (46 minutes to 74 minutes)."
        in text
    )
    text = sentences(posts(200), complaints(0))
    assert "Complaints came before posts, by 3.3 hours (3.1 hours to 3.6 hours)." in text


def test_an_interval_of_one_that_led_does_not_pass_the_other() -> None:
    text = sentences(posts(0, spread=5), complaints(60, spread=5))
    assert "Posts came before complaints, by 60 minutes (0 minutes to " in text


def test_a_message_says_that_it_cannot_be_told() -> None:
    text = sentences(posts(0), complaints(0))
    assert "Whether complaints or posts came first cannot be told." in text


def test_one_stream_alone_says_nothing_of_a_lead() -> None:
    text = sentences(complaints(0), surge("o", scope=scoped(product="kettle")))
    assert "came" not in text


def test_in_chinese_it_is_said_which_led() -> None:
    text = sentences(posts(0), complaints(60), language="zh")
    assert "帖子先于投诉，早 60 分钟（46 分钟至 74 分钟）。" in text


def grown(growth: Growth | None, **changes: Any) -> Message:
    return last(surge(observed=84.0, expected=6.0, multiple=14.0, growth=growth, **changes))


def test_what_grows_says_in_how_long_it_doubles() -> None:
    text = body(grown(Growth(0.25, 0.35, 0.5)))
    assert "as of 2026-03-02 12:00 UTC. Doubles in 2 hours (83 minutes to 2.8 hours)." in text


@pytest.mark.parametrize(
    ("growth", "said"),
    [
        (Growth(-0.5, -0.3, -0.1), "No longer growing."),
        (Growth(-0.1, 0.2, 0.5), "Whether it is growing cannot be told."),
    ],
)
def test_what_is_not_known_to_grow_is_not_said_to_double(growth: Growth, said: str) -> None:
    text = body(grown(growth))
    assert said in text
    assert "Doubles" not in text


def test_without_enough_people_nothing_is_said_of_growth() -> None:
    assert not any(word in body(grown(None)) for word in ("grow", "Doubles"))


def test_readings_take_no_line_of_their_own() -> None:
    """A notice with all that may be said keeps to what fits on a first screen."""
    growth = Growth(0.25, 0.35, 0.5)
    plain = sentences(posts(0, began=()), complaints(60, began=()))
    read = sentences(posts(0, growth=growth), complaints(60, growth=growth))
    assert len(read) > len(plain)
    assert len(read.splitlines()) == len(plain.splitlines()) <= MOST_LINES
