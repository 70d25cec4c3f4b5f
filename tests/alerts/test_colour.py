import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.colour import LEVELS, LIMITS, Colour, ColourReason, assess
from alerts.signal import Signal, SignalState
from tests.alerts.samples import rule, scoped, silence, surge, trigger

surges = st.builds(
    lambda name, multiple, observed, region, learning: surge(
        name,
        multiple=multiple,
        observed=observed,
        scope=scoped(region=region),
        learning=learning,
    ),
    st.uuids().map(str),
    st.floats(1, 50),
    st.floats(1, 500),
    st.sampled_from("ABCDEFGHIJ"),
    st.booleans(),
)


@pytest.mark.parametrize("harm", ["injury", "death", "fire", "poisoning"])
def test_one_report_of_harm_to_a_person_is_red_at_once(harm: str) -> None:
    assert assess([trigger(harm=(harm,))])[:2] == (Colour.RED, ColourReason.SAFETY)


@pytest.mark.parametrize("harm", ["leak", "regulator"])
def test_a_leak_or_a_regulator_is_orange_whatever_the_volume(harm: str) -> None:
    assert assess([trigger(harm=(harm,))])[:2] == (Colour.ORANGE, ColourReason.SENSITIVE)


def test_a_harm_word_counted_in_a_surge_does_not_make_it_red() -> None:
    assert assess([surge(multiple=2.0, harm=("injury",))]).colour is Colour.YELLOW


@given(st.lists(surges, min_size=1))
def test_learning_surges_are_never_above_blue(signals: list[Signal]) -> None:
    learning = [surge(s.id, learning=True, multiple=s.multiple) for s in signals]
    assert assess(learning)[:2] == (Colour.BLUE, ColourReason.LEARNING)


@given(st.lists(surges), surges)
def test_one_more_surge_never_lowers_the_colour(signals: list[Signal], more: Signal) -> None:
    assert not assess(signals).colour.above(assess([*signals, more]).colour)


def test_colours_rise_with_speed_people_and_spread() -> None:
    small = surge(multiple=2.0, observed=9.0)
    fast = surge(multiple=4.0, observed=9.0)
    many = surge(multiple=12.0, observed=50.0)
    wide = [
        surge(str(n), multiple=12.0, observed=300.0, scope=scoped(region=str(n))) for n in range(3)
    ]
    found = [assess(signals).colour for signals in ([small], [fast], [many], wide)]
    assert found == [Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED]


def test_a_withdrawn_signal_counts_for_nothing() -> None:
    withdrawn = trigger(state=SignalState.WITHDRAWN)
    assert assess([withdrawn]).colour is Colour.BLUE


def test_every_sum_of_points_has_a_colour() -> None:
    most = sum(len(limits) for limits in LIMITS.values())
    assert LEVELS[-1][0] == 0
    assert LEVELS[0][0] <= most


def test_a_rule_is_yellow_at_least_and_its_limit_says_nothing_of_what_is_usual() -> None:
    found = assess([rule(observed=900.0, multiple=45.0)])
    assert (found.colour, found.reason) == (Colour.YELLOW, ColourReason.ASKED)
    assert found.factors == {}
    with_surge = assess([rule(), surge("s", observed=84.0, expected=6.0, multiple=14.0)])
    assert (with_surge.colour, with_surge.reason) == (Colour.ORANGE, ColourReason.POINTS)
    assert assess([rule(state=SignalState.WITHDRAWN)]).colour is Colour.BLUE


def test_silence_is_yellow_however_much_is_missing_and_brings_no_points() -> None:
    many = [silence(str(n), channel=str(n), expected=9000.0) for n in range(12)]
    assert assess(many) == (Colour.YELLOW, ColourReason.SILENT, dict.fromkeys(LIMITS, 0), {})


def test_what_brought_points_is_kept_with_its_figure_and_nothing_else() -> None:
    fast = surge(multiple=4.0, observed=9.0, expected=2.25)
    assert assess([fast]).factors == {"speed": 4.0}
    many = surge(multiple=14.0, observed=84.0, expected=6.0, harm=("injury",))
    assert assess([many]).factors == {"speed": 14.0, "people": 78.0, "harm": 1}


def test_silence_that_is_over_leaves_its_colour_as_it_was() -> None:
    assert assess([silence(state=SignalState.CLEARED)]).colour is Colour.YELLOW
