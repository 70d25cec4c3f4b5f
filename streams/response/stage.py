"""Response: the one ordered log of inputs in, incidents and deliveries out."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import structlog
from faust.types import TP

from alerts import deliveries, inputs, top
from alerts.channels import Channel
from alerts.colour import Colour
from alerts.deliveries import DeliveryLine, Recipient
from alerts.incident import IncidentLine
from alerts.inputs import Attempted, ForeignInputError, Input, Tick
from alerts.lifecycle import Incidents
from alerts.signal import Signal
from streams import metrics
from streams.broker.local import BrokerError
from streams.broker.topics import Topics
from streams.response.courier import Courier
from streams.response.rows import Head, changed, head_of, restored
from streams.response.turn import Turn
from streams.settings import Settings
from streams.transport.chunks import StageApp
from streams.transport.pen import Record, SupersededError
from streams.transport.runs import LogTruncatedError, Run

STRETCH = 500  # inputs that are written as one

log = structlog.get_logger(__name__)


class StaleStateError(Exception):
    """The rows are of an earlier time than the commit."""


class Writing(Protocol):
    """A pen that others may take up (`streams.transport.pen.Pen`)."""

    async def write(self, records: Iterable[Record]) -> None: ...


class State(Protocol):
    """Where the rows lie (`streams.response.books.Books`)."""

    @property
    def changelog(self) -> str: ...
    @property
    def pen(self) -> Writing: ...
    async def rows(self) -> Mapping[bytes, bytes]: ...


class Response:
    """The stage of one worker; the one that owns the log's only partition is active.

    Args:
        app: whose consumer and producer it uses.
        settings: of the installation.
        books: where its state lies; taken over before a reading begins.
        channels: by the name of the recipient.
        recipients: who is told, each by its channel.
        worker: names this start of this process.
        clock: epoch milliseconds.
        retire: the inputs below an offset; may take a while and raise BrokerError.
    """

    def __init__(
        self, app: StageApp, settings: Settings, books: State, *,
        channels: Mapping[str, Channel], recipients: Sequence[Recipient], worker: str,
        clock: Callable[[], int], retire: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._app, self._settings, self._books = app, settings, books
        self._topics = Topics.of(settings)
        self._recipients, self._worker = recipients, worker
        self._courier = Courier(channels, self._put, clock)
        self._clock, self._retire = clock, retire
        self._state, self._runs, self._topic_id = Incidents(), -1, ""
        self._pen: Writing | None = None
        self._claimed: set[tuple[str, int]] = set()
        self.restoring = False

    async def take(self, run: Run) -> None:
        """Apply a run of inputs, a stretch at a time: all that one leads to is written, or nothing.

        What somebody else wrote is passed over. Raises UnreadableInputError on what a newer
        version wrote, or detection of tomorrow would be unheard while response is of today.
        A worker whose reading is over ends quietly, one that was taken for dead and does not know
        it yet by SupersededError.
        """
        try:
            await self._begin(run)
            for first in range(0, len(run.records), STRETCH):
                if self._app.consumer.overtaken(run):
                    return
                await self._apply(run, run.records[first : first + STRETCH])
        except SupersededError:
            if not (self._app.consumer.overtaken(run) or self._app.should_stop):
                raise

    async def _begin(self, run: Run) -> None:
        """The state as it was kept, where a reading begins; what was claimed may be lost there."""
        if run.begin is not None:
            self._topic_id, self._pen = run.begin.topic_id, self._books.pen
            rows = await self._restored()
            head = head_of(rows)
            _require_same(head, run, self._topic_id)
            _require_reached(head, run, run.begin.committed or 0)
            self._state, self._claimed = restored(rows), set()
            self._runs = 0
        run.require_number(self._runs)
        self._runs += 1

    async def _restored(self) -> Mapping[bytes, bytes]:
        self.restoring = True
        try:
            return await self._books.rows()
        finally:
            self.restoring = False

    async def tick(self) -> None:
        """Put the time into the log, if this worker is the active one."""
        if self._active:
            await self._put(Tick(at=self._clock()))

    async def trim(self) -> None:
        """Delete inputs whose time is over and that the rows hold, if this worker is active."""
        if not self._active or self._state.offset < 0:
            return
        try:
            await asyncio.to_thread(self._retire, self._state.offset + 1)
        except BrokerError as failure:  # the next time will do
            log.warning("inputs_not_trimmed", why=str(failure))

    def measure(self) -> None:
        """Show the incidents and deliveries, if this worker is the active one."""
        for gauge in (metrics.OPEN, metrics.PENDING):
            gauge.clear()
        state = self._state if self._active else Incidents()
        metrics.show_top(top.scopes(state.incidents.values()))
        if self._active:
            held = Counter(i.colour for i in state.incidents.values() if i.open)
            waiting = Counter(d.recipient.name for d in state.deliveries.values())
            for colour in Colour:
                metrics.OPEN.labels(colour).set(held[colour])
            for recipient in self._recipients:
                metrics.PENDING.labels(recipient.name).set(waiting[recipient.name])

    @property
    def _active(self) -> bool:
        return TP(self._topics.incident_inputs, 0) in self._app.consumer.assignment()

    async def _apply(self, run: Run, records: Sequence[Any]) -> None:
        turn, began = Turn(self._state, self._recipients), self._clock()
        try:
            for record in records:
                self._read(turn, record, run.topic)
        finally:  # what comes before an input that cannot be read does not wait for it
            if turn.following is not None:
                await self._keep(turn)
                self._app.consumer.declare_durable(run.tp, turn.following)
        for delivery in turn.attempts(self._worker):
            self._courier.set_out(delivery, began)

    def _read(self, turn: Turn, record: Any, topic: str) -> None:
        try:
            turn.apply(inputs.decode(record.value), record.offset)
        except ForeignInputError as foreign:
            metrics.FOREIGN.labels(topic).inc()
            log.warning("input_passed_over", offset=record.offset, why=str(foreign))
            turn.pass_over(record.offset)

    async def _keep(self, turn: Turn) -> None:
        """The rows, what is told of them, and what is attempted next: all of it or nothing."""
        assert self._pen is not None
        claims = self._claims(turn.after)
        if records := [*self._lines(turn), *self._rows(turn), *map(self._input, claims)]:
            await self._pen.write(records)
        self._state = turn.after
        for change in turn.incidents:
            metrics.INCIDENTS.labels(change.state, change.colour).inc()
        for told in turn.deliveries:
            metrics.DELIVERIES.labels(told.recipient, told.state).inc()

    def _lines(self, turn: Turn) -> Iterator[Record]:
        for change in turn.incidents:
            yield _line(self._topics.incidents, change)
        for told in turn.deliveries:
            yield _line(self._topics.notifications, told)
        for signal in turn.signals:
            yield _line(self._topics.signals, signal)

    def _rows(self, turn: Turn) -> Iterator[Record]:
        if turn.changed:
            rows = changed(turn.before, turn.after, topic=self._topic_id)
            yield from (Record(self._books.changelog, key, row) for key, row in rows.items())

    def _input(self, item: Input) -> Record:
        return Record(self._topics.incident_inputs, None, inputs.encode(item))

    def _claims(self, state: Incidents) -> list[Attempted]:
        """That this worker attempts each delivery that is due, once for each try."""
        due = deliveries.due(state.deliveries, now=state.now)
        wanted = {(delivery.id, delivery.attempt + 1): None for delivery in due}
        fresh = [one for one in wanted if one not in self._claimed]
        self._claimed = set(wanted)
        return [
            Attempted(delivery=name, attempt=attempt, worker=self._worker, at=self._clock())
            for name, attempt in fresh
        ]

    async def _put(self, item: Input) -> None:
        """Without the pen: what time it is, and what was sent, holds whoever says it."""
        topic, _, raw = self._input(item)
        await (await self._app.producer.send(topic, None, raw, 0, None, None))


def _line(topic: str, line: IncidentLine | DeliveryLine | Signal) -> Record:
    return Record(topic, line.id.encode(), msgspec.json.encode(line))


def _require_same(head: Head, run: Run, topic: str) -> None:
    """Inputs below the head of another log would be taken for those that were applied."""
    if head.topic and topic and head.topic != topic:
        raise LogTruncatedError(
            f"{run}: the incidents go up to offset {head.offset} of the topic {head.topic}, this "
            f"one is {topic}; it was made anew, so the incidents' changelog needs a new start too"
        )


def _require_reached(head: Head, run: Run, committed: int) -> None:
    """The changelog has lost some, or was written by a version without a pen.

    No head at all is a state that was deleted on purpose.
    """
    if head != Head() and head.offset + 1 < committed:
        raise StaleStateError(
            f"{run}: the incidents go up to offset {head.offset}, but the inputs below {committed} "
            "were applied; the changelog has lost what came after"
        )
