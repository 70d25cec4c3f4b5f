"""Prometheus rules: what is recorded, and what operations are called for.

These alerts are about Tocsin itself. A crisis among the complaints is told by Tocsin.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from sys import maxsize
from typing import Any

import yaml

from alerts.catalogue import LANGUAGES, SOURCE
from alerts.words import Words
from streams.broker.topics import Role

RUNBOOK = "docs/operations.md"
SUMMARIES = {
    language: "summary" if language == SOURCE else f"summary_{language}" for language in LANGUAGES
}
LABELS = ("channel", "instance", "role", "shard", "stream", "topic")
FILLED = {label: f"{{{{ $labels.{label} }}}}" for label in LABELS} | {
    "value": "{{ $value }}",
    "duration": "{{ $value | humanizeDuration }}",
    "share": "{{ $value | humanizePercentage }}",
}


@dataclass(frozen=True)
class Record:
    """A series made from others; `name` is level:metric:operation."""

    name: str
    expr: str

    def rule(self) -> dict[str, Any]:
        return {"record": self.name, "expr": self.expr}


@dataclass(frozen=True)
class Alert:
    """What somebody is called for.

    Attributes:
        name: also the anchor in the runbook, in lower case.
        expr: true for what is wrong.
        lasting: how long it must be true, as Prometheus writes it.
        told: one line in a reader's words, its blanks filled by Prometheus.
        critical: now, at any hour; else in working hours.
    """

    name: str
    expr: str
    lasting: str
    told: Callable[[Words], str]
    critical: bool = field(default=False, kw_only=True)

    def rule(self) -> dict[str, Any]:
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.lasting,
            "labels": {"severity": "critical" if self.critical else "warning"},
            "annotations": {
                **{name: self.told(Words(language)) for language, name in SUMMARIES.items()},
                "runbook_url": f"{RUNBOOK}#{self.name.lower()}",
            },
        }


RECORDS = (
    Record(
        "topic_outcome:tocsin_events:rate5m",
        "sum by (topic, outcome) (rate(tocsin_events_total[5m]))",
    ),
    Record("role_topic:tocsin_lag_seconds:max", "max by (role, topic) (tocsin_lag_seconds)"),
    Record("role:tocsin_partitions:sum", "sum by (role) (tocsin_partitions)"),
    Record(
        "stream:tocsin_watermark_age_seconds:max",
        "max by (stream) (time() - tocsin_watermark_timestamp_seconds)",
    ),
    Record(
        "stream:tocsin_decision_age_seconds:max",
        "max by (stream) (time() - tocsin_last_decision_timestamp_seconds)",
    ),
)


def _share(outcome: str) -> str:
    """Of a topic's events, each counted once: a repeat and a repost have another outcome too."""
    rate = "topic_outcome:tocsin_events:rate5m"
    return (
        f'sum by (topic) ({rate}{{outcome="{outcome}"}})'
        f' / sum by (topic) ({rate}{{outcome!~"repeat|repost"}})'
    )


ALERTS = (
    Alert(
        "TocsinWorkerDown", 'up{job="tocsin"} == 0', "1m",
        lambda words: words.say("{instance} does not answer.", **FILLED),
        critical=True,
    ),
    Alert(
        "TocsinWorkerNotReady", "tocsin_ready == 0", "5m",
        lambda words: words.say("{role} on {instance} has not been ready for 5 minutes.", **FILLED),
    ),
    Alert(
        "TocsinNobodyWorks",
        "role:tocsin_partitions:sum < 1"
        + "".join(f' or absent(role:tocsin_partitions:sum{{role="{role}"}})' for role in Role),
        "2m",
        lambda words: words.say(
            "No worker of {role} has any input: nothing passes this stage.", **FILLED
        ),
        critical=True,
    ),
    Alert(
        "TocsinWorkerRestarts", "changes(tocsin_started_timestamp_seconds[15m]) > 3", "0m",
        lambda words: words.say(
            "{role} on {instance} started {value} times in 15 minutes.", **FILLED
        ),
        critical=True,
    ),
    Alert(
        "TocsinLag", "role_topic:tocsin_lag_seconds:max > 300", "5m",
        lambda words: words.say("{role} is {duration} behind in {topic}.", **FILLED),
        critical=True,
    ),
    Alert(
        "TocsinTimeStands", "stream:tocsin_watermark_age_seconds:max > 7200", "10m",
        lambda words: words.say(
            "Event time of {stream} is {duration} behind: surges are called late.", **FILLED
        ),
        critical=True,
    ),
    Alert(
        "TocsinNoDecision", "stream:tocsin_decision_age_seconds:max > 7200", "10m",
        lambda words: words.say("A shard has judged nothing of {stream} for {duration}.", **FILLED),
    ),
    Alert(
        "TocsinRejects",
        _share("rejected") + " > 0.05", "15m",
        lambda words: words.say("{share} of the records in {topic} are refused.", **FILLED),
    ),
    Alert(
        "TocsinLateEvents",
        _share("late") + " > 0.05", "15m",
        lambda words: words.say(
            "{share} of the events in {topic} come too late to be counted.", **FILLED
        ),
    ),
    Alert(
        "TocsinSourceSilent", "max by (stream) (tocsin_silent_sources) > 0", "0m",
        lambda words: words.say(
            "{value} sources of {stream}, or channels in them, have fallen silent.", **FILLED
        ),
    ),
    Alert(
        "TocsinRecordsLost", "increase(tocsin_records_lost_total[1h]) > 0", "0m",
        lambda words: words.say("Records of {topic} were deleted before they were read.", **FILLED),
        critical=True,
    ),
    Alert(
        "TocsinLateAtDetection", "delta(tocsin_late_at_detection_people[1h]) > 0", "0m",
        lambda words: words.say(
            "People came into shard {shard} after their hour was judged.", **FILLED
        ),
    ),
    Alert(
        "TocsinSeriesBound",
        "max by (shard) (tocsin_series_bound_ratio) > 0.9"
        " or max by (shard) (delta(tocsin_refused_people[1h])) > 0",
        "5m",
        lambda words: words.say(
            "Shard {shard} is full or nearly so: new series are not watched.", **FILLED
        ),
    ),
    Alert(
        "TocsinBudgetOverspent",
        "sum(tocsin_judging_places) / max(tocsin_budgeted_places) > 1", "1h",
        lambda words: words.say(
            "The budget of false alarms is spread over fewer places than are judged: they are "
            "{share} of it.", **FILLED,
        ),
    ),
    Alert(
        "TocsinMessageLost",
        'sum by (channel) (increase(tocsin_deliveries_total{state=~"failed|unknown"}[15m])) > 0',
        "0m",
        lambda words: words.say(
            "A message by {channel} did not arrive, or nobody knows.", **FILLED
        ),
        critical=True,
    ),
    Alert(
        "TocsinChannelDown",
        'sum by (channel) (increase(tocsin_delivery_seconds_count{result!="sent"}[10m])) > 2'
        " and on (channel)"
        ' sum by (channel) (increase(tocsin_delivery_seconds_count{result="sent"}[10m])) == 0',
        "0m",
        lambda words: words.say(
            "Every try by {channel} fails; messages wait and are tried again.", **FILLED
        ),
        critical=True,
    ),
    Alert(
        "TocsinMessagesWait", "sum by (channel) (tocsin_pending_deliveries) > 0", "15m",
        lambda words: words.say(
            "There have been messages waiting for {channel} for 15 minutes.", **FILLED
        ),
    ),
)  # fmt: skip


def build() -> str:
    """The rule file.

    One group: its rules are evaluated one after another, so alerts see what was just recorded.
    """
    group = {"name": "tocsin", "rules": [rule.rule() for rule in (*RECORDS, *ALERTS)]}
    content = {"groups": [group]}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=maxsize)
