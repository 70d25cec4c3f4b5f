"""What is built, looked at without Grafana and without Prometheus."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.catalogue import LANGUAGES
from alerts.words import Words
from dashboards import files
from tests.dashboards import board
from tests.dashboards.board import Asked
from tocsin import dashboards

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
RUN = CliRunner()


@pytest.mark.parametrize("asked", [*board.queries(), *board.ruled()], ids=lambda a: a.place)
def test_every_name_in_a_query_is_a_metric_of_the_code_or_a_recorded_one(asked: Asked) -> None:
    known = {*board.exposed(), *board.GENERAL, *(record.name for record in board.records())}
    assert board.names(asked.expr)
    assert board.names(asked.expr) <= known


def test_every_metric_is_shown_somewhere() -> None:
    shown = set().union(*(board.names(asked.expr) for asked in board.queries()))
    parts = re.compile(r"_(sum|count|bucket)$")
    assert {parts.sub("", name) for name in board.exposed()} <= {
        parts.sub("", name) for name in shown
    }


@pytest.mark.parametrize("name", board.BOARDS)
def test_panels_are_numbered_and_targets_lettered(name: str) -> None:
    panels = board.BOARDS[name]["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    for panel in panels:
        letters = [target["refId"] for target in panel.get("targets", ())]
        assert letters == list("ABCDEF"[: len(letters)])
        assert letters or panel["type"] == "row"


@pytest.mark.parametrize("name", board.BOARDS)
def test_panels_fill_rows_and_do_not_lie_on_one_another(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board.BOARDS[name]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + dx, place["y"] + dy)
            for dx in range(place["w"])
            for dy in range(place["h"])
        }
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dashboard_is_in_one_language(language: str) -> None:
    chinese = language == "zh"
    for made in board.built(Words(language)).values():
        for part in (made, *made["panels"]):
            assert bool(CHINESE.search(part["title"])) is chinese
            if description := part.get("description"):
                assert bool(CHINESE.search(description)) is chinese


def test_dashboards_ask_the_same_in_every_language() -> None:
    asked = [
        [target["expr"] for made in board.built(Words(language)).values()
         for panel in made["panels"] for target in panel.get("targets", ())]
        for language in LANGUAGES
    ]  # fmt: skip
    assert asked[0]
    assert all(queries == asked[0] for queries in asked)


def test_datasources_are_chosen_by_the_reader() -> None:
    for _, panel in board.panels():
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for made in board.BOARDS.values():
        (variable,) = made["templating"]["list"]
        assert (variable["name"], variable["query"]) == ("datasource", "prometheus")


@pytest.mark.parametrize("path", files.contents(board.ENGLISH), ids=str)
def test_the_committed_file_is_what_is_built(path: Path) -> None:
    committed = (ROOT / files.FOLDER / path).read_text(encoding="utf-8")
    built = files.contents(board.ENGLISH)[path]
    assert committed == built, "run: tocsin dashboards build --language en"


def test_build_writes_what_differs_and_then_nothing(tmp_path: Path) -> None:
    first = RUN.invoke(dashboards.app, ["build", "--out", str(tmp_path)])
    assert first.exit_code == 0
    assert first.stdout.count("wrote ") == len(files.contents(board.ENGLISH))
    rules = tmp_path / "prometheus" / "rules.yml"
    rules.write_text("groups: []\n", encoding="utf-8")
    written = files.write(tmp_path, board.ENGLISH)
    assert [file for file, fresh in written.items() if fresh] == [rules]
    again = RUN.invoke(dashboards.app, ["build", "--out", str(tmp_path)])
    assert again.stdout == "".join(f"{file} is as it should be\n" for file in written)
    assert json.loads((tmp_path / "grafana/dashboards/overview.json").read_text(encoding="utf-8"))


def test_every_alert_says_it_in_both_languages_and_where_to_read_on() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    anchors = {heading.lower() for heading in re.findall(r"^### (\w+)$", document, re.MULTILINE)}
    for alert in board.alerts():
        said = alert.rule()["annotations"]
        assert CHINESE.search(said["summary_zh"])
        assert not CHINESE.search(said["summary"])
        page, anchor = said["runbook_url"].split("#")
        assert page == "docs/operations.md"
        assert anchor in anchors
    assert anchors == {alert.name.lower() for alert in board.alerts()}


def test_both_languages_name_the_same_labels() -> None:
    for alert in board.alerts():
        said = alert.rule()["annotations"]
        english, chinese = (
            sorted(re.findall(r"\$\w+(?:\.\w+)?", said[name])) for name in ("summary", "summary_zh")
        )
        assert english == chinese, alert.name


def test_the_runbook_says_what_is_seen_what_it_means_and_what_to_do() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = re.split(r"^### \w+$", document, flags=re.MULTILINE)[1:]
    for section in sections:
        for part in ("**Seen.**", "**Means.**", "**Do.**"):
            assert section.count(part) == 1
