"""The rules by Prometheus' own tool: each alert fires for what it is for, and not just before."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.dashboards import board
from tests.dashboards.prometheus import PACKAGE, RULES
from tests.needs import program

WORKER = 'instance="one", job="tocsin"'


class Case(NamedTuple):
    """Series by the minute, in promtool's notation, and when the alert fires of them.

    Attributes:
        alert: its name.
        series: by name and labels.
        since: the first minute at which it fires; None where it never does.
        labels: of the alert that fires.
    """

    alert: str
    series: dict[str, str]
    since: int | None
    labels: Mapping[str, str] = MappingProxyType({})


def events(outcome: str, values: str, topic: str = "complaints") -> dict[str, str]:
    labels = f'outcome="{outcome}", topic="{topic}", {WORKER}'
    return {f"tocsin_events_total{{{labels}}}": values}


def partitions(**by_role: str) -> dict[str, str]:
    full = {"intake": "4x140", "detection": "4x140", "response": "1x140", "archive": "4x140"}
    full |= by_role
    return {
        f'tocsin_partitions{{role="{role}", {WORKER}}}': values for role, values in full.items()
    }


def tries(result: str, values: str) -> dict[str, str]:
    return {
        f'tocsin_delivery_seconds_count{{channel="webhook", result="{result}", {WORKER}}}': values
    }


LAG = f'tocsin_lag_seconds{{role="intake", topic="complaints", {WORKER}}}'
PASSED = f'tocsin_watermark_timestamp_seconds{{stream="complaints", {WORKER}}}'
DECIDED = f'tocsin_last_decision_timestamp_seconds{{stream="complaints", {WORKER}}}'
READY = f'tocsin_ready{{role="intake", {WORKER}}}'
STARTED = f'tocsin_started_timestamp_seconds{{role="intake", {WORKER}}}'
LOST = f'tocsin_records_lost_total{{topic="complaints", {WORKER}}}'
LATE = f'tocsin_late_at_detection_people{{shard="2", {WORKER}}}'
SILENT = f'tocsin_silent_sources{{stream="complaints", {WORKER}}}'
BOUND = f'tocsin_series_bound_ratio{{shard="2", {WORKER}}}'
REFUSED = f'tocsin_refused_people{{shard="2", stream="complaints", cut="batch", {WORKER}}}'
PLACES = f'tocsin_judging_places{{shard="2", {WORKER}}}'
OTHERS = f'tocsin_judging_places{{shard="3", {WORKER}}}'
BUDGETED = f'tocsin_budgeted_places{{shard="2", {WORKER}}}'
FAILED = f'tocsin_deliveries_total{{channel="webhook", state="failed", {WORKER}}}'
UNKNOWN = f'tocsin_deliveries_total{{channel="webhook", state="unknown", {WORKER}}}'
PENDING = f'tocsin_pending_deliveries{{channel="webhook", {WORKER}}}'

ROLE, TOPIC, STREAM = {"role": "intake"}, {"topic": "complaints"}, {"stream": "complaints"}
SHARD, CHANNEL = {"shard": "2"}, {"channel": "webhook"}
ONE = {"instance": "one", "job": "tocsin"}

CASES = [
    Case("TocsinWorkerDown", {f"up{{{WORKER}}}": "1 1 0x20"}, 3, ONE),
    Case("TocsinWorkerDown", {f"up{{{WORKER}}}": "1 1 0 1x20"}, None),
    Case("TocsinWorkerNotReady", {READY: "1 0x20"}, 6, ONE | ROLE),
    Case("TocsinWorkerNotReady", {READY: "1 0 0 0 0 1x20"}, None),
    Case("TocsinNobodyWorks", partitions(response="1 1 0x20"), 4, {"role": "response"}),
    Case("TocsinNobodyWorks", partitions(intake="4 4 _x20"), 9, ROLE),
    Case("TocsinNobodyWorks", partitions(response="1 0 0 1x140"), None),
    Case("TocsinWorkerRestarts", {STARTED: "0+60x10"}, 4, ONE | ROLE),
    Case("TocsinWorkerRestarts", {STARTED: "0 0 1 1 2 2 3 3x20"}, None),
    Case("TocsinLag", {LAG: "0 301x20"}, 6, ROLE | TOPIC),
    Case("TocsinLag", {LAG: "0 299x20"}, None),
    Case("TocsinTimeStands", {PASSED: "0x140"}, 131, STREAM),
    Case("TocsinTimeStands", {PASSED: "0+60x140"}, None),
    Case("TocsinNoDecision", {DECIDED: "0x140"}, 131, STREAM),
    Case("TocsinNoDecision", {DECIDED: "0x60 3600x80"}, None),
    Case("TocsinRejects", events("counted", "0+90x60") | events("rejected", "0+10x60"), 16, TOPIC),
    Case("TocsinRejects", events("counted", "0+96x60") | events("rejected", "0+4x60"), None),
    Case("TocsinLateEvents", events("counted", "0+90x60") | events("late", "0+10x60"), 16, TOPIC),
    Case("TocsinLateEvents", events("counted", "0+90x60") | events("repeat", "0+90x60"), None),
    Case("TocsinSourceSilent", {SILENT: "0 0 1x20"}, 2, STREAM),
    Case("TocsinSourceSilent", {SILENT: "0x20"}, None),
    Case("TocsinRecordsLost", {LOST: "0 0 5x20"}, 2, ONE | TOPIC),
    Case("TocsinRecordsLost", {LOST: "5x20"}, None),
    Case("TocsinLateAtDetection", {LATE: "7 7 8x20"}, 2, ONE | SHARD),
    Case("TocsinLateAtDetection", {LATE: "7x20"}, None),
    Case("TocsinSeriesBound", {BOUND: "0.5 0.91x20", REFUSED: "0x21"}, 6, SHARD),
    Case("TocsinSeriesBound", {BOUND: "0.5x21", REFUSED: "0 1+1x20"}, 6, SHARD),
    Case("TocsinSeriesBound", {BOUND: "0.5x21", REFUSED: "9x21"}, None),
    Case(
        "TocsinBudgetOverspent", {PLACES: "500 501x80", OTHERS: "500x81", BUDGETED: "1000x81"}, 61
    ),
    Case(
        "TocsinBudgetOverspent", {PLACES: "900x140", OTHERS: "100x140", BUDGETED: "1000x140"}, None
    ),
    Case("TocsinMessageLost", {FAILED: "0 1x20", UNKNOWN: "0x21"}, 1, CHANNEL),
    Case("TocsinMessageLost", {FAILED: "0x21", UNKNOWN: "0 1x20"}, 1, CHANNEL),
    Case("TocsinMessageLost", {FAILED: "3x21", UNKNOWN: "0x21"}, None),
    Case("TocsinChannelDown", tries("failed", "0+1x20") | tries("sent", "5x20"), 3, CHANNEL),
    Case("TocsinChannelDown", tries("unknown", "0+1x20") | tries("sent", "5x20"), 3, CHANNEL),
    Case("TocsinChannelDown", tries("failed", "0+1x20") | tries("sent", "0+1x20"), None),
    Case("TocsinMessagesWait", {PENDING: "0 2x30"}, 16, CHANNEL),
    Case("TocsinMessagesWait", {PENDING: "2x10 0 2x10"}, None),
]


def unit(case: Case) -> dict[str, Any]:
    """The case as promtool reads it: not yet a minute before, firing then."""
    alert = next(alert for alert in board.alerts() if alert.name == case.alert)
    expected = {
        "alertname": case.alert, "alertstate": "firing",
        "severity": "critical" if alert.critical else "warning", **case.labels,
    }  # fmt: skip
    text = ", ".join(f'{name}="{value}"' for name, value in expected.items())
    query = f'ALERTS{{alertname="{case.alert}", alertstate="firing"}}'
    moments = [(5, False), (20, False), (139, False)]
    if case.since is not None:
        moments = [(case.since - 1, False), (case.since, True)]
    return {
        "interval": "1m",
        "input_series": [{"series": s, "values": v} for s, v in case.series.items()],
        "promql_expr_test": [
            {
                "expr": query, "eval_time": f"{minute}m",
                "exp_samples": [{"labels": f"ALERTS{{{text}}}", "value": 1}] if fires else [],
            }
            for minute, fires in moments
        ],
    }  # fmt: skip


def promtool(*arguments: str) -> None:
    done = subprocess.run(
        [program("promtool", of=PACKAGE), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def run(tests: list[dict[str, Any]], folder: Path) -> None:
    """JSON is YAML."""
    file = folder / "tests.yml"
    content = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    file.write_text(json.dumps(content), encoding="utf-8")
    promtool("test", "rules", str(file))


def test_the_rules_are_valid() -> None:
    promtool("check", "rules", str(RULES))


def test_the_configuration_is_valid() -> None:
    promtool("check", "config", str(RULES.with_name("prometheus.yml")))


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.alert} {'fires' if case.since else 'is quiet'}"
)
def test_an_alert_fires_when_it_should_and_not_before(case: Case, tmp_path: Path) -> None:
    run([unit(case)], tmp_path)


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    names = {alert.name for alert in board.alerts()}
    assert {case.alert for case in CASES if case.since} == names
    assert {case.alert for case in CASES if case.since is None} == names


def test_the_cases_use_series_and_labels_of_the_code() -> None:
    known = board.exposed() | {"up": frozenset()}
    for case in CASES:
        for series in case.series:
            name, _, labels = series.partition("{")
            named = set(re.findall(r"(\w+)=", labels)) - {"instance", "job"}
            assert named == known[name], series


def test_an_alert_speaks_both_languages(tmp_path: Path) -> None:
    said = {
        "summary": "intake is 10m 0s behind in complaints.",
        "summary_zh": "intake 在 complaints 上滞后 10m 0s。",
        "runbook_url": "docs/operations.md#tocsinlag",
    }
    labels = {"severity": "critical", **ROLE, **TOPIC}
    expected = {"exp_labels": labels, "exp_annotations": said}
    run(
        [{
            "interval": "1m",
            "input_series": [{"series": LAG, "values": "600x20"}],
            "alert_rule_test": [
                {"eval_time": "6m", "alertname": "TocsinLag", "exp_alerts": [expected]}
            ],
        }],
        tmp_path,
    )  # fmt: skip
