"""What a partition has seen is read back from where it may still matter, not from the beginning."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from streams.broker.local import Broker
from streams.columnar.digests import digests
from streams.seen import record as seen
from streams.seen.people import Seen
from streams.seen.recall import MARGIN, Recall, Recollection
from streams.seen.record import SeenChunk, packed
from streams.settings import Kafka

HOUR = 3_600_000
START = 1_704_067_200_000
HORIZON = 7 * HOUR
CHUNKS = 40  # one an hour


def chunk(hour: int, watermark: int) -> SeenChunk:
    ids = {watermark: packed(digests([f"id-{hour}"], 0))}
    return SeenChunk(hour * 10, hour * 10 + 10, watermark, ids, {}, bytes(10))


def written(broker: Broker, topic: str, chunks: Sequence[tuple[int, SeenChunk]]) -> None:
    """Records of these timestamps, as they would be if the broker had given them."""
    admin: Any = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics({topic: {"num_partitions": 1}}, wait_for_metadata=True)
    admin.close()
    producer: Any = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for stamp, one in chunks:
        producer.send(topic, value=seen.encode(one), partition=0, timestamp_ms=stamp)
    producer.close()


async def recalled(broker: Broker, topic: str) -> tuple[set[str], int]:
    """The ids that are known, and how many records were read for that."""
    end = START + CHUNKS * HOUR
    held = Seen(horizon=HORIZON)
    recollection = Recollection(held, before=10 * CHUNKS, watermark=end, reach=held.reach)
    shown: list[int] = []
    await Recall(Kafka(), broker.bootstrap)(recollection, topic, 0, show=shown.append)
    names = [f"id-{hour}" for hour in range(CHUNKS)]
    met = held.meet(digests(names, 0), np.full(CHUNKS, end))
    return {name for name, fresh in zip(names, met.fresh, strict=True) if not fresh}, shown[0]


async def test_only_what_the_horizon_reaches_is_read(broker: Broker, topic_prefix: str) -> None:
    moments = [START + hour * HOUR for hour in range(CHUNKS)]
    chunks = [(moment, chunk(hour, moment)) for hour, moment in enumerate(moments)]
    written(broker, f"{topic_prefix}seen", chunks)
    known, read = await recalled(broker, f"{topic_prefix}seen")
    assert known == {f"id-{hour}" for hour in range(CHUNKS - 7, CHUNKS)}
    assert read <= 8 + MARGIN // HOUR + 1


@pytest.mark.parametrize("wrong", [10 * HOUR, 1000 * HOUR])
async def test_where_events_are_ahead_of_the_clock_nothing_is_left_out(
    broker: Broker, topic_prefix: str, wrong: int
) -> None:
    moments = [START + hour * HOUR for hour in range(CHUNKS)]
    chunks = [(moment - wrong, chunk(hour, moment)) for hour, moment in enumerate(moments)]
    written(broker, f"{topic_prefix}seen", chunks)
    known, read = await recalled(broker, f"{topic_prefix}seen")
    assert known == {f"id-{hour}" for hour in range(CHUNKS - 7, CHUNKS)}
    assert read == CHUNKS


async def test_a_broker_that_is_away_when_a_reading_begins_is_waited_for(
    broker: Broker, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}seen"
    refused: list[Any] = []
    written(broker, topic, [(START, chunk(0, START))])

    async def answer(reading: StreamReader, writing: StreamWriter) -> None:
        """Closes the door twice, and then leads to the broker."""
        if len(refused) < 2:
            refused.append(writing.get_extra_info("peername"))
            writing.close()
            return
        host, port = broker.bootstrap.split(":")
        inside, outside = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_passed_on(reading, outside), _passed_on(inside, writing))

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as door:
        at = "{}:{}".format(*door.sockets[0].getsockname())
        assert await Recall(Kafka(), at).last_topic(topic, 0) == ""
    assert len(refused) == 2


async def _passed_on(reading: StreamReader, writing: StreamWriter) -> None:
    while data := await reading.read(1 << 16):
        writing.write(data)
        await writing.drain()
    writing.close()
