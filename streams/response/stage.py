"""Response: the one ordered log of inputs in, incidents and deliveries out."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import faust
import msgspec
import structlog
from faust.types import TP
from msgspec.structs import replace

from alerts import deliveries, inputs, lifecycle, messages, top
from alerts.channels import Channel, DeliveryError
from alerts.colour import Colour
from alerts.deliveries import Delivery, DeliveryState, Recipient
from alerts.inputs import Attempted, Erased, ForeignInputError, Input, Outcome, Result, Tick
from alerts.lifecycle import Decision, Incidents
from streams import metrics
from streams.broker.topics import Topics
from streams.response.rows import Head, Row, changed, forgotten, head_of, pack, restored
from streams.settings import Settings
from streams.transport.chunks import LogTruncatedError, Run, StageApp

SWITCHED_OFF = "switched off"

log = structlog.get_logger(__name__)


class StaleStateError(Exception):
    """The table is of an earlier time than the commit."""


class Sendable(NamedTuple):
    """An attempt of ours that was read back first."""

    delivery: Delivery
    attempt: int


class Response:
    """The stage of one worker; the one that owns the log's only partition is active.

    Args:
        app: whose consumer and producer it uses.
        settings: of the installation.
        table: its state, as its changelog has restored it.
        channels: by name.
        recipients: who is told, each by one of the channels.
        worker: names this start of this process.
    """

    def __init__(
        self, app: StageApp, settings: Settings, table: faust.Table, *,
        channels: Mapping[str, Channel], recipients: Sequence[Recipient], worker: str,
    ) -> None:  # fmt: skip
        self._app, self._settings, self._table = app, settings, table
        self._topics = Topics.of(settings)
        self._channels, self._recipients, self._worker = channels, recipients, worker
        self._state = Incidents()
        self._runs, self._topic_id = -1, ""
        self._claimed: set[tuple[str, int]] = set()
        self._sending: set[asyncio.Task[None]] = set()

    async def take(self, run: Run) -> None:
        """Apply a run of inputs, each only after all that the one before led to is acknowledged.

        What somebody else wrote is passed over. Raises UnreadableInputError on what a newer
        version wrote, or detection of tomorrow would be unheard while response is of today.
        A run whose reading is over ends at once: another worker may write the rows by now.
        """
        self._begin(run)
        for record in run.records:
            if self._app.consumer.overtaken(run):
                return
            try:
                item = inputs.decode(record.value)
            except ForeignInputError as foreign:
                metrics.FOREIGN.labels(run.topic).inc()
                log.warning("input_passed_over", offset=record.offset, why=str(foreign))
                await self._pass(record.offset)
            else:
                await self._apply(item, record.offset)
            self._app.consumer.declare_durable(run.tp, record.offset + 1)

    def _begin(self, run: Run) -> None:
        """The state as it was kept, where a reading begins; what was claimed may be lost there."""
        if run.begin is not None:
            self._topic_id = run.begin.topic_id
            head = head_of(self._table.data)
            _require_same(head, run, self._topic_id)
            _require_reached(head, run, run.begin.committed or 0)
            self._state, self._claimed = restored(self._table.data), set()
            self._runs = 0
        run.require_number(self._runs)
        self._runs += 1

    async def tick(self) -> None:
        """Put the time into the log, if this worker is the active one."""
        if self._active:
            await self._put(Tick(at=_now()))

    def measure(self) -> None:
        """Show the incidents and deliveries, if this worker is the active one."""
        for gauge in (metrics.OPEN, metrics.PENDING):
            gauge.clear()
        state = self._state if self._active else Incidents()
        metrics.show_top(top.scopes(state.incidents.values()))
        if self._active:
            held = Counter(i.colour for i in state.incidents.values() if i.open)
            waiting = Counter(d.recipient.channel for d in state.deliveries.values())
            for colour in Colour:
                metrics.OPEN.labels(colour).set(held[colour])
            for channel in self._channels:
                metrics.PENDING.labels(channel).set(waiting[channel])

    @property
    def _active(self) -> bool:
        return TP(self._topics.incident_inputs, 0) in self._app.consumer.assignment()

    async def _apply(self, item: Input, offset: int) -> None:
        before = self._state
        after, decision = lifecycle.step(before, item, offset=offset, recipients=self._recipients)
        await self._publish(decision)
        if after.offset > before.offset:
            rows = changed(before, after, topic=self._topic_id)
            await self._keep(rows)
            if isinstance(item, Erased):
                await self._keep(forgotten(rows))
        self._state = after
        for ready in self._ready(item, decision):
            task = asyncio.create_task(self._send(ready))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        await self._claim()

    async def _pass(self, offset: int) -> None:
        """Move the head alone, which no commit may be above."""
        if offset > self._state.offset:
            after = replace(self._state, offset=offset)
            await self._keep(changed(self._state, after, topic=self._topic_id))
            self._state = after

    async def _publish(self, decision: Decision) -> None:
        send, pending = self._app.producer.send, []
        for change in decision.incidents:
            metrics.INCIDENTS.labels(change.state, change.colour).inc()
            raw = msgspec.json.encode(change)
            key = change.id.encode()
            pending.append(send(self._topics.incidents, key, raw, None, None, None))
        for told in decision.deliveries:
            metrics.DELIVERIES.labels(told.channel, told.state).inc()
            raw = msgspec.json.encode(told)
            key = told.id.encode()
            pending.append(send(self._topics.notifications, key, raw, None, None, None))
        await asyncio.gather(*[await sent for sent in pending])

    async def _keep(self, rows: Mapping[bytes, Row]) -> None:
        """Into the table and its changelog; the rows of what has ended leave both afterwards."""
        await self._write({key: pack(row) for key, row in rows.items()})
        await self._write({key: None for key, row in rows.items() if row.value is None})

    async def _write(self, values: Mapping[bytes, bytes | None]) -> None:
        """Into the changelog, in this order, and the table; returns when the broker has them."""
        changelog, pending = self._table.changelog_topic_name, []
        for key, raw in values.items():
            pending.append(await self._app.producer.send(changelog, key, raw, 0, None, None))
            if raw is None:
                self._table.data.pop(key, None)
            else:
                self._table.data[key] = raw
        await asyncio.gather(*pending)

    def _ready(self, item: Input, decision: Decision) -> Iterator[Sendable]:
        """Attempts of this worker that the log has just let through."""
        for told in decision.deliveries:
            ours = told.state is DeliveryState.ATTEMPTED and told.worker == self._worker
            if ours and isinstance(item, Attempted):
                yield Sendable(self._state.deliveries[told.id], told.attempt)

    async def _claim(self) -> None:
        """Say for each delivery that is due that this worker attempts it."""
        due = deliveries.due(self._state.deliveries, now=self._state.now)
        wanted = {(delivery.id, delivery.attempt + 1): None for delivery in due}
        fresh = [one for one in wanted if one not in self._claimed]
        self._claimed = set(wanted)
        for name, attempt in fresh:
            await self._put(
                Attempted(delivery=name, attempt=attempt, worker=self._worker, at=_now())
            )

    async def _send(self, ready: Sendable) -> None:
        result, reason, permanent = Result.SENT, "", False
        channel, began = ready.delivery.recipient.channel, time.monotonic()
        try:
            await self._channel(channel).send(messages.compose(ready.delivery))
        except DeliveryError as error:
            result = Result.UNKNOWN if error.doubtful else Result.FAILED
            reason, permanent = str(error), error.permanent
        except Exception as error:  # a channel's defect must show on the incident
            log.exception("delivery_broke", delivery=ready.delivery.id)
            result, reason, permanent = Result.FAILED, type(error).__name__, True
        metrics.DELIVERY_SECONDS.labels(channel, result).observe(time.monotonic() - began)
        await self._put(
            Outcome(
                delivery=ready.delivery.id, attempt=ready.attempt, result=result,
                reason=reason, permanent=permanent, at=_now(),
            )
        )  # fmt: skip

    def _channel(self, name: str) -> Channel:
        """Raises DeliveryError where it was switched off while a message waited for it."""
        if name not in self._channels:
            raise DeliveryError(f"{name}: {SWITCHED_OFF}", permanent=True)
        return self._channels[name]

    async def _put(self, item: Input) -> None:
        raw = inputs.encode(item)
        await (
            await self._app.producer.send(self._topics.incident_inputs, None, raw, 0, None, None)
        )


def _require_same(head: Head, run: Run, topic: str) -> None:
    """Inputs below the head of another log would be taken for those that were applied."""
    if head.topic and topic and head.topic != topic:
        raise LogTruncatedError(
            f"{run}: the incidents go up to offset {head.offset} of the topic {head.topic}, this "
            f"one is {topic}; it was made anew, so the incidents' changelog needs a new start too"
        )


def _require_reached(head: Head, run: Run, committed: int) -> None:
    """A worker that was overtaken wrote its head after its heir's, or the changelog lost some.

    No head at all is a state that was deleted on purpose.
    """
    if head != Head() and head.offset + 1 < committed:
        raise StaleStateError(
            f"{run}: the incidents go up to offset {head.offset}, but the inputs below {committed} "
            "were applied; a worker that was taken for dead wrote over its heir's state"
        )


def _now() -> int:
    return time.time_ns() // 1_000_000
