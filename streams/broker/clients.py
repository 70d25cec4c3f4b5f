"""Clients of the broker for a moment, of kafka-python: closed in any case, their errors ours."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

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
NOT_YET: Final = (
    CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError,
)  # fmt: skip
T = TypeVar("T")


@contextmanager
def opened(make: Callable[..., Any], kafka: Kafka, bootstrap: str, **options: Any) -> Iterator[Any]:
    """A client of a class of theirs; raises BrokerError where the broker does not let us in."""
    admission.check(kafka, bootstrap)
    try:
        client = make(bootstrap_servers=bootstrap.split(","), **options, **security.client(kafka))
        try:
            yield client
        finally:
            client.close()
    except KafkaError as error:
        raise BrokerError(f"the broker at {bootstrap} does not answer: {error}") from None


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
