"""On a real broker: a worker that stood still in the middle of writing, and its heir."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams.broker import topics
from streams.broker.local import Broker
from streams.broker.topics import Role, Topics, group
from streams.response.books import Books
from streams.settings import Kafka, Settings
from streams.transport.pen import Pen, Record, SupersededError
from tests.kafka.reader import Reader


class Freezing:
    """A producer that stands still between its last record and the commit."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.send, self.stop = producer.send, producer.stop
        self.frozen, self.thawed = asyncio.Event(), asyncio.Event()
        self._producer: Any = producer

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        async with self._producer.transaction():
            yield
            self.frozen.set()
            await self.thawed.wait()


async def test_what_a_worker_writes_after_its_heir_took_over_is_never_read(
    broker: Broker, topic_prefix: str
) -> None:
    settings = Settings(kafka=Kafka(topic_prefix=topic_prefix))
    await asyncio.to_thread(topics.create, settings, broker.bootstrap)
    incidents = Topics.of(settings).incidents
    heir = Books(settings, broker.bootstrap)

    def page(by: str) -> list[Record]:
        row = Record(heir.changelog, b"row", by.encode())
        return [row, Record(incidents, by.encode(), by.encode())]

    name = group(settings, Role.RESPONSE)
    before = await Pen.taken_up(name, settings.kafka, broker.bootstrap)
    await before.write([*page("before"), Record(heir.changelog, b"gone", b"x")])
    await before.write([Record(heir.changelog, b"gone", None)])
    freezing = Freezing(AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=name))
    await freezing._producer.start()
    frozen = Pen(freezing, name)
    writing = asyncio.create_task(frozen.write(page("frozen")))
    await freezing.frozen.wait()
    await heir.take_over()
    assert await heir.rows() == {b"row": b"before"}
    await heir.pen.write(page("heir"))
    freezing.thawed.set()
    with pytest.raises(SupersededError, match="another worker writes by now"):
        await writing
    for pen in (frozen, before):
        with pytest.raises(SupersededError, match="another worker writes by now"):
            await pen.write(page("late"))
    assert await heir.rows() == {b"row": b"heir"}
    reader = Reader(broker.bootstrap)
    assert [one.value for one in reader.topic(incidents)] == [b"before", b"heir"]
    reader.close()
    for pen in (before, frozen):
        await pen.put_down()
    await heir.leave()
    with pytest.raises(SupersededError, match="left"):
        await heir.pen.write([])
