from datetime import timedelta
from typing import Any

import pytest

from alerts.colour import Colour
from alerts.incident import IncidentLine, IncidentState
from alerts.signal import Signal
from streams.events.event import Complaint, Mention, milliseconds
from streams.hindsight.scorecard import MOST_FALSE, Findings, Scorecard, explained, score
from streams.traffic.scenarios.scenario import Kind, Label
from tests.alerts.samples import NOON, incident, surge, trigger

BATCH = {"stream": "complaints", "product": "Kettle K3", "batch": "K1"}
LONG_BEFORE = NOON - timedelta(days=20)


def label(kind: Kind = Kind.DEFECT_BATCH, *, hours: float = -5, **changes: Any) -> Label:
    begins = NOON + timedelta(hours=hours)
    facts: dict[str, Any] = {
        "name": "one", "kind": kind, "scope": BATCH, "begins": begins.isoformat(),
        "ends": NOON.isoformat(), "innocent": False, "events": ("C0", "C1", "C2"),
    }  # fmt: skip
    return Label(**(facts | changes))


def complaints(n: int = 3, **changes: Any) -> list[Complaint]:
    """One in each of the hours that end at noon, the last first."""
    facts: dict[str, Any] = {"product": "Kettle K3", "batch": "K1", "region": "Henan"}
    return [Complaint(id=f"C{k}", time=before_noon(k + 0.5), **(facts | changes)) for k in range(n)]


def before_noon(hours: float) -> int:
    return milliseconds(NOON - timedelta(hours=hours))


def scored(*said: Signal | IncidentLine, labels: list[Label] | None = None) -> Scorecard:
    found = Findings()
    found.take(
        [one for one in said if isinstance(one, Signal)],
        [one for one in said if isinstance(one, IncidentLine)],
    )
    since = NOON - timedelta(days=14)
    return score(found, [label()] if labels is None else labels, complaints(), since=since)


def test_a_label_is_called_by_the_first_signal_about_all_that_it_names() -> None:
    wider = surge("w", hours=-4, scope={"stream": "complaints", "product": "Kettle K3"})
    early, later = surge("e", hours=-1, scope=BATCH), surge("l", scope=BATCH)
    card = scored(wider, later, early, incident("I-1", wider, later, early))
    (call,) = card.calls
    assert (call.incident, call.at) == ("I-1", early.at)
    assert call.heard == 2  # the third came after it
    assert (card.missed, card.false, card.passed) == ([], (), True)


def test_the_colour_of_a_call_is_the_highest_that_its_incident_reached() -> None:
    one = surge(scope=BATCH)
    lines = [
        incident("I-1", one, colour=colour, revision=revision)
        for revision, colour in enumerate((Colour.BLUE, Colour.RED, Colour.YELLOW))
    ]
    (call,) = scored(one, *lines).calls
    assert call.colour is Colour.RED


@pytest.mark.parametrize(
    "signal",
    [
        surge(hours=-6, scope=BATCH),
        surge(hours=30, scope=BATCH),
        surge(scope={**BATCH, "stream": "mentions"}),
        surge(scope={**BATCH, "batch": "K2"}),
        surge(scope={"stream": "complaints", "product": "Kettle K3"}),
    ],
    ids=["before", "long after", "another stream", "another batch", "wider"],
)
def test_what_is_said_of_something_else_is_no_call(signal: Signal) -> None:
    card = scored(signal, incident("I-1", signal))
    assert [call.at for call in card.calls] == [None]
    assert not card.passed


def test_a_signal_without_an_incident_is_no_call() -> None:
    assert scored(surge(scope=BATCH)).missed


def test_an_incident_is_about_the_events_that_make_up_half_of_its_excess() -> None:
    region = {"stream": "complaints", "region": "Henan"}
    few = surge(scope=region, onset=NOON - timedelta(hours=4), observed=10.0, expected=4.0)
    assert explained(few, complaints())
    assert not explained(surge(scope=region, observed=30.0, expected=4.0), complaints())
    assert not explained(few, complaints(region="Beijing"))
    assert not explained(trigger(scope=region), complaints())
    unstated = complaints(region=None)
    assert explained(few, unstated)


def test_copies_of_a_post_explain_no_excess_of_people() -> None:
    posts = [Mention(id=f"M{k}", time=before_noon(0.5)) for k in range(3)]
    copies = [Mention(id=f"R{k}", time=before_noon(0.5), repost_of="M0") for k in range(30)]
    mentions = surge(scope={"stream": "mentions"}, observed=11.0, expected=5.0)
    assert explained(mentions, posts)
    assert not explained(mentions, copies)


def test_an_incident_about_labelled_events_is_neither_a_call_nor_false() -> None:
    called = surge("c", scope=BATCH)
    beside = surge(
        "b", scope={"stream": "complaints", "region": "Henan"}, observed=5.0, expected=1.0,
        onset=NOON - timedelta(hours=4),
    )  # fmt: skip
    card = scored(called, beside, incident("I-1", called), incident("I-2", beside))
    assert (card.false, card.further, card.passed) == ((), 1, True)


def test_an_incident_about_nothing_labelled_is_false_and_early_in_the_first_two_weeks() -> None:
    called, strange, old = (
        surge("c", scope=BATCH), surge("s", hours=-2),
        surge("o", at=LONG_BEFORE, onset=LONG_BEFORE),
    )  # fmt: skip
    card = scored(
        called, strange, old,
        incident("I-1", called), incident("I-2", strange), incident("I-3", old),
    )  # fmt: skip
    assert [line.id for line in card.false] == ["I-2"]
    assert [line.id for line in card.early] == ["I-3"]
    assert card.passed


def test_more_false_incidents_than_allowed_fail() -> None:
    called = surge("c", scope=BATCH)
    strange = [surge(f"s{n}", hours=-n) for n in range(MOST_FALSE + 1)]
    wrong = [incident(f"I-{signal.id}", signal) for signal in strange]
    assert not scored(called, *strange, incident("I-1", called), *wrong).passed


def test_an_incident_that_was_merged_is_counted_as_what_took_it() -> None:
    called, part = surge("c", scope=BATCH), surge("p", hours=-2)
    merged = incident("I-2", part, state=IncidentState.MERGED, into="I-1")
    card = scored(called, part, incident("I-1", called, part), incident("I-2", part), merged)
    assert card.false == ()


def test_what_an_innocent_happening_raises_is_false() -> None:
    innocent = label(Kind.CAMPAIGN, innocent=True, scope={"product": "Kettle K3"})
    raised = surge(scope={"stream": "complaints", "product": "Kettle K3"}, observed=4.0)
    card = scored(raised, incident("I-1", raised), labels=[innocent])
    assert [line.id for line in card.false] == ["I-1"]
    assert [call.incident for call in card.calls] == ["I-1"]
    assert card.wanted == []
