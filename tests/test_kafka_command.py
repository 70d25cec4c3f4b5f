from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin import kafka, topics

RUN = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_status_and_down_say_that_nothing_runs_and_leave_no_trace(home: Path) -> None:
    status = RUN.invoke(kafka.app, ["status"])
    assert status.exit_code == 1
    assert status.stderr == 'Kafka is not running; start it with "tocsin kafka up"\n'
    down = RUN.invoke(kafka.app, ["down"])
    assert (down.exit_code, down.stdout) == (0, "Kafka was not running\n")
    assert not home.exists()


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_a_setting_that_is_wrong_is_one_line_and_exit_code_1(command: str) -> None:
    Path("wrong.toml").write_text("detection.shards = 0", encoding="utf-8")
    done = RUN.invoke(kafka.app, [command, "--settings", "wrong.toml"])
    assert done.exit_code == 1
    assert done.stderr == "detection.shards: must be at least 1, got 0\n"


def test_topics_without_a_broker_say_how_to_get_one() -> None:
    done = RUN.invoke(topics.app, ["create"])
    assert done.exit_code == 1
    assert done.stderr == 'no broker: set kafka.bootstrap or run "tocsin kafka up"\n'


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = RUN.invoke(kafka.app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: tocsin kafka {command}" in shown.stdout
