"""Faults that stop a stage: it says by name what holds it, passes nothing, and goes on after."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.structs import OffsetAndMetadata

from streams.broker import topics
from streams.broker.topics import Role, Topics, group
from streams.detection import snapshots
from streams.transport.stopping import DIED
from tests.kafka import histories, tallies
from tests.kafka.conftest import Install
from tests.kafka.installation import DEADLINE, LOOK, Installation
from tests.kafka.reader import Reader
from tests.kafka.test_replay import restored

EVENTS = 500
OPTIONS = """
[intake]
idle_after = "500ms"
chunk_records = 16
[detection]
shards = 1
snapshot_every = 10
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
partitions = 1
[[cuts]]
stream = "complaints"
by = ["product"]
"""


@pytest.fixture(scope="module")
def running(install: Install) -> Installation:
    """Its topics are there, its workers are not."""
    installation = install(OPTIONS, Role.INTAKE, Role.DETECTION)
    topics.create(installation.settings, installation.bootstrap)
    return installation


@contextmanager
def administered(installation: Installation) -> Iterator[Any]:
    admin: Any = KafkaAdminClient(bootstrap_servers=installation.bootstrap)
    try:
        yield admin
    finally:
        admin.close()


def limit(installation: Installation, topic: str, size: int) -> None:
    """Let the broker take no larger record on this topic."""
    with administered(installation) as admin:
        wanted = {"max.message.bytes": str(size)}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, wanted)])


def stops(installation: Installation) -> list[str]:
    return [line for line in installation.log.splitlines() if "stage_stopped" in line]


def committed(installation: Installation) -> int:
    of = group(installation.settings, Role.DETECTION)
    return installation.reader.committed(of, installation.topics.counts).get(0, 0)


def test_a_slice_that_the_broker_refuses_stops_its_shard_by_name_until_it_is_taken(
    running: Installation,
) -> None:
    changelog = Topics.changelog(running.settings, Role.DETECTION)
    limit(running, changelog, 300)
    running.send("complaints", histories.complaints(EVENTS, days=1, seed=1))
    running.start()
    running.until(lambda: stops(running), "a stop")
    assert f"SnapshotError: {changelog}: max.message.bytes of the topic" in stops(running)[0]
    assert committed(running) == 0
    limit(running, changelog, topics.MIB)
    running.until(lambda: committed(running) > 0, "a commit")
    running.settle(at=histories.START // 1000 + 86_400)
    by_product = tallies.people(running.counts(), "complaints", cut=0)
    assert sum(by_product[name] for name in histories.PRODUCTS) == EVENTS


def frozen_after_its_commit(installation: Installation) -> bool:
    """Whether detection was stopped when all its snapshots were committed; else it goes on."""
    detection = installation.pids()[Role.DETECTION]
    os.kill(detection, signal.SIGSTOP)  # it writes no snapshot while the newest is torn
    if committed(installation) == installation.snapshots()[0]:
        return True
    os.kill(detection, signal.SIGCONT)
    return False


def test_a_shard_whose_newest_snapshot_is_torn_goes_on_from_the_one_before_though_more_is_committed(
    running: Installation,
) -> None:
    stopped = len(stops(running))
    running.until(lambda: frozen_after_its_commit(running), "a commit of the newest snapshot")
    newest = committed(running)
    slice_ = snapshots.Place(0, newest, 0).key()
    changelog = Topics.changelog(running.settings, Role.DETECTION)
    running.reader.send(changelog, [b"of other settings"], 0, key=slice_)
    running.kill(Role.DETECTION)
    running.until(lambda: "snapshot_passed_over" in running.log, "word of the torn one")
    running.send("complaints", histories.complaints(EVENTS, days=1, seed=2))
    running.until(lambda: committed(running) > newest, "a commit")
    assert restored(running)[0] < newest
    assert len(stops(running)) == stopped


def test_a_record_that_a_stage_cannot_take_stops_it_by_name_before_the_commit_passes_it(
    running: Installation,
) -> None:
    before = len(stops(running))
    (offset,) = running.reader.send(running.topics.counts, [b"not of ours"], 0)
    running.until(lambda: len(stops(running)) > before + 1, "a stop, and another")
    assert f"at='{running.topics.counts}[0]" in stops(running)[-1]
    assert committed(running) <= offset
    running.until(
        lambda: running.reader.ends(running.topics.counts)[0] > offset + 1, "counts meanwhile"
    )
    running.end()  # or detection would go on starting and dying


def made_anew(installation: Installation, topic: str) -> None:
    gone(installation, topic)
    topics.create(installation.settings, installation.bootstrap)


def gone(installation: Installation, topic: str) -> None:
    """Deleted; returns when its name is free."""
    with administered(installation) as admin:
        admin.delete_topics([topic])
    deadline = time.monotonic() + DEADLINE
    while True:
        with administered(installation) as admin:
            if topic not in admin.list_topics():
                break
        assert time.monotonic() < deadline, f"{topic} is not gone"
        time.sleep(LOOK)


def test_topics_that_were_made_anew_and_have_outgrown_what_was_read_stop_their_readers_by_name(
    install: Install,
) -> None:
    running = install(OPTIONS, Role.INTAKE, Role.DETECTION, Role.RESPONSE)
    running.start()
    running.send("complaints", histories.complaints(EVENTS, days=1, seed=1))
    running.settle(at=histories.START // 1000 + 86_400)
    running.until(running.incidents, "an incident")
    assert running.stop() == 0
    for which in ("complaints", "incident-inputs"):
        outgrown(running, running.topics.prefix + which)
    running.restarted()
    due = ("its partition was read when the topic was", "the incidents go up to offset")
    running.until(
        lambda: all(any(said in line for line in stops(running)) for said in due), "a stop of each"
    )


def outgrown(installation: Installation, topic: str) -> None:
    """Made anew, the topic has more records than it had before."""
    before = installation.reader.ends(topic)[0]
    made_anew(installation, topic)
    fresh = Reader(installation.bootstrap)
    fresh.send(topic, [b'{"type":"tick","at":1}'] * (before + 10), 0)
    fresh.close()


def reports(first: int, last: int) -> list[dict[str, Any]]:
    """Each of somebody else, in this order."""
    return [
        {"id": f"r{n}", "time": histories.START // 1000 + n, "person": f"p{n}", "product": "kettle"}
        for n in range(first, last)
    ]


def test_a_commit_above_the_end_of_a_log_stops_its_reader_by_name_with_its_exit_code(
    install: Install,
) -> None:
    archive = install(OPTIONS, Role.ARCHIVE)
    topics.create(archive.settings, archive.bootstrap)
    place = TopicPartition(archive.topics.prefix + "complaints", 0)
    member: Any = KafkaConsumer(
        bootstrap_servers=archive.bootstrap, enable_auto_commit=False,
        group_id=group(archive.settings, Role.ARCHIVE),
    )  # fmt: skip
    member.assign([place])
    member.commit({place: OffsetAndMetadata(7, "", -1)})
    member.close()
    archive.start()
    assert archive.ended() == DIED
    (said,) = stops(archive)
    assert f"LogTruncatedError: {place.topic}[0]: the commit 7 is above the log's end 0" in said


def test_what_was_seen_is_not_counted_again_where_its_log_was_made_anew(install: Install) -> None:
    intake = install(OPTIONS, Role.INTAKE)
    intake.start()
    intake.send("complaints", reports(0, 320))
    intake.until(intake.counted, "counts of all reports")
    of, topic = group(intake.settings, Role.INTAKE), intake.topics.prefix + "complaints"
    intake.until(
        lambda: any(intake.reader.committed(of, topic).values()),
        "a commit of some, which a stop may leave out",
    )
    assert intake.stop() == 0
    made_anew(intake, seen := intake.topics.seen(intake.settings.sources[0]))
    intake.send("complaints", reports(0, 300))
    intake.restarted()
    assert intake.ended() == DIED
    (said,) = stops(intake)
    assert f"SeenLostError: {seen}[0]: what was seen in the chunk before" in said
    forget_commits(intake, topic)
    intake.restarted()
    intake.until(intake.counted, "counts of what there is, read again")
    assert tallies.people(intake.counts(), "complaints")[""] == 320


def forget_commits(installation: Installation, topic: str) -> None:
    """As soon as the sessions of its workers are over."""
    name = group(installation.settings, Role.INTAKE)
    with administered(installation) as admin:
        deadline = time.monotonic() + DEADLINE
        while admin.describe_groups([name])[name]["members"]:
            assert time.monotonic() < deadline, "the group still has a member"
            time.sleep(LOOK)
        admin.delete_group_offsets(name, [TopicPartition(topic, 0)])
