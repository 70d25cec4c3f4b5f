"""Clients of Kafka: where the product makes them, and how patient they are."""

import ast
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from kafka.errors import CoordinatorNotAvailableError, GroupAuthorizationFailedError

from streams.broker import clients
from tests.kafka.opened import OPENED

ROOT: Final = Path(__file__).parents[1]
ROOMS: Final = ("alerts", "dashboards", "detectors", "examples", "streams", "tocsin")
CLIENT: Final = re.compile(r"(AIO)?Kafka(Consumer|Producer|Client|AdminClient|Connection)")
APP: Final = re.compile(r"(Stage)?App")  # of Faust, which makes clients of its own
WITHOUT: Final = {
    ("streams/broker/local.py", "KafkaAdminClient"): "the broker on this machine asks nobody",
    ("streams/broker/admission.py", "AIOKafkaConnection"): "is given what `denial` has made",
    ("examples/defect_batches.py", "KafkaConsumer"): "knows nothing of Tocsin's settings",
}
"""Clients that the settings do not secure, and why."""


@cache
def trees() -> Sequence[tuple[str, ast.Module]]:
    """Of the files that could know a client."""
    paths = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    texts = ((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in paths)
    return [(file, ast.parse(text)) for file, text in texts if re.search("[kK]afka|faust", text)]


def name_of(node: ast.AST) -> str:
    """A name, the last part of a dotted one, or what gets another; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name, asname=str()):
            return name
    return ""


def mentions(tree: ast.AST) -> list[str]:
    """Classes of clients, however they are named: also where one is only handed on."""
    names = [name_of(node) for node in ast.walk(tree)]
    return [name for name in names if CLIENT.fullmatch(name)]


def secured(tree: ast.AST) -> list[str]:
    """Those that are made with what `security` says, or by `clients`, which does."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    opened = [name_of(c.args[0]) for c in calls if ast.unparse(c.func) == "clients.opened"]
    given = [c for c in calls if any("security.client(" in ast.unparse(k) for k in c.keywords)]
    made = [name_of(node) for c in given for node in (c.func, *c.args)]
    return [name for name in (*opened, *made) if CLIENT.fullmatch(name)]


def apps(tree: ast.AST) -> list[ast.Call]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in calls if APP.fullmatch(name_of(call.func))]


def test_each_client_that_the_product_makes_is_let_in_by_a_guarded_broker() -> None:
    """Those of OPENED are, by `tests/kafka/test_edges.py`."""
    made = {
        (file, name)
        for file, tree in trees()
        for name in (*mentions(tree), *(name_of(call.func) for call in apps(tree)))
    }
    assert made - OPENED.keys() == {("streams/broker/local.py", "KafkaAdminClient")}
    assert OPENED.keys() - made == set()


def test_each_client_that_the_product_makes_proves_who_it_is_as_the_settings_say() -> None:
    for file, tree in trees():
        free = [name for known, name in WITHOUT if known == file]
        assert sorted(mentions(tree)) == sorted([*secured(tree), *free]), file
        assert all("broker_credentials=security.credentials(" in ast.unparse(a) for a in apps(tree))


class Fresh:
    """A broker that makes the topic of groups while it is asked."""

    def __init__(self, *, refusals: int, error: type[Exception]) -> None:
        self.left, self._error = refusals, error
        self.pauses: list[float] = []

    def ask(self, name: str) -> str:
        if self.left:
            self.left -= 1
            raise self._error
        return f"of {name}"

    def answer(self) -> str:
        return clients.coordinated(self.ask, "group", pause=self.pauses.append)


def test_a_broker_that_has_had_no_group_yet_is_asked_again() -> None:
    fresh = Fresh(refusals=2, error=CoordinatorNotAvailableError)
    assert fresh.answer() == "of group"
    assert fresh.pauses == [clients.PAUSE] * 2


def test_a_broker_without_a_coordinator_is_given_up_and_another_error_is_told_at_once() -> None:
    never = Fresh(refusals=10**6, error=CoordinatorNotAvailableError)
    with pytest.raises(CoordinatorNotAvailableError):
        never.answer()
    assert len(never.pauses) == clients.ATTEMPTS
    refused = Fresh(refusals=1, error=GroupAuthorizationFailedError)
    with pytest.raises(GroupAuthorizationFailedError):
        refused.answer()
    assert refused.pauses == []
