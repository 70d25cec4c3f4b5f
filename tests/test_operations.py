"""The runbook has a row for each name that stops a stage, and for each line that warns."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import errors

ROOT = Path(__file__).parents[1]
STAGES = ("seen", "transport", "counts", "sources", "intake", "detection", "response", "archive")
LEVELS = {"warning", "error", "critical", "exception"}
CLIENTS = {  # of the Kafka client; nothing of ours raises them by name
    "KafkaConnectionError", "KafkaTimeoutError", "LeaderNotAvailableError",
    "MessageSizeTooLargeError", "NotLeaderForPartitionError", "TopicAuthorizationFailedError",
    "TransactionalIdAuthorizationFailed", "UnknownTopicOrPartitionError",
}  # fmt: skip
ELSEWHERE = {
    "ArchiveError": "ends a command that reads an archive",
    "CorruptRecordException": "is the Kafka client's own; the bytes that it read are broken",
    "DeliveryError": "becomes the outcome of a try",
    "ForeignInputError": "becomes input_passed_over",
    "PlaceError": "becomes archive_not_written",
    "RefusedError": "is of a file that is read at the start",
    "TableError": "is of a file that is read at the start",
    "TypeError": "is a defect",
    "ValueError": "is a defect, or an option of a command",
}
"""Errors that stages raise and that do not stop them by name."""


def _trees(*rooms: str) -> Iterator[ast.Module]:
    for room in rooms:
        found = ROOT / room
        for path in [found] if found.is_file() else sorted(found.rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def _raised(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call | ast.Name):
            name = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(name, ast.Name) and name.id[0].isupper():
                yield name.id


def _warned(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of_log = isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
            if of_log and node.func.attr in LEVELS:
                (event, *_) = node.args
                assert isinstance(event, ast.Constant), "an event is a name, not made up as it goes"
                yield str(event.value)


def _section(heading: str) -> str:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^### {heading}$(.*?)^##", document, re.MULTILINE | re.DOTALL)
    return str(section)


def _first_cells(heading: str) -> set[str]:
    """What the rows below a heading are about, of its names alone."""
    lines = _section(heading).splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ")]
    assert {len(row) for row in rows} == {3}
    return {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}


ERRORS = {
    name
    for tree in _trees(*(f"streams/{room}" for room in STAGES), "alerts/inputs.py")
    for name in _raised(tree)
}
EVENTS = {event for tree in _trees("streams") for event in _warned(tree)}


@pytest.mark.parametrize("name", sorted(ERRORS - ELSEWHERE.keys() | CLIENTS))
def test_the_runbook_says_what_an_error_that_stops_a_stage_means(name: str) -> None:
    assert name in _first_cells("What stops a stage by name")


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_the_runbook_says_what_a_line_that_warns_means(event: str) -> None:
    assert event in _first_cells("What the log warns of")


def test_the_runbook_explains_no_name_that_the_code_does_not_have() -> None:
    stops = {name for name in _first_cells("What stops a stage by name") if "Error" in name}
    assert stops - CLIENTS <= ERRORS
    assert all(hasattr(errors, name) for name in CLIENTS)
    assert _first_cells("What the log warns of") == EVENTS
    assert ELSEWHERE.keys() <= ERRORS


def test_the_runbook_has_the_seconds_that_were_measured() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| each blow alone.*?\|(.*?)\|", readme, re.MULTILINE)
    measured = re.findall(r"\d+\.\d(?: to \d+\.\d)? s", row)
    assert len(measured) == 5
    faults = _section("Machines, brokers, topics")
    assert [one for one in measured if one not in faults] == []
