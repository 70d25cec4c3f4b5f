"""Prometheus rules: what is recorded, and what operations are called for.

These alerts are about Tocsin itself. A crisis among the complaints is told by Tocsin.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.topics import Role

RUNBOOK = "docs/operations.md"


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
        english: one line; a label's value as {{ $labels.name }}.
        chinese: the same line.
        critical: now, at any hour; else in working hours.
    """

    name: str
    expr: str
    lasting: str
    english: str
    chinese: str
    critical: bool = field(default=False, kw_only=True)

    def rule(self) -> dict[str, Any]:
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.lasting,
            "labels": {"severity": "critical" if self.critical else "warning"},
            "annotations": {
                "summary": self.english,
                "summary_zh": self.chinese,
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

ALERTS = (
    Alert(
        "TocsinWorkerDown", 'up{job="tocsin"} == 0', "1m",
        "{{ $labels.instance }} does not answer.",
        "{{ $labels.instance }} 无响应。",
        critical=True,
    ),
    Alert(
        "TocsinWorkerNotReady", "tocsin_ready == 0", "5m",
        "{{ $labels.role }} on {{ $labels.instance }} has not been ready for 5 minutes.",
        "{{ $labels.instance }} 上的 {{ $labels.role }} 已 5 分钟未就绪。",
    ),
    Alert(
        "TocsinNobodyWorks",
        "role:tocsin_partitions:sum < 1"
        + "".join(f' or absent(role:tocsin_partitions:sum{{role="{role}"}})' for role in Role),
        "2m",
        "No worker of {{ $labels.role }} has any input: nothing passes this stage.",
        "没有任何 {{ $labels.role }} 进程在处理输入，该环节已停止。",
        critical=True,
    ),
    Alert(
        "TocsinWorkerRestarts", "changes(tocsin_started_timestamp_seconds[15m]) > 3", "0m",
        "{{ $labels.role }} on {{ $labels.instance }} started {{ $value }} times in 15 minutes.",
        "{{ $labels.instance }} 上的 {{ $labels.role }} 15 分钟内启动了 {{ $value }} 次。",
        critical=True,
    ),
    Alert(
        "TocsinLag", "role_topic:tocsin_lag_seconds:max > 300", "5m",
        "{{ $labels.role }} is {{ $value | humanizeDuration }} behind in {{ $labels.topic }}.",
        "{{ $labels.role }} 在 {{ $labels.topic }} 上滞后 {{ $value | humanizeDuration }}。",
        critical=True,
    ),
    Alert(
        "TocsinTimeStands", "stream:tocsin_watermark_age_seconds:max > 7200", "10m",
        "Event time of {{ $labels.stream }} is {{ $value | humanizeDuration }} behind: "
        "surges are called late.",
        "{{ $labels.stream }} 的事件时间落后 {{ $value | humanizeDuration }}，激增会晚报。",
        critical=True,
    ),
    Alert(
        "TocsinNoDecision", "stream:tocsin_decision_age_seconds:max > 7200", "10m",
        "A shard has judged nothing of {{ $labels.stream }} for {{ $value | humanizeDuration }}.",
        "有分片已 {{ $value | humanizeDuration }} 未判定 {{ $labels.stream }}。",
    ),
    Alert(
        "TocsinRejects",
        'sum by (topic) (topic_outcome:tocsin_events:rate5m{outcome="rejected"})'
        ' / sum by (topic) (topic_outcome:tocsin_events:rate5m{outcome!~"repeat|repost"}) > 0.05',
        "15m",
        "{{ $value | humanizePercentage }} of the records in {{ $labels.topic }} are refused.",
        "{{ $labels.topic }} 中 {{ $value | humanizePercentage }} 的记录被拒收。",
    ),
    Alert(
        "TocsinLateEvents",
        'sum by (topic) (topic_outcome:tocsin_events:rate5m{outcome="late"})'
        ' / sum by (topic) (topic_outcome:tocsin_events:rate5m{outcome!~"repeat|repost"}) > 0.05',
        "15m",
        "{{ $value | humanizePercentage }} of the events in {{ $labels.topic }} come too late "
        "to be counted.",
        "{{ $labels.topic }} 中 {{ $value | humanizePercentage }} 的事件迟到而未计入。",
    ),
    Alert(
        "TocsinSourceSilent", "max by (stream) (tocsin_silent_sources) > 0", "0m",
        "{{ $value }} sources of {{ $labels.stream }}, or channels in them, have fallen silent.",
        "{{ $labels.stream }} 有 {{ $value }} 个来源或渠道已静默。",
    ),
    Alert(
        "TocsinRecordsLost", "increase(tocsin_records_lost_total[1h]) > 0", "0m",
        "Records of {{ $labels.topic }} were deleted before they were read.",
        "{{ $labels.topic }} 的记录在读取前已被删除。",
        critical=True,
    ),
    Alert(
        "TocsinLateAtDetection", "delta(tocsin_late_at_detection_people[1h]) > 0", "0m",
        "People came into shard {{ $labels.shard }} after their hour was judged.",
        "分片 {{ $labels.shard }} 收到了所属小时已判定的人数。",
    ),
    Alert(
        "TocsinSeriesBound",
        "max by (shard) (tocsin_series_bound_ratio) > 0.9"
        " or max by (shard) (delta(tocsin_refused_people[1h])) > 0",
        "5m",
        "Shard {{ $labels.shard }} is full or nearly so: new series are not watched.",
        "分片 {{ $labels.shard }} 已满或将满，新序列不再被监测。",
    ),
    Alert(
        "TocsinMessageLost",
        'sum by (channel) (increase(tocsin_deliveries_total{state=~"failed|unknown"}[15m])) > 0',
        "0m",
        "A message by {{ $labels.channel }} did not arrive, or nobody knows.",
        "经 {{ $labels.channel }} 的通知未送达或无法确认。",
        critical=True,
    ),
    Alert(
        "TocsinChannelDown",
        'sum by (channel) (increase(tocsin_delivery_seconds_count{result="failed"}[10m])) > 2'
        " and on (channel)"
        ' sum by (channel) (increase(tocsin_delivery_seconds_count{result="sent"}[10m])) == 0',
        "0m",
        "Every try by {{ $labels.channel }} fails; messages wait and are tried again.",
        "经 {{ $labels.channel }} 的每次尝试都失败，通知在等待重试。",
        critical=True,
    ),
    Alert(
        "TocsinMessagesWait", "sum by (channel) (tocsin_pending_deliveries) > 0", "15m",
        "There have been messages waiting for {{ $labels.channel }} for 15 minutes.",
        "{{ $labels.channel }} 已连续 15 分钟有通知等待。",
    ),
)  # fmt: skip


def build() -> str:
    """The rule file; a text in JSON's quotes is one in YAML's.

    One group: its rules are evaluated one after another, so alerts see what was just recorded.
    """
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "groups:"
    yield "  - name: tocsin"
    yield "    rules:"
    for rule in (*RECORDS, *ALERTS):
        first, *others = _mapping(rule.rule())
        yield f"      - {first}"
        yield from (f"        {line}" for line in others)


def _mapping(content: Mapping[str, Any]) -> Iterator[str]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield f"{key}:"
            yield from (f"  {line}" for line in _mapping(value))
        else:
            yield f"{key}: {json.dumps(value, ensure_ascii=False)}"
