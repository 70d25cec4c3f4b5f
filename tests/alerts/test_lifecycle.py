from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerts.colour import Colour
from alerts.deliveries import Recipient
from alerts.incident import IncidentState, Reason
from alerts.inputs import Attempted, Input, Outcome, Result, SignalInput, Tick
from alerts.lifecycle import MEMORY, Incidents, step
from alerts.signal import Kind, Signal, SignalState
from alerts.transitions import QUIET
from tests.alerts.samples import NOON, START, TEAM, only, run, scoped, silence, surge, told, trigger

PROVISIONAL, CONFIRMED, WITHDRAWN, CLEARED = SignalState
HOUR = 3_600_000


def test_a_signal_opens_an_incident_and_the_team_is_told() -> None:
    state, (decision,) = run([surge()])
    assert decision.reason is Reason.OPENED
    assert [(line.state, line.revision) for line in decision.incidents] == [("open", 0)]
    assert told([decision]) == ["new"]
    assert [d.notice.incident.id for d in state.deliveries.values()] == [only(state).id]


def test_the_public_line_carries_iso_times_and_stable_names() -> None:
    _, (decision,) = run([surge()])
    line = msgspec.to_builtins(decision.incidents[0])
    assert line["opened"] == line["at"] == "2026-03-02T12:00:00Z"
    stable = {"id", "state", "colour", "learning", "scope", "opened", "at", "signals", "reason"}
    assert stable | {"revision"} <= line.keys()


def test_confirmation_makes_a_line_but_no_message() -> None:
    state, decisions = run([surge(state=PROVISIONAL), surge()])
    assert decisions[1].incidents[0].revision == 1
    assert told(decisions) == ["new"]
    assert only(state).signals["s"].state is CONFIRMED


def test_an_incident_clears_when_its_last_signal_does() -> None:
    child = surge("b", scope=scoped(category="billing", region="N"))
    ended = [surge(state=CLEARED, hours=1), surge("b", scope=child.scope, state=CLEARED, hours=2)]
    state, decisions = run([surge(), child, *ended])
    assert [line.state for d in decisions for line in d.incidents] == ["open"] * 3 + ["cleared"]
    assert only(state).at == NOON + timedelta(hours=2)
    assert told(decisions)[-1] == "cleared"


def test_revisions_count_within_a_state() -> None:
    _, decisions = run([surge(), surge(revision=1), surge(revision=2), surge(state=CLEARED)])
    assert [line.revision for d in decisions for line in d.incidents] == [0, 1, 2, 0]


def test_an_incident_is_withdrawn_only_when_nothing_of_it_happened() -> None:
    child = surge("b", scope=scoped(category="billing", region="N"))
    withdrawn = [surge(state=WITHDRAWN), surge("b", scope=child.scope, state=WITHDRAWN)]
    assert only(run([surge(), child, *withdrawn])[0]).state is IncidentState.WITHDRAWN
    cleared = surge("b", scope=child.scope, state=CLEARED)
    assert only(run([surge(), child, withdrawn[0], cleared])[0]).state is IncidentState.CLEARED


def test_a_rising_surge_escalates_and_a_falling_one_keeps_its_colour() -> None:
    up, down = surge(revision=1, multiple=12.0, observed=300.0), surge(revision=2, multiple=2.0)
    state, decisions = run([surge(), up, down])
    assert told(decisions) == ["new", "escalated"]
    assert [d.reason for d in decisions] == [Reason.OPENED, Reason.ESCALATED, Reason.REVISED]
    assert only(state).colour is Colour.ORANGE


def test_withdrawing_what_made_it_red_lowers_the_colour_and_says_so() -> None:
    hurt = trigger(scope=scoped(category="billing", product="kettle"))
    back = trigger(scope=hurt.scope, state=WITHDRAWN)
    state, decisions = run([surge(), hurt, back])
    assert [d.reason for d in decisions[1:]] == [Reason.ESCALATED, Reason.LOWERED]
    assert told(decisions) == ["new", "escalated", "updated"]
    assert only(state).colour is Colour.YELLOW


def test_the_end_of_learning_may_raise_the_colour() -> None:
    state, decisions = run([surge(learning=True), surge(revision=1)])
    assert [line.learning for d in decisions for line in d.incidents] == [True, False]
    assert told(decisions) == ["new", "escalated"]
    assert only(state).colour is Colour.YELLOW


def test_an_injury_ends_after_two_quiet_days_of_ticks() -> None:
    days = QUIET // timedelta(milliseconds=1)
    state, decisions = run([trigger(), Tick(START + days - 1), Tick(START + days)])
    assert [d.reason for d in decisions[1:]] == [Reason.TICKED, Reason.WENT_QUIET]
    assert told(decisions) == ["new", "cleared"]
    assert not only(state).open


def test_what_has_ended_does_not_end_again_with_time() -> None:
    _, decisions = run([surge(), surge(state=WITHDRAWN), Tick(START + 1000 * HOUR)])
    assert not decisions[-1].incidents


def test_a_surge_never_ends_by_the_clock() -> None:
    state, _ = run([surge(), Tick(START + 1000 * HOUR)])
    assert only(state).open


def test_history_replayed_before_the_first_tick_does_not_end_at_it() -> None:
    state, _ = run([trigger(), Tick(START)], state=Incidents())
    assert only(state).open


def test_the_first_new_regions_are_told_one_by_one_then_at_each_doubling() -> None:
    regions = [
        surge(f"{n}", scope=scoped(category="billing", region=f"R{n}"), multiple=1.0, observed=5.0)
        for n in range(20)
    ]
    parent = surge("p", multiple=12.0, observed=900.0)
    _, decisions = run([parent, *regions])
    assert [n for n, d in enumerate(decisions) if told([d])] == [0, 1, 2, 3, 4, 8, 16]


def test_a_death_after_an_injury_is_told_though_the_colour_is_the_same() -> None:
    scope = scoped(product="kettle")
    death = trigger("d", scope=scope, harm=("death",))
    assert told(run([trigger(scope=scope), trigger("u", scope=scope), death])[1]) == [
        "new",
        "updated",
    ]


def test_who_asks_for_orange_hears_of_the_end_only_of_what_was_orange() -> None:
    boss = [Recipient(name="boss", channel="webhook", least=Colour.ORANGE)]
    cleared = surge(state=CLEARED)
    assert told(run([surge(), cleared], recipients=boss)[1]) == []
    big = surge(revision=1, multiple=12.0, observed=300.0)
    assert told(run([surge(), big, cleared], recipients=boss)[1]) == ["escalated", "cleared"]


def test_who_was_told_red_is_told_that_it_is_no_longer() -> None:
    boss = [Recipient(name="boss", channel="webhook", least=Colour.ORANGE)]
    hurt = trigger(scope=scoped(category="billing"))
    back = trigger(scope=hurt.scope, state=WITHDRAWN)
    assert told(run([surge(), hurt, back], recipients=boss)[1]) == ["escalated", "updated"]


def test_a_takeover_is_told_though_nothing_else_is_new() -> None:
    parts = [surge(p, scope=scoped(category="billing", product=p)) for p in ("P", "Q")]
    assert told(run([*parts, surge()])[1]) == ["new", "new", "updated"]


def test_a_signal_first_met_at_its_end_opens_nothing() -> None:
    state, (decision,) = run([surge(state=WITHDRAWN)])
    assert decision.reason is Reason.NEVER_LIVE
    assert not state.incidents


def test_a_repetition_of_a_closed_incident_is_refused_until_it_is_forgotten() -> None:
    ended = [surge(), surge(state=CLEARED, hours=1), surge()]
    state, decisions = run(ended)
    assert decisions[-1].reason is Reason.REPEATED
    later = Tick(at=state.now + MEMORY // timedelta(milliseconds=1) + 1)
    assert not step(state, later, offset=state.offset + 1)[0].incidents


def test_an_open_incident_is_never_forgotten() -> None:
    later = surge("b", scope=scoped(product="kettle"), hours=10_000)
    assert len(run([surge(), later])[0].incidents) == 2


def test_a_record_read_again_at_its_offset_changes_nothing() -> None:
    state, _ = run([surge()])
    again, decision = step(state, SignalInput(surge("b")), offset=state.offset)
    assert again is state
    assert decision.reason is Reason.REPLAYED


def test_the_state_survives_its_own_encoding() -> None:
    state, _ = run([surge(), trigger(), Tick(START + 1)])
    assert msgspec.json.decode(msgspec.json.encode(state), type=Incidents) == state
    packed = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(packed, type=Incidents) == state


def lives(
    name: str, region: str, kind: str, states: list[SignalState], *, learning: bool
) -> list[Signal]:
    """The records of one signal, in the order detection writes them."""
    make = trigger if kind == "trigger" else surge
    scope = scoped(category="billing", **({"region": region} if region else {}))
    ordered = sorted(states, key=list(SignalState).index)
    return [
        make(name, scope=scope, state=s, revision=n, learning=learning)
        for n, s in enumerate(ordered)
    ]


@st.composite
def logs(draw: st.DrawFn) -> list[Input]:
    """Some signals, each record after its own predecessor, with ticks and delivery records."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 5)))]
    waiting = [
        lives(
            name,
            draw(st.sampled_from(["", "N", "S"])),
            draw(st.sampled_from(["surge", "trigger"])),
            draw(st.lists(st.sampled_from(SignalState), min_size=1, max_size=4)),
            learning=draw(st.booleans()),
        )
        for name in names
    ]
    log: list[Input] = []
    at = START
    while any(waiting):
        records = draw(st.sampled_from([w for w in waiting if w]))
        log.append(SignalInput(records.pop(0)))
        at += draw(st.integers(0, 40_000))
        log.append(Tick(at))
    return log


def essence(state: Incidents) -> Incidents:
    return msgspec.structs.replace(state, offset=0)


@given(logs())
def test_a_log_with_every_record_repeated_leaves_the_same_state(log: list[Input]) -> None:
    once, _ = run(log)
    twice, decisions = run(item for item in log for _ in range(2))
    assert essence(twice) == essence(once)
    assert not any(d.incidents for d in decisions[1::2])


@given(logs(), st.data())
def test_any_interleaving_of_repetitions_leaves_the_same_state(
    log: list[Input], data: st.DataObject
) -> None:
    repeated: list[Input] = []
    for n, item in enumerate(log):
        repeated.append(item)
        repeated += data.draw(st.lists(st.sampled_from(log[: n + 1]), max_size=3))
    assert essence(run(repeated)[0]) == essence(run(log)[0])


@given(logs(), st.data())
def test_any_interleaving_of_delivery_records_repeated_leaves_the_same_state(
    log: list[Input], data: st.DataObject
) -> None:
    """Ticks are left out: when a record is read decides what they make of it."""
    state, _ = run(log)
    claims: list[Input] = [
        Attempted(delivery=key, attempt=1, worker="w", at=START) for key in state.deliveries
    ]
    ends: list[Input] = [
        Outcome(delivery=key, attempt=1, result=data.draw(st.sampled_from(Result)), at=START)
        for key in state.deliveries
    ]
    once, _ = run([*claims, *ends], state=state)
    again = data.draw(st.lists(st.sampled_from([*claims, *ends]), max_size=9)) if claims else []
    assert essence(run(again, state=once)[0]) == essence(once)


@given(logs())
def test_replaying_from_any_earlier_state_gives_the_same_state(log: list[Input]) -> None:
    """A restart that reads from its snapshot on ends where the first run did."""
    whole, _ = run(log)
    start, _ = run([])
    for cut in range(len(log)):
        half = start
        for offset, item in enumerate(log[:cut], start=1):
            half, _ = step(half, item, offset=offset, recipients=TEAM)
        for offset, item in enumerate(log, start=1):
            half, _ = step(half, item, offset=offset, recipients=TEAM)
        assert half == whole


@given(logs())
def test_a_line_is_written_once_per_id_state_and_revision(log: list[Input]) -> None:
    _, decisions = run(log)
    keys = [(line.id, line.state, line.revision) for d in decisions for line in d.incidents]
    assert len(keys) == len(set(keys))


@given(logs())
def test_a_learning_incident_is_never_above_blue(log: list[Input]) -> None:
    _, decisions = run(log)
    lines = [line for d in decisions for line in d.incidents]
    assert all(line.colour is Colour.BLUE for line in lines if line.learning)


@given(logs())
def test_a_closed_incident_never_changes_again(log: list[Input]) -> None:
    state, _ = run([])
    for item in log:
        after, _ = run([item], state=state)
        for key, incident in state.incidents.items():
            assert incident.open or after.incidents[key] == incident
        state = after


def test_a_silence_lasts_until_its_source_speaks_again() -> None:
    ticks = [Tick(START + n * 24 * HOUR) for n in range(1, 20)]
    state, decisions = run([silence(), *ticks])
    assert only(state).open
    more = silence(revision=1, expected=900.0, hours=30)
    ended = silence(state=CLEARED, observed=3.0, hours=31)
    state, after = run([more, ended], state)
    assert only(state).state is IncidentState.CLEARED
    assert told([*decisions, *after]) == ["new", "cleared"]


def test_the_first_surge_beside_a_report_of_harm_is_told_once() -> None:
    scope = scoped(product="kettle", batch="B1")
    grows = [
        surge("s", scope=scope, revision=n, observed=float(people))
        for n, people in enumerate((8, 20, 47))
    ]
    again = surge("o", scope=scope, kind=Kind.DRIFT)
    _, decisions = run([trigger(scope=scope), trigger("u", scope=scope), *grows, again])
    assert [told([decision]) for decision in decisions] == [["new"], [], ["updated"], [], [], []]


def test_a_report_of_harm_in_an_incident_that_a_surge_opened_tells_no_surge_anew() -> None:
    scope = scoped(product="kettle")
    first = surge("s", scope=scope)
    _, decisions = run([first, trigger(scope=scope), surge("o", scope=scope, kind=Kind.DRIFT)])
    assert [told([decision]) for decision in decisions] == [["new"], ["escalated"], []]
