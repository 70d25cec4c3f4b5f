"""The state of response as rows of a table: written row by row, restored after any crash."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import settings as searched
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts import inputs, lifecycle
from alerts.channels import DeliveryError
from alerts.deliveries import Recipient
from alerts.erasure import digest
from alerts.inputs import (
    Attempted,
    Erased,
    Input,
    Outcome,
    Result,
    SignalInput,
    Tick,
    UnreadableInputError,
)  # fmt: skip
from alerts.lifecycle import MEMORY, Incidents
from alerts.signal import Signal, SignalState
from alerts.transitions import QUIET
from streams import metrics
from streams.broker.topics import Topics
from streams.response.rows import DELIVERY, HEAD, INCIDENT, changed, restored
from streams.response.stage import Response, StaleStateError
from streams.transport.chunks import Begin, LogTruncatedError, LostRunError, Run
from tests.alerts.samples import START, TEAM, scoped, surge, trigger
from tests.streams.logs import settings

INPUTS = TP("incident-inputs", 0)
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


def packed(before: Incidents, after: Incidents) -> dict[bytes, bytes]:
    return {key: msgspec.msgpack.encode(row) for key, row in changed(before, after).items()}


@given(st.data())
@searched(max_examples=60, deadline=None)
def test_a_crash_between_any_two_rows_restores_the_state_before_and_goes_on(
    data: st.DataObject,
) -> None:
    state, table = Incidents(), dict[bytes, bytes]()
    for _ in range(data.draw(st.integers(1, 25))):
        item = data.draw(steps(state))
        after = stepped(state, item)
        rows = packed(state, after)
        written = data.draw(st.integers(0, len(rows)))
        torn = table | dict(list(rows.items())[:written])
        found = restored(torn)
        assert found == (after if written == len(rows) else state)
        again = torn | packed(found, stepped(found, item)) if written < len(rows) else torn
        assert restored(again) == after
        state, table = after, table | rows


@given(st.data())
@searched(max_examples=40, deadline=None)
def test_the_rows_of_what_has_ended_may_leave_once_the_head_has_passed_them(
    data: st.DataObject,
) -> None:
    state, table = Incidents(), dict[bytes, bytes]()
    for _ in range(data.draw(st.integers(1, 25))):
        after = stepped(state, data.draw(steps(state)))
        table |= packed(state, after)
        for key, row in changed(state, after).items():
            if row.value is None:
                del table[key]
        state = after
        assert restored(table) == state
        assert len(table) == 1 + len(state.incidents) + len(state.deliveries)


def test_an_empty_table_is_the_state_before_the_first_input() -> None:
    assert restored({}) == Incidents()


def test_the_head_is_the_last_row_that_an_input_writes() -> None:
    before = stepped(Incidents(), Tick(START))
    rows = changed(before, stepped(before, SignalInput(surge())))
    assert [key.split(b"/")[0] + b"/" for key in rows][:-1] == [INCIDENT, DELIVERY, DELIVERY]
    assert list(rows)[-1] == HEAD


def test_an_input_that_changes_nothing_moves_the_head_alone() -> None:
    state = stepped(stepped(Incidents(), Tick(START)), SignalInput(surge()))
    assert list(changed(state, stepped(state, SignalInput(surge())))) == [HEAD]


class Producer:
    """Takes records; what goes into the inputs is read back by `Worker`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None]] = []

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, *_: Any
    ) -> asyncio.Future[None]:
        self.sent.append((topic, key, value))
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged

    def of(self, topic: str) -> list[bytes | None]:
        return [value for to, _, value in self.sent if to == topic]


class Webhook:
    """Fails as often as it is told to, then sends."""

    def __init__(self, failures: int = 0, *, doubtful: bool = False) -> None:
        self.failures, self.doubtful = failures, doubtful
        self.sent: list[Any] = []

    async def send(self, message: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise DeliveryError("HTTP 503", permanent=False, doubtful=self.doubtful)
        self.sent.append(message)


class Worker:
    """A response stage on a log and a table of its own."""

    def __init__(
        self, channel: Webhook, name: str = "w", data: Any = None, topic_id: str = "",
        committed: int | None = None,
    ) -> None:  # fmt: skip
        self.topic_id, self.committed = topic_id, committed
        self.table = SimpleNamespace(data=data or {}, changelog_topic_name="changelog")
        self.producer = Producer()
        self.durable: list[int] = []
        self.overtaken = False
        consumer = SimpleNamespace(
            assignment=lambda: {INPUTS},
            declare_durable=lambda _, offset: self.durable.append(offset),
            overtaken=lambda _: self.overtaken,
        )
        app: Any = SimpleNamespace(producer=self.producer, consumer=consumer)
        which = settings()
        self.topics = Topics.of(which)
        self.stage = Response(
            app, which, self.table, channels={"webhook": channel}, recipients=TEAM, worker=name
        )
        self.log: list[bytes] = []
        self._read = 0
        self.runs = 0

    def run(self) -> Run:
        """The next record of the log."""
        record = SimpleNamespace(offset=self._read, value=self.log[self._read])
        begin = None if self.runs else Begin(self.committed, "", 0, self.topic_id)
        self._read, self.runs = self._read + 1, self.runs + 1
        return Run(INPUTS.topic, INPUTS.partition, [record], begin, self.runs - 1)

    async def take(self, *items: Input) -> None:
        """Append to the log; read it, and what the stage appends to it, to its end."""
        self.log += [inputs.encode(item) for item in items]
        while self._read < len(self.log):
            before = len(self.producer.of(self.topics.incident_inputs))
            await self.stage.take(self.run())
            assert self.durable[-1] == self._read
            while self.stage._sending:
                await asyncio.gather(*self.stage._sending)
            own = self.producer.of(self.topics.incident_inputs)[before:]
            self.log += [raw for raw in own if raw is not None]

    @property
    def state(self) -> Incidents:
        return restored(self.table.data)

    def changelog(self) -> Mapping[bytes, bytes]:
        """What a worker after a crash would restore."""
        held: dict[bytes, bytes] = {}
        for topic, key, value in self.producer.sent:
            if topic == "changelog" and key is not None:
                if value is None:
                    held.pop(key, None)
                else:
                    held[key] = value
        return held


async def test_a_message_is_claimed_once_sent_once_and_leaves_no_row() -> None:
    channel = Webhook()
    worker = Worker(channel)
    await worker.take(Tick(START), SignalInput(surge()), SignalInput(surge()))
    assert len(channel.sent) == 1
    kinds = [type(inputs.decode(raw)) for raw in worker.log]
    assert (kinds.count(Attempted), kinds.count(Outcome)) == (1, 1)
    assert not [key for key in worker.table.data if key.startswith(DELIVERY)]
    assert worker.changelog() == worker.table.data
    assert len(worker.state.incidents) == 1


async def test_a_failure_is_tried_again_after_its_pause_under_the_next_number() -> None:
    channel = Webhook(failures=1)
    worker = Worker(channel)
    await worker.take(Tick(START), SignalInput(surge()))
    assert channel.sent == []
    await worker.take(Tick(START + 60_000))
    assert len(channel.sent) == 1
    claims = [
        item.attempt for item in map(inputs.decode, worker.log) if isinstance(item, Attempted)
    ]
    assert claims == [1, 2]


@pytest.mark.parametrize("doubtful", [False, True])
async def test_what_may_have_arrived_already_says_so_when_it_comes_again(doubtful: bool) -> None:
    channel = Webhook(failures=1, doubtful=doubtful)
    worker = Worker(channel)
    await worker.take(Tick(START), SignalInput(surge()))
    await worker.take(Tick(START + 60_000))
    assert [message.repetition for message in channel.sent] == [doubtful]


async def test_a_worker_that_did_not_make_the_attempt_does_not_send() -> None:
    channel, other = Webhook(), Webhook()
    first = Worker(channel)
    await first.take(Tick(START), SignalInput(surge()))
    standby = Worker(other, name="standby")
    await standby.take(*map(inputs.decode, first.log))
    assert (len(channel.sent), len(other.sent)) == (1, 0)
    assert standby.state.deliveries == first.state.deliveries == {}
    assert standby.state.incidents == first.state.incidents


async def test_a_new_reading_starts_from_the_table() -> None:
    worker = Worker(Webhook())
    await worker.take(Tick(START), SignalInput(surge()))
    held = worker.state
    heir = Worker(Webhook(), data=dict(worker.changelog()))
    await heir.take(Tick(START), SignalInput(surge()))
    assert heir.state == held


async def test_an_attempt_whose_record_was_lost_with_a_reading_is_claimed_in_the_next() -> None:
    worker = Worker(Webhook())
    worker.log += [inputs.encode(item) for item in (Tick(START), SignalInput(surge()))]
    for _ in range(2):
        await worker.stage.take(worker.run())
    worker.runs = 0
    await worker.take(Tick(START + 1))
    claims = [inputs.decode(raw or b"") for raw in worker.producer.of("incident-inputs")]
    assert [claim.attempt for claim in claims if isinstance(claim, Attempted)] == [1, 1]


async def test_inputs_that_were_lost_on_the_way_are_not_passed_over() -> None:
    worker = Worker(Webhook())
    await worker.take(Tick(START))
    worker.runs += 1
    with pytest.raises(LostRunError, match="run 2 does not follow run 0"):
        await worker.take(SignalInput(surge()))


async def test_a_record_that_is_no_input_is_passed_over() -> None:
    worker = Worker(Webhook())
    before = metrics.FOREIGN.labels(INPUTS.topic)._value.get()
    worker.log.append(b"{not json")
    await worker.take(Tick(START))
    assert worker.state.now == START
    assert metrics.FOREIGN.labels(INPUTS.topic)._value.get() == before + 1


async def test_a_record_that_is_passed_over_moves_the_head_with_the_commit() -> None:
    worker = Worker(Webhook())
    worker.log.append(b"{not json")
    await worker.take()
    assert (worker.state.offset, worker.durable) == (0, [1])
    heir = Worker(Webhook(), data=dict(worker.changelog()), committed=1)
    heir.log, heir._read = list(worker.log), 1
    await heir.take(Tick(START))
    assert heir.state.now == START


async def test_a_record_that_is_passed_over_again_does_not_take_the_head_back() -> None:
    worker = Worker(Webhook())
    worker.log.append(b"{not json")
    await worker.take(Tick(START))
    again = Worker(Webhook(), data=dict(worker.changelog()))
    again.log = worker.log[:1]
    await again.take()
    assert again.state == worker.state


async def test_a_run_whose_reading_is_over_writes_nothing_more() -> None:
    worker = Worker(Webhook())
    worker.log = [inputs.encode(Tick(START + n)) for n in range(3)]
    worker._read = 0
    records = [SimpleNamespace(offset=n, value=raw) for n, raw in enumerate(worker.log)]
    run = Run(INPUTS.topic, INPUTS.partition, records, Begin(None, "", 0), 0)
    declare = worker.stage._app.consumer.declare_durable

    def until_the_rebalance(tp: TP, offset: int) -> None:
        declare(tp, offset)
        worker.overtaken = offset == 2

    worker.stage._app.consumer.declare_durable = until_the_rebalance
    await worker.stage.take(run)
    assert worker.durable == [1, 2]
    assert worker.state.now == START + 1
    assert [topic for topic, _, _ in worker.producer.sent] == ["changelog"] * 2


async def test_a_head_below_the_commit_is_not_taken_for_the_state() -> None:
    frozen = Worker(Webhook(), name="frozen")
    await frozen.take(Tick(START))
    heir = Worker(Webhook(), name="heir", data=dict(frozen.changelog()))
    heir.log, heir._read = list(frozen.log), 1
    await heir.take(Tick(START + 1), SignalInput(surge()), Tick(START + 2))
    frozen.log = list(heir.log)
    await frozen.stage.take(frozen.run())
    mixed = {**heir.table.data, HEAD: frozen.table.data[HEAD]}
    third = Worker(Webhook(), data=mixed, committed=heir.durable[-1])
    third.log, third._read = list(heir.log), heir.durable[-1]
    with pytest.raises(StaleStateError, match="up to offset 1, but the inputs below 6"):
        await third.take(Tick(START + 3))
    assert third.producer.sent == []


async def test_a_state_that_was_deleted_begins_at_the_commit() -> None:
    worker = Worker(Webhook(), committed=1)
    worker.log, worker._read = [inputs.encode(Tick(START))], 1
    await worker.take(Tick(START + 1))
    assert worker.state.now == START + 1


async def test_a_signal_of_a_newer_detection_is_not_passed_over() -> None:
    worker = Worker(Webhook())
    newer = inputs.encode(SignalInput(surge())).replace(b'"surge"', b'"rumour"')
    worker.log.append(newer)
    with pytest.raises(UnreadableInputError, match="rumour"):
        await worker.take(Tick(START))
    assert worker.durable == []


@pytest.mark.parametrize(
    ("channels", "reason"),
    [({"webhook": object()}, "AttributeError"), ({}, "webhook: switched off")],
)
async def test_a_channel_that_breaks_or_is_gone_shows_as_a_failed_delivery(
    channels: dict[str, Any], reason: str
) -> None:
    worker = Worker(Webhook())
    worker.stage._channels = channels
    await worker.take(Tick(START), SignalInput(surge()))
    notified = [msgspec.json.decode(raw or b"") for raw in worker.producer.of("notifications")]
    assert [line["state"] for line in notified] == ["wanted", "attempted", "failed"]
    assert notified[-1]["reason"] == reason


async def test_the_time_goes_into_the_log_of_the_active_worker_alone() -> None:
    worker = Worker(Webhook())
    await worker.stage.tick()
    (raw,) = worker.producer.of("incident-inputs")
    assert isinstance(inputs.decode(raw or b""), Tick)
    worker.stage._app.consumer.assignment = set
    await worker.stage.tick()
    assert len(worker.producer.sent) == 1


async def test_inputs_that_were_made_anew_are_not_taken_for_those_that_were_applied() -> None:
    worker = Worker(Webhook(), topic_id="id-1")
    await worker.take(Tick(START))
    again = Worker(Webhook(), data=dict(worker.table.data), topic_id="id-1")
    await again.take(Tick(START))
    anew = Worker(Webhook(), data=dict(worker.table.data), topic_id="id-2")
    with pytest.raises(LogTruncatedError, match="up to offset 0 of the topic id-1"):
        await anew.take(Tick(START))


async def test_what_is_erased_is_in_no_row_afterwards_and_survives_a_restart() -> None:
    quote = "it burnt my hand"
    worker = Worker(Webhook(failures=1))
    await worker.take(Tick(START), SignalInput(replace(trigger(), examples=(quote,))))
    assert any(quote.encode() in row for row in worker.table.data.values())
    await worker.take(Erased(quotes=(digest(quote),), at=START))
    assert worker.changelog() == worker.table.data
    assert not any(quote.encode() in row for row in worker.table.data.values())
    assert worker.state.erased == {digest(quote): worker.state.now}
    assert len(worker.state.incidents) == 1
