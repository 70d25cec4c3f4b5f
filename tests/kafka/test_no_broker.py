from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.words import Words
from streams.settings import Settings
from tocsin.cli import app
from tocsin.told_view import budget, told

COMMANDS = (
    ["run"], ["run", "--role", "intake"], ["replay", "complaints.jsonl"],
    ["init", "--topic", "calls"], ["dead-letters"], ["dead-letters", "resend"],
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("complaints.jsonl").write_text('{"id": "1", "time": 1767225600}\n', encoding="utf-8")


def said(command: list[str], bootstrap: str) -> str:
    """What a command that fails says; it must be one line, and the exit code 1."""
    settings = f'home = "."\n[kafka]\nbootstrap = "{bootstrap}"\n'
    Path("settings.toml").write_text(settings, encoding="utf-8")
    done = CliRunner().invoke(app, [*command, "--settings", "settings.toml"])
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = filter(None, done.stderr.splitlines())
    return line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_broker_it_is_said_how_to_get_one(command: list[str]) -> None:
    assert said(command, "") == 'no broker: set kafka.bootstrap or run "tocsin kafka up"'


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_address_that_refuses_is_named_with_the_reason(command: list[str]) -> None:
    line = said(command, "127.0.0.1:1")
    assert line.startswith("the broker at 127.0.0.1:1 does not answer: ")
    assert "Connection refused" in line


def test_check_says_what_is_set_before_it_finds_no_broker() -> None:
    Path("settings.toml").write_text('home = "."\n', encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "--settings", "settings.toml"])
    assert done.exit_code == 1
    here = Path.cwd()
    assert done.stdout.splitlines() == [
        f"settings of {here}/settings.toml",
        f"home {here}, of the local broker and its data",
        "3 sources, 10 cuts, zone UTC, messages in English",
        *budget(Words("en"), Settings()),
        told(Words("en"), Settings()),
    ]
    assert done.stderr == 'no broker: set kafka.bootstrap or run "tocsin kafka up"\n'
