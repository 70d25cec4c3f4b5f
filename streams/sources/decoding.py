"""A source's records as what they say: events, rejections, ends of the input."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from streams.configuration.sections import Source
from streams.events import mapping, parsing
from streams.events.columns import Answers, End
from streams.events.event import Rejected
from streams.settings import Intake
from streams.sources import origins
from streams.transport.wire import Header, Records

END: Final = "tocsin-end"  # header of the record that ends an input; its value is the time in ms


class Decoder:
    """Of one source; the same record says the same to every role.

    Args:
        topic: the full name; it begins the ids of events whose mapping names none.
        source: of the settings.
        intake: limits of an event.
    """

    rekeyed = False

    def __init__(self, topic: str, source: Source, intake: Intake) -> None:
        self._topic, self._intake = topic, intake
        self._reader = parsing.Reader(source.stream, intake)
        self._mapping = None if source.map is None else mapping.load(source.map)

    def answers(self, partition: int, records: Records) -> Answers:
        marked = records.headed.items()
        ends = {place: End(time) for place, held in marked if (time := _end(held)) is not None}
        return self._parsed(partition, records).with_ends(ends)

    def _parsed(self, partition: int, records: Records) -> Answers:
        if self._mapping is None:
            return self._reader.run(records.values)
        ids = (f"{self._topic}-{place}-{at}" for place, at in self._places(partition, records))
        return Answers.of(self._mapping.parse_run(records.values, ids, intake=self._intake))

    def _places(self, partition: int, records: Records) -> Iterable[tuple[int, int]]:
        """Partition and offset by which a record without an id is known."""
        return ((partition, offset) for offset in records.offsets.tolist())


class RekeyedDecoder(Decoder):
    """The same of records that are re-keyed; a word is an end of nothing but of what was said."""

    rekeyed = True

    def answers(self, partition: int, records: Records) -> Answers:
        keyed = records.keys.lengths > 0
        at, values = np.flatnonzero(keyed), records.values
        found = self._parsed(partition, records.taken(at))
        odd: dict[int, Rejected | End] = {int(at[n]): one for n, one in found.odd.items()}
        words = {
            place: End(origins.decode(values[place]).watermark or 0)
            for place in np.flatnonzero(~keyed).tolist()
        }
        return Answers(found.columns, at[found.places], odd | words, len(records))

    def _places(self, partition: int, records: Records) -> Iterable[tuple[int, int]]:
        carried = origins.Carried.of(list(records.keys), []).origins
        return zip(carried["partition"].tolist(), carried["offset"].tolist(), strict=True)


def decoder(topic: str, source: Source, intake: Intake) -> Decoder:
    """Of the records of a source that are counted."""
    return (RekeyedDecoder if source.rekeyed else Decoder)(topic, source, intake)


def _end(headers: Sequence[Header]) -> int | None:
    """The time an end of input states; a header that is no number is no end."""
    for name, value in headers:
        if name == END and value is not None and value.isdigit():
            return int(value)
    return None
