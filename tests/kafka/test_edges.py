"""A broker that asks who we are: who is let in, what listens where, and what is never said."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from alerts.inputs import Result
from streams.broker import topics
from streams.broker.topics import Role
from streams.response.incident_view import View
from streams.settings import load
from tests.kafka import authority, opened
from tests.kafka.guarded import BOTH_PLAIN, BOTH_SHA_256, MTLS, SCRAM, Doors, guarding, written
from tests.kafka.installation import DEADLINE, Installation
from tests.kafka.opened import Guest
from tests.kafka.reader import Reader
from tests.kafka.receiver import refusing
from tests.kafka.test_incident_log import following, until
from tests.kafka.test_init import calls
from tests.kafka.test_no_broker import COMMANDS
from tests.needs import free_port
from tocsin.cli import app

MARKER = "hush"  # in everything that is secret here
PASSWORD, TOKEN = f"{MARKER}-password", f"{MARKER}-0123456789abcdef"
CHANNELS = ("webhook", "wecom", "dingtalk", "feishu", "alertmanager", "apprise")
GROUP = "night-shift"
OPTIONS = """
[intake]
idle_after = "500ms"
chunk_span = "1s"
[detection]
shards = 1
[[sources]]
topic = "complaints"
stream = "complaints"
key = "person"
partitions = 1
"""
# Python runs it before anything of ours, so that every library says as much as it can.
TALKATIVE = """
import logging, os
ear = logging.FileHandler(f"{os.environ['DEBUG_LOGS']}/{os.getpid()}")
for name in ("aiokafka", "kafka", "faust", "mode", "httpx", "httpcore", "apprise", "requests",
             "urllib3", "asyncio"):
    logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(name).addHandler(ear)
"""
AT_DEBUG = (b"Authenticated as", b"Adding fetch request", b"send_request_headers.started")


def secrets(receiver: str) -> dict[str, str]:
    """Variables with a secret in each; messages go to a receiver that takes none."""
    channel = "TOCSIN_CHANNELS__"
    return {
        "TOCSIN_KAFKA__SASL_PASSWORD": PASSWORD,
        "TOCSIN_SERVE__TOKEN": TOKEN,
        f"{channel}WEBHOOK__URL": f"http://{receiver}/{MARKER}-path?token={MARKER}-query",
        f"{channel}WEBHOOK__SECRET": f"{MARKER}-webhook",
        f"{channel}WECOM__URL": f"http://{receiver}/robot?key={MARKER}-wecom",
        f"{channel}DINGTALK__URL": f"http://{receiver}/robot?access_token={MARKER}-dingtalk",
        f"{channel}DINGTALK__SECRET": f"{MARKER}-signed",
        f"{channel}FEISHU__URL": f"http://{receiver}/{MARKER}-feishu",
        f"{channel}FEISHU__SECRET": f"{MARKER}-signature",
        f"{channel}ALERTMANAGER__URL": f"http://user:{MARKER}-basic@{receiver}",
        f"{channel}APPRISE__URL": f"json://user:{MARKER}-apprise@{receiver}/{MARKER}-tail",
        "TOCSIN_RECIPIENTS": json.dumps([
            {"name": GROUP, "channel": "dingtalk", "secret": f"{MARKER}-group",
             "url": f"http://{receiver}/robot?access_token={MARKER}-second"}
        ]),
    }  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[None]:
    """The secrets, for this process and all that it starts."""
    with refusing() as receiver, pytest.MonkeyPatch.context() as patched:
        for name, value in secrets(receiver).items():
            patched.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority.issue(folder)
    return folder


@pytest.fixture(scope="module")
def doors(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with guarding(tmp_path_factory.mktemp("guarded"), certificates, PASSWORD) as found:
        yield found


@contextmanager
def installed(
    home: Path, address: str, doors: Doors, kafka: str, *roles: Role
) -> Iterator[Installation]:
    """Runs the roles, each library at its debug level, where Faust is asked for other things."""
    ports = "".join(f"{role}_port = {free_port()}\n" for role in Role)
    options, prefix = f"{OPTIONS}[operations]\n{ports}", f"{home.name}-"
    with Installation(
        home, address, prefix, options, kafka=kafka, reads=doors.open, roles=roles
    ) as made:
        (home / "sitecustomize.py").write_text(TALKATIVE, encoding="utf-8")
        (home / "debug").mkdir()
        made.environment |= {
            "PYTHONPATH": str(home), "DEBUG_LOGS": str(home / "debug"),
            "APP_WEB_ENABLED": "true", "APP_BROKER_URL": "kafka://127.0.0.1:9",
        }  # fmt: skip
        made.start()
        yield made


@pytest.fixture(scope="module")
def scram(
    doors: Doors, certificates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """It has an incident."""
    home = tmp_path_factory.mktemp("scram")
    with installed(home, doors.scram, doors, written(SCRAM, certificates)) as made:
        harm_comes_through(made)
        yield made


def harm_comes_through(installation: Installation) -> None:
    """Replays a report of harm; returns when it has led to an incident."""
    report = {"id": "1", "time": int(time.time()), "person": "p", "severity": "safety"}
    file = installation.file.with_name("complaints.jsonl")
    file.write_text(json.dumps(report), encoding="utf-8")
    installation.replay(str(file))
    installation.until(installation.incidents, "an incident")


@contextmanager
def serving(installation: Installation) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The process of the pages, whose words are kept beside those of the workers, and its port."""
    port = free_port()
    command = installation.command("serve", "--port", str(port))
    environment = os.environ | installation.environment
    with (
        installation.file.with_name("served").open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=out, env=environment) as process,
    ):
        try:
            yield process, port
        finally:
            process.terminate()
            process.wait(DEADLINE)


def shown(port: int) -> list[str]:
    """The incidents on the pages."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/api/incidents", headers=headers)
    except httpx.TransportError:
        return []
    return [line["id"] for line in answer.json()["incidents"]]


def listening(process: psutil.Process) -> set[tuple[str, int]]:
    return {
        tuple(connection.laddr)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def metrics(installation: Installation, role: Role) -> str:
    return httpx.get(installation.settings.operations.metrics(role)).text


def each_channel_failed(installation: Installation) -> bool:
    told = metrics(installation, Role.RESPONSE)
    none = 'tocsin_delivery_seconds_count{{channel="{}",result="{}"}} 0.0'
    return not any(
        all(none.format(channel, result) in told for result in (Result.FAILED, Result.UNKNOWN))
        for channel in CHANNELS
    )


def everything_written(installation: Installation) -> dict[str, bytes]:
    """By place: files, logs and state among them, metrics, topics, `check`, and the settings."""
    checked = subprocess.run(
        installation.command("check"), env=os.environ | installation.environment,
        capture_output=True, check=True,
    )  # fmt: skip
    files = (path for path in installation.file.parent.rglob("*") if path.is_file())
    topics = installation.incidents(), installation.notifications(), installation.signals()
    return {
        "check": checked.stdout + checked.stderr,
        "settings": repr(installation.settings).encode(),
        "topics": json.dumps(topics).encode(),
        **{f"metrics of {role}": metrics(installation, role).encode() for role in Role},
        **{str(path): path.read_bytes() for path in files},
    }


def test_with_a_password_a_report_goes_all_the_way_to_the_pages(scram: Installation) -> None:
    incidents = list(dict.fromkeys(line["id"] for line in scram.incidents()))
    with serving(scram) as (process, port):
        scram.until(lambda: shown(port) == incidents, "the incident on a page")
        assert listening(psutil.Process(process.pid)) == {("127.0.0.1", port)}


def test_with_a_certificate_a_report_goes_all_the_way(
    doors: Doors, certificates: Path, tmp_path: Path
) -> None:
    with installed(tmp_path, doors.mtls, doors, written(MTLS, certificates)) as installation:
        harm_comes_through(installation)
        installation.until(installation.archived, "the report in the archive")


def test_workers_listen_on_loopback_alone_and_faust_not_at_all(scram: Installation) -> None:
    for role, pid in scram.pids().items():
        worker = psutil.Process(pid)
        assert listening(worker) == {("127.0.0.1", scram.settings.operations.port(Role(role)))}
        supervisor = worker.parent()
        assert supervisor is not None
        assert listening(supervisor) == set()


def each_was_tried(installation: Installation) -> bool:
    tried = (line["recipient"] for line in installation.notifications() if line["attempt"])
    return {*CHANNELS, GROUP} <= {*tried}


def test_no_secret_is_written_anywhere(scram: Installation) -> None:
    scram.until(lambda: each_channel_failed(scram), "a failure of each channel")
    scram.until(lambda: each_was_tried(scram), "an attempt to tell each recipient")
    said = everything_written(scram)
    heard = b"".join(said.values())
    assert [words for words in AT_DEBUG if words not in heard] == []
    assert [place for place, words in said.items() if MARKER.encode() in words] == []


GUARDED = {
    "scram": ("scram", SCRAM), "mtls": ("mtls", MTLS),
    "sha-256": ("both", BOTH_SHA_256), "plain": ("both", BOTH_PLAIN),
}  # fmt: skip


@pytest.fixture(scope="module")
def guest(
    request: pytest.FixtureRequest, doors: Doors, certificates: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Guest]:  # fmt: skip
    """With topics of its own, which it has made itself."""
    door, section = GUARDED[request.param]
    file = tmp_path_factory.mktemp("guest") / "settings.toml"
    place = f'bootstrap = "{getattr(doors, door)}"\ntopic_prefix = "{request.param}-"'
    file.write_text(
        f"{OPTIONS}[kafka]\n{place}\n{written(section, certificates)}\n", encoding="utf-8"
    )
    settings, reader = load(file), Reader(doors.open)
    topics.create(settings, settings.kafka.bootstrap)
    yield Guest(file, settings, reader)
    reader.close()


@pytest.mark.parametrize("client", opened.OPENED, ids=" ".join)
@pytest.mark.parametrize("guest", ["scram", "mtls"], indirect=True)
def test_each_client_of_ours_is_let_in_by_a_password_and_by_a_certificate(
    guest: Guest, client: tuple[str, str]
) -> None:
    opened.OPENED[client](guest)


@pytest.mark.parametrize(
    "use",
    [opened.reads, opened.replays, opened.keeps_books, opened.works],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("guest", ["sha-256", "plain"], indirect=True)
def test_each_library_is_let_in_by_a_password_of_another_mechanism_beside_a_certificate(
    guest: Guest, use: Callable[[Guest], None]
) -> None:
    use(guest)


@pytest.mark.parametrize("guest", ["mtls"], indirect=True)
def test_a_topic_behind_a_certificate_is_connected_and_checked(
    guest: Guest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    topic = guest.topics.source(guest.settings.sources[0])
    guest.reader.send(topic, [value for _, value in calls()], 0)
    done = CliRunner().invoke(app, ["init", "--topic", topic, "--settings", str(guest.file)])
    assert done.exit_code == 0, done.stderr
    checked = CliRunner().invoke(app, ["check"])
    assert (checked.exit_code, checked.stderr) == (0, "")


ENCRYPTED = {"security_protocol": "SSL", "ca_file": "ca.pem"}
UNKNOWN = SCRAM | {"ca_file": "other.pem"}
SYSTEM = {name: value for name, value in SCRAM.items() if name != "ca_file"}
EXPIRED = {"cert_file": "expired.pem", "key_file": "expired.key"}
REFUSED = {
    "another authority": ("scram", UNKNOWN, "ca_file: must hold the authority of the broker"),
    "the system's authorities": ("scram", SYSTEM, "ca_file: must hold the authority of the broker"),
    "another name": ("by_number", SCRAM, "bootstrap: must name the broker as its certificate does"),
    "another mechanism": ("scram", SCRAM | {"sasl_mechanism": "PLAIN"}, "sasl_mechanism: must be"),
    "another user": ("scram", SCRAM | {"sasl_username": "nobody"}, "sasl_password: must be that"),
    "nobody": ("scram", ENCRYPTED, "security_protocol: must be what the broker"),
    "in the clear": ("scram", {}, "security_protocol: must be what the broker"),
    "in cipher": ("open", SCRAM, "security_protocol: must be what the broker"),
    "no certificate": ("mtls", ENCRYPTED, "cert_file: must be set, the broker"),
    "a password alone": ("both", SCRAM, "cert_file: must be set, the broker"),
    "of last year": ("mtls", MTLS | EXPIRED, "cert_file: must be a certificate that the broker"),
    "another's key": ("mtls", MTLS | {"key_file": "expired.key"}, "cert_file: must be a PEM"),
}


def said(command: list[str], address: str, section: str) -> str:
    """What a command says that is not let in: one line, and the exit code is 1."""
    settings = f'home = "."\n[kafka]\nbootstrap = "{address}"\n{section}'
    Path("settings.toml").write_text(settings, encoding="utf-8")
    done = CliRunner().invoke(app, [*command, "--settings", "settings.toml"])
    assert done.exit_code == 1
    assert MARKER not in done.output
    (line,) = filter(None, done.stderr.splitlines())
    return line


@pytest.mark.parametrize("case", REFUSED)
def test_who_is_not_let_in_is_told_which_option_it_is_about(
    doors: Doors, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    door, section, begins = REFUSED[case]
    places = doors._asdict() | {"by_number": doors.scram.replace(authority.HOST, "127.0.0.1")}
    line = said(["topics", "create"], places[door], written(section, certificates))
    assert line.startswith(f"kafka.{begins}")
    assert places[door] in line or case == "another's key"


@pytest.mark.parametrize("command", [*COMMANDS, ["check"], ["serve"]], ids=" ".join)
def test_a_wrong_password_ends_every_command_with_one_line(
    doors: Doors, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("TOCSIN_KAFKA__SASL_PASSWORD", f"{MARKER}-wrong")
    monkeypatch.chdir(tmp_path)
    Path("complaints.jsonl").write_text('{"id": "1", "time": 1767225600}\n', encoding="utf-8")
    assert said(command, doors.scram, written(SCRAM, certificates)) == (
        f"kafka.sasl_password: must be that of the user 'tocsin' at the broker at {doors.scram}, "
        "which refuses it"
    )


async def test_the_pages_say_which_option_keeps_them_from_the_broker(
    doors: Doors, certificates: Path, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"[kafka]\n{written(UNKNOWN, certificates)}", encoding="utf-8")
    with capture_logs() as logs:
        async with following(load(file), doors.scram, View("run")):
            await until(lambda: bool(logs))
    assert logs[0]["why"].startswith("kafka.ca_file: must hold the authority of the broker")
