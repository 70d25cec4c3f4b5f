"""Pushing dashboards to a Grafana that remembers what it was given."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboards import overview
from dashboards.grafana import Grafana, GrafanaError, Pushed
from tests.dashboards.board import ENGLISH
from tocsin import dashboards

TOKEN = "glsa_of-the-test"
RUN = CliRunner()


class FakeGrafana(ThreadingHTTPServer):
    """The part of Grafana's API that we use, by its documentation, below a path of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folders: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.broken = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/grafana/"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        match method, path.removeprefix("/grafana/api").strip("/").split("/"):
            case "GET", ["folders", uid]:
                return self._stored(self.folders, uid, "folder not found")
            case "POST", ["folders"]:
                return self._add_folder(body)
            case "GET", ["dashboards", "uid", uid]:
                return self._stored(self.dashboards, uid, "Dashboard not found")
            case "POST", ["dashboards", "db"]:
                return self._save(body["dashboard"], body)
        return 404, {"message": "Not found"}

    def _stored(self, where: dict[str, Any], uid: str, missing: str) -> tuple[int, Any]:
        return (200, where[uid]) if uid in where else (404, {"message": missing})

    def _add_folder(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body["uid"] in self.folders:
            return 412, {"message": "the folder has been changed by someone else"}
        self.folders[body["uid"]] = {"id": len(self.folders) + 1, **body}
        return 200, self.folders[body["uid"]]

    def _save(self, dashboard: dict[str, Any], body: dict[str, Any]) -> tuple[int, Any]:
        folder = body.get("folderUid", "")
        if folder not in self.folders:
            return 400, {"message": "folder not found"}
        before = self.dashboards.get(dashboard["uid"])
        if before and not body.get("overwrite"):
            return 412, {"message": "The dashboard has been changed by someone else"}
        version = before["dashboard"]["version"] + 1 if before else 1
        kept = {**dashboard, "id": 7, "version": version}
        self.dashboards[dashboard["uid"]] = {"dashboard": kept, "meta": {"folderUid": folder}}
        return 200, {"uid": dashboard["uid"], "version": version, "status": "success"}


class _Handler(BaseHTTPRequestHandler):
    server: FakeGrafana

    def do_GET(self) -> None:
        self._do(None)

    def do_POST(self) -> None:
        self._do(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _do(self, body: Any) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        if self.server.broken:
            status, answer = 500, {"message": "database is locked"}
        elif self.headers["Authorization"] != f"Bearer {TOKEN}":
            status, answer = 401, {"message": "Invalid API key"}
        else:
            status, answer = self.server.answer(self.command, self.path, body)
        said = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """What was asked is remembered, not printed."""


@pytest.fixture
def fake() -> Iterator[FakeGrafana]:
    server = FakeGrafana()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def grafana(fake: FakeGrafana) -> Iterator[Grafana]:
    with Grafana(fake.url, TOKEN) as there:
        yield there


def titled(title: str) -> str:
    return json.dumps(json.loads(overview.build(ENGLISH)) | {"title": title})


def test_a_new_dashboard_is_created_in_our_folder(fake: FakeGrafana, grafana: Grafana) -> None:
    assert grafana.push(overview.build(ENGLISH)) is Pushed.CREATED
    assert fake.folders["tocsin"]["title"] == "Tocsin"
    stored = fake.dashboards[overview.UID]
    assert stored["meta"]["folderUid"] == "tocsin"
    assert stored["dashboard"]["title"] == "Crisis overview"
    assert stored["dashboard"]["panels"] == json.loads(overview.build(ENGLISH))["panels"]


def test_pushing_again_changes_nothing(fake: FakeGrafana, grafana: Grafana) -> None:
    grafana.push(overview.build(ENGLISH))
    fake.asked.clear()
    assert grafana.push(overview.build(ENGLISH)) is Pushed.UNCHANGED
    assert [asked.split()[0] for asked in fake.asked] == ["GET", "GET"]
    assert fake.dashboards[overview.UID]["dashboard"]["version"] == 1


def test_what_somebody_changed_is_put_right(fake: FakeGrafana, grafana: Grafana) -> None:
    grafana.push(titled("Mine"))
    assert grafana.push(overview.build(ENGLISH)) is Pushed.UPDATED
    assert fake.dashboards[overview.UID]["dashboard"]["title"] == "Crisis overview"
    assert fake.dashboards[overview.UID]["dashboard"]["version"] == 2


def test_a_dashboard_that_was_moved_comes_back(fake: FakeGrafana, grafana: Grafana) -> None:
    grafana.push(overview.build(ENGLISH))
    fake.dashboards[overview.UID]["meta"]["folderUid"] = "elsewhere"
    assert grafana.push(overview.build(ENGLISH)) is Pushed.UPDATED
    assert fake.dashboards[overview.UID]["meta"]["folderUid"] == "tocsin"


def test_a_wrong_token_is_one_line_without_the_token(fake: FakeGrafana) -> None:
    with Grafana(fake.url, "glsa_wrong") as there, pytest.raises(GrafanaError) as caught:
        there.push(overview.build(ENGLISH))
    assert str(caught.value) == f"Grafana at {fake.url} refuses: Unauthorized"
    assert fake.dashboards == {}


def test_an_error_of_the_server_is_no_missing_dashboard(
    fake: FakeGrafana, grafana: Grafana
) -> None:
    fake.broken = True
    with pytest.raises(GrafanaError, match=r"refuses: Server Error 500: database is locked$"):
        grafana.push(overview.build(ENGLISH))
    assert all(asked.startswith("GET") for asked in fake.asked)


def test_nobody_there_is_one_line() -> None:
    with (
        Grafana("http://127.0.0.1:1", TOKEN) as there,
        pytest.raises(GrafanaError, match=r"^Grafana at http://127.0.0.1:1 does not answer: \w+$"),
    ):
        there.push(overview.build(ENGLISH))


@pytest.mark.parametrize(
    "url", ["", "localhost:3000", "ftp://grafana", "http://", "http://grafana:x"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(GrafanaError, match="url must be an http or https address"):
        Grafana(url, TOKEN)


@pytest.mark.parametrize(
    "url",
    ["http://admin:hush@127.0.0.1:1/?key=hush", "admin:hush@grafana", "http://admin:hush/@grafana"],
)
def test_a_password_in_the_address_is_not_repeated(url: str) -> None:
    with pytest.raises(GrafanaError) as refusal, Grafana(url, TOKEN) as there:
        there.push(overview.build(ENGLISH))
    assert "hush" not in str(refusal.value)


def test_the_command_pushes_both_and_says_what_it_did(
    fake: FakeGrafana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    arguments = ["push", "--url", fake.url, "--token-file", str(tmp_path / "token")]
    done = RUN.invoke(dashboards.app, arguments)
    assert (done.exit_code, done.stdout) == (0, "Crisis overview: created\nPipeline: created\n")
    monkeypatch.setenv("GRAFANA_URL", fake.url)
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    done = RUN.invoke(dashboards.app, ["push"])
    assert (done.exit_code, done.stdout) == (0, "Crisis overview: unchanged\nPipeline: unchanged\n")


def test_dashboards_are_pushed_in_the_language_asked_for(fake: FakeGrafana) -> None:
    environment = {"GRAFANA_URL": fake.url, "GRAFANA_TOKEN": TOKEN}
    done = RUN.invoke(dashboards.app, ["push", "--language", "zh"], env=environment)
    assert (done.exit_code, done.stdout) == (0, "Crisis overview: created\nPipeline: created\n")
    assert fake.dashboards[overview.UID]["dashboard"]["title"] == "危机总览"
    done = RUN.invoke(dashboards.app, ["push"], env=environment | {"TOCSIN_LANGUAGE": "zh"})
    assert done.stdout == "危机总览：无变化\n流水线：无变化\n"


def test_without_a_token_the_command_says_where_it_comes_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GRAFANA_TOKEN", raising=False)
    done = RUN.invoke(dashboards.app, ["push", "--url", "http://127.0.0.1:1"])
    assert done.exit_code == 1
    assert done.stderr == "a token must be given: in GRAFANA_TOKEN, or by --token-file\n"
