"""Detection: counts in, signals out, state in snapshots."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import faust
import structlog
from aiokafka.errors import MessageSizeTooLargeError
from faust.types import TP

from alerts import inputs
from alerts.defects import about_batch
from alerts.inputs import SignalInput
from alerts.signal import Signal
from streams import metrics
from streams.broker import topics
from streams.broker.local import BrokerError
from streams.broker.topics import Topics
from streams.counts.cells import decode
from streams.detection import snapshots
from streams.detection.pace import Pace
from streams.detection.shards import Shard
from streams.detection.signals import encode
from streams.detection.snapshots import Place, SnapshotError, Whole
from streams.settings import Settings
from streams.transport.chunks import StageApp
from streams.transport.runs import Run

KEPT = 2  # snapshots of a shard
Clock = Callable[[], float]

log = structlog.get_logger(__name__)


class CountsHoleError(Exception):
    """Records between a shard's snapshot and what its log still holds are missing."""


class _Owned:
    """A shard this worker owns: its state below the offset `next`, in snapshots up to `held`."""

    def __init__(self, shard: Shard, following: int) -> None:
        self.shard = shard
        self.next = self.held = following
        self.runs = 0
        self.sent: list[Awaitable[Any]] = []
        self.decided: dict[str, float] = {}
        self.needed_from, self.trimmed_to = 0, 0
        self.pace = Pace()
        self._judged = shard.judged()

    def due(self, every: int, now: float) -> bool:
        """Whether a snapshot is to be written: not of what was only just restored."""
        return self.next % every == 0 and self.next > self.held and self.pace.due(now)

    def note_decisions(self, now: float) -> None:
        """Note when a bucket was last judged, by stream; `now` is epoch seconds."""
        before, self._judged = self._judged, self.shard.judged()
        for stream, bucket in self._judged.items():
            if bucket != before.get(stream):
                self.decided[stream] = now


class Detection:
    """The stage of one worker.

    Args:
        app: whose consumer and producer it uses.
        settings: of the installation.
        table: the snapshots, as its changelog has restored them.
        delete: counts of shards below their offsets; may take a while and raise BrokerError.
        now: seconds of a clock that never goes back.
        spent: processor seconds.
    """

    def __init__(
        self, app: StageApp, settings: Settings, table: faust.Table, *,
        delete: Callable[[Mapping[int, int]], None], now: Clock = time.monotonic,
        spent: Clock = time.thread_time,
    ) -> None:  # fmt: skip
        self._app, self._settings, self._table = app, settings, table
        self._delete, self._now, self._spent = delete, now, spent
        self._topics = Topics.of(settings)
        self._owned: dict[int, _Owned] = {}

    async def take(self, run: Run) -> None:
        """Apply a run of counts; returns when the signals it led to are acknowledged."""
        owned = await self._own(run)
        for record in run.records:
            if record.offset < owned.next:
                continue
            if record.offset > owned.next:
                raise CountsHoleError(
                    f"{run.topic}[{run.partition}]: the next record must be {owned.next}, "
                    f"got {record.offset}"
                )
            if owned.due(self._settings.detection.snapshot_every, self._now()):
                await self._snapshot(run, owned)
            began = self._spent()
            counts = decode(record.value)
            if counts.closed and counts.untold:
                log.error("triggers_untold", chunk=f"{counts.topic}[{counts.partition}] "
                          f"{counts.start}", untold=counts.untold)  # fmt: skip
            for signal in owned.shard.apply(counts):
                owned.sent += self._send_signal(signal)
            owned.pace = owned.pace.worked(self._spent() - began)
            owned.next += 1
        await self._acknowledged(owned)
        owned.note_decisions(time.time())

    def reads_from(self, tp: TP) -> int | None:
        """Where its counts must be read from, even if more is committed; None: from the commit."""
        with suppress(SnapshotError):  # said by name where it is restored
            if whole := snapshots.newest_whole(self._table.data, tp.partition):
                return whole.offset
        return None

    async def _own(self, run: Run) -> _Owned:
        """The shard's state; restored where a reading begins."""
        if run.begin is not None:
            self._owned[run.partition] = await self._restored(run.partition, run.begin.earliest)
        return run.following(self._owned.get(run.partition))

    async def _restored(self, number: int, earliest: int) -> _Owned:
        shard = Shard(self._settings, number)
        whole = snapshots.newest_whole(self._table.data, number)
        if whole is None:
            if earliest > 0:
                raise CountsHoleError(
                    f"shard {number}: has no snapshot, and its counts begin at {earliest}, not 0"
                )
            return _Owned(shard, 0)
        if whole.passed_over:
            await self._give_up(number, whole)
        self._empty(number, whole.offset)
        shard.restore(whole.frozen)
        log.info("shard_restored", shard=number, offset=whole.offset, series=shard.series())
        return _Owned(shard, whole.offset)

    async def _give_up(self, number: int, whole: Whole) -> None:
        """Delete the torn snapshots, lest one is counted among those that are kept."""
        for torn in whole.passed_over:
            log.error("snapshot_passed_over", why=str(torn), goes_on_from=whole.offset)
            metrics.SNAPSHOTS_PASSED_OVER.labels(number).inc()
        torn_keys = snapshots.beyond(self._table.data, number, whole.offset)
        await self._delete_records(number, torn_keys)

    async def _snapshot(self, run: Run, owned: _Owned) -> None:
        """All signals below E, then the slices, then the marker; the commit follows that alone."""
        began, before = time.monotonic(), self._spent()
        await self._acknowledged(owned)
        records = snapshots.records(run.partition, owned.next, owned.shard.packed())
        await self._send(run.partition, records)
        owned.held = owned.next
        self._hold(run.partition, owned)
        self._app.consumer.declare_durable(run.tp, owned.next)
        metrics.SNAPSHOT_SECONDS.labels(run.partition).observe(time.monotonic() - began)
        needed = snapshots.needed_from(self._table.data, run.partition, kept=KEPT)
        old = snapshots.outdated(self._table.data, run.partition, keep_from=needed)
        await self._delete_records(run.partition, old)
        owned.needed_from = needed
        owned.pace = Pace(cost=self._spent() - before, written=self._now())

    def _hold(self, number: int, owned: _Owned) -> None:
        """Its newest snapshot in memory alone; made anew, so that there are never two of them."""
        self._empty(number, owned.next)
        held = snapshots.sliced(number, owned.next, owned.shard.snapshot())
        self._table.data.update(held)
        metrics.SNAPSHOT_BYTES.labels(number).inc(sum(map(len, held.values())))

    def _empty(self, number: int, whole: int) -> None:
        """Hold no slices in memory below a snapshot that is whole; the changelog keeps them."""
        for key in snapshots.superseded(self._table.data, number, offset=whole):
            self._table.data[key] = b""

    async def trim(self) -> None:
        """Delete the counts below the older snapshot of each shard; no restart reads them."""
        mine = {tp.partition for tp in self._app.consumer.assignment()}
        due = [
            (shard, owned, owned.needed_from)
            for shard, owned in self._owned.items()
            if shard in mine and owned.needed_from > owned.trimmed_to
        ]
        if not due:
            return
        try:
            await asyncio.to_thread(self._delete, {shard: offset for shard, _, offset in due})
        except BrokerError as failure:  # they only take room: the next time will do
            log.warning("counts_not_trimmed", why=str(failure))
            return
        for _, owned, offset in due:
            owned.trimmed_to = offset

    async def _delete_records(self, number: int, keys: Iterable[bytes]) -> None:
        """From the changelog, then from memory."""
        records = dict.fromkeys(keys)
        await self._send(number, records.items())
        for key in records:
            self._table.data.pop(key, None)

    async def _send(self, number: int, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """To the changelog, a marker after all before it; returns when the broker has them."""
        changelog, pending = self._table.changelog_topic_name, list[Awaitable[Any]]()
        try:
            for key, value in records:
                if Place.of(key).number is None:
                    await asyncio.gather(*pending)
                send = self._app.producer.send(changelog, key, value, number, None, None)
                pending.append(await send)
            await asyncio.gather(*pending)
        except MessageSizeTooLargeError:
            raise SnapshotError(
                f"{changelog}: max.message.bytes of the topic and message.max.bytes of the broker "
                f"must be at least {topics.MIB}, the broker refused less"
            ) from None

    def _send_signal(self, signal: Signal) -> list[Awaitable[Any]]:
        metrics.SIGNALS.labels(signal.kind, signal.state).inc()
        send, key = self._app.producer.send, signal.id.encode()
        wanted = [send(self._topics.signals, key, encode(signal), None, None, None)]
        if (defect := about_batch(signal)) is not None:
            topic, value = self._topics.defect_batch_signals, encode(defect)
            wanted.append(send(topic, key, value, None, None, None))
        item = inputs.encode(SignalInput(signal))
        return [*wanted, send(self._topics.incident_inputs, None, item, 0, None, None)]

    async def _acknowledged(self, owned: _Owned) -> None:
        sent, owned.sent = owned.sent, []
        await asyncio.gather(*[await pending for pending in sent])

    def measure(self) -> None:
        """Show the shards that this worker owns at present."""
        mine = {tp.partition for tp in self._app.consumer.assignment()}
        owned = {number: held for number, held in self._owned.items() if number in mine}
        for gauge in (metrics.SERIES, metrics.RETIRED, metrics.SERIES_BOUND, metrics.PLACES,
                      metrics.BUDGETED_PLACES, metrics.REFUSED, metrics.LATE_AT_DETECTION,
                      metrics.WATERMARK, metrics.DECIDED, metrics.SILENT):  # fmt: skip
            gauge.clear()
        for number, held in owned.items():
            metrics.SERIES.labels(number).set(held.shard.series())
            metrics.RETIRED.labels(number).set(held.shard.retired)
            metrics.SERIES_BOUND.labels(number).set(held.shard.fullness)
            metrics.PLACES.labels(number).set(held.shard.places())
            metrics.BUDGETED_PLACES.labels(number).set(self._settings.detection.series)
            for (stream, cut), people in held.shard.refused.items():
                metrics.REFUSED.labels(number, stream, cut).set(people)
            metrics.LATE_AT_DETECTION.labels(number).set(held.shard.late_at_detection)
            for stream, silent in held.shard.silent().items():  # all shards judge all feeds
                metrics.SILENT.labels(stream).set(silent)
        for stream, passed in _furthest_behind([o.shard.passed() for o in owned.values()]).items():
            metrics.WATERMARK.labels(stream).set(passed)
        for stream, decided in _furthest_behind([o.decided for o in owned.values()]).items():
            metrics.DECIDED.labels(stream).set(decided)


def _furthest_behind(times: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """By stream the least of the times."""
    least: dict[str, float] = {}
    for by_stream in times:
        for stream, moment in by_stream.items():
            least[stream] = min(moment, least.get(stream, moment))
    return least
