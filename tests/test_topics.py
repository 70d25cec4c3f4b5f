from datetime import timedelta

import pytest

from streams.broker.topics import MIB, Topic, TopicError, Topics, misfits, table
from streams.settings import Detection, Kafka, Settings, Source


def test_every_topic_carries_the_prefix_once() -> None:
    settings = Settings(kafka=Kafka(topic_prefix="acme."))
    assert {topic.name for topic in table(settings)} == {
        "acme.complaints",
        "acme.mentions",
        "acme.complaint-updates",
        "acme.seen-complaints",
        "acme.seen-mentions",
        "acme.seen-complaint-updates",
        "acme.counts",
        "acme.signals",
        "acme.defect-batch-signals",
        "acme.incident-inputs",
        "acme.incidents",
        "acme.notifications",
        "acme.dead-letters",
        "acme.tocsin-detection-state-changelog",
        "acme.tocsin-response-state-changelog",
    }
    assert Topics.of(settings).source(settings.sources[0]) == "acme.complaints"


def test_counts_has_a_partition_for_each_shard_and_a_source_as_many_as_it_says() -> None:
    source = Source(topic="calls", stream="complaints", key="person", partitions=12)
    settings = Settings(detection=Detection(shards=7), sources=(source,))
    partitions = {topic.name: topic.partitions for topic in table(settings)}
    assert (partitions["counts"], partitions["calls"]) == (7, 12)
    assert partitions["incident-inputs"] == 1


def test_what_state_is_rebuilt_from_is_kept_for_ever_and_keeps_its_own_timestamps() -> None:
    by_name = {topic.name: topic.configuration(1) for topic in table(Settings())}
    for name in ("counts", "incident-inputs"):
        assert by_name[name]["retention.ms"] == "-1"
        assert by_name[name]["retention.bytes"] == "-1"
        assert by_name[name]["cleanup.policy"] == "delete"
        assert by_name[name]["message.timestamp.type"] == "CreateTime"


def test_what_was_seen_has_the_partitions_of_its_source_and_outlives_its_records() -> None:
    hour, day = timedelta(hours=1), timedelta(days=1)
    source = Source(topic="calls", stream="complaints", key="id", partitions=12, lateness=hour)
    settings = Settings(detection=Detection(repeat_horizon=2 * day), sources=(source,))
    by_name = {topic.name: topic for topic in table(settings)}
    assert by_name["seen-calls"].partitions == 12
    waits = by_name["calls"].retention
    assert waits is not None
    assert by_name["seen-calls"].retention == waits + 2 * day + hour
    assert not by_name["seen-calls"].compacted


def test_what_was_seen_of_posts_outlives_the_horizon_of_reposts_too() -> None:
    source = Source(topic="posts", stream="mentions", key="root", partitions=1)
    settings = Settings(detection=Detection(repost_horizon=timedelta(days=9)), sources=(source,))
    (seen,) = (topic for topic in table(settings) if topic.name == "seen-posts")
    assert seen.retention == timedelta(days=14 + 9) + source.lateness


def test_counts_and_dead_letters_take_what_is_larger_than_an_event() -> None:
    by_name = {topic.name: topic for topic in table(Settings())}
    largest = Settings().intake.max_event_bytes
    assert by_name["counts"].max_message_bytes == 4 * MIB
    source = by_name["complaints"].max_message_bytes
    assert by_name["dead-letters"].max_message_bytes > source > 3 * largest


def test_what_a_table_no_longer_holds_leaves_its_changelog_within_days() -> None:
    changelogs = [topic for topic in table(Settings()) if topic.name.endswith("-changelog")]
    held = [topic.configuration(1) for topic in changelogs]
    assert {one["max.compaction.lag.ms"] for one in held} == {"86400000"}
    assert {one["segment.ms"] for one in held} == {"86400000"}


def test_what_restores_a_table_is_compacted_and_kept_for_ever() -> None:
    changelogs = [topic for topic in table(Settings()) if topic.name.endswith("-changelog")]
    assert {topic.configuration(1)["cleanup.policy"] for topic in changelogs} == {"compact"}
    assert {topic.configuration(1)["retention.ms"] for topic in changelogs} == {"-1"}


def test_retention_is_written_in_milliseconds() -> None:
    topic = Topic("t", 1, timedelta(days=30))
    assert topic.configuration(1)["retention.ms"] == "2592000000"


@pytest.mark.parametrize(("replication", "least"), [(1, "1"), (2, "1"), (3, "2")])
def test_a_record_is_safe_when_one_replica_fails(replication: int, least: str) -> None:
    assert Topic("t", 1, None).configuration(replication)["min.insync.replicas"] == least


def test_a_source_may_not_be_a_topic_of_our_own() -> None:
    source = Source(topic="counts", stream="complaints", key="person")
    with pytest.raises(TopicError, match=r"sources\.topic: must not be .* got \['counts'\]"):
        table(Settings(sources=(source,)))


def test_a_misfit_names_topic_option_and_both_numbers() -> None:
    wanted = table(Settings())
    there = {"counts": 8, "complaints": 4, "signals": 3, "unrelated": 9}
    assert misfits(wanted, there) == [
        "topic counts: must have 4 partitions (detection.shards), has 8",
        "topic signals: must have 1 partition, has 3",
    ]
