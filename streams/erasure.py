"""What Kafka holds of a person: dead letters, which can go, and quotes, which must expire."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams import records, security, topics
from streams.archive.erasure import names
from streams.broker import BrokerError
from streams.records import Cluster
from streams.rejections import FAILURES
from streams.settings import Settings
from streams.topics import Topics


class Quoting(NamedTuple):
    """Records of a topic that quote the person and that cannot be taken out of it."""

    topic: str
    records: int


class Letters(NamedTuple):
    """Dead letters that told of the person, and what still quotes the person."""

    erased: int
    quoting: list[Quoting]


def erase(settings: Settings, bootstrap: str, person: str, quotes: Collection[str]) -> Letters:
    """Empty the dead letters that name the person; count what quotes the person elsewhere.

    Args:
        settings: of the installation.
        bootstrap: of the broker.
        person: as events name it.
        quotes: what signals may show of the person's events.

    Raises:
        BrokerError: where the broker does not answer.
        TopicError: where a topic is missing.
    """
    named = Topics.of(settings)
    with records.connected(settings.kafka, bootstrap) as cluster:
        letters = cluster.log(named.dead_letters).whole().records
        keys = {one.key for one in letters if one.key and names(one.value, person)}
        quoting = list(_quoting(cluster, named, frozenset(quotes)))
    if keys:
        topics.make_erasable(settings, bootstrap)
        _empty(settings, bootstrap, keys)
    return Letters(len(keys), quoting)


def _quoting(cluster: Cluster, named: Topics, quotes: frozenset[str]) -> Iterator[Quoting]:
    for topic in (named.signals, named.incident_inputs, named.notifications):
        held = (one.value for one in cluster.log(topic).whole().records)
        if quotes and (found := sum(bool(quotes & set(_examples(value))) for value in held)):
            yield Quoting(topic, found)


def _examples(value: bytes) -> Iterator[str]:
    """The quotes in a record, wherever in it they stand."""
    try:
        waiting: list[Any] = [msgspec.json.decode(value)]
    except FAILURES:
        return
    while waiting:
        match waiting.pop():
            case dict(held):
                yield from held.get("examples", ())
                waiting += held.values()
            case list(held):
                waiting += held


def _empty(settings: Settings, bootstrap: str, keys: Collection[bytes]) -> None:
    """A record without a value under each key; compaction takes both away."""
    dead_letters = Topics.of(settings).dead_letters
    try:
        producer: Any = KafkaProducer(
            bootstrap_servers=bootstrap.split(","), acks="all", **security.client(settings.kafka)
        )
        try:
            for sent in [producer.send(dead_letters, key=key, value=None) for key in sorted(keys)]:
                sent.get(timeout=30)
        finally:
            producer.close()
    except KafkaError as error:
        raise BrokerError(f"the broker at {bootstrap} does not answer: {error}") from None
