"""Writing as the only one: whoever takes up the pen of a name makes every other of it useless."""

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerFenced

from streams.broker import security, topics
from streams.broker.local import BrokerError
from streams.settings import Kafka

PATIENCE = 60.0  # seconds; a broker that has just come back reads its transactions first


class SupersededError(Exception):
    """Another has taken up the pen of this name, or the broker gave its holder up for dead."""


class Record(NamedTuple):
    """What is written to a topic, under a key or without one."""

    topic: str
    key: bytes | None
    value: bytes | None


class Pen:
    """Writes some records at a time, all of them or none.

    To Kafka its name is a transactional id: taken up anew, what its former holder had begun is
    aborted, and what that one still writes is refused, however late it comes. Readers must be
    `read_committed`.
    """

    def __init__(self, producer: Any, name: str) -> None:
        self._producer, self._name = producer, name
        self._over = ""  # why nothing more is written
        self._using = asyncio.Lock()

    @classmethod
    async def taken_up(
        cls, name: str, kafka: Kafka, bootstrap: str, *, patience: float = PATIENCE
    ) -> Self:
        """When it returns, what was committed under this name before is there to be read.

        Raises BrokerError where the broker gives none within so many seconds.
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, transactional_id=name, compression_type="zstd",
            max_request_size=topics.MOST_SENT, **security.client(kafka),
        )  # fmt: skip
        try:
            async with asyncio.timeout(patience):
                await producer.start()
        except TimeoutError:
            await producer.stop()
            raise BrokerError(
                f"{name}: the broker began no transactions within {patience:.0f} s; can it keep "
                "transaction.state.log.replication.factor copies of them?"
            ) from None
        return cls(producer, name)

    async def write(self, records: Iterable[Record]) -> None:
        """Return when all of them are committed; raises SupersededError."""
        async with self._using:
            if not self._over:
                await self._write(records)
            if self._over:
                raise SupersededError(f"{self._name}: {self._over}")

    async def _write(self, records: Iterable[Record]) -> None:
        try:
            async with self._producer.transaction():
                await self._send(records)
        except ProducerFenced:
            self._over = "another worker writes by now, this one was taken for dead"

    async def _send(self, records: Iterable[Record]) -> None:
        """A commit does not ask whether each record has arrived."""
        send = self._producer.send
        sent = [await send(one.topic, one.value, key=one.key) for one in records]
        await asyncio.gather(*sent)

    async def put_down(self) -> None:
        """Once what is being written is written; nothing is after that."""
        async with self._using:
            self._over = self._over or "its pen was put down"
            await self._producer.stop()
