"""Where the state of response lies: rows in a changelog that one worker at a time writes."""

from collections.abc import Iterable
from typing import Any

from aiokafka.structs import TopicPartition

from streams.broker import clients
from streams.broker.topics import Role, Topics, group
from streams.settings import Settings
from streams.transport.pen import Pen, SupersededError


class Books:
    """Kept by whoever took them over last; raises what the clients of the broker do.

    Attributes:
        changelog: the topic of the rows.
    """

    def __init__(self, settings: Settings, bootstrap: str) -> None:
        self.changelog = Topics.changelog(settings, Role.RESPONSE)
        self._name = group(settings, Role.RESPONSE)
        self._kafka, self._bootstrap = settings.kafka, bootstrap
        self._pen: Pen | None = None

    @property
    def pen(self) -> Pen:
        """The present one; raises SupersededError where they were left."""
        if self._pen is None:
            raise SupersededError(f"{self._name}: its books were left")
        return self._pen

    async def take_over(self) -> None:
        """Shut out whoever kept them; this worker's former pen is put down too."""
        await self.leave()
        self._pen = await Pen.taken_up(self._name, self._kafka, self._bootstrap)

    async def leave(self) -> None:
        pen, self._pen = self._pen, None
        if pen is not None:
            await pen.put_down()

    async def rows(self) -> dict[bytes, bytes]:
        """The last value under each key; to be read after taking over, when nobody else writes."""
        rows: dict[bytes, bytes] = {}
        async with clients.reader(
            self._kafka, self._bootstrap, isolation_level="read_committed"
        ) as consumer:
            place = TopicPartition(self.changelog, 0)
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            end = (await consumer.end_offsets([place]))[place]
            while await consumer.position(place) < end:
                fetched = await consumer.getmany(place, timeout_ms=clients.PATIENCE)
                for records in fetched.values():
                    _enter(rows, records)
        return rows


def _enter(rows: dict[bytes, bytes], records: Iterable[Any]) -> None:
    for record in records:
        if record.value is None:
            rows.pop(record.key, None)
        else:
            rows[record.key] = record.value
