"""What intake says of idle partitions leaves alone those that are being read meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from faust.types import TP

from streams.broker.topics import Topics
from streams.intake.stage import Intake
from streams.transport.runs import Begin, Run
from streams.transport.wire import Record
from tests.streams.logs import settings

SETTINGS = settings(partitions=2)
FIRST, SECOND = (TP(Topics.of(SETTINGS).counted(SETTINGS.sources[0]), n) for n in range(2))
BEGIN = Begin(None, "", 0)


async def _nothing() -> None:
    """Nobody asks meanwhile."""


class Broker:
    """Consumer and producer of a worker whose two partitions are new to it.

    Attributes:
        asked: done while it answers whether the first partition is read to its end.
    """

    def __init__(self) -> None:
        self.consumer = self.producer = self
        self.begins: dict[TP, Begin | None] = {FIRST: BEGIN, SECOND: BEGIN}
        self.sent: list[str] = []
        self.asked: Callable[[], Awaitable[None]] = _nothing

    def inputs(self) -> set[TP]:
        return set(self.begins)

    def begin(self, tp: TP) -> Begin | None:
        return self.begins[tp]

    def topic_partitions(self, _: str) -> int:
        return 2

    def delivered(self, tp: TP) -> int:
        return 0 if self.begins[tp] else 1

    async def caught_up(self, tp: TP) -> bool:
        if tp == FIRST:
            await self.asked()
        return True

    async def send(self, topic: str, *_: Any) -> "asyncio.Future[None]":
        self.sent.append(topic)
        there: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        there.set_result(None)
        return there

    def declare_durable(self, *_: Any) -> None:
        """Nothing is committed here."""

    def run(self, number: int) -> Run:
        """Of the second partition, one record a run."""
        begin, self.begins[SECOND] = self.begins[SECOND], None
        record = Record(number, 1_700_000_000_000, None, b"{}")
        return Run(SECOND.topic, SECOND.partition, [record], begin, number)


class Recalling:
    """Of partitions of which nothing was seen yet."""

    async def last_topic(self, *_: Any) -> str:
        return ""


async def test_a_partition_whose_first_run_comes_while_another_is_asked_for_goes_on() -> None:
    broker, recalling = Broker(), Recalling()
    app: Any = broker
    recall: Any = recalling
    intake = Intake(app, SETTINGS, recall=recall)

    async def first_run() -> None:
        await intake.take(broker.run(0))

    broker.asked = first_run
    await intake.mark()
    await intake.take(broker.run(1))
    letters = [topic for topic in broker.sent if topic == Topics.of(SETTINGS).dead_letters]
    assert len(letters) == 2
