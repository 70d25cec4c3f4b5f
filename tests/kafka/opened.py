"""Each place in the product that makes a client of Kafka, used as the product uses it."""

import asyncio
import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from alerts.erasure import digest
from streams.broker import admission, records, security, topics
from streams.broker.topics import Role, Topics
from streams.detection.shards import Shard
from streams.erasure import evidence
from streams.events.deadletters import FIRST, DeadLetter
from streams.events.event import Rejected
from streams.hindsight import rebuild
from streams.hindsight.rebuild import Position, State
from streams.intake import resending
from streams.intake.waiting import Waiting
from streams.response import incident_log
from streams.response.books import Books
from streams.response.incident_view import Reach, View
from streams.seen.recall import Recall
from streams.settings import Settings
from streams.sources.replay import feeding
from streams.transport.pen import Record
from tests.kafka.reader import Reader
from tests.kafka.test_incident_log import until

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "defect_batches.py"
EVER: Final = 1 << 60  # ms, and an offset that no log reaches


class Guest(NamedTuple):
    """Who stands at a guarded door with topics of its own, and who looks in by the open one."""

    file: Path
    settings: Settings
    reader: Reader

    @property
    def door(self) -> str:
        return self.settings.kafka.bootstrap

    @property
    def topics(self) -> Topics:
        return Topics.of(self.settings)


def administers(guest: Guest) -> None:
    settings, door = guest.settings, guest.door
    log = TopicPartition(guest.topics.incident_inputs, 0)
    assert topics.create(settings, door) == ()
    assert len(topics.ids(settings.kafka, door, [log.topic])) == 1
    offsets = guest.reader.send(log.topic, [b"{}"] * 3, 0)
    topics.place(settings, door, Role.RESPONSE, {log: OffsetAndMetadata(offsets[1], "", -1)})
    assert topics.committed(settings, door, Role.RESPONSE, log) == offsets[1]
    topics.retire(settings, door, Role.RESPONSE, log, below=EVER, before=EVER)
    assert guest.reader.starts(log.topic) == {0: offsets[1]}
    topics.forget(settings, door, log, offsets[2])
    assert guest.reader.starts(log.topic) == {0: offsets[2]}
    topics.trim(settings, door, {0: 0})


def asks(guest: Guest) -> None:
    admission.check(guest.settings.kafka, guest.door)


def reads(guest: Guest) -> None:
    guest.reader.send(guest.topics.signals, [b"read"], 0)
    with records.connected(guest.settings.kafka, guest.door) as cluster:
        assert b"read" in [one.value for one in cluster.log(guest.topics.signals).whole()]


def replays(guest: Guest) -> None:
    with feeding(guest.settings, guest.door) as feed:
        feed.raw("complaints", b"replayed")
    topic = guest.topics.source(guest.settings.sources[0])
    assert b"replayed" in [one.value for one in guest.reader.topic(topic)]


def keeps_books(guest: Guest) -> None:
    async def kept() -> dict[bytes, bytes]:
        books = Books(guest.settings, guest.door)
        await books.take_over()
        await books.pen.write([Record(books.changelog, b"row", b"kept")])
        rows = await books.rows()
        await books.leave()
        return rows

    assert asyncio.run(kept())[b"row"] == b"kept"


def follows(guest: Guest) -> None:
    async def current() -> None:
        view = View("run")
        task = asyncio.create_task(incident_log.follow(guest.settings, guest.door, view))
        await until(lambda: view.reach is Reach.CURRENT)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(current())


def recalls(guest: Guest) -> None:
    topic = guest.topics.seen(guest.settings.sources[0])
    recall = Recall(guest.settings.kafka, guest.door)
    assert asyncio.run(recall.last_topic(topic, 0)) == ""


def rebuilds(guest: Guest) -> None:
    settings, door, reader = guest.settings, guest.door, guest.reader
    source = TopicPartition(guest.topics.source(settings.sources[0]), 0)
    rebuild.put(settings, door, State([Shard(settings, 0)], {source: Position(0, "rebuilt")}))
    assert reader.ends(Topics.changelog(settings, Role.DETECTION))[0] > 0


def erases(guest: Guest) -> None:
    """As if response had read what it is told: no worker is here."""
    settings, door, reader = guest.settings, guest.door, guest.reader
    log = TopicPartition(guest.topics.incident_inputs, 0)
    letter = json.dumps({"person": "gone"}).encode()
    reader.send(guest.topics.dead_letters, [letter], 0, key=b"letter")
    topics.place(settings, door, Role.RESPONSE, {log: OffsetAndMetadata(EVER, "", -1)})
    evidence.erase(settings, door, "gone", [digest("words")])
    written = {one.key: one.value for one in reader.topic(guest.topics.dead_letters)}
    assert written[b"letter"] is None
    assert reader.starts(log.topic)[0] == reader.ends(log.topic)[0] - 1


def resends(guest: Guest) -> None:
    source, why = guest.topics.source(guest.settings.sources[0]), Rejected("id", "", "is required")
    letter = DeadLetter.of(source, 0, 7, b"mended", why, key=b"p-17")
    assert list(resending.send(guest.settings, guest.door, [Waiting(letter, 0, 0)])) == [1]
    (there,) = [one for one in guest.reader.topic(source) if one.value == b"mended"]
    assert (there.key, there.headers) == (b"p-17", [(FIRST, letter.place.encode())])


def works(guest: Guest) -> None:
    """As Faust does with what it is given, for all of its clients; whole workers are run apart."""
    auth = credentials_to_aiokafka_auth(security.credentials(guest.settings.kafka))

    async def known() -> set[str]:
        consumer = AIOKafkaConsumer(bootstrap_servers=guest.door, **auth)
        async with consumer:
            return set(await consumer.topics())

    assert guest.topics.counts in asyncio.run(known())


def shows_the_example(guest: Guest) -> None:
    kafka, topic = guest.settings.kafka, guest.topics.defect_batch_signals
    guest.reader.send(topic, [b"shown"], 0)
    given = {
        "SECURITY_PROTOCOL": kafka.security_protocol, "SASL_MECHANISM": kafka.sasl_mechanism,
        "SASL_PLAIN_USERNAME": kafka.sasl_username,
        "SASL_PLAIN_PASSWORD": kafka.sasl_password and kafka.sasl_password.get_secret_value(),
        "SSL_CAFILE": kafka.ca_file, "SSL_CERTFILE": kafka.cert_file, "SSL_KEYFILE": kafka.key_file,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        for name, value in given.items():
            if value:
                patched.setenv(f"KAFKA_{name}", str(value))
        consumer = _example().subscribed(guest.door, topic)
    try:
        assert next(consumer).value == b"shown"
    finally:
        consumer.close()


def _example() -> Any:
    spec = importlib.util.spec_from_file_location(EXAMPLE.stem, EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OPENED: Final[Mapping[tuple[str, str], Callable[[Guest], None]]] = {
    ("streams/broker/topics.py", "KafkaAdminClient"): administers,
    ("streams/broker/admission.py", "AIOKafkaConnection"): asks,
    ("streams/broker/records.py", "KafkaConsumer"): reads,
    ("streams/broker/clients.py", "AIOKafkaConsumer"): recalls,
    ("streams/sources/replay.py", "KafkaProducer"): replays,
    ("streams/transport/pen.py", "AIOKafkaProducer"): keeps_books,
    ("streams/response/incident_log.py", "AIOKafkaConsumer"): follows,
    ("streams/hindsight/rebuild.py", "KafkaProducer"): rebuilds,
    ("streams/erasure/evidence.py", "KafkaProducer"): erases,
    ("streams/intake/resending.py", "KafkaProducer"): resends,
    ("streams/workers/worker.py", "StageApp"): works,
    ("examples/defect_batches.py", "KafkaConsumer"): shows_the_example,
}
"""By file and class what proves that this client is let in."""
