"""Every metric of ours, with its unit; label values come from the settings and from enums alone.

What is counted is counted where it happens. A gauge is set when somebody asks
(`streams.workers.vitals`), so that a worker that has lost a shard does not go on telling of it.
Times are seconds since the epoch: how old something is is for the reader's clock to say.
"""

from collections.abc import Iterable
from itertools import product

from prometheus_client import Counter, Gauge, Histogram, Summary

MOST_FIELDS = 100  # names of fields told apart that come from outside; the rest count as "other"
OUTCOMES = ("counted", "duplicate", "late", "rejected", "repeat", "repost")
SLOTS = 10  # of the greatest excesses
MOST_TEXT = 160  # characters of a scope

# every role
STARTED = Gauge("tocsin_started_timestamp_seconds", "When the worker started.", ["role"])
READY = Gauge("tocsin_ready", "1 as long as the worker does its part, or stands by.", ["role"])
PARTITIONS = Gauge("tocsin_partitions", "Input partitions the worker has.", ["role"])
LAG = Gauge("tocsin_lag_records", "Records of a topic not dealt with yet.", ["role", "topic"])
LAG_SECONDS = Gauge(
    "tocsin_lag_seconds",
    "Time since the last record dealt with was written, 0 with nothing left to read.",
    ["role", "topic"],
)

# intake
EVENTS = Counter(
    "tocsin_events_total",
    "Records by what became of them; a repeat and a repost are also counted.",
    ["topic", "outcome"],
)
LOST = Counter(
    "tocsin_records_lost_total", "Records the log dropped before they were read.", ["topic"]
)
FOREIGN = Counter(
    "tocsin_foreign_inputs_total", "Records that none of ours wrote, passed over.", ["topic"]
)
DEAD_LETTERS = Counter(
    "tocsin_dead_letters_total",
    "Records set aside, by the field that was refused.",
    ["topic", "field"],
)
UNKNOWN_FIELDS = Counter(
    "tocsin_unknown_fields_total",
    "Fields that the stream does not have, in a sample of one record in 64.",
    ["topic", "field"],
)
SEEN = Gauge("tocsin_seen_keys", "Ids, and people about a matter, that are remembered.", ["topic"])
SEEN_BYTES = Gauge("tocsin_seen_bytes", "Memory that they take.", ["topic"])
UNRECALLED = Gauge(
    "tocsin_seen_unread_records",
    "Records of what was seen that are to be read before the partition's events are.",
    ["topic"],
)

# detection
SIGNALS = Counter("tocsin_signals_total", "Signals written.", ["kind", "state"])
WATERMARK = Gauge(
    "tocsin_watermark_timestamp_seconds",
    "Event time that every source of the stream has passed, in the shard furthest behind.",
    ["stream"],
)
DECIDED = Gauge(
    "tocsin_last_decision_timestamp_seconds",
    "When the shard that waits longest last judged a bucket of the stream.",
    ["stream"],
)
SERIES = Gauge(
    "tocsin_series",
    "Series that a shard tells of; one that all shards judge is counted in one.",
    ["shard"],
)
RETIRED = Gauge(
    "tocsin_retired_series",
    "Series that were told of here, and left after detection.retire_after without anybody.",
    ["shard"],
)
SERIES_BOUND = Gauge(
    "tocsin_series_bound_ratio",
    "Share of a bound that a shard has taken: of detection.max_series, or of the 1000 of a cut.",
    ["shard"],
)
PLACES = Gauge(
    "tocsin_judging_places",
    "Places that share the budget, by their shard: a series under a method that has learnt it, "
    "or as many as it alarms for, 250 by default, for a busy one under burst.",
    ["shard"],
)
BUDGETED_PLACES = Gauge(
    "tocsin_budgeted_places",
    "Places of all shards that the budget is spread over: detection.series.",
    ["shard"],
)
REFUSED = Gauge(
    "tocsin_refused_people",
    "People of series past a bound, who are not counted in their cut.",
    ["shard", "stream", "cut"],
)
LATE_AT_DETECTION = Gauge(
    "tocsin_late_at_detection_people", "People who came after their bucket was judged.", ["shard"]
)
SILENT = Gauge(
    "tocsin_silent_sources",
    "Sources, and channels in them, that have fallen silent; their incidents name them.",
    ["stream"],
)
SNAPSHOT_BYTES = Counter("tocsin_snapshot_bytes_total", "Bytes written to snapshots.", ["shard"])
SNAPSHOT_SECONDS = Summary(
    "tocsin_snapshot_seconds", "Time to write a snapshot and have it acknowledged.", ["shard"]
)
SNAPSHOTS_PASSED_OVER = Counter(
    "tocsin_snapshots_passed_over_total",
    "Snapshots whose bytes were not all there when a shard was restored; an older one was taken.",
    ["shard"],
)

# response
INCIDENTS = Counter("tocsin_incident_changes_total", "Changes of incidents.", ["state", "colour"])
OPEN = Gauge("tocsin_open_incidents", "Incidents that are open.", ["colour"])
DELIVERIES = Counter("tocsin_deliveries_total", "Changes of deliveries.", ["channel", "state"])
PENDING = Gauge("tocsin_pending_deliveries", "Deliveries that have not ended.", ["channel"])
DELIVERY_SECONDS = Histogram(
    "tocsin_delivery_seconds",
    "Time one try of a delivery took, by how it ended.",
    ["channel", "result"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
EXCESS = Gauge(
    "tocsin_top_excess_people",
    "Observed less expected of the scope in this slot; slot 0 has the greatest.",
    ["slot"],
)
MULTIPLE = Gauge(
    "tocsin_top_multiple_ratio", "Observed over expected of the scope in this slot.", ["slot"]
)
SCOPE = Gauge(
    "tocsin_top_scope_info",
    "The scope in this slot; only scopes with an alarm come here, so their number is bounded.",
    ["slot", "scope"],
)

# archive
ARCHIVED = Counter(
    "tocsin_archived_records_total", "Records taken into files of the archive.", ["topic"]
)
ARCHIVE_FILES = Counter(
    "tocsin_archive_files_total",
    "Files written, those that are whole and those that are written again as they fill.",
    ["state"],
)
ARCHIVE_BYTES = Counter("tocsin_archive_bytes_total", "Bytes of the files written.", ["state"])
ARCHIVE_FAILURES = Counter(
    "tocsin_archive_failures_total",
    "Times that the archive's place refused its files; each is tried again.",
    ["state"],
)

_fields: set[str] = set()


def unknown_field(topic: str, field: str) -> None:
    UNKNOWN_FIELDS.labels(topic, _bounded(field)).inc()


def dead_letter(topic: str, field: str) -> None:
    DEAD_LETTERS.labels(topic, _bounded(field)).inc()


def _bounded(field: str) -> str:
    """A field's name can come from outside, so the number of names is bounded."""
    if field not in _fields and len(_fields) >= MOST_FIELDS:
        return "other"
    _fields.add(field)
    return field[:100]


def begin_topics(topics: Iterable[str]) -> None:
    """Show zeros from the start: the first increment of a new series looks like none."""
    for topic in topics:
        LOST.labels(topic)
        UNRECALLED.labels(topic)
        for outcome in OUTCOMES:
            EVENTS.labels(topic, outcome)


def begin_channels(channels: Iterable[str], states: Iterable[str], results: Iterable[str]) -> None:
    """Show zeros from the start for every recipient; one that is a channel has its name."""
    states, results = list(states), list(results)
    for channel in channels:
        for state in states:
            DELIVERIES.labels(channel, state)
        for result in results:
            DELIVERY_SECONDS.labels(channel, result)


def begin_archive(topics: Iterable[str], states: Iterable[str]) -> None:
    """Show zeros from the start."""
    for topic in topics:
        ARCHIVED.labels(topic)
    for state in states:
        for written in (ARCHIVE_FILES, ARCHIVE_BYTES, ARCHIVE_FAILURES):
            written.labels(state)


def begin_signals(kinds: Iterable[str], states: Iterable[str]) -> None:
    """Show zeros from the start for every kind of signal."""
    for kind, state in product(kinds, states):
        SIGNALS.labels(kind, state)


def show_top(scopes: Iterable[tuple[str, float, float]]) -> None:
    """Fill the slots: scope, excess and multiple, the greatest first; what stood there goes."""
    for gauge in (EXCESS, MULTIPLE, SCOPE):
        gauge.clear()
    for slot, (scope, excess, multiple) in zip(range(SLOTS), scopes, strict=False):
        EXCESS.labels(slot).set(excess)
        MULTIPLE.labels(slot).set(multiple)
        SCOPE.labels(slot, scope[:MOST_TEXT]).set(1)
