"""The built dashboards and rules as the tests look at them."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from prometheus_client import REGISTRY

from alerts.words import Words
from dashboards import overview, pipeline, rules
from dashboards.rules import Alert, Record
from streams import metrics

ENGLISH = Words("en")


def built(words: Words) -> dict[str, dict[str, Any]]:
    """Each dashboard by its name."""
    boards = {"overview": overview.build(words), "pipeline": pipeline.build(words)}
    return {name: json.loads(board) for name, board in boards.items()}


BOARDS = built(ENGLISH)
GENERAL = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}
NAME = re.compile(r"\b(?:[a-z_]+:)?tocsin_[a-z_]+(?::[a-z0-9]+)?\b|\bprocess_[a-z_]+\b|\bup\b")


class Asked(NamedTuple):
    """One query and where it stands."""

    place: str
    expr: str


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            yield name, panel


def queries() -> list[Asked]:
    """All of the dashboards."""
    return [
        Asked(f"{name}: {panel['title']} {target['refId']}", target["expr"])
        for name, panel in panels()
        for target in panel.get("targets", ())
    ]


def alerts() -> list[Alert]:
    return list(rules.ALERTS)


def records() -> list[Record]:
    return list(rules.RECORDS)


def ruled() -> list[Asked]:
    """The expressions of all rules."""
    named = [(alert.name, alert.expr) for alert in alerts()]
    return [Asked(*each) for each in named + [(record.name, record.expr) for record in records()]]


def exposed() -> dict[str, frozenset[str]]:
    """The series that our code can expose, with their labels."""
    found: dict[str, frozenset[str]] = {}
    for held in vars(metrics).values():
        if hasattr(held, "_labelnames"):
            kind = {f.name: f.type for f in REGISTRY.collect()}[held._name]
            for suffix in SUFFIXES[kind]:
                extra = {"le"} if suffix == "_bucket" else set()
                found[held._name + suffix] = frozenset(held._labelnames) | extra
    return found


SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "summary": ("_sum", "_count"),
    "histogram": ("_sum", "_count", "_bucket"),
}


def names(expr: str) -> set[str]:
    """The series that an expression reads."""
    without_texts = re.sub(r'"[^"]*"', '""', expr)
    return set(NAME.findall(without_texts)) - {"tocsin"}
