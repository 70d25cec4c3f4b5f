"""What an installation has said on its public topics, read from their beginning to their end."""

from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from alerts.incident import IncidentLine
from alerts.signal import Signal
from streams import security
from streams.scorecard import Findings
from streams.settings import Settings
from streams.topics import Topics

_signal = msgspec.json.Decoder(Signal).decode
_incident = msgspec.json.Decoder(IncidentLine).decode


def findings(settings: Settings, bootstrap: str) -> Findings:
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap.split(","), enable_auto_commit=False,
        **security.client(settings.kafka),
    )  # fmt: skip
    try:
        names = Topics.of(settings)
        found = Findings()
        found.take(
            map(_signal, _values(consumer, names.signals)),
            map(_incident, _values(consumer, names.incidents)),
        )
        return found
    finally:
        consumer.close()


def _values(consumer: Any, topic: str) -> list[bytes]:
    part = TopicPartition(topic, 0)
    consumer.assign([part])
    consumer.seek_to_beginning(part)
    end, values = consumer.end_offsets([part])[part], list[bytes]()
    while consumer.position(part) < end:
        values += [record.value for some in consumer.poll(500).values() for record in some]
    return values
