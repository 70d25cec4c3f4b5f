"""`tocsin backtest` as people use it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tocsin.cli import app

BURN = "The kettle exploded and burnt my hand"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def backtest(*rows: str) -> Result:
    Path("complaints.csv").write_text("\n".join(["id,time,text", *rows, ""]), encoding="utf-8")
    arguments = ["complaints.csv", "--now", "2026-03-02T00:00:00", "--signals", "signals.jsonl"]
    return CliRunner().invoke(app, ["backtest", *arguments], env={"TOCSIN_LANGUAGE": "en"})


def test_what_would_have_been_called_is_told_and_the_signals_are_written() -> None:
    result = backtest(f"a,2026-03-01T12:00:00Z,{BURN}", "b,2026-03-01T13:00:00Z,late parcel")
    assert result.exit_code == 0, result.stderr
    assert "2 events" in result.stderr
    lines = Path("signals.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["kind"] for line in lines} == {"trigger"}


def test_rows_that_are_no_events_are_named_and_those_beyond_five_counted() -> None:
    wrong = [f"x{n},2099-01-01T00:00:00Z,from the future" for n in range(7)]
    result = backtest("a,2026-03-01T12:00:00Z,late parcel", *wrong)
    assert result.exit_code == 0, result.stderr
    named = "complaints.csv:3: time: must be at most 10m after its record's timestamp"
    assert named in result.stderr
    assert "complaints.csv:7:" in result.stderr
    assert "complaints.csv:8:" not in result.stderr
    assert "and 2 more" in result.stderr


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "there is no row in it"),
        (["a,2099-01-01T00:00:00Z,"], "no row is an event: time: must be at most 10m after"),
    ],
)
def test_files_without_an_event_are_one_line(rows: list[str], said: str) -> None:
    result = backtest(*rows)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr


def test_an_archive_is_the_only_argument_and_needs_no_time() -> None:
    Path("archive").mkdir()
    arguments = ["archive", "--now", "2026-03-02T00:00:00", "--signals", "signals.jsonl"]
    result = CliRunner().invoke(app, ["backtest", *arguments], env={"TOCSIN_LANGUAGE": "en"})
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "archive archive: must be the only argument, without --map and --now" in result.stderr


def test_an_archive_without_an_event_is_one_line() -> None:
    Path("archive").mkdir()
    result = CliRunner().invoke(
        app, ["backtest", "archive", "--signals", "signals.jsonl"], env={"TOCSIN_LANGUAGE": "en"}
    )
    assert (result.exit_code, result.stderr) == (1, "there is no event in the archive\n")
