"""Re-keying: records whose key is not the person, or the root post, go on under one that is.

A stage within intake. It has no state but the watermark of each partition, which stands in the
commit; what it sends again after a crash the reader knows by its origin (`origins.py`).
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import structlog
from faust.types import TP

from streams.broker.topics import Topics
from streams.settings import Settings
from streams.sources import origins
from streams.sources.carrier import NOWHERE, Carrier
from streams.sources.decoding import Decoder
from streams.sources.origins import Word
from streams.transport.chunks import StageApp, note_lost
from streams.transport.resting import Resting
from streams.transport.runs import Begin, Run
from streams.transport.sendings import Sendings
from streams.transport.wire import Records

STRETCH = 4096  # records of a run that go on together
TELL_EVERY = 0.25  # seconds, that words may lag behind the records
NOTE = "rekeyed"  # begins the note of a commit, so that no other way of reading goes on from it

log = structlog.get_logger(__name__)


class RekeyChangedError(Exception):
    """A source was read in another way before."""


@dataclass
class _Origin:
    """What the worker holds of a partition: its reading, and the last that is acknowledged."""

    carrier: Carrier
    begin: Begin
    said: Word
    told: Word | None = None
    runs: int = 0
    resting: Resting = field(default_factory=Resting)

    @property
    def settled(self) -> bool:
        """All that was read is acknowledged, and told."""
        return self.carrier.end == self.said.end and self.said == self.told


class Rekeying:
    """The stage of one worker.

    Args:
        app: whose consumer and producer it uses.
        settings: of the installation.
    """

    def __init__(self, app: StageApp, settings: Settings) -> None:
        self._app, self._topics = app, Topics.of(settings)
        self._after = settings.intake.idle_after.total_seconds()
        self._sources = {
            self._topics.source(source): source for source in settings.sources if source.rekeyed
        }
        self._decoders = {
            topic: Decoder(topic, source, settings.intake)
            for topic, source in self._sources.items()
        }
        self._inputs: dict[TP, _Origin] = {}
        self._sendings = Sendings()
        # A word must not overtake the records that it speaks of.
        self._sending = asyncio.Lock()

    @property
    def topics(self) -> list[str]:
        """Those it reads."""
        return list(self._sources)

    async def take(self, run: Run) -> None:
        """Send a run's records on; the broker's answers are waited for later."""
        whole = Records.of(run.records)
        async with self._sending:
            held = self._held(run)
            for at in range(0, len(whole), STRETCH):
                records = whole[at : at + STRETCH]
                answers = self._decoders[run.topic].answers(run.partition, records)
                onward = held.carrier.take(records.offsets, records.stamps, answers)
                names = origins.keys(onward.origins)
                sent: list[Any] = []
                for number in np.unique(onward.partitions[onward.partitions != NOWHERE]).tolist():
                    places = np.flatnonzero(onward.partitions == number).tolist()
                    carried = [(names[n], records[n].value) for n in places]
                    sent += await self._send(run.topic, number, carried)
                self._sendings.add(sent, partial(self._arrived, run.tp, held, held.carrier.word()))
                await self._sendings.settle()
        held.resting.interrupted()

    async def tell(self) -> None:
        """Say how far the partitions have come whose word is news, to all they go on to."""
        async with self._sending:
            await self._sendings.settle()
            self._look()
            news = {tp: one for tp, one in self._inputs.items() if one.said != one.told}
            for held in news.values():
                held.told = held.said
            await self._say({tp: held.said for tp, held in news.items()})

    async def mark(self) -> None:
        """Say of the partitions that were idle for long enough by how much more they were."""
        words = dict[TP, Word]()
        async with self._sending:
            for tp, held in list(self._inputs.items()):
                if not await self._rests(tp, held):
                    held.resting.interrupted()
                elif (idle := held.resting.due(time.monotonic(), after=self._after)) is not None:
                    words[tp] = held.carrier.word(idle=idle)
            await self._say(words)

    def _arrived(self, tp: TP, held: _Origin, word: Word) -> None:
        """The commit may pass what has arrived, unless the partition was taken away."""
        if self._inputs.get(tp) is held:
            held.said = word
            mark = "" if word.watermark is None else word.watermark
            self._app.consumer.declare_durable(tp, word.end, f"{NOTE}/{mark}")

    def _look(self) -> None:
        """Take up the partitions that have no first run yet, and leave those taken away."""
        mine = self._app.consumer.inputs()
        self._inputs = {tp: held for tp, held in self._inputs.items() if tp in mine}
        for tp in mine:
            begin, held = self._app.consumer.begin(tp), self._inputs.get(tp)
            if (
                tp.topic in self._sources
                and begin is not None
                and (held is None or held.runs or held.begin != begin)
            ):
                self._inputs[tp] = self._begun(tp, begin)

    def _held(self, run: Run) -> _Origin:
        if run.begin is not None:
            self._inputs[run.tp] = self._begun(run.tp, run.begin)
        return run.following(self._inputs.get(run.tp))

    def _begun(self, tp: TP, begin: Begin) -> _Origin:
        source, before = self._sources[tp.topic], self._inputs.get(tp)
        name, _, mark = begin.note.partition("/")
        if begin.committed is not None and name != NOTE:
            raise RekeyChangedError(
                f"{tp.topic}[{tp.partition}]: was not re-keyed before; a source whose rekey or key "
                "changes needs another kafka.topic_prefix, or another topic"
            )
        if begin.committed is not None and begin.lost and (before is None or before.begin != begin):
            note_lost(tp, begin.lost)
            self._app.consumer.declare_durable(tp, begin.first, f"{NOTE}/{mark}")
        carrier = Carrier(
            source, tp.partition, topic_id=origins.short(begin.topic_id),
            partitions=self._app.consumer.topic_partitions(tp.topic) or source.partitions,
            end=begin.first,
            watermark=int(mark) if mark else None,
        )  # fmt: skip
        return _Origin(carrier, begin, carrier.word())

    async def _rests(self, tp: TP, held: _Origin) -> bool:
        """All that was fetched went on, and there is nothing more to fetch."""
        consumer = self._app.consumer
        done = held.settled and held.runs == consumer.delivered(tp)
        return done and await consumer.caught_up(tp) and held.runs == consumer.delivered(tp)

    async def _say(self, words: dict[TP, Word]) -> None:
        sent: list[Any] = []
        for topic, source in self._sources.items():
            said = [(None, origins.encode(word)) for tp, word in words.items() if tp.topic == topic]
            for number in range(source.partitions if said else 0):
                sent += await self._send(topic, number, said)
        if sent:
            self._sendings.add(sent)
            await self._sendings.settle()

    async def _send(
        self, topic: str, partition: int, records: Sequence[tuple[bytes | None, bytes | None]]
    ) -> list[Any]:
        onto = self._topics.rekeyed(self._sources[topic])
        futures: list[Any] = await self._app.producer.send_batches(onto, partition, records)
        return futures
