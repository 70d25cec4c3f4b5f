"""`tocsin why` as people use it: which gate opened, with numbers that add up."""

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests import surged
from tests.contract import again
from tests.streams.counts import SURGE, busy, stored
from tests.streams.logs import HOUR, START, complaint
from tests.surged import hour
from tocsin.cli import app

SETTINGS = f"""{surged.SETTINGS}[[rules]]
name = "five bills"
stream = "complaints"
by = ["category"]
people = 5
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stored(surged.with_a_burn())
    Path("tocsin.toml").write_text(SETTINGS, encoding="utf-8")


def why(scope: str, number: int, *options: str, language: str = "en") -> Result:
    arguments = ["why", scope, hour(number), "complaints.jsonl", *options]
    return CliRunner().invoke(app, arguments, env={"TOCSIN_LANGUAGE": language})


def gates(scope: str, number: int) -> dict[str, Any]:
    """By step; of alarms that of the first method that has one, which is the surge."""
    answer = json.loads(why(scope, number, "--json").stdout)
    return {gate["step"]: gate for gate in reversed(answer["gates"])}


def add(table: str, **facts: Any) -> None:
    """To the settings."""
    held = "".join(f"{name} = {json.dumps(value)}\n" for name, value in facts.items())
    with Path("tocsin.toml").open("a", encoding="utf-8") as file:
        file.write(f"[[{table}]]\n{held}")


def test_an_hour_that_was_called_has_all_gates_open_and_numbers_that_add_up() -> None:
    found = gates("complaints, category=billing", SURGE + 1)
    assert all(found[step]["open"] for step in ("cut", "born", "judged", "learning", "outage"))
    assert found["score"]["open"]
    assert found["alarm"]["open"]
    n = found["score"]["numbers"]
    parts = ("level", "group", "year", "own", "event")
    assert prod(n[part] for part in parts) == pytest.approx(n["expected"])
    assert n["score"] >= n["threshold"]
    assert again.of_surge(n) == pytest.approx(n["score"])
    counted = sum(
        event.category == "billing" and event.time // HOUR == START // HOUR + SURGE + 1
        for event in busy()
    )
    assert n["people"] == counted
    assert found["alarm"]["numbers"]["fired"] in {"2024-01-06T09:00:00Z", "2024-01-06T10:00:00Z"}


def test_a_calibrated_threshold_is_told_with_the_multiple_that_it_is() -> None:
    plain = gates("category=billing", SURGE + 1)["score"]["numbers"]["threshold"]
    text = Path("tocsin.toml").read_text(encoding="utf-8")
    set_now = text.replace("[detection]", "[detection]\nthresholds = { surge = 1e6 }")
    Path("tocsin.toml").write_text(set_now, encoding="utf-8")
    found = gates("category=billing", SURGE + 1)
    assert found["score"]["numbers"]["threshold"] == plain * 1e6
    assert not found["score"]["open"]
    assert "Calibrated: 1,000,000 times that." in why("category=billing", SURGE + 1).stdout


def test_a_quiet_hour_is_stopped_at_the_score() -> None:
    found = gates("category=billing", SURGE - 3)
    assert found["learning"]["open"]
    assert not found["score"]["open"]
    assert not found["alarm"]["open"]
    assert found["score"]["numbers"]["score"] < found["score"]["numbers"]["threshold"]


def test_an_early_hour_is_stopped_by_learning_and_says_until_when() -> None:
    found = gates("category=billing", 20)
    numbers = found["learning"]["numbers"]
    assert not found["learning"]["open"]
    assert numbers["latest"] == "2024-01-15T00:00:00Z"
    assert numbers["begun"] < numbers["earliest"] < numbers["latest"]
    result = why("category=billing", 20)
    assert "✗ It is still learning" in result.stdout
    assert "仍在学习" in why("category=billing", 20, language="zh").stdout


def test_rules_and_reports_of_harm_are_gates_too() -> None:
    found = gates("category=billing", SURGE + 1)
    assert found["rule"]["open"]
    assert found["rule"]["numbers"]["rule"] == "five bills"
    assert not gates("category=billing", SURGE - 3)["rule"]["open"]
    reported = gates("product=iron, category=billing", 30)["trigger"]
    assert reported["open"]
    assert reported["numbers"]["harm"] == "injury"
    assert not gates("product=kettle, category=billing", 30)["trigger"]["open"]


@pytest.mark.parametrize(
    ("language", "scope"),
    [("en", "stream complaints, product iron, category billing, harm injury"),
     ("zh", "数据流 投诉、产品 iron、类别 账单、伤害 受伤")],
)  # fmt: skip
def test_a_report_of_harm_may_be_asked_for_as_it_is_shown(language: str, scope: str) -> None:
    found = json.loads(why(scope, 30, "--json", language=language).stdout)
    assert [(gate["step"], gate["open"]) for gate in found["gates"]] == [("trigger", True)]
    assert why(scope, 30, language=language).stdout.startswith(scope)


def test_the_week_and_bursts_are_gates_where_their_cuts_ask_for_them() -> None:
    text = Path("tocsin.toml").read_text(encoding="utf-8")
    asked = text.replace('by = ["category"]\n', 'by = ["category"]\nmethods = METHODS\n', 1)
    methods = '["surge", "burst", "weekly"]'
    Path("tocsin.toml").write_text(asked.replace("METHODS", methods), encoding="utf-8")
    found = gates("category=billing", SURGE - 3)
    assert not found["burst"]["open"]
    assert (found["weekly"]["open"], found["weekly"]["numbers"]) == (False, {})
    assert "no week of it has been judged" in why("category=billing", SURGE - 3).stdout


def test_a_method_by_the_week_that_learns_says_so_and_no_alarm_is_told_of_what_is_not_asked() -> (
    None
):
    stored(busy(16))
    text = Path("tocsin.toml").read_text(encoding="utf-8")
    asked = 'by = ["category"]\nmethods = ["weekly", "drift"]\n'
    Path("tocsin.toml").write_text(text.replace('by = ["category"]\n', asked, 1), encoding="utf-8")
    found = gates("category=billing", SURGE + 1)
    assert not found["judged"]["open"]
    assert found["alarm"]["numbers"]["kind"] == "rule"
    late = gates("category=billing", 15 * 24)
    assert late["weekly"]["numbers"] == {"weeks": 2, "needed": 26}
    assert late["drift"]["numbers"] == {"weeks": 0, "needed": 26}
    told = why("category=billing", 15 * 24).stdout
    assert "By the week: still learning, 2 of 26 weeks." in told
    assert "By its drift: still learning, 0 of 26 weeks, each eight weeks late." in told


def test_a_share_and_a_drift_are_gates_where_their_cut_asks_for_them() -> None:
    with Path("tocsin.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[[cuts]]\nstream = "complaints"\nby = ["category"]\n'
            'where = { sentiment = "neutral" }\nmethods = ["share", "drift"]\n'
        )
    asked = "category=billing, sentiment=neutral"
    found = gates(asked, SURGE - 3)
    assert (found["drift"]["open"], found["drift"]["numbers"]) == (False, {})
    numbers = found["share"]["numbers"]
    assert not found["share"]["open"]
    assert numbers["observed"] <= numbers["whole"]
    assert numbers["usual"] > 90
    assert numbers["score"] < numbers["threshold"]
    assert again.of_share(numbers) == pytest.approx(numbers["score"])
    early = gates(asked, 20)["share"]
    assert not early["open"]
    assert 0 < early["numbers"]["events"] < early["numbers"]["needed"]
    told = why(asked, 20).stdout
    assert "By its share: still learning" in told
    assert "By its drift: no week of it has been judged yet." in told


def test_what_is_not_there_names_the_nearest() -> None:
    result = why("product=ketle, category=billing", SURGE)
    assert "Nothing was ever counted of it" in result.stdout
    after = result.stdout.split("The nearest that are counted:")[1]
    assert after.splitlines()[1].strip() == "stream complaints, product kettle, category billing"
    assert "No cut counts by these fields" in why("region=N", SURGE).stdout


def bounded(option: str) -> None:
    text = Path("tocsin.toml").read_text(encoding="utf-8")
    set_now = text.replace("[detection]", f"[detection]\nshards = 1\n{option}")
    Path("tocsin.toml").write_text(set_now, encoding="utf-8")


def test_a_series_that_was_retired_is_told_from_one_that_never_was() -> None:
    once = complaint("once", START + HOUR, category="fees")
    stored(sorted([*busy(16), once], key=lambda event: event.time))
    bounded("retire_after = 1")
    assert gates("category=fees", 14 * 24 - 1)["born"]["open"]
    assert not gates("category=fees", 14 * 24)["born"]["open"]
    assert "✗ It is not counted then: nobody came" in why("category=fees", 14 * 24).stdout
    assert "Nothing was ever counted of it" in why("category=fines", 14 * 24).stdout


def test_a_series_past_the_bound_is_told_from_one_that_never_was() -> None:
    bounded("max_series = 3")
    asked = "product=iron, category=billing"
    assert "✗ It is not counted then: there were as many series" in why(asked, SURGE).stdout
    assert "Nothing was ever counted of it" in why(f"{asked}s", SURGE).stdout


def test_an_hour_past_the_history_says_how_far_it_goes() -> None:
    found = gates("category=billing", 400)
    assert list(found) == ["history"]
    assert found["history"]["numbers"]["first"] == "2024-01-01T00:00:00Z"


def test_a_source_is_asked_for_its_silence() -> None:
    found = gates("source=complaints", SURGE)
    assert list(found) == ["silence"]
    assert not found["silence"]["open"]
    numbers = found["silence"]["numbers"]
    assert numbers["events"] > numbers["needed"]
    assert numbers["earliest"] == "2024-01-08T03:00:00Z"
    assert "By silence: still learning" in why("source=complaints", SURGE).stdout
    told = why("source=letters", SURGE).stdout
    assert "✗ By silence: not among the sources and channels" in told


def test_a_source_that_has_learnt_is_asked_by_its_score_unless_its_silence_is_not_asked_for() -> (
    None
):
    stored(busy(9))
    late = gates("source=complaints", 8 * 24)["silence"]
    assert again.of_silence(late["numbers"]) == pytest.approx(late["numbers"]["score"])
    add("sources", topic="complaints", stream="complaints", key="person", silence=False)
    told = why("source=complaints", 8 * 24).stdout
    assert "✗ By silence: not asked for, sources.silence of complaints is false." in told


def test_a_cut_by_source_is_asked_as_any_other() -> None:
    asked = "source=complaints, category=billing"
    assert "No cut counts by these fields" in why(asked, SURGE).stdout
    add("cuts", stream="complaints", by=["source", "category"])
    found = gates(asked, SURGE + 1)
    assert all(found[step]["open"] for step in ("cut", "born", "score", "alarm"))
    assert "silence" not in found
    assert "The nearest that are counted:" in why(f"{asked}s", SURGE).stdout


def test_a_source_that_is_a_cut_too_is_asked_for_both() -> None:
    add("cuts", stream="complaints", by=["source"])
    assert {"cut", "score", "silence"} < gates("source=complaints", SURGE).keys()


@pytest.mark.parametrize(
    ("language", "scope"),
    [("en", "category=billing"), ("en", "stream complaints, category billing"),
     ("zh", "数据流 投诉、类别 账单")],
)  # fmt: skip
def test_a_scope_may_be_asked_for_as_the_answer_shows_it(language: str, scope: str) -> None:
    shown = why(scope, SURGE, language=language).stdout.splitlines()[0]
    assert shown.startswith({"en": "stream complaints, category billing", "zh": scope}[language])


@pytest.mark.parametrize(
    ("time", "rule"),
    [
        ("noon", "ISO 8601 (2026-03-02T12:30)"),
        ("9999-12-31T23:59-08:00", "within the years 2 to 9998"),
        ("0001-01-01T00:00+08:00", "within the years 2 to 9998"),
    ],
)
def test_a_time_that_is_none_is_one_line(time: str, rule: str) -> None:
    result = CliRunner().invoke(app, ["why", "category=billing", time, "complaints.jsonl"])
    assert result.exit_code == 1
    assert result.stderr == f"time must be {rule}, got {time!r}\n"


@pytest.mark.parametrize("option", [("--now", "2026-01-01"), ("--map", "map.toml")])
def test_the_archive_of_the_settings_takes_no_mapping_and_no_time(option: tuple[str, str]) -> None:
    Path("map.toml").write_text('stream = "complaints"\n[fields]\ntime = "t"', encoding="utf-8")
    asked = ["why", "category=billing", hour(3), *option]
    answer = CliRunner().invoke(app, asked, env={"TOCSIN_LANGUAGE": "en"})
    assert answer.exit_code == 1
    assert "archive of the settings: must be the only argument" in answer.stderr
