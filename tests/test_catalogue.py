"""Everything said to people exists in every language, and nothing else does."""

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import NamedTuple, get_args

import httpx
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from alerts import catalogue, deliveries
from alerts.catalogue import LANGUAGES, SOURCE
from alerts.channels import apprise, dingtalk, feishu, robots, wecom
from alerts.colour import Colour, ColourReason
from alerts.deliveries import DeliveryState
from alerts.incident import IncidentState, Reason
from alerts.names import NAMES
from alerts.notices import What
from alerts.playbook import Step
from alerts.redaction import Redacted
from alerts.signal import Kind, SignalState
from dashboards.grafana import Pushed
from detectors.novelty import Why
from detectors.text.category import Category
from detectors.text.harm import Harm
from detectors.text.sentiment import Sentiment
from streams.configuration.sections import DIMENSIONS, Stream
from streams.demonstration.programme import Phase
from streams.detection.almanac import MAKE_UP
from streams.detection.judges.novelty import named
from streams.detection.series import Absence
from streams.events.event import Demand, Severity
from streams.files.regions import NAMED, provinces
from streams.hindsight.marks import Ruling
from streams.proposal import matching
from streams.proposal.cuts import Verdict
from streams.proposal.proposal import WANTED, Note
from streams.response import courier
from streams.response.incident_view import Reach
from streams.rulesets.acceptance import Loss
from streams.rulesets.effect import Effect
from streams.traffic.scenarios import scenario

ROOT = Path(__file__).parents[1]
ROOMS = ("alerts", "dashboards", "streams", "tocsin")
TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
SPOKEN = ("say", "numbered")
PRINTING = {"print", "status", "add_task", "add_column", "add_row", "Table", "Panel", "rule"}
WORD = re.compile(r"[A-Za-z]{3}")
SOURCES = (".py", ".html", ".js")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

UNTOLD = {Reason.TICKED, Reason.DELIVERY, Reason.REPLAYED, Reason.REPEATED, Reason.CLOSED,
          Reason.NEVER_LIVE, Reason.OUT_OF_TURN, Reason.ERASED}  # fmt: skip
ROBOTS = (dingtalk.CODES, feishu.CODES, wecom.CODES)
BROKEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, TimeoutError)
FAILURES = {
    *(error.__name__ for error in BROKEN),
    *(words for codes in ROBOTS for words in (*codes.refused.values(), *codes.busy.values())),
    robots.NO_CODE, robots.UNDOCUMENTED, apprise.NO_SERVICE, apprise.FAILED,
    deliveries.NO_OUTCOME, courier.SWITCHED_OFF, courier.STOOD_STILL,
}  # fmt: skip
VALUES: dict[str, Set[str]] = {
    "colour": set(Colour),
    "what": set(What),
    "because": set(ColourReason),
    "step": set(Step),
    "kind": set(Kind),
    "novelty": set(map(named, Why)),
    "absence": set(Absence),
    "state": set(SignalState),
    "incident": set(IncidentState),
    "reason": set(Reason) - UNTOLD,
    "delivery": set(DeliveryState),
    "failure": FAILURES,
    "reach": set(Reach) - {Reach.CURRENT},
    "field": {"stream", "brand", "harm"}.union(*DIMENSIONS.values()),
    "stream": set(get_args(Stream)),
    "category": set(Category),
    "sentiment": set(Sentiment),
    "region": {name for language in NAMED for name in provinces(language).places},
    "demand": set(get_args(Demand)),
    "severity": set(get_args(Severity)),
    "harm": {*Harm, "safety"},
    "scenario": set(scenario.Kind),
    "occasion": {MAKE_UP},
    "phase": set(Phase),
    "pushed": set(Pushed),
    "matched": set(matching.Reason),
    "note": set(Note) - {Note.LOCAL, Note.LOST, Note.FEW_PEOPLE},
    "missing": set().union(*WANTED.values()),
    "verdict": set(Verdict),
    "ruling": set(Ruling),
    "loss": set(Loss),
    "effect": set(Effect),
    "redacted": set(Redacted),
}

Key = tuple[str | None, tuple[str, ...]]


class Call(NamedTuple):
    """A call: its arguments, None where they are not literal, and the names of what it fills in."""

    place: str
    function: str
    literals: tuple[object, ...]
    filled: frozenset[str | None]


def key(message: Message) -> Key:
    return message.context, _texts(message.id)


def said(found: Catalog) -> dict[Key, Message]:
    return {key(message): message for message in found if message.id}


def _texts(content: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (content or "",) if isinstance(content, str | None) else tuple(content)


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the code and the pages say, as Babel finds it."""
    out = tmp_path_factory.mktemp("words") / "words.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
    subprocess.run([*command, "-F", "pyproject.toml", "-o", str(out), "."], cwd=ROOT, check=True)
    with out.open("rb") as file:
        return read_po(file)


def test_each_language_has_its_catalogue() -> None:
    assert {path.stem for path in catalogue.FOLDER.glob("*.po")} == set(TRANSLATED)
    assert set(feishu.LOCALES) == set(LANGUAGES)


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_said_and_what_is_translated_are_the_same(
    extracted: Catalog, language: str
) -> None:
    translated = catalogue.catalogue(language)
    assert said(translated).keys() == said(extracted).keys(), "make words"
    assert not translated.obsolete, "delete what is no longer said"


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_sentence_is_translated_and_sure(language: str) -> None:
    for message in said(catalogue.catalogue(language)).values():
        assert all(_texts(message.string)), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_leaves_the_same_blanks(language: str) -> None:
    for message in said(catalogue.catalogue(language)).values():
        for text in _texts(message.string):
            assert blanks(text) == blanks(_texts(message.id)[-1]), message.id


def test_a_blank_is_a_plain_name(extracted: Catalog) -> None:
    for message in said(extracted).values():
        for text in _texts(message.id):
            for _, name, form, conversion in string.Formatter().parse(text):
                assert name is None or name.isidentifier(), text
                assert not form, text
                assert not conversion, text


@pytest.mark.parametrize("family", NAMES)
def test_each_value_of_a_known_set_has_its_word_and_no_other_has(family: str) -> None:
    assert set(NAMES[family]) == VALUES[family]
    assert all(NAMES[family].values())


def test_what_is_said_is_literal_and_fills_every_blank() -> None:
    calls = [call for call in (*_in_code(), *_in_pages()) if call.function in SPOKEN]
    assert len(calls) > 50
    for call in calls:
        texts = call.literals[: 2 if call.function == "numbered" else 1]
        assert all(isinstance(text, str) for text in texts), call
        counted = {"count"} if call.function == "numbered" else set()
        left = set().union(*(blanks(str(text)) for text in texts))
        assert None in call.filled or left <= call.filled | counted, call


def test_a_name_is_asked_for_in_a_known_set() -> None:
    calls = [call for call in (*_in_code(), *_in_pages()) if call.function == "name"]
    families = {call.literals[0] for call in calls if call.literals and call.literals[0]}
    assert {"colour", "reason", "state"} <= families <= NAMES.keys()


def test_a_command_prints_nothing_that_was_not_said() -> None:
    for path in (ROOT / "tocsin").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _function(node) in PRINTING:
                for text in filter(WORD.search, _unsaid(node.args)):
                    pytest.fail(f"{path.name}:{node.lineno}: {text!r} is said in English alone")


def test_pages_and_dashboards_have_no_translation_of_their_own() -> None:
    files = [path for path in (ROOT / "dashboards").rglob("*") if path.suffix in SOURCES]
    assert len(files) > 20
    for path in files:
        assert not CHINESE.search(path.read_text(encoding="utf-8")), path


def _unsaid(parts: Iterable[ast.AST]) -> Iterator[str]:
    """The literal texts that do not go through the catalogue."""
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        elif not (isinstance(part, ast.Call) and _function(part) in (*SPOKEN, "name")):
            yield from _unsaid(ast.iter_child_nodes(part))


def _function(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _in_code() -> Iterator[Call]:
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                literals = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
                filled = frozenset(keyword.arg for keyword in node.keywords)
                yield Call(f"{path.name}:{node.lineno}", _function(node), tuple(literals), filled)


def _in_pages() -> Iterator[Call]:
    for path in (ROOT / "dashboards" / "pages" / "templates").glob("*.html"):
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for node in tree.find_all(nodes.Call):
            if isinstance(node.node, nodes.Getattr | nodes.Name):
                name = node.node.attr if isinstance(node.node, nodes.Getattr) else node.node.name
                literals = [a.value if isinstance(a, nodes.Const) else None for a in node.args]
                filled = frozenset(keyword.key for keyword in node.kwargs)
                yield Call(f"{path.name}:{node.lineno}", name, tuple(literals), filled)
