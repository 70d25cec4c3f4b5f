"""Dashboard "Crisis overview": what is happening, and whether we can see it."""

from alerts.colour import Colour
from dashboards import panels
from dashboards.panels import BLUE, ORANGE, RED, YELLOW, Panel, Query, Step, figure, graph, listing

UID = "tocsin-overview"
HUES = {Colour.BLUE: BLUE, Colour.YELLOW: YELLOW, Colour.ORANGE: ORANGE, Colour.RED: RED}
CHINESE = {Colour.BLUE: "蓝", Colour.YELLOW: "黄", Colour.ORANGE: "橙", Colour.RED: "红"}
# Both sides have one series a slot; the scope's text is on the left one alone.
JOINED = "* on (job, instance, slot) group_left ()"


def build() -> str:
    """The JSON of the dashboard."""
    return panels.board(
        "Crisis overview",
        UID,
        "Open incidents, what stands out, and whether anything hides from us. "
        "危机总览：未结事件、最突出的范围，以及是否有看不见的数据。",
        [
            panels.row("Now 现在"),
            *_now(),
            panels.row("What stands out 最突出的范围"),
            *_standing_out(),
            panels.row("Streams and messages 数据流与通知"),
            *_flow(),
        ],
    )


def _now() -> list[Panel]:
    return [*(_open(colour) for colour in reversed(Colour)), _ready(), _age()]


def _open(colour: Colour) -> Panel:
    return figure(
        f"Open, {colour} 未结·{CHINESE[colour]}",
        "Incidents of this colour that are open. 该级别未结事件数。",
        Query(f'sum(tocsin_open_incidents{{colour="{colour}"}})'),
        unit="short", steps=[Step(1, HUES[colour])],
    )  # fmt: skip


def _ready() -> Panel:
    return figure(
        "Workers not ready 未就绪进程",
        "Above 0, some part does not work: see Pipeline. 大于 0 表示有环节未工作，见 Pipeline。",
        Query("count(tocsin_ready == 0) or vector(0)"),
        unit="short", steps=[Step(1, RED)],
    )  # fmt: skip


def _age() -> Panel:
    return figure(
        "We see up to 数据时效",
        "Age of the event time that every source has passed; what is younger is not judged yet. "
        "所有来源都已越过的事件时间距今多久。",
        Query("max(time() - tocsin_watermark_timestamp_seconds)"),
        unit="s", steps=[Step(3600, ORANGE), Step(7200, RED)],
    )  # fmt: skip


def _standing_out() -> list[Panel]:
    return [
        listing(
            "Greatest excess 超出预期最多",
            "Scopes with an open alarm: people above the expected, and observed over expected. "
            "有未结告警的范围：超出预期的人数，以及实际为预期的倍数。",
            [
                Query(f"max by (scope) (tocsin_top_scope_info {JOINED} tocsin_top_excess_people)"),
                Query(f"max by (scope) (tocsin_top_scope_info {JOINED} tocsin_top_multiple_ratio)"),
            ],
            by="scope",
            columns={
                "scope": "Scope 范围",
                "Value #A": "People above expected 超出人数",
                "Value #B": "Times the expected 倍数",
            },
        ),
        graph(
            "Open incidents 未结事件",
            "By colour. 按级别。",
            Query("sum by (colour) (tocsin_open_incidents)", "{{colour}}"),
            unit="short", width=12, stacked=True,
        ),
    ]  # fmt: skip


def _flow() -> list[Panel]:
    return [
        graph(
            "Events counted 计入事件",
            "Per second by topic; dashed, a week before. 每秒事件数，对比一周前。",
            Query(f"sum by (topic) ({_counted('')})", "{{topic}}"),
            Query(f"sum by (topic) ({_counted(' offset 7d')})", "{{topic}}, 7 d before 一周前"),
            unit="cps",
        ),
        graph(
            "Signals in an hour 每小时信号",
            "What detection has said, by kind and state. 检测信号，按类型与状态。",
            Query(
                "sum by (kind, state) (increase(tocsin_signals_total[1h]))", "{{kind}} {{state}}"
            ),
            unit="short",
        ),
        graph(
            "Messages in an hour 每小时通知",
            "By channel and how they ended. 按渠道与结果。",
            Query(
                "sum by (channel, state) "
                '(increase(tocsin_deliveries_total{state=~"sent|failed|unknown"}[1h]))',
                "{{channel}} {{state}}",
            ),
            unit="short",
        ),
    ]


def _counted(offset: str) -> str:
    return f'rate(tocsin_events_total{{outcome="counted"}}[$__rate_interval]{offset})'
