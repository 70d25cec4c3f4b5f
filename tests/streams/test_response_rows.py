"""The state of response as rows: written after any number of inputs, restored as it was."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st

from alerts import lifecycle
from alerts.deliveries import Recipient
from alerts.inputs import Attempted, Input, Outcome, Result, SignalInput, Tick
from alerts.lifecycle import MEMORY, Incidents
from alerts.signal import Signal, SignalState
from alerts.transitions import QUIET
from streams.response.rows import DELIVERY, HEAD, changed, restored
from tests.alerts.samples import START, TEAM, scoped, surge, trigger

PAIR = (*TEAM, Recipient(name="ops", channel="terminal"))
SCOPES = [
    scoped(category="billing"),
    scoped(product="kettle"),
    scoped(product="kettle", category="billing"),
    scoped(region="north"),
]
MAKERS: list[Callable[..., Signal]] = [surge, trigger]
SIGNALS = st.builds(
    lambda make, n, scope, state, revision, hours: SignalInput(
        make(f"s{n}", scope=scope, state=state, revision=revision, hours=hours)
    ),
    st.sampled_from(MAKERS),
    st.integers(0, 5),
    st.sampled_from(SCOPES),
    st.sampled_from(list(SignalState)),
    st.integers(0, 2),
    st.integers(0, 60),
)


@st.composite
def steps(draw: st.DrawFn, state: Incidents) -> Input:
    """What may come next; attempts and outcomes concern deliveries that are there."""
    pending = sorted(state.deliveries)
    kind = draw(st.sampled_from(["signal", "signal", "tick", "attempt", "outcome"]))
    if kind == "signal" or (kind != "tick" and not pending):
        return draw(SIGNALS)
    if kind == "tick":
        pause = draw(st.sampled_from([1_000, 3_600_000, QUIET // timedelta(milliseconds=1),
                                      MEMORY // timedelta(milliseconds=1) + 1]))  # fmt: skip
        return Tick(max(state.now, START) + pause)
    name = draw(st.sampled_from(pending))
    attempt = state.deliveries[name].attempt
    if kind == "attempt":
        return Attempted(delivery=name, attempt=attempt + 1, worker="w", at=0)
    result = draw(st.sampled_from(list(Result)))
    return Outcome(delivery=name, attempt=attempt, result=result, at=0)


def stepped(state: Incidents, item: Input) -> Incidents:
    after, _ = lifecycle.step(state, item, offset=state.offset + 1, recipients=PAIR)
    return after


def written(table: dict[bytes, bytes], before: Incidents, after: Incidents) -> dict[bytes, bytes]:
    rows = table | changed(before, after)
    return {key: row for key, row in rows.items() if row is not None}


@given(st.data())
@searched(max_examples=60, deadline=None)
def test_the_rows_are_the_state_however_many_inputs_are_written_at_once(
    data: st.DataObject,
) -> None:
    kept = state = Incidents()
    table = dict[bytes, bytes]()
    for _ in range(data.draw(st.integers(1, 25))):
        state = stepped(state, data.draw(steps(state)))
        if data.draw(st.booleans()):
            table, kept = written(table, kept, state), state
        assert restored(table) == kept
        assert len(table) <= 1 + len(kept.incidents) + len(kept.deliveries)


def test_an_empty_table_is_the_state_before_the_first_input() -> None:
    assert restored({}) == Incidents()


def test_an_input_that_changes_nothing_moves_the_head_alone() -> None:
    state = stepped(stepped(Incidents(), Tick(START)), SignalInput(surge()))
    assert list(changed(state, stepped(state, SignalInput(surge())))) == [HEAD]


def test_what_has_ended_leaves_no_row() -> None:
    state = stepped(stepped(Incidents(), Tick(START)), SignalInput(surge()))
    (name, *_) = state.deliveries
    attempted = stepped(state, Attempted(delivery=name, attempt=1, worker="w", at=0))
    sent = stepped(attempted, Outcome(delivery=name, attempt=1, result=Result.SENT, at=0))
    rows = changed(state, sent)
    assert rows.pop(HEAD) is not None
    assert rows == {DELIVERY + name.encode(): None}
