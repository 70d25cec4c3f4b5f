"""Samples of files and of topics, as a proposal is made from them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic import ValidationError

from streams.broker import records
from streams.broker.records import Part
from streams.configuration import options
from streams.configuration.sections import Kafka, Key, Stream
from streams.events.event import Event, Rejected
from streams.events.mapping import Mapping
from streams.files import inputs
from streams.proposal.sample import Refused, Sample, spread
from streams.settings import SettingsError
from streams.sources import keys

AT_ONCE: Final = 4096  # rows between two words of progress
KEYS: Final[dict[Stream, tuple[Key, ...]]] = {
    "complaints": ("person", "id"),
    "mentions": ("root", "person", "id"),
}
MOSTLY: Final = 0.9  # of the records whose key has to be that of their event


class Data(NamedTuple):
    """Where a sample lies; of a topic, where that is and what was read of it.

    Attributes:
        home: of the local broker, where the topic is on that.
    """

    name: str
    paths: Sequence[Path]
    kafka: Kafka = Kafka()
    part: Part | None = None
    home: str | None = None


def of_files(
    paths: Sequence[Path], name: str, on_rows: Callable[[int], None] = lambda _: None
) -> Sample:
    """Raises FileError for a file that cannot be read."""
    rows = _Rows(paths, on_rows)
    kept = spread(rows)
    columns = dict.fromkeys(column for row in kept for column in row)
    named = [column for column in columns if column]  # no mapping can name one that has none
    once = [column for column in named if column not in rows.twice]
    twice = [column for column in named if column in rows.twice]
    return Sample(name, once, kept, rows.total, rows.refused, twice)


class _Rows:
    """The rows of files that can be read; the others are counted."""

    def __init__(self, paths: Sequence[Path], on_rows: Callable[[int], None]) -> None:
        self.total = 0
        self.twice: set[str] = set()
        self.refused: list[Refused] = []
        self._paths, self._on_rows = paths, on_rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for path in self._paths:
            raw = inputs.raw(path)
            self.twice.update(name for name, n in Counter(raw.names).items() if n > 1)
            for number, row in raw.rows:
                self._count()
                if isinstance(row, Rejected):
                    self.refused.append(Refused(f"{path.name}:{number}", row))
                else:
                    yield row

    def _count(self) -> None:
        self.total += 1
        if self.total % AT_ONCE == 0:
            self._on_rows(AT_ONCE)


def of_topic(
    kafka: Kafka, address: str, topic: str, aside: Path, *, most: int, oldest: bool
) -> Data:
    """Some of a topic's records, as a file in the folder `aside`.

    Raises BrokerError where the broker does not answer, and TopicError without such a topic.
    """
    with records.connected(kafka, address) as cluster:
        log = cluster.log(topic)
        part = log.oldest(most) if oldest else log.newest(most)
    path = aside / f"{topic}.jsonl"
    with path.open("wb") as file:  # a line end inside of a JSON value means nothing
        file.writelines(record.value.replace(b"\n", b" ") + b"\n" for record in part.records)
    return Data(topic, [path], kafka, part)


def reached(kafka: Kafka, bootstrap: str | None) -> Kafka:
    """As it is set, at another address; raises SettingsError for one that is none."""
    if bootstrap is None:
        return kafka
    try:
        return Kafka(**{**dict(kafka), "bootstrap": bootstrap})
    except ValidationError as error:
        raise SettingsError(*options.problems(Kafka, error)) from None


def keyed_by(part: Part, mapping: Mapping) -> Key | Literal["none"]:
    """What the records of a topic are keyed by, as their events say."""
    values = [record.value for record in part.records]
    events = mapping.parse_run(values, map(str, range(len(values))))
    keyed = [
        (record.key, event)
        for record, event in zip(part.records, events, strict=True)
        if not isinstance(event, Rejected)
    ]
    return next((by for by in KEYS[mapping.stream] if _agree(keyed, mapping.stream, by)), "none")


def _agree(keyed: Sequence[tuple[bytes | None, Event]], stream: Stream, by: Key) -> bool:
    same = sum(key == keys.key(event, stream, by) for key, event in keyed)
    return bool(keyed) and same >= MOSTLY * len(keyed)
