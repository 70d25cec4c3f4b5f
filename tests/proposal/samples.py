"""Samples made up for the rules of a proposal."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from streams.configuration.sections import Stream
from streams.proposal.proposal import Proposal, propose
from streams.proposal.sample import Sample

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEXTS = ("水壶底座漏水，用了三天就坏了", "打了五次电话都没有人接，态度很差", "快递一周了还没有到")


def sample(**columns: Sequence[Any]) -> Sample:
    """By column its values; those of a shorter one come again and again."""
    rows = max(map(len, columns.values()))
    return Sample(
        "calls.csv", list(columns),
        [{name: values[n % len(values)] for name, values in columns.items()} for n in range(rows)],
        rows,
    )  # fmt: skip


def times(rows: int = 100) -> list[str]:
    return [f"2026-03-{1 + n // 24 % 28:02d} {n % 24:02d}:15" for n in range(rows)]


def proposed(stream: Stream = "complaints", /, **columns: Sequence[Any]) -> Proposal:
    return propose(sample(**columns), stream, SHANGHAI)


def column(proposal: Proposal, field: str) -> Any:
    """How a field is read; None where it is not."""
    found = (r.choice.column for r in proposal.readings if r.choice.field == field)
    return next(found, None)
