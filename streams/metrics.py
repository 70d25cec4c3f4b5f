"""Every metric of ours, with its unit; label values come from the settings and from enums alone."""

from prometheus_client import Counter, Gauge

MOST_FIELDS = 100  # names of unknown fields told apart; the rest count as "other"

EVENTS = Counter(
    "tocsin_events_total",
    "Records by what became of them: counted, duplicate, late, rejected, repeat.",
    ["topic", "outcome"],
)
LOST = Counter(
    "tocsin_records_lost_total", "Records the log dropped before they were read.", ["topic"]
)
UNKNOWN_FIELDS = Counter(
    "tocsin_unknown_fields_total",
    "Fields that the stream does not have, in a sample of one record in 64.",
    ["topic", "field"],
)
SIGNALS = Counter("tocsin_signals_total", "Signals written.", ["kind", "state"])
SERIES = Gauge("tocsin_series", "Series that live in a shard.", ["shard"])
LATE_AT_DETECTION = Gauge(
    "tocsin_late_at_detection", "People who came after their bucket was judged.", ["shard"]
)
SNAPSHOT_BYTES = Counter("tocsin_snapshot_bytes_total", "Bytes written to snapshots.", ["shard"])
INCIDENTS = Counter("tocsin_incident_changes_total", "Changes of incidents.", ["state", "colour"])
DELIVERIES = Counter("tocsin_deliveries_total", "Changes of deliveries.", ["channel", "state"])

_fields: set[str] = set()


def unknown_field(topic: str, field: str) -> None:
    """Count a field; its name comes from outside, so the number of names is bounded."""
    if field not in _fields and len(_fields) >= MOST_FIELDS:
        field = "other"
    _fields.add(field)
    UNKNOWN_FIELDS.labels(topic, field[:100]).inc()
