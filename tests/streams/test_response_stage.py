"""The stage of response on a log of inputs: what it writes, tells and sends, and when it stops."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from faust.types import TP
from msgspec.structs import replace

from alerts import inputs
from alerts.channels import DeliveryError
from alerts.deliveries import Recipient
from alerts.erasure import digest
from alerts.inputs import (
    Attempted,
    Erased,
    Input,
    Outcome,
    SignalInput,
    Tick,
    UnreadableInputError,
)  # fmt: skip
from alerts.lifecycle import Incidents
from streams import metrics
from streams.broker.local import BrokerError
from streams.response.courier import PROMPT
from streams.response.rows import DELIVERY, restored
from streams.response.stage import Response, StaleStateError
from streams.transport.pen import Record, SupersededError
from streams.transport.runs import Begin, LogTruncatedError, LostRunError, Run
from tests.alerts.samples import START, TEAM, surge, trigger
from tests.streams.logs import settings

INPUTS = TP("incident-inputs", 0)
CHANGELOG = "changelog"


@dataclass
class Broker:
    """Keeps what was committed, in its order, and knows whose pen is the last taken up."""

    records: list[Record] = field(default_factory=list)
    holder: object = None

    def of(self, topic: str) -> list[Any]:
        return [one.value for one in self.records if one.topic == topic]

    def lines(self, topic: str) -> list[Any]:
        return [msgspec.json.decode(value) for value in self.of(topic)]

    def put(self, *items: Input) -> None:
        self.raw(*map(inputs.encode, items))

    def raw(self, *values: bytes) -> None:
        self.records += [Record(INPUTS.topic, None, value) for value in values]

    @property
    def rows(self) -> dict[bytes, bytes]:
        """What compaction leaves of the changelog: of each key the last value."""
        last = {one.key: one.value for one in self.records if one.topic == CHANGELOG}
        return {key: value for key, value in last.items() if key and value is not None}


class Pen:
    """Refused once another has been taken up."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.pages: list[list[Record]] = []
        broker.holder = self

    async def write(self, records: Iterable[Record]) -> None:
        if self._broker.holder is not self:
            raise SupersededError("another worker writes")
        self.pages.append(list(records))
        self._broker.records += self.pages[-1]


class Books:
    changelog = CHANGELOG

    def __init__(self, broker: Broker) -> None:
        self._broker, self.pen = broker, Pen(broker)

    async def rows(self) -> dict[bytes, bytes]:
        return self._broker.rows


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
    """A response stage that takes over a broker's partition, and reads from `committed` on."""

    def __init__(
        self, channel: Webhook, name: str = "w", broker: Broker | None = None, *,
        topic_id: str = "", committed: int | None = None, runs_of: int = 1,
        recipients: Sequence[Recipient] = TEAM,
    ) -> None:  # fmt: skip
        self.broker = broker or Broker()
        self.topic_id, self.committed, self.runs_of = topic_id, committed, runs_of
        self.durable: list[int] = []
        self.overtaken, self.now = False, START
        self.retired: list[int] = []
        self.broker_is_there = True
        consumer = SimpleNamespace(
            assignment=lambda: {INPUTS},
            declare_durable=lambda _, offset: self.durable.append(offset),
            overtaken=lambda _: self.overtaken,
        )
        producer = SimpleNamespace(send=self._sent)
        app: Any = SimpleNamespace(producer=producer, consumer=consumer, should_stop=False)
        self.books = Books(self.broker)
        self.stage = Response(
            app, settings(), self.books, channels={one.name: channel for one in recipients},
            recipients=recipients, worker=name, clock=lambda: self.now, retire=self._retired,
        )  # fmt: skip
        self.read = committed or 0
        self.runs = 0

    def _retired(self, below: int) -> None:
        if not self.broker_is_there:
            raise BrokerError("the broker does not answer")
        self.retired.append(below)

    async def _sent(
        self, topic: str, key: bytes | None, value: bytes | None, *_: Any
    ) -> asyncio.Future[None]:
        self.broker.records.append(Record(topic, key, value))
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged

    def run(self) -> Run:
        """The next records of the log."""
        values = self.broker.of(INPUTS.topic)[self.read : self.read + self.runs_of]
        records = [
            SimpleNamespace(offset=self.read + n, value=value) for n, value in enumerate(values)
        ]
        begin = None if self.runs else Begin(self.committed, "", 0, self.topic_id)
        self.read, self.runs = self.read + len(records), self.runs + 1
        return Run(INPUTS.topic, INPUTS.partition, records, begin, self.runs - 1)

    async def take(self, *items: Input) -> None:
        """Append to the log; read it, and what the stage appends to it, to its end."""
        self.broker.put(*items)
        while self.read < len(self.broker.of(INPUTS.topic)):
            await self.stage.take(self.run())
            assert self.durable[-1] == self.read
            await self.sending()

    async def sending(self) -> None:
        while under_way := self.stage._courier.under_way:
            await asyncio.gather(*under_way)

    @property
    def state(self) -> Incidents:
        """As a worker after a crash would restore it."""
        return restored(self.broker.rows)

    def heir(self, channel: Webhook, name: str = "heir") -> "Worker":
        """Takes over where this one has committed."""
        return Worker(channel, name, self.broker, committed=self.durable[-1])


def inputs_in(broker: Broker) -> list[Input]:
    return [inputs.decode(raw) for raw in broker.of(INPUTS.topic)]


async def test_a_message_is_claimed_once_sent_once_and_leaves_no_row() -> None:
    channel = Webhook()
    worker = Worker(channel)
    await worker.take(Tick(START), SignalInput(surge()), SignalInput(surge()))
    assert len(channel.sent) == 1
    kinds = [type(item) for item in inputs_in(worker.broker)]
    assert (kinds.count(Attempted), kinds.count(Outcome)) == (1, 1)
    assert not [key for key in worker.broker.rows if key.startswith(DELIVERY)]
    assert len(worker.state.incidents) == 1


async def test_messages_set_out_in_the_order_of_the_log() -> None:
    channel = Webhook()
    worker = Worker(channel, runs_of=100)
    things = [{"stream": "complaints", "category": f"c{n}"} for n in range(8)]
    signals = [
        SignalInput(replace(surge(), id=f"s-{n}", scope=one)) for n, one in enumerate(things)
    ]
    await worker.take(Tick(START), *signals)
    claimed = [one.delivery for one in inputs_in(worker.broker) if isinstance(one, Attempted)]
    assert [message.delivery for message in channel.sent] == claimed
    assert claimed != sorted(claimed)


@pytest.mark.parametrize("runs_of", [1, 2, 3, 100])
async def test_the_state_is_the_same_however_the_inputs_come(runs_of: int) -> None:
    channel = Webhook(failures=1)
    worker = Worker(channel, runs_of=runs_of)
    await worker.take(Tick(START), SignalInput(surge()), SignalInput(trigger()), Tick(START + 1))
    await worker.take(Tick(START + 60_000))
    alone = Worker(Webhook(), name="nobody", runs_of=1)
    await alone.take(*inputs_in(worker.broker))
    assert worker.state.incidents == alone.state.incidents
    assert worker.broker.lines("incidents") == alone.broker.lines("incidents")
    assert worker.broker.lines("notifications") == alone.broker.lines("notifications")
    assert len(channel.sent) == 2


async def test_what_a_run_leads_to_is_written_as_one() -> None:
    worker = Worker(Webhook(), runs_of=3)
    await worker.take(Tick(START), SignalInput(surge()), Tick(START + 1))
    first = worker.books.pen.pages[0]
    assert {one.topic for one in first} == {"incidents", "notifications", CHANGELOG, INPUTS.topic}
    keys = [one.key for one in first if one.topic == CHANGELOG]
    assert len(keys) == len(set(keys))


async def test_a_failure_is_tried_again_after_its_pause_under_the_next_number() -> None:
    channel = Webhook(failures=1)
    worker = Worker(channel)
    await worker.take(Tick(START), SignalInput(surge()))
    assert channel.sent == []
    await worker.take(Tick(START + 60_000))
    assert len(channel.sent) == 1
    claims = [item.attempt for item in inputs_in(worker.broker) if isinstance(item, Attempted)]
    assert claims == [1, 2]


@pytest.mark.parametrize("doubtful", [False, True])
async def test_what_may_have_arrived_already_says_so_when_it_comes_again(doubtful: bool) -> None:
    channel = Webhook(failures=1, doubtful=doubtful)
    worker = Worker(channel)
    await worker.take(Tick(START), SignalInput(surge()))
    await worker.take(Tick(START + 60_000))
    assert [message.repetition for message in channel.sent] == [doubtful]


class Broken(Webhook):
    """It sends, and then breaks over the answer."""

    async def send(self, message: Any) -> None:
        await super().send(message)
        raise ValueError("no JSON")


NOWHERE = [replace(one, zone="Nowhere/Land") for one in TEAM]


@pytest.mark.parametrize(
    ("team", "sent", "ends"),
    [(TEAM, 1, ("unknown", "ValueError")), (NOWHERE, 0, ("failed", "ZoneInfoNotFoundError"))],
)
async def test_a_defect_ends_a_message_as_unknown_once_the_channel_has_it_and_else_as_failed(
    team: Sequence[Recipient], sent: int, ends: tuple[str, str]
) -> None:
    channel = Broken()
    worker = Worker(channel, recipients=team)
    await worker.take(Tick(START), SignalInput(surge()))
    line = worker.broker.lines("notifications")[-1]
    assert (line["state"], line["reason"]) == ends
    await worker.take(Tick(START + 60_000))
    assert len(channel.sent) == sent


async def test_a_worker_that_did_not_make_the_attempt_does_not_send() -> None:
    channel, other = Webhook(), Webhook()
    first = Worker(channel)
    await first.take(Tick(START), SignalInput(surge()))
    standby = Worker(other, name="standby")
    await standby.take(*inputs_in(first.broker))
    assert (len(channel.sent), len(other.sent)) == (1, 0)
    assert standby.state.deliveries == first.state.deliveries == {}
    assert standby.state.incidents == first.state.incidents


async def test_a_new_reading_starts_from_the_rows() -> None:
    worker = Worker(Webhook())
    await worker.take(Tick(START), SignalInput(surge()))
    held = worker.state
    again = Worker(Webhook(), "again", worker.broker)
    await again.take()
    assert again.state == held
    assert again.books.pen.pages == []


async def test_an_attempt_whose_record_was_lost_with_a_reading_is_claimed_in_the_next() -> None:
    worker = Worker(Webhook())
    worker.broker.put(Tick(START), SignalInput(surge()))
    for _ in range(2):
        await worker.stage.take(worker.run())
    again = Worker(Webhook(), "again", worker.broker)
    again.broker.records = [one for one in worker.broker.records if not claims(one)]
    await again.take(Tick(START + 1))
    found = [item for item in inputs_in(again.broker) if isinstance(item, Attempted)]
    assert [claim.worker for claim in found] == ["again"]


def claims(record: Record) -> bool:
    return record.topic == INPUTS.topic and b"attempted" in (record.value or b"")


async def test_inputs_that_were_lost_on_the_way_are_not_passed_over() -> None:
    worker = Worker(Webhook())
    await worker.take(Tick(START))
    worker.runs += 1
    with pytest.raises(LostRunError, match="run 2 does not follow run 0"):
        await worker.take(SignalInput(surge()))


async def test_a_record_that_is_no_input_is_passed_over() -> None:
    worker = Worker(Webhook())
    before = metrics.FOREIGN.labels(INPUTS.topic)._value.get()
    worker.broker.raw(b"{not json")
    await worker.take(Tick(START))
    assert worker.state.now == START
    assert metrics.FOREIGN.labels(INPUTS.topic)._value.get() == before + 1


async def test_a_record_that_is_passed_over_moves_the_head_with_the_commit() -> None:
    worker = Worker(Webhook())
    worker.broker.raw(b"{not json")
    await worker.take()
    assert (worker.state.offset, worker.durable) == (0, [1])
    heir = worker.heir(Webhook())
    await heir.take(Tick(START))
    assert heir.state.now == START


async def test_a_record_that_is_passed_over_again_does_not_take_the_head_back() -> None:
    worker = Worker(Webhook())
    worker.broker.raw(b"{not json")
    await worker.take(Tick(START))
    held = worker.state
    again = Worker(Webhook(), "again", worker.broker)
    await again.stage.take(again.run())
    assert again.state == held


async def test_a_run_whose_reading_is_over_writes_nothing() -> None:
    worker = Worker(Webhook())
    await worker.take(Tick(START))
    worker.broker.put(SignalInput(surge()))
    worker.overtaken = True
    await worker.stage.take(worker.run())
    assert worker.durable == [1]
    assert worker.broker.lines("incidents") == []


@pytest.mark.parametrize("late", [1, 5])
async def test_a_worker_that_thaws_changes_nothing_and_ends(late: int) -> None:
    """It goes on with the inputs it had fetched, long after its heir has applied them."""
    frozen = Worker(Webhook(), "frozen", runs_of=late)
    await frozen.take(Tick(START))
    heir = frozen.heir(Webhook())
    await heir.take(Tick(START + 1), SignalInput(surge()), Tick(START + 2))
    await heir.take(SignalInput(surge(revision=1)), Tick(START + 3))
    held, said = heir.state, list(heir.broker.records)
    with pytest.raises(SupersededError):
        await frozen.stage.take(frozen.run())
    assert frozen.durable == [1]
    assert heir.broker.records == said
    third = heir.heir(Webhook(), "third")
    await third.take(Tick(START + 4))
    assert third.state.incidents == held.incidents
    assert len(held.incidents) == 1


async def test_a_worker_that_has_heard_of_its_heir_does_not_end() -> None:
    frozen = Worker(Webhook(), "frozen")
    await frozen.take(Tick(START))
    heir = frozen.heir(Webhook())
    await heir.take(SignalInput(surge()))
    write = frozen.books.pen.write

    async def heard(records: Iterable[Record]) -> None:
        frozen.overtaken = True
        await write(records)

    frozen.books.pen.write = heard  # type: ignore[method-assign]
    await frozen.stage.take(frozen.run())
    assert frozen.durable == [1]


async def test_a_message_that_the_heir_has_sent_is_not_sent_by_a_worker_that_thaws() -> None:
    channel, other = Webhook(), Webhook()
    frozen = Worker(channel, "frozen")
    frozen.broker.put(Tick(START), SignalInput(surge()))
    for _ in range(3):
        await frozen.stage.take(frozen.run())  # its attempt is read back, its sending not begun
    frozen.now += 61_000
    heir = frozen.heir(other)
    await heir.take(Tick(START + 61_000))
    assert [message.repetition for message in other.sent] == [True]
    await frozen.sending()
    assert channel.sent == []
    await heir.take(Tick(START + 62_000))
    ends = [line["state"] for line in heir.broker.lines("notifications")]
    assert ends.count("sent") == 1


async def test_a_message_that_was_held_up_for_long_is_tried_again_and_no_repetition() -> None:
    channel = Webhook()
    worker = Worker(channel)
    worker.broker.put(Tick(START), SignalInput(surge()))
    for _ in range(3):
        await worker.stage.take(worker.run())
    worker.now += PROMPT + 1
    await worker.sending()
    assert channel.sent == []
    await worker.take(Tick(worker.now))
    assert [message.repetition for message in channel.sent] == [False]
    reasons = [line["reason"] for line in worker.broker.lines("notifications")]
    assert "pr: not sent, the worker stood still" in reasons


async def test_a_head_below_the_commit_is_not_taken_for_the_state() -> None:
    worker = Worker(Webhook())
    await worker.take(Tick(START))
    said = len(worker.broker.records)
    heir = Worker(Webhook(), "heir", worker.broker, committed=6)
    heir.read = 0
    with pytest.raises(StaleStateError, match="up to offset 0, but the inputs below 6"):
        await heir.take()
    assert len(worker.broker.records) == said


async def test_a_state_that_was_deleted_begins_at_the_commit() -> None:
    broker = Broker()
    broker.put(Tick(START))
    worker = Worker(Webhook(), broker=broker, committed=1)
    await worker.take(Tick(START + 1))
    assert worker.state.now == START + 1


async def test_a_signal_of_a_newer_detection_is_not_passed_over_and_holds_up_none_before_it() -> (
    None
):
    worker = Worker(Webhook(), runs_of=3)
    newer = inputs.encode(SignalInput(surge())).replace(b'"surge"', b'"rumour"')
    worker.broker.put(Tick(START), SignalInput(trigger()))
    worker.broker.raw(newer)
    with pytest.raises(UnreadableInputError, match="rumour"):
        await worker.take(Tick(START))
    assert worker.durable == [2]
    assert len(worker.state.incidents) == 1


async def test_a_signal_of_a_newer_detection_alone_leads_to_nothing() -> None:
    worker = Worker(Webhook())
    worker.broker.raw(inputs.encode(SignalInput(surge())).replace(b'"surge"', b'"rumour"'))
    with pytest.raises(UnreadableInputError, match="rumour"):
        await worker.take()
    assert (worker.durable, worker.books.pen.pages) == ([], [])


async def test_two_groups_of_one_channel_are_each_told_by_their_own() -> None:
    team, ops = Webhook(), Webhook()
    both = [Recipient(name=name, channel="webhook") for name in ("pr", "ops")]
    worker = Worker(team, recipients=both)
    worker.stage._courier.channels = {"pr": team, "ops": ops}
    await worker.take(Tick(START), SignalInput(surge()))
    assert [[one.recipient for one in held.sent] for held in (team, ops)] == [["pr"], ["ops"]]


async def test_a_channel_that_is_gone_shows_as_a_failed_delivery() -> None:
    worker = Worker(Webhook())
    worker.stage._courier.channels = {}
    await worker.take(Tick(START), SignalInput(surge()))
    notified = worker.broker.lines("notifications")
    assert [line["state"] for line in notified] == ["wanted", "attempted", "failed"]
    assert notified[-1]["reason"] == "pr: switched off"


async def test_the_time_goes_into_the_log_of_the_active_worker_alone() -> None:
    worker = Worker(Webhook())
    await worker.stage.tick()
    assert inputs_in(worker.broker) == [Tick(START)]
    worker.stage._app.consumer.assignment = set
    await worker.stage.tick()
    assert len(worker.broker.records) == 1


async def test_inputs_are_deleted_up_to_the_head_by_the_active_worker_alone() -> None:
    worker = Worker(Webhook())
    await worker.stage.trim()
    await worker.take(Tick(START), Tick(START + 1))
    worker.broker.put(Tick(START + 2))
    await worker.stage.trim()
    assert worker.retired == [2]
    worker.broker_is_there = False
    await worker.stage.trim()  # the next time will do
    worker.broker_is_there = True
    worker.stage._app.consumer.assignment = set
    await worker.stage.trim()
    assert worker.retired == [2]


async def test_inputs_that_were_made_anew_are_not_taken_for_those_that_were_applied() -> None:
    worker = Worker(Webhook(), topic_id="id-1")
    await worker.take(Tick(START))
    again = Worker(Webhook(), broker=worker.broker, topic_id="id-1")
    await again.take()
    anew = Worker(Webhook(), broker=worker.broker, topic_id="id-2")
    with pytest.raises(LogTruncatedError, match="up to offset 0 of the topic id-1"):
        await anew.take()


async def test_what_is_erased_is_in_no_row_afterwards_and_survives_a_restart() -> None:
    quote = "it burnt my hand"
    worker = Worker(Webhook(failures=1))
    await worker.take(Tick(START), SignalInput(replace(trigger(), examples=(quote,))))
    assert any(quote.encode() in row for row in worker.broker.rows.values())
    await worker.take(Erased(quotes=(digest(quote),), at=START))
    assert not any(quote.encode() in row for row in worker.broker.rows.values())
    assert worker.state.erased == {digest(quote): worker.state.now}
    assert len(worker.state.incidents) == 1


async def test_a_signal_that_quotes_who_is_erased_is_told_again_without() -> None:
    quote = "it burnt my hand"
    worker = Worker(Webhook())
    await worker.take(Tick(START), Erased(quotes=(digest(quote),), at=START))
    await worker.take(SignalInput(replace(trigger(), examples=(quote, "c18"))))
    (told,) = worker.broker.lines("signals")
    assert (told["id"], told["examples"]) == (trigger().id, ["c18"])
