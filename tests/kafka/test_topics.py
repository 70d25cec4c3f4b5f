from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.structs import OffsetAndMetadata

from streams.broker import topics
from streams.broker.local import Broker, BrokerError
from streams.broker.topics import Role, TopicError, Topics, create, group, table
from streams.settings import Detection, Kafka, Settings
from tests.kafka.reader import Reader

START = 1_770_000_000_000  # ms


@pytest.fixture
def admin(broker: Broker) -> Iterator[Any]:
    client: Any = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    yield client
    client.close()


def test_created_topics_are_what_the_table_says(
    broker: Broker, admin: Any, topic_prefix: str
) -> None:
    settings = Settings(kafka=Kafka(topic_prefix=topic_prefix))
    wanted = table(settings)
    assert create(settings, broker.bootstrap) == tuple(topic.name for topic in wanted)
    there = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}
    for topic in wanted:
        assert there[topic.name] == topic.partitions
        resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
        (described,) = admin.describe_configs([resource], config_filter="all").values()
        held = {name: entry["value"] for name, entry in described[topic.name].items()}
        assert held.items() >= topic.configuration(1).items()


def test_what_is_deleted_is_old_and_applied_and_committed(
    broker: Broker, topic_prefix: str
) -> None:
    settings = Settings(kafka=Kafka(topic_prefix=topic_prefix))
    create(settings, broker.bootstrap)
    place = TopicPartition(Topics.of(settings).incident_inputs, 0)
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for moment in range(0, 800, 100):
        producer.send(place.topic, b"x", timestamp_ms=START + moment)
    producer.close()
    member: Any = KafkaConsumer(
        bootstrap_servers=broker.bootstrap, group_id=group(settings, Role.RESPONSE)
    )
    member.assign([place])
    member.commit({place: OffsetAndMetadata(5, "", -1)})  # waits for the broker's coordinator
    member.close()
    reader = Reader(broker.bootstrap)
    # Nothing is old, two are applied, three are old, five are committed; and once more.
    for below, before, first in ((9, 0, 0), (2, 300, 2), (4, 300, 3), (9, 900, 5), (9, 900, 5)):
        topics.retire(
            settings, broker.bootstrap, Role.RESPONSE, place, below=below, before=START + before
        )
        assert reader.starts(place.topic) == {0: first}
    reader.close()


def test_creating_again_creates_nothing(broker: Broker, topic_prefix: str) -> None:
    settings = Settings(kafka=Kafka(topic_prefix=topic_prefix))
    create(settings, broker.bootstrap)
    assert create(settings, broker.bootstrap) == ()


def test_another_partition_count_is_refused_and_nothing_is_created_beside_it(
    broker: Broker, admin: Any, topic_prefix: str
) -> None:
    admin.create_topics({f"{topic_prefix}counts": {"num_partitions": 2}}, wait_for_metadata=True)
    settings = Settings(kafka=Kafka(topic_prefix=topic_prefix), detection=Detection(shards=3))
    with pytest.raises(TopicError, match=r"must have 3 partitions \(detection\.shards\), has 2"):
        create(settings, broker.bootstrap)
    assert [name for name in admin.list_topics() if name.startswith(topic_prefix)] == [
        f"{topic_prefix}counts"
    ]


def test_what_the_broker_refuses_is_told_with_its_reason(broker: Broker, topic_prefix: str) -> None:
    settings = Settings(kafka=Kafka(topic_prefix=topic_prefix, replication=3))
    with pytest.raises(TopicError, match=f"topic {topic_prefix}counts: .*[Rr]eplication"):
        create(settings, broker.bootstrap)


def test_a_broker_that_does_not_answer_is_named() -> None:
    with pytest.raises(BrokerError, match=r"the broker at 127\.0\.0\.1:1 does not answer: "):
        create(Settings(), "127.0.0.1:1")
