"""Quotes of a person who is erased leave the incidents and come back no more."""

from datetime import timedelta

from msgspec.structs import replace

from alerts import lifecycle
from alerts.erasure import digest
from alerts.inputs import Erased, Input, SignalInput, Tick
from alerts.lifecycle import MEMORY, Incidents
from tests.alerts.samples import START, TEAM, trigger

QUOTES = "it burnt my hand", "it smokes"
REPORT = replace(trigger(), examples=QUOTES)
GONE = Erased(quotes=(digest(QUOTES[0]),), at=START)


def stepped(*items: Input) -> Incidents:
    state = Incidents()
    for offset, item in enumerate(items):
        state, _ = lifecycle.step(state, item, offset=offset, recipients=TEAM)
    return state


def quoted(state: Incidents) -> set[str]:
    signals = [
        s for i in state.incidents.values() for s in (*i.signals.values(), *i.heights.values())
    ]
    signals += [delivery.notice.signal for delivery in state.deliveries.values()]
    return {quote for signal in signals for quote in signal.examples}


def test_the_quotes_of_the_person_alone_leave_incidents_and_messages_that_wait() -> None:
    before = stepped(Tick(START), SignalInput(REPORT))
    assert quoted(before) == set(QUOTES)
    assert before.deliveries
    after = stepped(Tick(START), SignalInput(REPORT), GONE)
    assert quoted(after) == {QUOTES[1]}
    assert after.deliveries.keys() == before.deliveries.keys()
    (held,), (kept,) = before.incidents.values(), after.incidents.values()
    assert [s.observed for s in kept.signals.values()] == [
        s.observed for s in held.signals.values()
    ]


def test_a_later_record_of_the_signal_does_not_bring_them_back() -> None:
    again = replace(REPORT, revision=REPORT.revision + 1)
    state = stepped(Tick(START), SignalInput(REPORT), GONE, SignalInput(again))
    (incident,) = state.incidents.values()
    assert incident.signals[REPORT.id].revision == again.revision
    assert quoted(state) == {QUOTES[1]}


def test_a_later_record_that_brings_them_is_to_be_told_again_without_them() -> None:
    again = replace(REPORT, revision=REPORT.revision + 1)
    erased = stepped(Tick(START), SignalInput(REPORT), GONE)
    _, decision = lifecycle.step(erased, SignalInput(again), offset=3)
    assert decision.signals == (replace(again, examples=QUOTES[1:]),)
    _, decision = lifecycle.step(erased, SignalInput(decision.signals[0]), offset=3)
    assert decision.signals == ()


def test_what_incidents_hold_is_to_be_told_again_without_them_where_it_quoted() -> None:
    """Whoever looks through the topic may have been there before the newest record was."""
    before = stepped(Tick(START), SignalInput(REPORT))
    _, decision = lifecycle.step(before, GONE, offset=2)
    assert decision.signals == (replace(REPORT, examples=QUOTES[1:]),)
    nobody = Erased(quotes=(digest("x"),), at=START)
    assert lifecycle.step(before, nobody, offset=2)[1].signals == ()


def test_an_erasure_that_waited_for_response_is_remembered_from_when_it_was_told() -> None:
    told = START + MEMORY // timedelta(milliseconds=1)
    late = Erased(quotes=GONE.quotes, at=told)
    assert stepped(Tick(START), late, Tick(told + 1)).erased


def test_what_was_erased_is_remembered_as_long_as_closed_incidents_are() -> None:
    later = START + MEMORY // timedelta(milliseconds=1)
    assert stepped(Tick(START), GONE, Tick(later)).erased
    assert not stepped(Tick(START), GONE, Tick(later + 1)).erased


def test_nothing_else_changes_where_nobody_is_quoted() -> None:
    plain = stepped(Tick(START), SignalInput(REPORT), Tick(START))
    other = stepped(Tick(START), SignalInput(REPORT), Erased(quotes=(digest("x"),), at=START))
    assert (other.incidents, other.deliveries) == (plain.incidents, plain.deliveries)
