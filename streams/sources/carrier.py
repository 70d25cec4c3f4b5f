"""One reading of an origin partition: what of it goes on to which re-keyed partition.

Pure, and a function of the log from where it begins: a record goes where its person's, or its root
post's, records are, with its origin and the watermark it met there.
"""

from typing import NamedTuple

import numpy as np

from streams.columnar.fields import Bools, Ints
from streams.configuration.sections import EXACT, Source
from streams.events.columns import Answers, End
from streams.events.event import MILLISECOND
from streams.sources.keys import keys, spread
from streams.sources.origins import BEGINS, NOTHING, ORIGIN, Origin, Word

NOWHERE = -1  # the partition of an end of input, which a word tells


class Onward(NamedTuple):
    """Where records go, by their places: the partition, and what the key says."""

    partitions: Ints
    origins: Origin


class Carrier:
    """The state of one origin partition's reading.

    Args:
        source: of the settings.
        partition: its number.
        partitions: how many the origin and the re-keyed topic have.
        topic_id: 32 bits of the topic's id.
        end: where the reading begins.
        watermark: where the reading before it stood there.
    """

    def __init__(
        self, source: Source, partition: int, *, partitions: int, topic_id: int, end: int,
        watermark: int | None = None,
    ) -> None:  # fmt: skip
        self.watermark, self.end = watermark, end
        self._source, self._partition, self._partitions = source, partition, partitions
        self._topic_id = topic_id
        self._lateness = source.lateness // MILLISECOND
        self._future = source.future // MILLISECOND
        self._last = [BEGINS] * partitions

    def take(self, offsets: Ints, stamps: Ints, answers: Answers) -> Onward:
        """Take consecutive records; says where each goes."""
        origins = np.zeros(len(answers), ORIGIN)
        origins["topic"], origins["partition"] = self._topic_id, self._partition
        origins["offset"], origins["stamp"] = offsets, stamps
        origins["before"] = self._pass(stamps, answers)
        partitions = self._owners(answers)
        for number in range(self._partitions):
            self._link(origins, partitions == number, number)
        self.end = int(offsets[-1]) + 1
        return Onward(partitions, origins)

    def word(self, *, idle: int = 0) -> Word:
        """What the origin says of itself now."""
        return Word(
            self._topic_id, self._partition, self._partitions, self.end, self.watermark, idle
        )

    def _pass(self, stamps: Ints, answers: Answers) -> Ints:
        """Move the watermark; returns it as it was before each record."""
        columns, places = answers.columns, answers.places
        sound = columns.times <= stamps[places] + self._future
        times = stamps[places] if self._source.clock == "arrival" else columns.times
        moved = np.full(len(answers) + 1, NOTHING, np.int64)
        moved[0] = NOTHING if self.watermark is None else self.watermark
        moved[places[sound] + 1] = times[sound] - self._lateness
        for place, mark in answers.odd.items():
            if isinstance(mark, End):
                moved[place + 1] = mark.time
        marks = np.maximum.accumulate(moved)
        self.watermark = None if marks[-1] == NOTHING else int(marks[-1])
        # The first event of all is met by what it says itself.
        return np.where(marks[:-1] == NOTHING, marks[1:], marks[:-1])

    def _owners(self, answers: Answers) -> Ints:
        """What is no event stays with its partition's number."""
        owners = np.full(len(answers), self._partition, np.int64)
        names = keys(answers.columns, self._source.stream, EXACT[self._source.stream])
        owners[answers.places] = spread(names, self._partitions)
        owners[[at for at, one in answers.odd.items() if isinstance(one, End)]] = NOWHERE
        return owners

    def _link(self, origins: Origin, mine: Bools, number: int) -> None:
        """Name the record before each of those that go to one partition."""
        own = origins["offset"][mine]
        if len(own):
            origins["follows"][mine] = [self._last[number], *own[:-1]]
            self._last[number] = int(own[-1])
