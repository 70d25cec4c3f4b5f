"""The rows of response's table: its state, as the changelog brings it back after any crash."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from alerts.deliveries import Delivery
from alerts.incident import Incident
from alerts.lifecycle import Incidents

HEAD = b"head"
INCIDENT = b"incident/"
DELIVERY = b"delivery/"

pack = msgspec.msgpack.encode


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the state that is neither an incident nor a delivery.

    `topic` is the id of the log that `offset` is of; empty where it is not known.
    """

    offset: int = -1
    began: int = 0
    now: int = 0
    topic: str = ""
    erased: dict[str, int] = {}


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A value of the table, and what stood there before the input at `offset` changed it.

    One input may change several rows and the worker may die between them; a row ahead of the
    head is then put back, and the input is applied again.
    """

    offset: int
    value: bytes | None
    before: bytes | None


_row = msgspec.msgpack.Decoder(Row).decode


def restored(records: Mapping[bytes, bytes]) -> Incidents:
    """The state that the table holds, up to the offset of its head."""
    head = head_of(records)
    values = {key: _standing(_row(raw), head.offset) for key, raw in records.items() if key != HEAD}
    return Incidents(
        offset=head.offset, began=head.began, now=head.now, erased=head.erased,
        incidents={i.id: i for i in _read(values, INCIDENT, Incident)},
        deliveries={d.id: d for d in _read(values, DELIVERY, Delivery)},
    )  # fmt: skip


def head_of(records: Mapping[bytes, bytes]) -> Head:
    if HEAD not in records:
        return Head()
    return msgspec.msgpack.decode(_row(records[HEAD]).value or b"", type=Head)


def _standing(row: Row, offset: int) -> bytes | None:
    return row.value if row.offset <= offset else row.before


def _read(values: Mapping[bytes, bytes | None], prefix: bytes, kind: Any) -> Iterator[Any]:
    for key in sorted(values):
        if key.startswith(prefix) and (value := values[key]) is not None:
            yield msgspec.msgpack.decode(value, type=kind)


def changed(before: Incidents, after: Incidents, *, topic: str = "") -> dict[bytes, Row]:
    """The rows that one input of a log with this id changed, the head last."""
    rows = dict(_changed(INCIDENT, before.incidents, after.incidents, after.offset))
    rows |= _changed(DELIVERY, before.deliveries, after.deliveries, after.offset)
    head = Head(
        offset=after.offset, began=after.began, now=after.now, topic=topic, erased=after.erased
    )
    return rows | {HEAD: Row(after.offset, pack(head), None)}


def _changed(
    prefix: bytes, before: Mapping[str, Any], after: Mapping[str, Any], offset: int
) -> Iterator[tuple[bytes, Row]]:
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old is not new:
            row = Row(
                offset, None if new is None else pack(new), None if old is None else pack(old)
            )
            yield prefix + name.encode(), row


def forgotten(rows: Mapping[bytes, Row]) -> dict[bytes, Row]:
    """The same rows without what stood there before, once the head stands at their offset."""
    return {key: replace(row, before=None) for key, row in rows.items()}
