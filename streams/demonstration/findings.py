"""What an installation has said on its public topics, read from their beginning to their end."""

import msgspec

from alerts.incident import IncidentLine
from alerts.signal import Signal
from streams.broker.records import connected
from streams.broker.topics import Topics
from streams.hindsight.scorecard import Findings
from streams.settings import Settings

_signal = msgspec.json.Decoder(Signal).decode
_incident = msgspec.json.Decoder(IncidentLine).decode


def findings(settings: Settings, bootstrap: str) -> Findings:
    """Raises BrokerError, or TopicError."""
    names, found = Topics.of(settings), Findings()
    with connected(settings.kafka, bootstrap) as cluster:
        signals, incidents = (cluster.log(name) for name in (names.signals, names.incidents))
        found.take(
            (_signal(record.value) for record in signals.whole()),
            (_incident(record.value) for record in incidents.whole()),
        )
    return found
