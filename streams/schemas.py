"""The JSON Schemas published for those who write to the input topics."""

import json

import msgspec

from streams.events import TOPICS, Event
from streams.forms import FORMS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """The text of docs/schemas/TOPIC.json by topic, generated from the wire types."""
    return {TOPICS[stream]: _schema(form.kind) for stream, form in FORMS.items()}


def _schema(kind: type[Event]) -> str:
    return json.dumps({"$schema": DIALECT, **msgspec.json.schema(kind)}, indent=2) + "\n"
