"""Clients of the broker for a moment, closed in any case."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorError,
)

from streams.broker import admission, security
from streams.broker.local import BrokerError
from streams.settings import Kafka

ATTEMPTS, PAUSE = 60, 0.5  # seconds between two
PATIENCE = 1000  # ms, for one answer to a reader
NO_WAIT = 1  # ms; at the end of a log a fetch would hold up what is asked after it, for 500
NOT_YET: Final = (
    CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError,
)  # fmt: skip
T = TypeVar("T")


@contextmanager
def opened(make: Callable[..., Any], kafka: Kafka, bootstrap: str, **options: Any) -> Iterator[Any]:
    """A client of kafka-python; raises BrokerError where the broker does not let us in."""
    admission.check(kafka, bootstrap)
    try:
        client = make(bootstrap_servers=bootstrap.split(","), **options, **security.client(kafka))
        try:
            yield client
        finally:
            client.close()
    except KafkaError as error:
        raise BrokerError(f"the broker at {bootstrap} does not answer: {error}") from None


@asynccontextmanager
async def reader(
    kafka: Kafka, bootstrap: str, *, away: float = 0.0, **options: Any
) -> AsyncIterator[Any]:
    """A consumer of aiokafka that commits nothing.

    It waits for a broker that is `away` for at most so many seconds, as those do that are connected
    already.
    """
    consumer = await _started(kafka, bootstrap, until=time.monotonic() + away, **options)
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _started(kafka: Kafka, bootstrap: str, *, until: float, **options: Any) -> Any:
    while True:
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=NO_WAIT,
            **options, **security.client(kafka),
        )  # fmt: skip
        try:
            await consumer.start()
        except KafkaConnectionError:
            await consumer.stop()
            if time.monotonic() >= until:
                raise
            await asyncio.sleep(PAUSE)
        else:
            return consumer


def coordinated(
    ask: Callable[..., T], *asked: Any, pause: Callable[[float], None] = time.sleep
) -> T:
    """The answer about groups, where the broker may be so fresh that it makes their topic first."""
    for _ in range(ATTEMPTS):
        try:
            return ask(*asked)
        except NOT_YET:
            pause(PAUSE)
    return ask(*asked)
