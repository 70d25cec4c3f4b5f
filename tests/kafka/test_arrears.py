"""What lies in topics of a real broker before workers have read it."""

import asyncio
from datetime import timedelta
from pathlib import Path

from aiokafka import AIOKafkaProducer
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.archive.places import Folder
from streams.broker import topics
from streams.broker.local import Broker
from streams.broker.topics import Role
from streams.erasure.arrears import Arrears, awaited
from streams.settings import Archive, Kafka, Settings, Source
from tests.kafka.reader import Reader


async def transacted(broker: Broker, topic: str) -> None:
    """One record, and the marker behind it."""
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, transactional_id=topic
    ) as producer, producer.transaction():  # fmt: skip
        await producer.send_and_wait(topic, b"{}", partition=1)


def test_it_is_said_until_the_commits_have_passed_it_but_no_marker_of_a_transaction(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    settings = Settings(
        home=tmp_path,
        kafka=Kafka(bootstrap=broker.bootstrap, topic_prefix=topic_prefix),
        archive=Archive(rewrite_every=timedelta(milliseconds=1)),
        sources=(Source(topic="calls", stream="complaints", key="person", partitions=2),),
    )
    topics.create(settings, broker.bootstrap)
    name = f"{topic_prefix}calls"

    def behind() -> list[Arrears]:
        return awaited(settings, broker.bootstrap, Folder(tmp_path), patience=0.0)

    assert behind() == []
    reader = Reader(broker.bootstrap)
    reader.send(name, [b"{}"] * 3, partition=1)
    reader.close()
    assert behind() == [Arrears(role, name, {1: 3}) for role in (Role.INTAKE, Role.ARCHIVE)]
    asyncio.run(transacted(broker, name))
    for role in (Role.INTAKE, Role.ARCHIVE):
        at = OffsetAndMetadata(4, "", -1)
        topics.place(settings, broker.bootstrap, role, {TopicPartition(name, 1): at})
    assert behind() == []
