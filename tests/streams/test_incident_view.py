from collections.abc import Sequence
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.colour import Colour
from alerts.deliveries import DeliveryState
from alerts.incident import IncidentState
from streams.response.incident_view import Case, Public, Reach, Record, View
from tests.pages.scene import MORNING, ZHEJIANG, Log, Told, day, filled, signal

DAY = Log().play(day())


def cases(view: View) -> list[Case | None]:
    return [view.case(line.id) for line in view.lines()]


def of(topic: Public, told: Sequence[Told]) -> list[Told]:
    return [one for one in told if one[0] is topic]


@st.composite
def interleavings(draw: st.DrawFn) -> list[Told]:
    """The three topics read side by side, each in its order, with records read twice."""
    left = [of(topic, DAY.told) for topic in Public]
    merged: list[Told] = []
    while any(left):
        turn = draw(st.sampled_from([topic for topic in left if topic]))
        merged += [turn.pop(0) for _ in range(min(len(turn), draw(st.integers(1, 9))))]
        if draw(st.booleans()):
            merged.append(draw(st.sampled_from(merged)))
    return merged


@settings(max_examples=50, deadline=None)
@given(interleavings())
def test_however_the_topics_are_interleaved_and_repeated_the_view_is_the_same(
    told: list[Told],
) -> None:
    assert cases(filled(told)) == cases(DAY.view())


def test_open_ones_come_first_by_urgency_and_ended_ones_by_age() -> None:
    lines = DAY.view().lines()
    assert [line.colour for line in lines if line.state is IncidentState.OPEN] == [
        Colour.RED,
        Colour.ORANGE,
        Colour.YELLOW,
        Colour.YELLOW,
        Colour.BLUE,
    ]
    ended = [line.opened for line in lines[5:]]
    assert ended == sorted(ended, reverse=True)
    assert all(line.state is not IncidentState.OPEN for line in lines[5:])


def test_reading_everything_again_changes_nothing() -> None:
    view = DAY.view()
    number, before = view.number, cases(view)
    for topic, record in DAY.told:
        view.apply(topic, record)
    assert (view.number, cases(view)) == (number, before)


def test_the_first_record_of_a_state_and_revision_wins() -> None:
    view = DAY.view()
    line = view.lines()[0]
    other = msgspec.structs.replace(line, colour=Colour.BLUE)
    view.apply(Public.INCIDENTS, Record(msgspec.json.encode(other), 0))
    assert view.lines()[0].colour is line.colour


@pytest.mark.parametrize("order", list(permutations(["AB", "B", "A"], 3)))
def test_a_signal_shows_only_what_all_records_of_its_name_quote(order: tuple[str, ...]) -> None:
    """Two people were erased from it, one after the other."""
    full = signal("k", 0, {"harm": "injury"}, examples=("A", "B"))
    view = filled(of(Public.INCIDENTS, Log().play([full]).told))
    for quotes in order:
        one = msgspec.structs.replace(full, examples=tuple(quotes))
        view.apply(Public.SIGNALS, Record(msgspec.json.encode(one), 0))
    (case,) = filter(None, cases(view))
    assert [one.examples for records in case.signals for one in records] == [()]


def test_nobody_is_quoted_until_all_was_read_once() -> None:
    """What was read so far may be what somebody erased had said."""
    view = View("run")
    for topic, record in DAY.told:
        view.apply(topic, record)
    assert quotes(view) == set()
    for reach in (Reach.CURRENT, Reach.UNREACHABLE):
        view.reach = reach
        assert quotes(view) == {quote for one in day() for quote in one.examples}


def quotes(view: View) -> set[str]:
    signals = [one for case in cases(view) if case for told in case.signals for one in told]
    return {quote for one in signals for quote in one.examples}


def test_a_merged_incident_keeps_the_signals_it_had() -> None:
    view = DAY.view()
    merged = next(line for line in view.lines() if line.state is IncidentState.MERGED)
    case = view.case(merged.id)
    assert case is not None
    assert merged.signals == ()
    assert [records[0].scope["region"] for records in case.signals] == ["Zhejiang"]


def test_deliveries_stand_with_their_incident_in_the_order_of_the_log() -> None:
    case = DAY.view().case(DAY.view().lines()[0].id)
    assert case is not None
    pr = [d.line for d in case.deliveries if d.line.recipient == "crisis-pr"]
    assert [line.state for line in pr[3:]] == [
        DeliveryState.WANTED,
        DeliveryState.ATTEMPTED,
        DeliveryState.WANTED,
        DeliveryState.ATTEMPTED,
        DeliveryState.SENT,
    ]
    assert case.deliveries[0].at > MORNING


def test_of_too_many_incidents_the_open_ones_stay_then_the_newest() -> None:
    every = DAY.view().lines()
    assert [line.id for line in DAY.view(most=5).lines()] == [line.id for line in every[:5]]
    assert len(DAY.view(most=2)) == 2


def test_an_incident_that_lost_its_place_is_gone_with_all_its_records() -> None:
    view = DAY.view(most=2)
    kept = {line.id for line in view.lines()}
    gone = next(line.id for line in DAY.view().lines() if line.id not in kept)
    assert view.case(gone) is None


def test_a_signal_shared_with_the_taker_outlives_the_incident_merged_into_it() -> None:
    full, bounded = DAY.view(), DAY.view(most=5)
    taker = next(line for line in full.lines() if line.took)
    assert bounded.case(taker.id) == full.case(taker.id)


def test_signals_that_no_incident_claims_are_bounded() -> None:
    view = View("run", unclaimed=3)
    told = Log().play([signal(f"s{n}", n / 10, {"region": f"R{n}"}) for n in range(5)]).told
    for topic, record in [*of(Public.SIGNALS, told), *of(Public.INCIDENTS, told)]:
        view.apply(topic, record)
    held = [len(case.signals) for line in view.lines() if (case := view.case(line.id))]
    assert sorted(held) == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"id": 1}', b"\xff"])
@pytest.mark.parametrize("topic", Public)
def test_what_cannot_be_read_is_counted_and_changes_nothing(topic: Public, value: bytes) -> None:
    view = DAY.view()
    before = view.version
    view.apply(topic, Record(value, 0))
    assert (view.version, view.refused) == (before, 1)


def test_changes_since_a_number_name_each_incident_once() -> None:
    told = Log().play([signal("z0", 0, ZHEJIANG), signal("z0", 1, ZHEJIANG, revision=1)]).told
    view = filled(told)
    (line,) = view.lines()
    assert view.number > 1
    assert view.since(0) == [line.id]
    assert view.since(view.number) == []


def test_changes_too_long_ago_are_said_to_be_lost() -> None:
    view = DAY.view(changes=4)
    assert view.since(view.number - 5) is None
    assert view.since(view.number - 4) is not None
