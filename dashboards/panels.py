"""The kinds of panels our dashboards have, and how they are put together."""

from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import common as options
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    DataTransformerConfig,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
TAG = "tocsin"
HEIGHT = 8
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
GREEN, YELLOW, ORANGE, RED, BLUE = "green", "yellow", "orange", "red", "blue"

Panel = timeseries.Panel | stat.Panel | table.Panel | dashboard.Row


class Query(NamedTuple):
    """PromQL, and the name of its series: labels in double braces."""

    expr: str
    legend: str = ""


class Step(NamedTuple):
    """The colour from a value on."""

    since: float
    colour: str


def board(title: str, uid: str, description: str, panels: Sequence[Panel]) -> str:
    """The JSON of a dashboard; panels are numbered in their order from 1."""
    made = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .timezone("browser")
        .time("now-24h", "now")
        .refresh("30s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
        .link(dashboard.DashboardLink(TAG).as_dropdown(False).tags([TAG]).keep_time(True))
    )
    for number, panel in enumerate(panels, start=1):
        if isinstance(panel, dashboard.Row):
            made.with_row(panel.id(number))
        else:
            made.with_panel(panel.id(number))
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(made.build()) + "\n"


def row(title: str) -> dashboard.Row:
    return dashboard.Row(title)


def graph(
    title: str, description: str, *queries: Query, unit: str, width: int = 8, stacked: bool = False
) -> timeseries.Panel:
    """Values over time; what is missing stays a gap."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .height(HEIGHT)
        .span(width)
        .fill_opacity(30 if stacked else 5)
        .legend(
            options.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM)
        )
        .tooltip(options.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
        .targets([_target(query, place) for place, query in enumerate(queries)])
    )
    if stacked:
        panel.stacking(options.StackingConfig().mode(common.StackingMode.NORMAL))
    return panel


def figure(
    title: str, description: str, *queries: Query, unit: str, steps: Sequence[Step], width: int = 4
) -> stat.Panel:
    """The latest value in large, coloured from green on by the steps."""
    limits = [Threshold(None, GREEN), *(Threshold(step.since, step.colour) for step in steps)]
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .height(HEIGHT // 2)
        .span(width)
        .thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(limits))
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"]))
        .targets([_target(query, place).instant() for place, query in enumerate(queries)])
    )


def listing(
    title: str, description: str, queries: Sequence[Query], *, by: str, columns: dict[str, str],
    width: int = 12,
) -> table.Panel:  # fmt: skip
    """The latest values as a table: one row for each value of the label `by`.

    `columns` is the heading of each label and value that is shown, by its name; what a query
    returns is named `Value #A`, `Value #B` and so on.
    """
    hidden = ["Time", *(f"Time {n}" for n in range(1, len(queries) + 1)), "__name__"]
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .height(HEIGHT)
        .span(width)
        .decimals(1)
        .targets([
            _target(query, place).instant().format(PromQueryFormat.TABLE)
            for place, query in enumerate(queries)
        ])
        .transformations([
            DataTransformerConfig(id_val="joinByField", options={"byField": by, "mode": "outer"}),
            DataTransformerConfig(
                id_val="organize",
                options={"excludeByName": dict.fromkeys(hidden, True), "renameByName": columns},
            ),
        ])
    )  # fmt: skip


def _target(query: Query, place: int) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .expr(query.expr)
        .legend_format(query.legend)
        .ref_id(LETTERS[place])
        .datasource(SOURCE)
        .range()
    )
