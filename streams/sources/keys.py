"""By what events are keyed, and into which partition producers put them for it."""

from collections.abc import Iterator, Sequence

import numpy as np
from kafka.partitioner import default

from streams.columnar.fields import Ints
from streams.configuration.sections import Key, Source, Stream
from streams.events.columns import Columns
from streams.events.event import Event
from streams.sources.murmur import murmur2


def key(event: Event, stream: Stream, by: Key) -> bytes:
    """The Kafka key: without a person, or a root, the event's own id.

    The steps of one complaint share its id, unless they are keyed by their own.
    """
    named: Iterator[str | None] = (getattr(event, field) for field in _naming(stream, by))
    return next(filter(None, named)).encode()


def keys(columns: Columns, stream: Stream, by: Key) -> Sequence[bytes]:
    """The same of many events."""
    first, *others = _naming(stream, by)
    names = columns.field(first).bytes()
    for field in others:
        if all(names):
            break
        seconds = columns.field(field).bytes()
        names = [name or second for name, second in zip(names, seconds, strict=True)]
    return names


def _naming(stream: Stream, by: Key) -> tuple[str, ...]:
    """The fields that may hold the key, of which the first that an event has does."""
    match stream, by:
        case "updates", "person" | "root" | "none":
            return ("complaint",)
        case "mentions", "root":
            return ("root", "repost_of", "id")
        case "complaints", "person":
            return ("person", "id")
        case "mentions", "person":
            return ("author", "id")
    return ("id",)


def key_of(source: Source) -> Key:
    """What its events are keyed by where they are sent by us: by something in any case."""
    return "id" if source.key == "none" else source.key


def partition_of(source: Source, event: Event, partitions: int) -> int:
    """Where producers with Kafka's default partitioner put it."""
    held = key(event, source.stream, key_of(source))
    return int(default.murmur2(held) & 0x7FFFFFFF) % partitions


def partitions_of(source: Source, columns: Columns, partitions: int) -> Ints:
    """The same of many events of its stream."""
    return spread(keys(columns, source.stream, key_of(source)), partitions)


def spread(held: Sequence[bytes], partitions: int) -> Ints:
    """Where Kafka's default partitioner puts keys."""
    if not held:
        return np.empty(0, np.int64)
    return (murmur2(held).astype(np.int64) & 0x7FFFFFFF) % partitions
