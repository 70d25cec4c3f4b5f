"""Batches by units in the field as people meet them: back-test, why, and a table that is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.streams.counts import stored
from tests.streams.fleets import BAD, INCIDENT, UNITS, history, table
from tests.streams.logs import DAY, HOUR, START
from tocsin.cli import app

SETTINGS = """
[detection]
series = 2000
[tables]
batches = "batches.csv"
[[cuts]]
stream = "complaints"
by = ["product", "batch"]
family = "product"
methods = ["surge", "batches"]
[[cuts]]
stream = "complaints"
by = ["category"]
[[cuts]]
stream = "complaints"
by = ["product", "category"]
family = "product"
methods = ["novelty"]
"""
LATER = INCIDENT + 30


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stored(history())
    Path("tocsin.toml").write_text(SETTINGS, encoding="utf-8")
    known = [f"{p},{b},,{one.shipped},{one.units}" for (p, b), one in table().items()]
    written(*known, "kettle,B99,,,")


def written(*rows: str) -> None:
    text = "\n".join(["product,batch,made,shipped,units", *rows, ""])
    Path("batches.csv").write_text(text, encoding="utf-8")


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"TOCSIN_LANGUAGE": "en"})


def backtested() -> Result:
    now = datetime.fromtimestamp((START + 99 * DAY) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return invoked(
        "backtest", "complaints.jsonl", "--now", now, "--signals", "signals.jsonl",
        "--incidents", "incidents.jsonl",
    )  # fmt: skip


def asked(scope: str, *options: str) -> Result:
    hour = datetime.fromtimestamp((START + LATER * HOUR) / 1000, UTC).isoformat()
    return invoked("why", scope, hour, "complaints.jsonl", *options)


def gates(scope: str) -> dict[str, Any]:
    answer = json.loads(asked(scope, "--json").stdout)
    return {gate["step"]: gate for gate in answer["gates"]}


def test_a_history_with_a_table_shows_a_batch_signal_with_its_rate() -> None:
    result = backtested()
    assert result.exit_code == 0, result.stderr
    lines = Path("signals.jsonl").read_text(encoding="utf-8").splitlines()
    about = [s for s in map(json.loads, lines) if s["scope"].get("batch") == BAD]
    assert {signal["kind"] for signal in about} == {"batch"}
    rate = next(signal["rate"] for signal in about if signal["state"] == "confirmed")
    assert rate["units"] == UNITS
    assert rate["per_thousand"] > 1.5 * rate["neighbours"] > 0
    opened = Path("incidents.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(json.loads(line)["reason"] == "opened" for line in opened) == 1


def test_a_table_that_cannot_be_read_is_a_line_for_each_problem_and_no_traceback() -> None:
    written("kettle,B1,,,none")
    result = backtested()
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "batches.csv: row 2: units: must be a whole number" in result.stderr


def test_the_gates_of_a_batch_say_its_units_its_figures_and_who_speaks() -> None:
    found = gates(f"product=kettle, batch={BAD}")
    assert not found["judged"]["open"]
    assert found["batch"]["open"]
    n = found["batch"]["numbers"]
    assert n["units"] == UNITS
    assert n["score"] >= n["threshold"]
    assert n["rate"] > n["neighbours"]


def test_the_gate_of_a_combination_says_which_condition_it_lacks() -> None:
    found = gates("product=kettle, category=leak")["novelty"]
    assert not found["open"]
    assert found["numbers"]["why"] == "too-young"


@pytest.mark.parametrize(
    ("scope", "sentences"),
    [
        (
            f"batch={BAD}",
            [
                "✓ By its 2,000 units in the field: since",
                "(0 below 5 people)",
                "in the surge's stead",
            ],
        ),
        ("batch=B99", ["✗ By units in the field: rate unknown"]),
    ],
)
def test_the_gates_are_sentences(scope: str, sentences: list[str]) -> None:
    told = " ".join(asked(f"product=kettle, {scope}").stdout.split())
    assert all(said in told for said in sentences)
