"""Intake: source topics in, counts and dead letters out."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import structlog
from faust.types import TP

from streams import metrics
from streams.broker.topics import MOST_SENT, Topics
from streams.columnar.fields import Ints
from streams.events import parsing
from streams.events.columns import Answers
from streams.events.deadletters import DeadLetter, Header
from streams.events.event import Rejected
from streams.intake.input import Input
from streams.intake.reading import Emission, Plan, Reading, Refusal
from streams.intake.rekeyed import RekeyedReading
from streams.intake.standing import Standing
from streams.seen import record as seen
from streams.seen.people import Seen
from streams.seen.recall import TOPIC_ID, Recall, Recollection
from streams.settings import Settings
from streams.sources.decoding import decoder
from streams.sources.origins import Carried, Origins
from streams.sources.rekeying import NOTE, RekeyChangedError
from streams.transport.chunks import StageApp, note_lost
from streams.transport.runs import ANEW, Begin, LogTruncatedError, Run
from streams.transport.sendings import Sendings
from streams.transport.wire import Records

SAMPLE = 64  # unknown fields are looked for in one of so many records
STRETCH = 4096  # records at most
EMIT_EVERY = 0.1  # seconds, of a chunk that fills
EMIT_PART = 0.1  # of the time, which encoding them takes
LONGEST_PAUSE = 1.0  # seconds, after which they are said again whatever that takes
MARK_EVERY = 1.0  # seconds, of a partition that is idle

Sending = Awaitable["asyncio.Future[Any]"]  # done once it is queued, its future once it is there

FRAME = 4096  # bytes of a record that are not its value, at most

log = structlog.get_logger(__name__)


class CountsTooLargeError(Exception):
    """A chunk has more different values than a record has room for."""


class Intake:
    """The stage of one worker.

    Attributes:
        restoring: whether what a partition has seen is being restored.

    Args:
        app: whose consumer and producer it uses.
        settings: of the installation.
        recall: makes known what the chunks before one have seen.
        clock: in seconds, which never goes back.
    """

    def __init__(
        self, app: StageApp, settings: Settings, *, recall: Recall,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._app, self._settings, self._recall, self._clock = app, settings, recall, clock
        self._topics = Topics.of(settings)
        self._sources = {self._topics.counted(source): source for source in settings.sources}
        self._decoders = {
            topic: decoder(self._topics.source(source), source, settings.intake)
            for topic, source in self._sources.items()
        }
        self._inputs: dict[TP, Input] = {}
        self._sendings = Sendings()
        self._emits_from = 0.0  # by the clock
        self.restoring = False
        # Counts of one partition must reach the log in their order, whoever sends them.
        self._sending = asyncio.Lock()

    async def take(self, run: Run) -> None:
        """Count a run and send what it led to; the broker's answers are waited for later."""
        held, whole = await self._held(run), Records.of(run.records)
        held.taking = True
        closed, sent = [], []
        async with self._sending:
            for part in self._stretches(whole.offsets):
                emissions = self._read(run, held.reading, whole[part])
                closed += emissions
                sent += [await sending for sending in self._counts(emissions)]
                sent += [await sending for sending in self._seen(run, held.begin, emissions)]
                await asyncio.sleep(0)  # so that these travel while the next ones are counted
            sent += [await sending for sending in self._letters(run, held.refused())]
            for last in closed[-1:]:
                held.close(last)
            self._sendings.add(sent, self._declaring([(run.tp, held)]))
            await self._sendings.settle()
        held.taking = False
        held.resting.interrupted()
        self._measure(run.topic, held)

    def _stretches(self, offsets: Ints) -> Iterator[slice]:
        """Counted before others have their turn; they end where chunks do."""
        grid = STRETCH - STRETCH % self._settings.intake.chunk_records or STRETCH
        edges = np.flatnonzero(np.diff(offsets // grid)) + 1
        return (slice(*both) for both in pairwise((0, *edges.tolist(), len(offsets))))

    def _read(self, run: Run, reading: Reading, records: Records) -> list[Emission]:
        early, answers, carried = reading.early, self._answers(run, records), None
        if self._sources[run.topic].rekeyed:
            carried = Carried.of(list(records.keys), records.values)
        emissions = reading.take(records.offsets, records.stamps, answers, carried)
        if reading.early > early:
            log.warning("rekeyed_out_of_order", at=str(run), records=reading.early - early)
        return emissions

    async def emit(self) -> None:
        """Send the chunks that fill, unless they were just sent; declare what has arrived."""
        async with self._sending:
            if (began := self._clock()) >= self._emits_from:
                await self._emit_grown(began)
            await self._sendings.settle()

    async def _emit_grown(self, began: float) -> None:
        """Send the chunks that have grown since the last time.

        All of a chunk is said each time, so the more fill and the longer they are, the seldomer.
        """
        grown = [
            (tp, held) for tp, held in self._inputs.items()
            if held.reading.end not in (None, held.emitted)
        ]  # fmt: skip
        emissions = [emission for _, held in grown if (emission := held.filled())]
        now = self._clock()
        self._emits_from = now + pause(now - began)
        if emissions:
            sent = [await sending for sending in self._counts(emissions)]
            self._sendings.add(sent, self._declaring(grown))

    def _declaring(self, sent: Sequence[tuple[TP, Input]]) -> Callable[[], None]:
        """What is to be declared of the partitions as they stand, once all of it is there."""
        return partial(self._declare, [(tp, held, held.at, held.standing) for tp, held in sent])

    def _declare(self, arrived: Sequence[tuple[TP, Input, int, Standing]]) -> None:
        """The commits may stand there, but of partitions that were taken away.

        Where one has come back since, another worker may have come further.
        """
        for tp, held, at, standing in arrived:
            if self._inputs.get(tp) is held:
                self._app.consumer.declare_durable(tp, at, standing.note)

    async def mark(self) -> None:
        """Say of the partitions that were idle for long enough by how much more they were.

        Not of re-keyed ones: those say so themselves, whose records come there.
        """
        mine = self._app.consumer.inputs()
        self._inputs = {tp: held for tp, held in self._inputs.items() if tp in mine}
        after = self._settings.intake.idle_after.total_seconds()
        for tp in mine:
            source = self._sources.get(tp.topic)
            if source is None or source.rekeyed:
                continue
            begin, held = self._app.consumer.begin(tp), self._inputs.get(tp)
            if begin is not None and (held is None or held.runs or held.begin != begin):
                held = self._inputs[tp] = self._begun(tp, begin)
            if held is None:
                continue
            if not await self._rests(tp, held):
                held.resting.interrupted()
            elif (idle := held.resting.due(self._clock(), after=after)) is not None:
                await self._mark(tp, held, idle=idle)

    async def _mark(self, tp: TP, held: Input, *, idle: int) -> None:
        shards = self._settings.detection.shards
        async with self._sending:
            # What others have counted meanwhile is what an idle partition lets pass.
            if not await self._rests(tp, held):
                return
            record = held.reading.mark(end=held.end, idle=idle)
            await asyncio.gather(*[await sent for sent in self._to_shards([record] * shards)])

    async def _rests(self, tp: TP, held: Input) -> bool:
        """All that was fetched is counted and sent, and there is nothing more to fetch."""
        sent = held.reading.end in (None, held.emitted)
        return sent and self._counted(tp, held) and await self._ended(tp, held)

    async def _ended(self, tp: TP, held: Input) -> bool:
        """There is nothing more to fetch, nor was anything fetched while that was asked."""
        return await self._app.consumer.caught_up(tp) and self._counted(tp, held)

    def _counted(self, tp: TP, held: Input) -> bool:
        return not held.taking and held.runs == self._app.consumer.delivered(tp)

    async def _held(self, run: Run) -> Input:
        """The partition's input; anew where a reading begins."""
        if run.begin is not None:
            begun = self._inputs[run.tp] = self._begun(run.tp, run.begin)
            if run.begin.committed is None:
                await self._require_same(run, run.begin.topic_id)
            if run.begin.committed is not None and begun.reading.watermark is not None:
                await self._remember(run, begun.reading, run.begin.committed)
        return run.following(self._inputs.get(run.tp))

    async def _require_same(self, run: Run, topic_id: str) -> None:
        """A broker forgets the commits of a topic that is deleted; the `seen` log does not."""
        topic = self._topics.seen(self._sources[run.topic])
        before = await self._recall.last_topic(topic, run.partition)
        if before and topic_id and before != topic_id:
            raise LogTruncatedError(
                f"{run}: its partition was read when the topic was {before}, now it is {topic_id}; "
                f"{ANEW}"
            )

    async def _remember(self, run: Run, reading: Reading, before: int) -> None:
        """Without a watermark there was no event before, and nothing to remember."""
        assert reading.watermark is not None
        source = self._sources[run.topic]
        recollection = Recollection(
            reading.seen, before=before, watermark=reading.watermark, reposts=reading.reposts,
            reach=reading.reach,
        )  # fmt: skip
        topic = self._topics.seen(source)
        self.restoring = True
        try:
            show = metrics.UNRECALLED.labels(run.topic).set
            await self._recall(recollection, topic, run.partition, show=show)
        finally:
            self.restoring = False

    def _begun(self, tp: TP, begin: Begin) -> Input:
        source, before = self._sources[tp.topic], self._inputs.get(tp)
        rekeys = begin.note.partition("/")[0] == NOTE  # what re-keying commits, not intake
        first = begin.committed is None
        standing = Standing(first=first) if rekeys or first else Standing.noted(begin.note)
        other = not first and source.rekeyed != bool(standing.origins)
        if rekeys or other:
            raise RekeyChangedError(
                f"{tp.topic}[{tp.partition}]: its commit does not go with sources.rekey; a source "
                "whose rekey or key changes needs another kafka.topic_prefix, or another topic"
            )
        held = self._input(tp, begin, standing)
        if not first:
            self._note_lost(tp, held, told=before is not None and before.begin == begin)
        return held

    def _input(self, tp: TP, begin: Begin, standing: Standing) -> Input:
        source = self._sources[tp.topic]
        lost = begin.earliest > (0 if standing.first else begin.committed or 0)
        partitions = self._app.consumer.topic_partitions(tp.topic) or source.partitions
        plan = Plan(self._settings, source, partitions)
        held: dict[str, Any] = {
            "first": standing.first or lost, "seen": Seen(horizon=plan.horizon),
            "watermark": standing.watermark,
        }  # fmt: skip
        at = begin.earliest if begin.committed is None else begin.committed
        if not source.rekeyed:
            return Input(Reading(plan, tp.partition, **held), begin, at, standing)
        noted = standing.origins or Origins().note()
        known = Origins.noted(noted, loose=lost)
        reading = RekeyedReading(plan, tp.partition, origins=known, **held)
        return Input(reading, begin, at, standing._replace(origins=noted))

    def _note_lost(self, tp: TP, held: Input, *, told: bool) -> None:
        """What is gone that was not counted, once: the commit says that it was told."""
        earliest, standing = held.begin.earliest, held.standing
        if (lost := earliest - max(held.at, standing.counted)) > 0:
            if not told:
                note_lost(tp, lost)
            held.standing = standing._replace(counted=earliest)
            self._app.consumer.declare_durable(tp, held.at, held.standing.note)

    def _answers(self, run: Run, records: Records) -> Answers:
        source = self._sources[run.topic]
        sample = records.values[int(-records.offsets[0] % SAMPLE) :: SAMPLE]
        for value in sample if source.map is None else ():
            for name in parsing.unknown_fields(source.stream, value):
                metrics.unknown_field(run.topic, name)
        return self._decoders[run.topic].answers(run.partition, records)

    def _letters(self, run: Run, refused: Sequence[Refusal]) -> list[Sending]:
        records = {record.offset: record for record in run.records} if refused else {}
        letters = [self._letter(run, records[r.offset], r.why) for r in refused]
        for letter in letters:
            metrics.dead_letter(run.topic, letter.why.field)
        return [self._send(self._topics.dead_letters, **letter.record()) for letter in letters]

    def _letter(self, run: Run, record: Any, why: Rejected) -> DeadLetter:
        """It names the record's place in the source; re-keying leaves nothing of its key."""
        source = self._sources[run.topic]
        if not source.rekeyed:
            return DeadLetter.of(
                run.topic, run.partition, record.offset, record.value, why,
                key=record.key, headers=record.headers,
            )  # fmt: skip
        (origin,) = Carried.of([record.key], []).origins
        place = int(origin["partition"]), int(origin["offset"])
        return DeadLetter.of(self._topics.source(source), *place, record.value, why)

    def _counts(self, emissions: Sequence[Emission]) -> list[Sending]:
        return [sent for emission in emissions for sent in self._to_shards(emission.counts)]

    def _seen(self, run: Run, begin: Begin, emissions: Sequence[Emission]) -> list[Sending]:
        topic = self._topics.seen(self._sources[run.topic])
        return [
            self._send(
                topic, key=None, value=seen.encode(one.seen), partition=run.partition,
                headers={TOPIC_ID: begin.topic_id.encode()},
            )
            for one in emissions
            if one.seen is not None
        ]  # fmt: skip

    def _to_shards(self, records: Sequence[bytes]) -> list[Sending]:
        return [
            self._send(self._topics.counts, key=None, value=record, partition=shard)
            for shard, record in enumerate(map(fitting, records))
        ]

    def _send(
        self, topic: str, *, key: bytes | None, value: bytes, partition: int | None = None,
        headers: Mapping[str, bytes] | list[Header] | None = None,
    ) -> Sending:  # fmt: skip
        pending: Sending = self._app.producer.send(topic, key, value, partition, None, headers)
        return pending

    def measure(self) -> None:
        """Show what is remembered of the partitions that this worker has at present."""
        if self.restoring:  # in a thread
            return
        for topic in self._sources:
            held = [one.reading.seen for tp, one in self._inputs.items() if tp.topic == topic]
            metrics.SEEN.labels(topic).set(sum(map(len, held)))
            metrics.SEEN_BYTES.labels(topic).set(sum(one.nbytes for one in held))

    def _measure(self, topic: str, held: Input) -> None:
        for what, n in (held.reading.tally - held.told).items():
            metrics.EVENTS.labels(topic, what).inc(n)
        held.told = Counter(held.reading.tally)


def pause(seconds: float) -> float:
    """Seconds for which chunks that fill are not said again, once they took so many to encode."""
    return min(seconds * (1.0 / EMIT_PART - 1.0), LONGEST_PAUSE)


def fitting(record: bytes) -> bytes:
    """The counts of a chunk, which must fit a message; raises CountsTooLargeError."""
    if len(record) > MOST_SENT - FRAME:
        raise CountsTooLargeError(
            f"counts of a chunk: must be at most {MOST_SENT - FRAME} bytes, got {len(record)}; "
            "take free text out of the fields of cuts, or make intake.chunk_records smaller and "
            "rebuild"
        )
    return record


def topics(settings: Settings) -> list[str]:
    """Those whose records are counted."""
    names = Topics.of(settings)
    return [names.counted(source) for source in settings.sources]
