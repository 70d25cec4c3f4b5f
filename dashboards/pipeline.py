"""Dashboard "Pipeline": is each stage healthy, how far behind is it, what does it refuse."""

from dashboards import panels
from dashboards.panels import ORANGE, RED, Panel, Query, Step, figure, graph

UID = "tocsin-pipeline"


def build() -> str:
    """The JSON of the dashboard."""
    return panels.board(
        "Pipeline",
        UID,
        "Each stage from its topic to the messages. 流水线：从数据主题到通知的每个环节。",
        [
            panels.row("Workers 进程"),
            *_workers(),
            panels.row("Behind 滞后"),
            *_behind(),
            panels.row("Intake 接入"),
            *_intake(),
            panels.row("Detection 检测"),
            *_detection(),
            panels.row("Response 响应"),
            *_response(),
        ],
    )


def _workers() -> list[Panel]:
    return [
        figure(
            "Not ready 未就绪",
            "Workers that neither do their part nor stand by. 既未工作也非备用的进程。",
            Query("count(tocsin_ready == 0) or vector(0)"),
            unit="short", steps=[Step(1, RED)],
        ),
        figure(
            "Starts in an hour 一小时内启动",
            "A worker that dies starts again. 进程退出后会重启。",
            Query("sum(changes(tocsin_started_timestamp_seconds[1h]))"),
            unit="short", steps=[Step(3, ORANGE), Step(10, RED)],
        ),
        graph(
            "Partitions 分区",
            "Input partitions that workers have, by role. 各角色持有的输入分区。",
            Query("sum by (role) (tocsin_partitions)", "{{role}}"),
            unit="short", width=4,
        ),
        graph(
            "Memory 内存",
            "Resident, by worker. 常驻内存。",
            Query("process_resident_memory_bytes * on (instance) group_left (role) "
                  "(tocsin_ready * 0 + 1)", "{{role}} {{instance}}"),
            unit="bytes", width=6,
        ),
        graph(
            "Processor 处理器",
            "Cores in use, by worker. 占用核数。",
            Query("rate(process_cpu_seconds_total[$__rate_interval]) * on (instance) "
                  "group_left (role) (tocsin_ready * 0 + 1)", "{{role}} {{instance}}"),
            unit="short", width=6,
        ),
    ]  # fmt: skip


def _behind() -> list[Panel]:
    return [
        graph(
            "Unread records 未处理记录",
            "By role and topic. 按角色与主题。",
            Query("sum by (role, topic) (tocsin_lag_records)", "{{role}} {{topic}}"),
            unit="short", width=6,
        ),
        graph(
            "Lag 滞后时间",
            "Since the last record dealt with was written; 0 with nothing left to read. "
            "距最后处理记录的写入时间；无未读为 0。",
            Query("max by (role, topic) (tocsin_lag_seconds)", "{{role}} {{topic}}"),
            unit="s", width=6,
        ),
        graph(
            "Age of the watermark 水位线延迟",
            "Event time that every source has passed; the lateness allowed is part of it. "
            "所有来源都已越过的事件时间距今多久，含允许的迟到时间。",
            Query("max by (stream) (time() - tocsin_watermark_timestamp_seconds)", "{{stream}}"),
            unit="s", width=6,
        ),
        graph(
            "Last decision 最近一次判定",
            "Since the shard that waits longest judged a bucket; an hour's bucket closes hourly. "
            "等待最久的分片距上次判定的时间；每小时一次。",
            Query(
                "max by (stream) (time() - tocsin_last_decision_timestamp_seconds)", "{{stream}}"
            ),
            unit="s", width=6,
        ),
    ]  # fmt: skip


def _intake() -> list[Panel]:
    return [
        graph(
            "Events by outcome 事件去向",
            "Per second; a repeat and a repost are also counted. 每秒；重复联系与转发也计入。",
            Query(
                "sum by (topic, outcome) (rate(tocsin_events_total[$__rate_interval]))",
                "{{topic}} {{outcome}}",
            ),
            unit="cps",
        ),
        graph(
            "Dead letters in an hour 每小时死信",
            "By topic and the field that was refused. 按主题与被拒字段。",
            Query(
                "sum by (topic, field) (increase(tocsin_dead_letters_total[1h]))",
                "{{topic}} {{field}}",
            ),
            unit="short",
        ),
        graph(
            "Unknown fields 未知字段",
            "In a sample of one record in 64. 抽样 1/64。",
            Query(
                "sum by (topic, field) (increase(tocsin_unknown_fields_total[1h]))",
                "{{topic}} {{field}}",
            ),
            unit="short", width=4,
        ),
        graph(
            "Records lost 丢失记录",
            "Dropped by the log before they were read. 读取前已被日志删除。",
            Query("sum by (topic) (increase(tocsin_records_lost_total[1h]))", "{{topic}}"),
            unit="short", width=4,
        ),
    ]  # fmt: skip


def _detection() -> list[Panel]:
    return [
        graph(
            "Series 序列数",
            "That live in each shard. 各分片的序列数。",
            Query("max by (shard) (tocsin_series)", "shard {{shard}}"),
            unit="short", width=4,
        ),
        graph(
            "Bound taken 上限占用",
            "Share of detection.max_series; at 100 % new series are refused. "
            "占 detection.max_series 的比例；满后新序列被拒。",
            Query("max by (shard) (tocsin_series_bound_ratio)", "shard {{shard}}"),
            unit="percentunit", width=4,
        ),
        graph(
            "People not judged 未判定人数",
            "Refused past the bound, or come after their bucket was judged. "
            "因上限被拒，或在判定之后才到。",
            Query("max by (shard) (tocsin_refused_people)", "refused 被拒 {{shard}}"),
            Query("max by (shard) (tocsin_late_at_detection_people)", "late 迟到 {{shard}}"),
            unit="short",
        ),
        graph(
            "Snapshot bytes 快照字节",
            "Written per second, by shard. 每秒写入。",
            Query(
                "sum by (shard) (rate(tocsin_snapshot_bytes_total[$__rate_interval]))",
                "shard {{shard}}",
            ),
            unit="Bps", width=4,
        ),
        graph(
            "Snapshot time 快照耗时",
            "Mean of the last hour, by shard. 最近一小时均值。",
            Query(
                "sum by (shard) (rate(tocsin_snapshot_seconds_sum[1h])) "
                "/ sum by (shard) (rate(tocsin_snapshot_seconds_count[1h]))",
                "shard {{shard}}",
            ),
            unit="s", width=4,
        ),
    ]  # fmt: skip


def _response() -> list[Panel]:
    return [
        graph(
            "Tries 投递尝试",
            "Per minute, by channel and how they ended. 每分钟，按渠道与结果。",
            Query(
                "60 * sum by (channel, result) "
                "(rate(tocsin_delivery_seconds_count[$__rate_interval]))",
                "{{channel}} {{result}}",
            ),
            unit="short", width=6,
        ),
        graph(
            "Time of a try 投递耗时",
            "95 of 100 take less, by channel. 95 分位。",
            Query(
                "histogram_quantile(0.95, sum by (channel, le) "
                "(rate(tocsin_delivery_seconds_bucket[1h])))",
                "{{channel}}",
            ),
            unit="s", width=6,
        ),
        graph(
            "Messages that wait 待投递",
            "By channel; those between two tries included. 按渠道，含重试间隔中的。",
            Query("sum by (channel) (tocsin_pending_deliveries)", "{{channel}}"),
            unit="short", width=6,
        ),
        graph(
            "Incident changes in an hour 每小时事件变化",
            "By state and colour. 按状态与级别。",
            Query(
                "sum by (state, colour) (increase(tocsin_incident_changes_total[1h]))",
                "{{state}} {{colour}}",
            ),
            unit="short", width=6,
        ),
    ]  # fmt: skip
