"""What two sets of rules call of the same history, and which changes lose what is real."""

from collections.abc import Sequence
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.signal import Signal, SignalState
from streams.hindsight.called import Called, called
from streams.hindsight.marks import Case, Mark, Ruling
from streams.rulesets.acceptance import Doubt, Loss, Verdict, judge, marked, meant, rulings
from streams.rulesets.comparison import Comparison, Pair, compare, same
from tests.alerts.samples import NOON, run, scoped, silence, surge, trigger

HOUR = timedelta(hours=1)


def calls(*signals: Signal) -> list[Called]:
    """The incidents that come of some signals."""
    ordered = sorted(signals, key=lambda signal: signal.at)
    _, decisions = run(ordered)
    return called([line for decision in decisions for line in decision.incidents], ordered)


def lasting(name: str, *, hours: float = 0.0, over: float = 6.0, **changes: Any) -> list[Signal]:
    """A surge that is called `hours` after noon, and is over after so many more."""
    begun = surge(name, hours=hours, **changes)
    end = begun.at + over * HOUR
    return [begun, surge(name, **changes | {"state": SignalState.CLEARED, "at": end, "bucket": end,
                                            "onset": begun.onset})]  # fmt: skip


def verdict(old: Sequence[Called], new: Sequence[Called], *, latest: timedelta = HOUR) -> Verdict:
    """On a change, where all that the old set calls is real."""
    return judge(compare(old, new), old, latest=latest)


@st.composite
def histories(draw: st.DrawFn) -> list[Called]:
    """What some rules call: surges, reports of harm and silences of few matters, days apart."""
    signals: list[Signal] = []
    for n in range(draw(st.integers(0, 6))):
        fields = draw(st.dictionaries(st.sampled_from(["product", "category"]),
                                      st.sampled_from("ab"), min_size=1))  # fmt: skip
        hours, kind = draw(st.integers(0, 120)), draw(st.sampled_from("ssstq"))
        if kind == "s":
            over = draw(st.integers(0, 40))
            signals += lasting(f"{n}", hours=hours, over=over, scope=scoped(**fields))
        elif kind == "t":
            signals.append(trigger(f"{n}", hours=hours, scope=scoped(**fields, harm="injury")))
        else:
            signals.append(silence(f"{n}", hours=hours, channel=draw(st.sampled_from("pq"))))
    return calls(*signals)


@given(histories())
def test_a_set_beside_itself_is_the_same_and_loses_nothing(held: list[Called]) -> None:
    comparison = compare(held, held)
    assert (comparison.gone, comparison.added) == ([], [])
    assert {pair.later for pair in comparison.pairs} <= {timedelta()}
    assert verdict(held, held) == Verdict([], [])


@settings(max_examples=40)
@given(histories(), histories())
def test_from_the_other_side_it_is_the_mirror_image(one: list[Called], other: list[Called]) -> None:
    there, back = compare(one, other), compare(other, one)
    assert _ids(there) == {(old, new) for new, old in _ids(back)}
    assert [called.line.id for called in there.gone] == [called.line.id for called in back.added]


def _ids(comparison: Comparison) -> set[tuple[str, str]]:
    return {(p.old.line.id if p.old else "", p.new.line.id if p.new else "")
            for p in comparison.pairs}  # fmt: skip


@settings(max_examples=40)
@given(histories(), histories())
def test_each_incident_stands_in_it_and_alone_only_where_the_other_set_has_none_of_it(
    old: list[Called], new: list[Called]
) -> None:
    comparison = compare(old, new)
    assert {one.line.id for one in old} == {p.old.line.id for p in comparison.pairs if p.old}
    assert {one.line.id for one in new} == {p.new.line.id for p in comparison.pairs if p.new}
    gone = [one.line.id for one in old if not any(same(one, other) for other in new)]
    assert [one.line.id for one in comparison.gone] == gone


@settings(max_examples=40)
@given(histories(), histories(), st.data())
def test_who_calls_less_loses_no_less(
    old: list[Called], new: list[Called], data: st.DataObject
) -> None:
    fewer = [one for one in new if data.draw(st.booleans())]
    lost = {one.called.line.id for one in verdict(old, new).lost}
    assert lost <= {one.called.line.id for one in verdict(old, fewer).lost}


@settings(max_examples=40)
@given(histories(), histories())
def test_weeks_add_up_to_all(old: list[Called], new: list[Called]) -> None:
    weeks = compare(old, new).weeks(UTC)
    assert sum(week.old for week in weeks) == len(old)
    assert sum(week.new for week in weeks) == len(new)


def test_a_week_is_that_of_the_calendar_of_a_zone() -> None:
    (late,) = calls(surge(hours=-13))  # Sunday, 23:00 UTC
    assert [week.name for week in compare([late], []).weeks(UTC)] == ["2026-W09"]
    east = timedelta(hours=8)
    assert [week.name for week in compare([late], []).weeks(timezone(east))] == ["2026-W10"]


@pytest.mark.parametrize(
    ("scope", "alike"),
    [
        (scoped(product="kettle", category="billing"), True),
        (scoped(product="kettle"), True),
        (scoped(product="kettle", batch="B7"), True),
        ({"stream": "mentions", "product": "kettle"}, True),
        (scoped(product="iron", category="billing"), False),
        (scoped(region="north"), False),
    ],
)
def test_other_cuts_find_the_same_matter_and_no_other(
    scope: dict[str, str], *, alike: bool
) -> None:
    (one,) = calls(*lasting("a", scope=scoped(product="kettle", category="billing")))
    (other,) = calls(*lasting("b", hours=2, scope=scope))
    assert same(one, other) is alike
    assert same(other, one) is alike


def test_a_total_is_another_matter_than_its_parts() -> None:
    (whole,) = calls(*lasting("a", scope=scoped()))
    (part,) = calls(*lasting("b", scope=scoped(product="kettle")))
    assert same(whole, whole)
    assert not same(whole, part)


def test_a_silence_is_no_surge_of_the_same_channel() -> None:
    (one,) = calls(silence(channel="phone"))
    (other,) = calls(*lasting("a", scope=scoped(channel="phone")))
    assert not same(one, other)


def test_what_is_called_long_after_the_other_was_over_is_another() -> None:
    (one,) = calls(*lasting("a", over=6))
    (soon,) = calls(*lasting("b", hours=29, onset=NOON))
    (late,) = calls(*lasting("c", hours=31, onset=NOON))
    assert same(one, soon)
    assert not same(one, late)


def test_one_that_is_told_as_two_stands_beside_both() -> None:
    (one,) = calls(*lasting("a", over=100))
    first, second = calls(*lasting("b", over=4), *lasting("c", hours=60, over=4))
    comparison = compare([one], [first, second])
    assert _ids(comparison) == {(one.line.id, first.line.id), (one.line.id, second.line.id)}
    assert (comparison.gone, comparison.added) == ([], [])


def test_what_is_real_and_not_called_is_lost() -> None:
    old = calls(*lasting("a"), *lasting("b", scope=scoped(product="iron")))
    (first, second) = old
    answer = verdict(old, [second])
    assert [(one.called, one.why) for one in answer.lost] == [(first, Loss.UNCALLED)]
    assert not answer.allowed


def test_what_nobody_marked_may_be_lost() -> None:
    assert judge(compare(calls(*lasting("a")), []), [], latest=HOUR).allowed


def test_what_is_called_and_taken_back_is_lost_too() -> None:
    back = surge("a", state=SignalState.PROVISIONAL), surge("a", state=SignalState.WITHDRAWN)
    old, new = calls(*lasting("a")), calls(*back)
    assert [one.why for one in verdict(old, new).lost] == [Loss.TAKEN_BACK]
    assert verdict(new, new).allowed


def test_what_is_called_later_or_lower_is_told_and_allowed() -> None:
    old = calls(*lasting("a", multiple=12.0, observed=300.0))
    new = calls(*lasting("b", hours=2))
    answer = verdict(old, new)
    assert answer.allowed
    assert [one.why for one in answer.weakened] == [Doubt.LATER, Doubt.LOWER]
    assert answer.weakened[0].pair.later == 2 * HOUR
    assert verdict(old, old).weakened == []
    later = verdict(old, new, latest=2 * HOUR).weakened
    assert [one.why for one in later] == [Doubt.LOWER]


def test_the_first_call_of_several_counts() -> None:
    old = calls(*lasting("a", over=100))
    new = calls(*lasting("b", over=4), *lasting("c", hours=60, over=4))
    assert len(new) == 2
    assert verdict(old, new).weakened == []


def case(hours: float, ruling: Ruling = Ruling.REAL, **fields: str) -> Case:
    at = NOON + hours * HOUR
    return Case(Mark(2, ruling, scope=fields, at=at), fields, at, at)


def test_a_mark_means_the_incident_nearest_to_its_time() -> None:
    first, second = calls(*lasting("a", over=4), *lasting("b", hours=60, over=4))
    assert meant(case(3, category="billing"), [second, first]) is first
    assert meant(case(55, category="billing"), [first, second]) is second
    assert meant(case(3, category="staff"), [first, second]) is None


def test_of_marks_as_near_that_an_incident_is_real_outweighs_that_it_is_not() -> None:
    (one,) = calls(*lasting("a"))
    said = [case(1, category="billing"), case(1, Ruling.NOT_A_CRISIS, category="billing")]
    for cases in (said, said[::-1]):
        found = rulings(cases, [one])
        assert found == {one.line.id: Ruling.REAL}
        assert marked(Pair(one, None), found) is Ruling.REAL


def test_of_several_marks_of_an_incident_the_nearest_counts() -> None:
    (one,) = calls(*lasting("a"))
    said = [case(20, category="billing"), case(1, Ruling.NOT_A_CRISIS, category="billing")]
    assert rulings(said, [one]) == {one.line.id: Ruling.NOT_A_CRISIS}


def test_what_only_the_new_set_calls_is_marked_there() -> None:
    (one,) = calls(*lasting("a"))
    assert rulings([case(1, category="billing")], [], [one]) == {one.line.id: Ruling.REAL}
