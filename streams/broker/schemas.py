"""The JSON Schemas published for those who write to the input topics or read the public ones."""

import json
from inspect import cleandoc
from typing import Any

import msgspec

from alerts.defects import DefectBatchSignal
from alerts.deliveries import DeliveryLine
from alerts.incident import IncidentLine
from alerts.signal import Signal
from streams.broker.topics import Topics
from streams.events.event import TOPICS
from streams.events.forms import FORMS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """The text of docs/schemas/TOPIC.json by topic, generated from the wire types."""
    names = Topics()
    kinds: dict[str, type[msgspec.Struct]] = {
        **{TOPICS[stream]: form.kind for stream, form in FORMS.items()},
        names.signals: Signal,
        names.defect_batch_signals: DefectBatchSignal,
        names.incidents: IncidentLine,
        names.notifications: DeliveryLine,
    }
    return {topic: _text(kind) for topic, kind in kinds.items()}


def _text(kind: type[msgspec.Struct]) -> str:
    schema: dict[str, Any] = msgspec.json.schema(kind)
    for defined in schema["$defs"].values():
        if "description" in defined:
            defined["description"] = cleandoc(defined["description"])
    return json.dumps({"$schema": DIALECT, **schema}, indent=2) + "\n"
