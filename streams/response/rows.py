"""The rows of response's changelog, which brings its state back."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

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
    """A value of the state, and the offset of the last input that it was written after."""

    offset: int
    value: bytes | None


_row = msgspec.msgpack.Decoder(Row).decode


def restored(records: Mapping[bytes, bytes]) -> Incidents:
    """The state that the rows hold, up to the offset of their head."""
    head = head_of(records)
    values = {key: _row(raw).value for key, raw in records.items() if key != HEAD}
    return Incidents(
        offset=head.offset, began=head.began, now=head.now, erased=head.erased,
        incidents={i.id: i for i in _read(values, INCIDENT, Incident)},
        deliveries={d.id: d for d in _read(values, DELIVERY, Delivery)},
    )  # fmt: skip


def head_of(records: Mapping[bytes, bytes]) -> Head:
    if HEAD not in records:
        return Head()
    return msgspec.msgpack.decode(_row(records[HEAD]).value or b"", type=Head)


def _read(values: Mapping[bytes, bytes | None], prefix: bytes, kind: Any) -> Iterator[Any]:
    for key in sorted(values):
        if key.startswith(prefix) and (value := values[key]) is not None:
            yield msgspec.msgpack.decode(value, type=kind)


def changed(before: Incidents, after: Incidents, *, topic: str = "") -> dict[bytes, bytes | None]:
    """The rows that inputs of a log with this id changed; None for one that goes."""
    rows = dict(_changed(INCIDENT, before.incidents, after.incidents, after.offset))
    rows |= _changed(DELIVERY, before.deliveries, after.deliveries, after.offset)
    head = Head(
        offset=after.offset, began=after.began, now=after.now, topic=topic, erased=after.erased
    )
    return rows | {HEAD: _packed(head, after.offset)}


def _changed(
    prefix: bytes, before: Mapping[str, Any], after: Mapping[str, Any], offset: int
) -> Iterator[tuple[bytes, bytes | None]]:
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old is not new:
            yield prefix + name.encode(), None if new is None else _packed(new, offset)


def _packed(value: Any, offset: int) -> bytes:
    return pack(Row(offset, pack(value)))
