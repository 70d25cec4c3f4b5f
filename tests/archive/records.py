"""Records as the archive meets them, and a consumer that remembers what was declared."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from faust.types import TP

from streams.transport.runs import Begin, Run

START = 1_700_000_000_000  # ms


class Record(NamedTuple):
    offset: int
    timestamp: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass
class Consumer:
    """Of the partitions it has been given."""

    mine: set[TP] = field(default_factory=set)
    durable: dict[TP, int] = field(default_factory=dict)

    def assignment(self) -> set[TP]:
        return self.mine

    def declare_durable(self, tp: TP, offset: int, note: str = "") -> None:
        self.durable[tp] = offset


def complaint(offset: int, **fields: Any) -> Record:
    """One that is parsed; the time of the event is that of the record."""
    stamp = fields.pop("stamp", START + 1000 * offset)
    event = {"id": f"c{offset}", "time": stamp, "person": f"p{offset % 50}", **fields}
    return Record(offset, stamp, json.dumps(event).encode())


def run(
    topic: str, records: Sequence[Record], *, number: int = 0, committed: int = 0,
    partition: int = 0,
) -> Run:  # fmt: skip
    """The first run of a reading begins it."""
    begin = Begin(committed, "", 0) if number == 0 else None
    return Run(topic, partition, records, begin, number)


def complaints(*offsets: int) -> list[Record]:
    return [complaint(offset) for offset in offsets]
