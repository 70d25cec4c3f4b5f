"""`tocsin init --topic` and `tocsin check` on a real broker."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from typer.testing import CliRunner, Result

from streams.broker import records
from streams.broker.local import Broker
from streams.broker.topics import TopicError
from streams.events import mapping
from streams.settings import Kafka, load
from tocsin.cli import app

PARTITIONS = 3
START = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def topic(broker: Broker, topic_prefix: str) -> str:
    """Of a customer's own, keyed by the caller."""
    name = f"{topic_prefix}calls"
    admin: Any = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics(
        {name: {"num_partitions": PARTITIONS, "replication_factor": 1}}, wait_for_metadata=True
    )
    admin.close()
    return name


def send(broker: Broker, topic: str, values: Sequence[tuple[bytes | None, bytes]]) -> None:
    producer: Any = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for key, value in values:
        producer.send(topic, key=key, value=value)
    producer.flush()
    producer.close()


def calls(hours: int = 24 * 5) -> list[tuple[bytes, bytes]]:
    return [
        (f"p{n % 97}".encode(), json.dumps(_call(n), ensure_ascii=False, indent=1).encode())
        for n in range(hours)
    ]


def _call(n: int) -> dict[str, object]:
    at = START + timedelta(hours=n)
    return {
        "created_at": at.isoformat(), "用户": f"p{n % 97}", "产品": ("水壶", "风扇")[n % 2],
        "类别": ("质量", "物流", "售后")[n % 3], "nested": {"a": 1},
    }  # fmt: skip


def tocsin(*command: str) -> Result:
    return CliRunner().invoke(app, command, catch_exceptions=False)


def test_a_topic_is_connected_and_what_is_written_fits_it(broker: Broker, topic: str) -> None:
    send(broker, topic, [*calls(), (b"x", b"not json"), (b"x", b"")])
    result = tocsin("init", "--topic", topic, "--bootstrap", broker.bootstrap)
    assert result.exit_code == 0, result.stderr
    (source,) = load().sources
    assert (source.topic, source.key, source.partitions) == (topic, "person", PARTITIONS)
    assert source.map is not None
    assert {f: c.column for f, c in mapping.load(source.map).columns.items()} == {
        "time": "created_at", "person": "用户", "product": "产品", "category": "类别"
    }  # fmt: skip
    assert load().kafka.bootstrap == broker.bootstrap
    assert "120 events" in result.stdout
    assert "1 rejected" in result.stdout

    check = tocsin("check")
    assert (check.exit_code, check.stderr) == (0, "")
    assert f"{topic}: complaints, 120 of the newest 121 records are events" in check.stdout


def test_the_oldest_or_the_newest_records_of_each_partition_are_read(
    broker: Broker, topic: str
) -> None:
    send(broker, topic, [(None, str(n).encode()) for n in range(600)])
    with records.connected(Kafka(), broker.bootstrap) as cluster:
        log = cluster.log(topic)
        oldest, newest = log.oldest(30), log.newest(30)
        everything = log.newest(10_000)
    assert oldest.partitions == PARTITIONS
    assert len(everything.records) == 600
    by_partition = {
        p: [r for r in everything.records if r.partition == p] for p in range(PARTITIONS)
    }
    for p, held in by_partition.items():
        assert [r for r in oldest.records if r.partition == p] == held[:10]
        assert [r for r in newest.records if r.partition == p] == held[-10:]


def test_a_topic_that_is_not_there_is_one_line_and_is_not_made(broker: Broker, topic: str) -> None:
    missing = topic.removesuffix("s")
    result = tocsin("init", "--topic", missing, "--bootstrap", broker.bootstrap)
    assert result.exit_code == 1
    assert result.stderr.startswith(
        f"topic {missing}: does not exist at {broker.bootstrap}; nearest: {topic}"
    )
    with (
        records.connected(Kafka(), broker.bootstrap) as cluster,
        pytest.raises(TopicError, match="does not exist"),
    ):
        cluster.log(missing)


def test_an_empty_topic_is_one_line(broker: Broker, topic: str) -> None:
    result = tocsin("init", "--topic", topic, "--bootstrap", broker.bootstrap)
    assert (result.exit_code, result.stderr) == (1, f"{topic}: has no rows\n")


def test_check_names_each_thing_that_is_not_as_the_settings_say(broker: Broker, topic: str) -> None:
    send(broker, topic, calls())
    Path("map.toml").write_text(
        'stream = "complaints"\n[fields]\ntime = "created_at"\nproduct = "产品型号"\n',
        encoding="utf-8",
    )
    Path("tocsin.toml").write_text(
        f'[kafka]\nbootstrap = "{broker.bootstrap}"\n'
        f'[[sources]]\ntopic = "{topic}"\nstream = "complaints"\nkey = "person"\nmap = "map.toml"\n'
        f'[[sources]]\ntopic = "{topic}-gone"\nstream = "mentions"\nkey = "root"\n',
        encoding="utf-8",
    )
    result = tocsin("check")
    column, gone, partitions = result.stderr.splitlines()
    assert result.exit_code == 1
    assert (
        f'fields.product: column "产品型号" is not in the 120 newest records of {topic}' in column
    )
    assert gone.startswith(f"topic {topic}-gone: does not exist")
    assert gone.endswith('; "tocsin replay" and "tocsin run" would create it')
    assert partitions == f"topic {topic}: must have 4 partitions (sources[0].partitions), has 3"


def test_check_says_where_no_record_is_an_event(broker: Broker, topic: str) -> None:
    send(broker, topic, [(None, b'{"id": "1", "time": "gestern"}')])
    Path("tocsin.toml").write_text(
        f'[kafka]\nbootstrap = "{broker.bootstrap}"\n'
        f'[[sources]]\ntopic = "{topic}"\nstream = "complaints"\nkey = "person"\npartitions = 3\n',
        encoding="utf-8",
    )
    result = tocsin("check")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"topic {topic}: no record is an event: time must be ISO 8601")
