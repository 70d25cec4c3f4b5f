"""The partitions of a source as they would be in Kafka, for events that come from elsewhere."""

from collections.abc import Iterator, Sequence

import numpy as np

from streams.columnar.fields import Ints
from streams.events.columns import Answers, Columns, End
from streams.intake.reading import Emission, Plan, Reading
from streams.intake.rekeyed import RekeyedReading
from streams.seen.people import Seen
from streams.sources.carrier import Carrier
from streams.sources.origins import ORIGIN, Carried, Origins, Word


class Partition(Reading):
    """A simulated partition; nobody else reads its log, so that it is cut as it comes."""

    _offset = 0

    def count(
        self, stamps: Ints, answers: Answers, carried: Carried | None = None
    ) -> Iterator[Emission]:
        """Take the next records; what they add."""
        offsets = np.arange(self._offset, self._offset + len(answers))
        self._offset += len(answers)
        yield from self.take(offsets, stamps, answers, carried)
        if self._chunk is not None:
            yield self._close(self._offset)

    def finish(self, time: int, *, now: int) -> Iterator[Emission]:
        """The input ends at a time (ms)."""
        return self.count(np.array([now]), Answers.of([End(time)]))


class RekeyedPartition(Partition, RekeyedReading):
    """The same of a re-keyed topic."""

    def hear(self, words: Sequence[Word], *, now: int) -> Iterator[Emission]:
        """Take what the origins say of themselves."""
        said = Carried(np.zeros(len(words), ORIGIN), dict(enumerate(words)))
        ends = Answers.of([End(word.watermark or 0) for word in words])
        return self.count(np.full(len(words), now), ends, said)

    def finish(self, time: int, *, now: int) -> Iterator[Emission]:
        words = self.origins.ending(time, partitions=self._plan.partitions)
        return self.hear(list(words), now=now)


class Topic:
    """Records lie where they are sent to."""

    partitions: Sequence[Partition]

    def __init__(self, plan: Plan) -> None:
        self.partitions = [
            Partition(plan, n, first=True, seen=Seen(horizon=plan.horizon))
            for n in range(plan.partitions)
        ]

    def take(self, number: int, columns: Columns, *, now: int) -> Iterator[Emission]:
        """Count the next events of a partition."""
        yield from self.partitions[number].count(np.full(len(columns), now), Answers.sound(columns))

    def pass_on(self, *, now: int) -> Iterator[Emission]:
        """Say how far the partitions have come, where that is not seen in them."""
        yield from ()


class RekeyedTopic(Topic):
    """Records are sent somewhere, and go on from there in the order in which they came."""

    partitions: list[RekeyedPartition]

    def __init__(self, plan: Plan) -> None:
        self.partitions = [
            RekeyedPartition(
                plan, n, first=True, seen=Seen(horizon=plan.horizon), origins=Origins()
            )
            for n in range(plan.partitions)
        ]
        self._carriers = [
            Carrier(plan.source, n, partitions=plan.partitions, topic_id=0, end=0)
            for n in range(plan.partitions)
        ]

    def take(self, number: int, columns: Columns, *, now: int) -> Iterator[Emission]:
        carrier, stamps = self._carriers[number], np.full(len(columns), now)
        offsets = np.arange(carrier.end, carrier.end + len(columns))
        onward = carrier.take(offsets, stamps, Answers.sound(columns))
        for target, part in enumerate(self.partitions):
            own = onward.partitions == target
            carried = Carried(onward.origins[own], {})
            yield from part.count(stamps[own], Answers.sound(columns.kept(own)), carried)

    def pass_on(self, *, now: int) -> Iterator[Emission]:
        words = [carrier.word() for carrier in self._carriers]
        for part in self.partitions:
            yield from part.hear(words, now=now)


def topic(plan: Plan) -> Topic:
    return RekeyedTopic(plan) if plan.source.rekeyed else Topic(plan)
