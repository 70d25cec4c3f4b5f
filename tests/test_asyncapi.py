"""The topics as docs/asyncapi.yaml describes them, against the code and AsyncAPI's own schema."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # publishes no types
import pytest
import yaml

from streams.broker.schemas import schemas
from streams.broker.topics import Role, Topics, table
from streams.events.deadletters import AGAIN, HEADER, KEY, DeadLetter
from streams.events.event import Rejected
from streams.settings import Settings
from tests import needs

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SPECIFICATION = ROOT / ".venv/node/node_modules/@asyncapi/specs/schemas/3.0.0.json"
DOCUMENT: dict[str, Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
CHANNELS: dict[str, Any] = DOCUMENT["channels"]
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def inner() -> set[str]:
    """Topics that nobody else reads or writes."""
    names, settings = Topics(), Settings()
    changelogs = {names.changelog(settings, role) for role in Role}
    seen = map(names.seen, settings.sources)
    return {names.counts, names.incident_inputs, *seen, *changelogs}


def message(channel: str) -> Any:
    (reference,) = CHANNELS[channel]["messages"].values()
    return MESSAGES[reference["$ref"].rpartition("/")[2]]


def test_the_channels_are_the_topics_that_are_not_inner_as_they_are_created() -> None:
    assert {
        channel["address"]: channel["bindings"]["kafka"] for channel in CHANNELS.values()
    } == {
        topic.name: {
            "partitions": topic.partitions,
            "topicConfiguration": {
                "cleanup.policy": ["delete"],
                "retention.ms": int(topic.configuration(1)["retention.ms"]),
            },
        }
        for topic in table(Settings())
        if topic.name not in inner()
    }  # fmt: skip


def test_tocsin_receives_from_the_sources_and_sends_to_all_others() -> None:
    sources = {source.topic for source in Settings().sources}
    actions = {
        operation["channel"]["$ref"].rpartition("/")[2]: operation["action"]
        for operation in DOCUMENT["operations"].values()
    }
    assert actions == {c: "receive" if c in sources else "send" for c in CHANNELS}


def test_each_message_has_the_schema_published_for_its_topic() -> None:
    dead = Topics().dead_letters
    assert {
        channel: message(channel)["payload"]["$ref"] for channel in CHANNELS if channel != dead
    } == {topic: f"schemas/{topic}.json" for topic in schemas()}


def test_dead_letters_have_the_headers_described() -> None:
    letter = DeadLetter("complaints", 2, 5120, Rejected("time", "", "is required"), b"{}")
    described = message(Topics().dead_letters)["headers"]
    assert described["required"] == [name for name, _ in letter.record()["headers"]]
    keyed = letter._replace(key=b"p-17", headers=[("trace", b"1")], again="complaints/2/5200")
    others = {name for name, _ in keyed.record()["headers"]} - set(described["required"])
    assert set(described["properties"]) == {*described["required"], KEY, AGAIN}
    (pattern,) = described["patternProperties"]
    assert [name for name in others if re.search(pattern, name)] == [f"{HEADER}trace"]
    assert others == {KEY, AGAIN, f"{HEADER}trace"}


@pytest.fixture(scope="module")
def specification() -> Any:
    file = needs.file(SPECIFICATION, of="the npm package @asyncapi/specs")
    schema = json.loads(file.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def test_the_document_is_valid_asyncapi(specification: Any) -> None:
    assert [error.message for error in specification.iter_errors(DOCUMENT)] == []


def test_a_broken_document_would_be_refused(specification: Any) -> None:
    broken = deepcopy(DOCUMENT)
    broken["operations"]["readMentions"]["action"] = "publish"
    assert not specification.is_valid(broken)
