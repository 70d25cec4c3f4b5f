"""What a partition had seen when its reading begins, restored from its `seen` log."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

import numpy as np
import structlog
from aiokafka.structs import TopicPartition

from detectors.text.reposts.reposts import Reposts
from streams.broker import clients
from streams.broker.topics import WAITING
from streams.columnar.digests import Hashes
from streams.seen.originals import Chain
from streams.seen.people import Seen
from streams.seen.record import SeenChunk, decode, unpacked
from streams.settings import Kafka

AT_ONCE = 1 << 20
RECORDS = 500
FETCH = 16 << 20  # bytes
AWAY = 300.0  # seconds that the broker may be
TOPIC_ID = "topic-id"  # header of a record: of the source's topic, as the broker names it
MARGIN = 3_600_000  # ms; by how much an event may be ahead of the moment at which it is met
KEPT = WAITING // timedelta(milliseconds=1)  # at least; what is known is kept for longer

log = structlog.get_logger(__name__)


class SeenLostError(Exception):
    """The log has lost what was seen before: ids and people from then would count again."""


class Recollection:
    """Makes known what was new in the chunks before one.

    The commit passes a chunk once what it has seen is in the log, so the one before the first
    to be read is there, or was deleted in its time.

    Args:
        seen: where it is made known.
        before: the first chunk to be read; those from there on must not meet their own ids.
        watermark: of the partition (ms) at its start; a chunk that is ahead of it is of a topic
            that had this name before.
        reach: milliseconds of the watermark that what is known goes back at most; None: for ever.
        reposts: where the originals among its posts are made known; None: of posts only.
        at_once: so many hashes are made known together.
    """

    def __init__(
        self, seen: Seen, *, before: int, watermark: int, reach: int | None = None,
        reposts: Reposts | None = None, at_once: int = AT_ONCE,
    ) -> None:  # fmt: skip
        self.since = None if reach is None else watermark - reach
        self._seen, self._before, self._watermark = seen, before, watermark
        self._chain = None if reposts is None else Chain(reposts, before=before)
        self._at_once = at_once
        self._waiting: dict[int, list[Hashes]] = defaultdict(list)
        self._size = 0
        self._joins = self._older = False

    def take(self, chunks: Iterable[SeenChunk]) -> None:
        before = list(filter(self._matters, chunks))
        for chunk in before:
            self._take_keys(chunk)
            self._joins |= chunk.to == self._before
            self._older |= chunk.to < self._before
        if self._chain is not None:
            self._chain.take(before)

    def _take_keys(self, chunk: SeenChunk) -> None:
        for moment, hashes in chain(chunk.ids.items(), chunk.people.items()):
            if self._seen.outlives(moment, self._watermark):
                self._waiting[moment].append(unpacked(hashes))
                self._size += len(self._waiting[moment][-1])
        if self._size > self._at_once:
            self._know()

    def _matters(self, chunk: SeenChunk) -> bool:
        """Any chunk with an event has a watermark."""
        ahead = chunk.watermark is not None and chunk.watermark > self._watermark
        return chunk.first < self._before and not ahead

    def is_past(self, chunk: SeenChunk) -> bool:
        """Whether neither the chunk nor any before it adds to what is known."""
        return (
            self.since is not None and chunk.watermark is not None and chunk.watermark < self.since
        )

    def require_joined(self, place: str, *, begins: int, now: int) -> None:
        """Raise SeenLostError where the chunk before is gone, and not by the log's retention.

        That deletes the oldest first, and nothing before it has waited for as long as a source's
        records may.

        Args:
            place: the log and its partition, as the error names them.
            begins: the first offset of the log; 0 where nothing of it was ever deleted.
            now: ms.
        """
        expired = begins > 0 and not self._older and self._watermark < now - KEPT
        if not (self._joins or expired):
            raise SeenLostError(
                f"{place}: what was seen in the chunk before {self._before} is not there; ids and "
                "people from before would count again"
            )

    def finish(self) -> None:
        """Make known what was taken."""
        self._know()
        if self._chain is not None:
            self._chain.restore()

    def _know(self) -> None:
        for moment in sorted(self._waiting):
            self._seen.remember(moment, np.concatenate(self._waiting[moment]))
        self._waiting.clear()
        self._size = 0

    @property
    def keys(self) -> int:
        """How many are known."""
        return len(self._seen)


@dataclass(frozen=True)
class Recall:
    """Reads the `seen` logs on a broker."""

    kafka: Kafka
    bootstrap: str

    async def __call__(
        self, recollection: Recollection, topic: str, partition: int, *,
        show: Callable[[int], None],
    ) -> None:  # fmt: skip
        """Read a partition's log; `show` is told how many records are still to be read.

        Raises SeenLostError where it has lost what was committed.
        """
        began, tp = time.monotonic(), TopicPartition(topic, partition)
        async with self._connected() as consumer:
            await _read(consumer, tp, recollection, show)
            begins = (await consumer.beginning_offsets([tp]))[tp]
        now = int(time.time() * 1000)
        recollection.require_joined(f"{topic}[{partition}]", begins=begins, now=now)
        log.info(
            "seen_restored", topic=topic, partition=partition, keys=recollection.keys,
            seconds=round(time.monotonic() - began, 3),
        )  # fmt: skip

    async def last_topic(self, topic: str, partition: int) -> str:
        """The id of the topic that the log's last record is about; empty where it is not said."""
        tp = TopicPartition(topic, partition)
        async with self._connected() as consumer:
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            if not end:
                return ""
            consumer.seek(tp, end - 1)
            while not (fetched := await consumer.getmany(tp, timeout_ms=clients.PATIENCE)):
                if (await consumer.beginning_offsets([tp]))[tp] >= end:
                    return ""
        held: dict[str, bytes] = dict(fetched[tp][-1].headers)
        return held.get(TOPIC_ID, b"").decode()

    def _connected(self) -> AbstractAsyncContextManager[Any]:
        return clients.reader(
            self.kafka, self.bootstrap, away=AWAY,
            fetch_max_bytes=FETCH, max_partition_fetch_bytes=FETCH,
        )  # fmt: skip


async def _read(
    consumer: Any, tp: TopicPartition, recollection: Recollection, show: Callable[[int], None]
) -> None:
    consumer.assign([tp])
    consumer.seek(tp, await _start(consumer, tp, recollection))
    end = (await consumer.end_offsets([tp]))[tp]
    while (left := end - await consumer.position(tp)) > 0:
        show(left)
        fetched = await consumer.getmany(tp, timeout_ms=clients.PATIENCE, max_records=RECORDS)
        records = [decode(record.value) for found in fetched.values() for record in found]
        await asyncio.to_thread(recollection.take, records)
    await asyncio.to_thread(recollection.finish)
    show(0)


async def _start(consumer: Any, tp: TopicPartition, recollection: Recollection) -> int:
    """An offset that nothing of the reach lies before; the log's beginning where none is sure.

    A record is written after its events are met, so as a rule the moment of its writing is above
    its watermark. Where clocks are wrong it is not; so the record found says it by itself.
    """
    beginning = int((await consumer.beginning_offsets([tp]))[tp])
    if recollection.since is None or recollection.since < MARGIN:
        return beginning
    found = (await consumer.offsets_for_times({tp: recollection.since - MARGIN}))[tp]
    if found is None or found.offset <= beginning:
        return beginning
    consumer.seek(tp, found.offset)
    fetched = await consumer.getmany(tp, timeout_ms=clients.PATIENCE, max_records=1)
    sure = any(recollection.is_past(decode(one.value)) for one in fetched.get(tp, ()))
    return int(found.offset) if sure else beginning
