"""A source's records as what they say: events, rejections, ends of the input."""

from collections.abc import Sequence
from typing import Any, Final

from streams import mapping, parsing
from streams.columns import Answers, End
from streams.sections import Source
from streams.settings import Intake

END: Final = "tocsin-end"  # header of the record that ends an input; its value is the time in ms


class Decoder:
    """Of one source; the same record says the same to every role.

    Args:
        topic: the full name; it begins the ids of events whose mapping names none.
        source: of the settings.
        intake: limits of an event.
    """

    def __init__(self, topic: str, source: Source, intake: Intake) -> None:
        self._topic, self._intake = topic, intake
        self._reader = parsing.Reader(source.stream, intake)
        self._mapping = None if source.map is None else mapping.load(source.map)

    def answers(self, partition: int, records: Sequence[Any]) -> Answers:
        marked = [(place, record.headers) for place, record in enumerate(records) if record.headers]
        ends = {place: End(time) for place, held in marked if (time := _end(held)) is not None}
        return self._parsed(partition, records).with_ends(ends)

    def _parsed(self, partition: int, records: Sequence[Any]) -> Answers:
        raws = [record.value or b"" for record in records]
        if self._mapping is None:
            return self._reader.run(raws)
        ids = (f"{self._topic}-{partition}-{record.offset}" for record in records)
        return Answers.of(self._mapping.parse_run(raws, ids, intake=self._intake))


def _end(headers: Sequence[tuple[str, bytes]]) -> int | None:
    """The time an end of input states; a header that is no number is no end."""
    for name, value in headers:
        if name == END and value.isdigit():
            return int(value)
    return None
